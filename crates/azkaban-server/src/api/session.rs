//! Logging in and out, who one is, and which server this is.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use azkaban_core::permission::Permission;
use azkaban_engine::{LoginError, SessionRefused, User};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{ClientIp, Json, Signed, check_origin};
use super::problem::{Answer, Problem};
use super::schema::PermissionName;
use crate::app::App;
use crate::legacy::{COOKIE, set_cookie};

/// Which server this is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Server {
    /// `azkaban.name`.
    name: String,
    /// `azkaban.label`.
    label: String,
    /// `azkaban.color`, a CSS colour.
    color: String,
    /// Of the program.
    version: &'static str,
    /// Another one after each change of the program.
    build_id: String,
    /// IANA name of the server's time zone.
    time_zone: String,
    /// The server's clock.
    now: i64,
}

/// The server, for everybody.
#[utoipa::path(get, path = "/server", tag = "session", operation_id = "getServer", security(()),
    responses((status = 200, description = "The server.", body = Server)))]
pub(super) async fn server(State(app): State<Arc<App>>) -> axum::response::Response {
    let config = app.engine.config();
    reply(&Server {
        name: app.config.name.clone(),
        label: app.config.label.clone(),
        color: app.config.color.clone(),
        version: env!("CARGO_PKG_VERSION"),
        build_id: app.build_id.clone(),
        time_zone: config.time_zone.iana_name().unwrap_or("UTC").to_owned(),
        now: app.engine.now().0,
    })
}

/// JSON with status 200.
pub(super) fn reply<T: Serialize>(value: &T) -> Response {
    reply_with(StatusCode::OK, value)
}

/// JSON with a status.
pub(super) fn reply_with<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => {
            let content_type = http::HeaderValue::from_static("application/json");
            (status, [(http::header::CONTENT_TYPE, content_type)], body).into_response()
        }
        Err(error) => Problem::from(azkaban_engine::Internal::new(error)).into_response(),
    }
}

/// A name and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginRequest {
    username: String,
    password: String,
}

/// Who is logged in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    user: SessionUser,
    /// What roles grant for every project.
    permissions: Vec<PermissionName>,
    /// For the header `X-CSRF-TOKEN` of writes with the cookie.
    csrf_token: String,
    /// For `Authorization: Bearer`; only in the answer to a login.
    session_id: Option<String>,
}

/// A user.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionUser {
    name: String,
    email: Option<String>,
    groups: Vec<String>,
    roles: Vec<String>,
}

fn session(app: &App, user: &User, token: &str, with_id: bool) -> Session {
    let granted = Permission::ALL.into_iter().filter(|permission| app.engine.role_grants(user, *permission));
    Session {
        user: SessionUser {
            name: user.name.clone(),
            email: user.email.clone(),
            groups: user.groups.clone(),
            roles: user.roles.clone(),
        },
        permissions: granted.map(PermissionName).collect(),
        csrf_token: app.csrf.token(token),
        session_id: with_id.then(|| token.to_owned()),
    }
}

/// Logs in; sets the cookie of the session.
#[utoipa::path(post, path = "/session", tag = "session", operation_id = "login", security(()), request_body = LoginRequest,
    responses((status = 200, description = "Logged in.", body = Session)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    ClientIp(ip): ClientIp,
    headers: HeaderMap,
    Json(request): Json<LoginRequest>,
) -> Answer<Response> {
    check_origin(&headers)?;
    let user = app.engine.authenticate(&request.username, &request.password, &ip).await.map_err(|error| {
        let refused = |text: &str| Problem::of(StatusCode::UNAUTHORIZED).detail(text);
        match error {
            LoginError::UsernameEmpty => Problem::invalid("username", "required", "The name is empty."),
            LoginError::PasswordEmpty => Problem::invalid("password", "required", "The password is empty."),
            LoginError::Rejected => refused("The name or the password is wrong."),
            LoginError::Internal(error) => error.into(),
        }
    })?;
    let token = app.engine.session_create(Arc::clone(&user), &ip).await.map_err(|error| match error {
        SessionRefused::TooMany { limit } => Problem::of(StatusCode::TOO_MANY_REQUESTS)
            .code("tooManySessions")
            .detail(format!("This user has {limit} sessions from this address already."))
            .param("limit", limit),
        SessionRefused::Internal(error) => error.into(),
    })?;
    let mut response = reply(&session(&app, &user, &token.0, true));
    set_cookie(&mut response, COOKIE, &token.0, "; HttpOnly; SameSite=Lax");
    Ok(response)
}

/// Who is logged in.
#[utoipa::path(get, path = "/session", tag = "session", operation_id = "getSession",
    responses((status = 200, description = "The session.", body = Session)))]
pub(super) async fn get(signed: Signed) -> Response {
    reply(&session(&signed.app, &signed.caller.user, &signed.session, false))
}

/// Logs out.
#[utoipa::path(delete, path = "/session", tag = "session", operation_id = "logout",
    responses((status = 204, description = "Logged out.")))]
pub(super) async fn delete(signed: Signed) -> Response {
    signed.engine().session_remove(&signed.session, &signed.caller.ip).await;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, COOKIE, "", "; Max-Age=0; HttpOnly; SameSite=Lax");
    response
}
