//! The face that Azkaban's clients know: the same paths, parameters, words and shapes (http-api §1–§7).
//!
//! One servlet of Azkaban is one module. All of them share the login layer of this one, so that a login works by POST to
//! any path (§1.1).

mod entities;
mod errors;
mod executor;
mod history;
mod index;
pub(crate) mod jmx;
mod json;
mod login;
pub(crate) mod manager;
mod notes;
mod options;
mod params;
pub(crate) mod reply;
mod restli;
mod schedule;
mod session;
mod sla;
pub(crate) mod stats;
mod status;
mod triggers;
mod views;
mod window;

use std::net::SocketAddr;

use axum::body::Body;
use axum::response::Response;
use azkaban_core::ids::NodeIndex;
use azkaban_engine::{Caller, ExecutionView};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};

use crate::app::App;
use crate::body::{BodyError, Frames};
use crate::multipart::{self, ReceiveError, ReceivedFile};
use crate::{pages, ui};
pub(crate) use errors::{Failure, chain, page as error_page};
pub(crate) use manager::{archive_name, open_archive};
pub(crate) use options::{Rules, check_parameters};
use params::{Params, TooMany};
use reply::Reply;
pub(crate) use reply::{cookie, set_cookie};
pub(crate) use session::COOKIE;
use session::Credentials;

/// What a path leads to (§1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Servlet {
    Index,
    Manager,
    Executor,
    Schedule,
    History,
    Jmx,
    Stats,
    Notes,
    /// `/triggers`, `/flowtrigger` and `/flowtriggerinstance`.
    Triggers,
    /// LinkedIn's protocol, with sessions of its own making.
    Restli,
    Status,
    /// Files that need no login: those of the app.
    Static,
    /// A page that only the app has.
    App,
    /// Everything else: a redirect to the default page.
    Redirect,
}

impl Servlet {
    fn of(path: &str) -> Self {
        // The container cuts off path parameters such as `;jsessionid=…`.
        match path.split(';').next().unwrap_or(path) {
            "/index" => Servlet::Index,
            "/manager" => Servlet::Manager,
            "/executor" => Servlet::Executor,
            "/schedule" => Servlet::Schedule,
            "/history" => Servlet::History,
            "/jmx" => Servlet::Jmx,
            "/stats" => Servlet::Stats,
            "/notes" => Servlet::Notes,
            "/triggers" | "/flowtrigger" | "/flowtriggerinstance" => Servlet::Triggers,
            "/status" => Servlet::Status,
            path if path.starts_with("/restli/") => Servlet::Restli,
            "/favicon.ico" => Servlet::Static,
            path if ["/assets/", "/css/", "/js/", "/images/", "/fonts/"]
                .iter()
                .any(|p| path.starts_with(p)) =>
            {
                Servlet::Static
            }
            path if ui::is_page(path) => Servlet::App,
            _ => Servlet::Redirect,
        }
    }
}

/// A request of a known user, as a servlet sees it.
pub(crate) struct Call<'a> {
    pub(crate) app: &'a App,
    pub(crate) path: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) params: Params,
    /// The file of a multipart request.
    file: Option<ReceivedFile>,
    /// A body that is no form, where a call takes one.
    body: Option<Bytes>,
    /// The request is multipart: only parts count as parameters.
    multipart: bool,
    pub(crate) caller: Caller,
    /// The session that the cookie names, if that is the one in use.
    pub(crate) cookie_session: Option<String>,
}

impl Call<'_> {
    /// The user's name.
    pub(crate) fn user(&self) -> &str {
        &self.caller.user.name
    }

    /// The value of `ajax`.
    fn ajax(&self) -> Option<&str> {
        self.params.get("ajax")
    }

    /// Some global role of the user holds ADMIN (§3).
    pub(crate) fn is_admin(&self) -> bool {
        self.app.engine.role_grants(&self.caller.user, azkaban_core::permission::Permission::Admin)
    }

    /// The same for a call that switches a part of the server: that it is refused is told in the audit trail.
    async fn may_control_server(&self) -> bool {
        let admin = azkaban_core::permission::Permission::Admin;
        self.app.engine.role_permits(&self.caller, admin, azkaban_engine::Action::ServerControl).await
    }
}

/// Answers any request of the client at `peer`.
pub(crate) async fn handle(app: &App, peer: SocketAddr, parts: Parts, body: Body) -> Response {
    let ip = crate::client_ip::client_ip(peer, &parts.headers, &app.config.trusted_proxies);
    let path = parts.uri.path().to_owned();
    let servlet = Servlet::of(&path);
    let answer = match (servlet, &parts.method) {
        (_, &Method::OPTIONS) => Ok(reply::empty()),
        (Servlet::Status, &Method::GET | &Method::HEAD) => status::get(app).await,
        (Servlet::Static, &Method::GET | &Method::HEAD) => Ok(ui::asset(&path, &parts.headers)
            .unwrap_or_else(|| error_page(StatusCode::NOT_FOUND, "Not Found", &path))),
        (Servlet::Restli, &Method::POST) => restli::post(app, &ip, &parts, body).await,
        (Servlet::Status | Servlet::Static | Servlet::Restli, _) => Ok(method_not_allowed()),
        (_, &Method::GET | &Method::HEAD | &Method::DELETE) => get(app, servlet, &ip, &parts).await,
        (_, &Method::POST) => post(app, servlet, &ip, &parts, body).await,
        _ => Ok(method_not_allowed()),
    };
    answer.unwrap_or_else(|failure| failure.into_response(&path))
}

fn method_not_allowed() -> Response {
    let mut response = reply::empty();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

fn too_many() -> Response {
    error_page(StatusCode::BAD_REQUEST, "Too many parameters", "")
}

async fn get(app: &App, servlet: Servlet, ip: &str, parts: &Parts) -> Reply {
    let mut params = Params::default();
    if let Err(TooMany) = params.add_urlencoded(parts.uri.query().unwrap_or_default().as_bytes()) {
        return Ok(too_many());
    }
    if params.has("logout") {
        return Ok(session::logout(app, ip, &parts.headers, &params).await);
    }
    let Some(found) = session::find(app, ip, &parts.headers, &params).await else {
        return if params.has("ajax") { reply::error("session") } else { Ok(login::page(app, None)) };
    };
    if parts.method == Method::DELETE {
        return Ok(reply::empty());
    }
    let call = found.call(app, parts, params);
    match servlet {
        Servlet::Index => index::get(&call).await,
        Servlet::Manager => manager::get(&call).await,
        Servlet::Executor => executor::get(&call).await,
        Servlet::Schedule => schedule::get(&call).await,
        Servlet::History => history::get(&call).await,
        Servlet::Jmx => jmx::get(&call),
        Servlet::Stats => stats::get(&call).await,
        Servlet::Notes => notes::get(&call),
        Servlet::Triggers => triggers::get(&call).await,
        Servlet::App => pages::app(&call),
        Servlet::Restli | Servlet::Status | Servlet::Static | Servlet::Redirect => {
            Ok(reply::redirect(&parts.headers, &app.config.default_servlet_path))
        }
    }
}

async fn post(app: &App, servlet: Servlet, ip: &str, parts: &Parts, body: Body) -> Reply {
    let query = parts.uri.query().unwrap_or_default();
    if query.contains("password=") {
        return Ok(reply::bare_text("Login error. Must pass username and password in request body"));
    }
    let content_type =
        parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let call = if multipart::is_multipart(content_type) {
        receive_multipart(app, ip, parts, content_type, body).await
    } else {
        receive_form(app, ip, parts, content_type, body).await
    };
    let call = match call {
        Ok(call) => call,
        Err(answer) => return *answer,
    };
    match servlet {
        Servlet::Manager => manager::post(call).await,
        Servlet::Executor => executor::post(&call).await,
        Servlet::Schedule => schedule::post(&call).await,
        Servlet::Notes => notes::post(&call).await,
        Servlet::Index | Servlet::History | Servlet::Jmx | Servlet::Stats => Ok(reply::empty()),
        Servlet::Triggers => triggers::post(&call).await,
        Servlet::App | Servlet::Restli | Servlet::Status | Servlet::Static | Servlet::Redirect => {
            Ok(reply::redirect(&parts.headers, &app.config.default_servlet_path))
        }
    }
}

/// Why a POST does not reach its servlet; boxed, since a `Reply` is large.
type Stopped = Box<Reply>;

fn stop(reply: Reply) -> Stopped {
    Box::new(reply)
}

/// A urlencoded body together with the query (§1.2); of a body of another type nothing is read.
async fn receive_form<'a>(
    app: &'a App,
    ip: &str,
    parts: &'a Parts,
    content_type: &str,
    body: Body,
) -> Result<Call<'a>, Stopped> {
    let mut params = Params::default();
    let mut added = params.add_urlencoded(parts.uri.query().unwrap_or_default().as_bytes());
    let is_form =
        content_type.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
    let mut other_body = None;
    // Of the calls without a form one takes a body (§7, `ramp`).
    if is_form || params.get("ajax") == Some("ramp") {
        let frames = Frames::new(body, app.config.form_limit, app.config.body_idle_timeout);
        let body = frames.collect().await.map_err(|error| stop(Ok(refuse_body(&error, parts.uri.path()))))?;
        if is_form {
            added = added.and_then(|()| params.add_urlencoded(&body));
        } else {
            other_body = Some(body).filter(|body| !body.is_empty());
        }
    }
    if let Err(TooMany) = added {
        return Err(stop(Ok(too_many())));
    }
    if params.get("action") == Some("login") {
        return Err(stop(login::login(app, ip, &params).await));
    }
    if let Some(found) = session::find(app, ip, &parts.headers, &params).await {
        return Ok(Call { body: other_body, ..found.call(app, parts, params) });
    }
    match session::one_shot(app, ip, &params).await {
        Credentials::Accepted(caller) => Ok(session::Found::one_shot(caller).call(app, parts, params)),
        Credentials::Refused(text) => Err(stop(Ok(reply::bare_text(text)))),
        Credentials::Missing if is_ajax(&parts.headers) => {
            Err(stop(reply::compact(&InvalidSession::default())))
        }
        Credentials::Missing => Err(stop(Ok(login::page(app, Some("Enter username and password"))))),
    }
}

/// A multipart body; of the query only the session counts (§1.2).
async fn receive_multipart<'a>(
    app: &'a App,
    ip: &str,
    parts: &'a Parts,
    content_type: &str,
    body: Body,
) -> Result<Call<'a>, Stopped> {
    let mut query = Params::default();
    if let Err(TooMany) = query.add_urlencoded(parts.uri.query().unwrap_or_default().as_bytes()) {
        return Err(stop(Ok(too_many())));
    }
    let early = session::find(app, ip, &parts.headers, &query).await;
    let limits = multipart::Limits {
        fields: app.config.form_limit,
        folder: &app.engine.config().temp_dir,
        file_field: "file",
    };
    let frames = Frames::new(body, app.config.multipart_limit, app.config.body_idle_timeout);
    let form = multipart::receive(content_type, frames, limits).await.map_err(|error| {
        stop(match error {
            ReceiveError::Body(error) => Ok(refuse_body(&error, parts.uri.path())),
            ReceiveError::Malformed(error) => Err(Failure::Message(error.to_string())),
            error @ ReceiveError::Disk { .. } => Err(Failure::Internal(azkaban_engine::Internal::new(error))),
        })
    })?;
    let mut params = Params::default();
    for (name, value) in form.fields {
        if let Err(TooMany) = params.add(name, value) {
            return Err(stop(Ok(too_many())));
        }
    }
    let found = match early {
        Some(found) => found,
        None => match session::find_by_parameter(app, ip, &params).await {
            Some(found) => found,
            None => match session::one_shot(app, ip, &params).await {
                Credentials::Accepted(caller) => session::Found::one_shot(caller),
                Credentials::Refused(text) => return Err(stop(Ok(reply::bare_text(text)))),
                Credentials::Missing => {
                    return Err(stop(Ok(reply::bare_text("Login error. Need username and password"))));
                }
            },
        },
    };
    let mut call = found.call(app, parts, params);
    call.file = form.file;
    call.multipart = true;
    Ok(call)
}

fn refuse_body(error: &BodyError, path: &str) -> Response {
    let status = match error {
        BodyError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        BodyError::TimedOut => StatusCode::REQUEST_TIMEOUT,
        BodyError::Broken(_) => StatusCode::BAD_REQUEST,
    };
    let mut response = error_page(status, &error.to_string(), path);
    // What is left of the body is not read.
    response.headers_mut().insert(header::CONNECTION, http::HeaderValue::from_static("close"));
    response
}

/// The node of a nested id that a request names, unless it is the root.
pub(crate) fn node_of(view: &ExecutionView, path: &str) -> Option<NodeIndex> {
    if path.is_empty() { None } else { view.graph.find(&path.into()) }
}

/// A project in the text of an answer, as Java prints an object; the number is the same for the same project.
fn java_object(project: &azkaban_engine::Project) -> String {
    format!("azkaban.project.Project@{:x}", 0x1000_0000 | (project.id.0 as u32 & 0x0FFF_FFFF))
}

/// Text as the value of a query parameter.
pub(crate) fn query_text(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Reads parameters and asks for them in every way, for [`crate::fuzzing`].
pub(crate) fn read_parameters(query: &[u8]) {
    let mut params = Params::default();
    if let Err(TooMany) = params.add_urlencoded(query) {
        return;
    }
    let rules = options::Rules { admin: query.len().is_multiple_of(2), retry_limit: 2 };
    // Only that there is an outcome counts.
    let _ = (options::parse(&params, rules), params.group("g"), params.nested_group("g"));
    let _ = (params.required_number::<i32>("a"), params.boolean("a", false), params.get("a"));
}

fn is_ajax(headers: &HeaderMap) -> bool {
    headers.get("x-requested-with").is_some_and(|value| value == "XMLHttpRequest")
}

/// What a script without a session is told (§2.4).
#[derive(serde::Serialize)]
struct InvalidSession {
    status: &'static str,
    message: &'static str,
    action: &'static str,
}

impl Default for InvalidSession {
    fn default() -> Self {
        Self { status: "error", message: "Invalid Session. Need to re-login", action: "login" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_paths_are_servlets() {
        let check = |path: &str, servlet: Servlet| assert_eq!(Servlet::of(path), servlet, "{path}");
        check("/manager", Servlet::Manager);
        check("/manager;jsessionid=abc", Servlet::Manager);
        check("/manager/", Servlet::Redirect);
        check("/Manager", Servlet::Redirect);
        check("/", Servlet::Redirect);
        check("/css/x.css", Servlet::Static);
        check("/css", Servlet::Redirect);
    }
}
