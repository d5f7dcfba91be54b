//! How a request finds its session, and what else may stand for one (http-api §2.2–2.4).

use axum::response::Response;
use azkaban_engine::{Caller, LoginError};
use http::HeaderMap;
use http::request::Parts;

use super::errors::chain;
use super::params::Params;
use super::{Call, reply};
use crate::access;
use crate::api::bearer;
use crate::app::App;

/// The cookie that browsers keep.
pub(crate) const COOKIE: &str = "azkaban.browser.session.id";
/// The parameter that other clients send.
const PARAMETER: &str = "session.id";

/// A session, and how it was found.
pub(super) struct Found {
    caller: Caller,
    cookie_session: Option<String>,
}

impl Found {
    /// A caller who sent a name and a password with this one request.
    pub(super) fn one_shot(caller: Caller) -> Self {
        Self { caller, cookie_session: None }
    }

    /// The request as its servlet sees it.
    pub(super) fn call<'a>(self, app: &'a App, parts: &'a Parts, params: Params) -> Call<'a> {
        access::note_user(parts, &self.caller.user.name);
        Call {
            app,
            path: parts.uri.path(),
            headers: &parts.headers,
            params,
            file: None,
            body: None,
            multipart: false,
            caller: self.caller,
            cookie_session: self.cookie_session,
        }
    }
}

/// By cookie, else by parameter, else, which is ours, by `Authorization: Bearer`. Unlike in Azkaban a stale cookie does not hide a
/// valid parameter (§17).
pub(super) async fn find(app: &App, ip: &str, headers: &HeaderMap, params: &Params) -> Option<Found> {
    if let Some(token) = reply::cookie(headers, COOKIE).filter(|token| !token.is_empty())
        && let Some(caller) = app.engine.session_find(&token, ip).await
    {
        return Some(Found { caller, cookie_session: Some(token) });
    }
    if let Some(found) = find_by_parameter(app, ip, params).await {
        return Some(found);
    }
    let caller = app.engine.session_find(bearer(headers)?, ip).await?;
    Some(Found { caller, cookie_session: None })
}

/// By the parameter alone.
pub(super) async fn find_by_parameter(app: &App, ip: &str, params: &Params) -> Option<Found> {
    let caller = app.engine.session_find(params.get(PARAMETER)?, ip).await?;
    Some(Found { caller, cookie_session: None })
}

/// A name and a password in the request itself.
pub(super) enum Credentials {
    /// Not both are there.
    Missing,
    /// They are right.
    Accepted(Caller),
    /// They are not; the text to answer.
    Refused(String),
}

/// Checks the name and password of a request without a session; they count for this request only.
pub(super) async fn one_shot(app: &App, ip: &str, params: &Params) -> Credentials {
    let (Some(name), Some(password)) = (params.get("username"), params.get("password")) else {
        return Credentials::Missing;
    };
    match app.engine.authenticate(name, password, ip).await {
        Ok(user) => Credentials::Accepted(Caller { user, ip: ip.to_owned() }),
        Err(error) => Credentials::Refused(format!("Login error: {}", refusal(&error))),
    }
}

/// The user manager's words.
pub(crate) fn refusal(error: &LoginError) -> &'static str {
    match error {
        LoginError::UsernameEmpty => "Username is empty.",
        LoginError::PasswordEmpty => "Password is empty.",
        LoginError::Rejected => "Username/Password not found.",
        LoginError::Internal(error) => {
            tracing::error!(error = %chain(error), "a login could not be checked");
            "Internal error: User not found."
        }
    }
}

/// Ends the session and leads to the first page, with or without one.
pub(super) async fn logout(app: &App, ip: &str, headers: &HeaderMap, params: &Params) -> Response {
    let cookie = reply::cookie(headers, COOKIE);
    let token = cookie.as_deref().filter(|token| !token.is_empty()).or_else(|| params.get(PARAMETER));
    if let Some(token) = token {
        app.engine.session_remove(token, ip).await;
    }
    reply::redirect(headers, "/")
}
