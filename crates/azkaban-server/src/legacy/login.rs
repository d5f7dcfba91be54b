//! Logging in (http-api §4.1) and the page that asks for it.

use axum::response::Response;
use azkaban_engine::SessionRefused;
use serde::Serialize;

use super::errors::Failure;
use super::params::Params;
use super::reply::{self, Reply};
use super::session;
use crate::app::App;
use crate::pages;

/// `POST <any path>` with `action=login`.
pub(super) async fn login(app: &App, ip: &str, params: &Params) -> Reply {
    #[derive(Serialize)]
    struct Success<'a> {
        status: &'a str,
        #[serde(rename = "session.id")]
        session: &'a str,
    }
    let (Some(name), Some(password)) = (params.get("username"), params.get("password")) else {
        return reply::error("Incorrect Login.");
    };
    let user = match app.engine.authenticate(name, password, ip).await {
        Ok(user) => user,
        Err(error) => return reply::error(format!("Incorrect Login. {}", session::refusal(&error))),
    };
    match app.engine.session_create(user, ip).await {
        Ok(token) => {
            let mut response = reply::pretty(&Success { status: "success", session: &token.0 })?;
            // Unlike Azkaban's, the cookie is out of reach for scripts and for forms of other sites (§17).
            reply::set_cookie(&mut response, session::COOKIE, &token.0, "; HttpOnly; SameSite=Lax");
            Ok(response)
        }
        Err(SessionRefused::TooMany { limit }) => reply::error(format!(
            "Potential DDoS found, the number of sessions for this user and IP reached allowed limit ({limit})."
        )),
        Err(SessionRefused::Internal(error)) => Err(Failure::Internal(error)),
    }
}

/// The page that asks for a name and a password, at whatever address was wanted.
pub(super) fn page(app: &App, message: Option<&str>) -> Response {
    reply::html(pages::login::render(&app.config, message))
}
