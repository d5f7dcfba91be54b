//! Who there is, and where they are logged in. A password is never told, nor a session's token.

use std::collections::HashMap;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use azkaban_engine::{KnownUser, SessionEndError, SessionInfo, SessionsToEnd};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::extract::{Path, Query, Signed, no_admin};
use crate::api::list::{Page, Paging};
use crate::api::problem::{Answer, Problem};
use crate::api::schema::{PermissionName, permission_names};
use crate::api::session::reply;
use crate::app::App;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(sessions, end_all)).routes(routes!(end_one))
}

/// A user that the users file knows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserItem {
    name: String,
    email: Option<String>,
    groups: Vec<String>,
    /// Their own and those of their groups.
    roles: Vec<String>,
    /// What the roles permit for every project.
    permissions: Vec<PermissionName>,
    /// Whom they may add to projects as proxy users.
    proxy_users: Vec<String>,
    /// Where the user is known from: `file`.
    source: &'static str,
    /// The users file holds a hash of the password; false: the password itself.
    password_hashed: bool,
    /// Living sessions.
    sessions: usize,
    /// API tokens, those that have ended lately too.
    tokens: usize,
    /// When one of the sessions or tokens was last used, as far as it is known.
    seen_at: Option<i64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UsersQuery {
    /// A part of the name, a group or a role, in whatever case.
    q: Option<String>,
}

/// The users that can log in, by name.
#[utoipa::path(get, path = "/users", tag = "admin", operation_id = "listUsers", params(UsersQuery, Paging),
    responses((status = 200, description = "A page of users.", body = Page<UserItem>)))]
async fn list(
    signed: Signed,
    Query(query): Query<UsersQuery>,
    Query(paging): Query<Paging>,
) -> Answer<Response> {
    signed.require_admin()?;
    let engine = signed.engine();
    // How many sessions and tokens each has, and when one was last used.
    let mut uses: HashMap<String, (usize, usize, Option<i64>)> = HashMap::new();
    for session in engine.sessions_list() {
        let of = uses.entry(session.user).or_default();
        (of.0, of.2) = (of.0 + 1, of.2.max(Some(session.used_at.0)));
    }
    for token in engine.tokens_all() {
        let of = uses.entry(token.user).or_default();
        (of.1, of.2) = (of.1 + 1, of.2.max(token.used.map(|(at, _)| at.0)));
    }
    let part = query.q.unwrap_or_default().to_lowercase();
    let fits = |known: &KnownUser| {
        let user = &known.user;
        let mut texts = std::iter::once(&user.name).chain(&user.groups).chain(&user.roles);
        texts.any(|text| text.to_lowercase().contains(&part))
    };
    let items = engine.users_list().into_iter().filter(fits).map(|known| {
        let (sessions, tokens, seen_at) = uses.get(&known.user.name).copied().unwrap_or_default();
        UserItem {
            name: known.user.name.clone(),
            email: known.user.email.clone(),
            groups: known.user.groups.clone(),
            roles: known.user.roles.clone(),
            permissions: permission_names(&known.permissions),
            proxy_users: known.user.proxies.clone(),
            source: "file",
            password_hashed: known.password_hashed,
            sessions,
            tokens,
            seen_at,
        }
    });
    Ok(reply(&Page::of(items, &paging)?))
}

/// A living session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionItem {
    /// Good for naming it, not for logging in.
    id: String,
    ip: String,
    created_at: i64,
    used_at: i64,
    /// It is that of this request.
    current: bool,
}

/// The living sessions of a user.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserSessions {
    /// The one used last first.
    items: Vec<SessionItem>,
}

fn sessions_of(signed: &Signed, user: &str) -> UserSessions {
    let own = signed.engine().session_id(&signed.session);
    let item = |session: SessionInfo| SessionItem {
        current: session.id == own,
        id: session.id,
        ip: session.ip,
        created_at: session.created_at.0,
        used_at: session.used_at.0,
    };
    let all = signed.engine().sessions_list().into_iter().filter(|session| session.user == user);
    UserSessions { items: all.map(item).collect() }
}

/// Where a user is logged in: one's own sessions, or for administrators anybody's.
#[utoipa::path(get, path = "/users/{user}/sessions", tag = "admin", operation_id = "listSessions",
    params(("user" = String, Path, description = "The user's name.")),
    responses((status = 200, description = "The sessions.", body = UserSessions)))]
async fn sessions(signed: Signed, Path(user): Path<String>) -> Answer<Response> {
    if user != signed.caller.user.name {
        signed.require_admin()?;
    }
    Ok(reply(&sessions_of(&signed, &user)))
}

fn refused(signed: &Signed, error: SessionEndError) -> Problem {
    match error {
        SessionEndError::NotAdmin => no_admin(signed.engine()),
        SessionEndError::NotFound => Problem::not_found("session"),
        SessionEndError::Internal(error) => error.into(),
    }
}

async fn end(signed: &Signed, user: &str, which: SessionsToEnd<'_>) -> Answer<Response> {
    let ended = signed.engine().sessions_end(&signed.caller, user, which).await;
    ended.map_err(|error| refused(signed, error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Signs a user out everywhere; the session of the request itself stays.
#[utoipa::path(delete, path = "/users/{user}/sessions", tag = "admin", operation_id = "endSessions",
    params(("user" = String, Path, description = "The user's name.")),
    responses((status = 204, description = "Signed out.")))]
async fn end_all(signed: Signed, Path(user): Path<String>) -> Answer<Response> {
    end(&signed, &user, SessionsToEnd::AllBut(&signed.session)).await
}

/// Ends one session of a user.
#[utoipa::path(delete, path = "/users/{user}/sessions/{session}", tag = "admin", operation_id = "endSession",
    params(("user" = String, Path, description = "The user's name."), ("session" = String, Path, description = "The session's id.")),
    responses((status = 204, description = "Signed out.")))]
async fn end_one(signed: Signed, Path((user, session)): Path<(String, String)>) -> Answer<Response> {
    end(&signed, &user, SessionsToEnd::One(&session)).await
}
