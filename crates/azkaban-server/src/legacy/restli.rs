//! `/restli/*` (http-api §11): logging in and deploying a project from an address, as LinkedIn's tools do it.
//!
//! Calls are POSTs with `?action=` and a JSON body; answers are `{"value": …}`. The shape of errors follows rest.li's
//! protocol; it has not been recorded.

use axum::body::Body;
use axum::response::Response;
use azkaban_core::project::Report;
use azkaban_engine::{DownloadError, SessionRefused, Upload, UploadDenied, UploadError};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::errors::chain;
use super::params::Params;
use super::reply::Reply;
use super::{Failure, session};
use crate::app::App;
use crate::body::Frames;

/// An error as rest.li tells it.
struct Refused {
    status: StatusCode,
    message: String,
}

fn refuse(status: StatusCode, message: impl Into<String>) -> Refused {
    Refused { status, message: message.into() }
}

fn bad(message: impl Into<String>) -> Refused {
    refuse(StatusCode::BAD_REQUEST, message)
}

/// What a call gives back, or why not.
type Outcome<T> = Result<Result<T, Refused>, Failure>;

pub(super) async fn post(app: &App, ip: &str, parts: &Parts, body: Body) -> Reply {
    let mut query = Params::default();
    if query.add_urlencoded(parts.uri.query().unwrap_or_default().as_bytes()).is_err() {
        return Ok(super::too_many());
    }
    let frames = Frames::new(body, app.config.form_limit, app.config.body_idle_timeout);
    let body = match frames.collect().await {
        Ok(body) => body,
        Err(error) => return Ok(super::refuse_body(&error, parts.uri.path())),
    };
    match (parts.uri.path(), query.get("action")) {
        ("/restli/user", Some("login")) => answer(login(app, ip, &body).await?),
        ("/restli/user", Some("getUserFromSessionId")) => answer(user(app, ip, &body).await?),
        ("/restli/project", Some("deploy")) => answer(deploy(app, ip, &body).await?),
        ("/restli/user" | "/restli/project", action) => {
            let action = action.unwrap_or_default();
            error(bad(format!("POST operation named {action} not supported on resource")))
        }
        (path, _) => {
            error(refuse(StatusCode::NOT_FOUND, format!("No root resource defined for path '{path}'")))
        }
    }
}

fn answer<T: Serialize>(outcome: Result<T, Refused>) -> Reply {
    #[derive(Serialize)]
    struct Answer<T> {
        value: T,
    }
    match outcome {
        Ok(value) => json(StatusCode::OK, &Answer { value }),
        Err(refused) => error(refused),
    }
}

fn error(refused: Refused) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Error {
        status: u16,
        message: String,
        exception_class: &'static str,
    }
    let body = Error {
        status: refused.status.as_u16(),
        message: refused.message,
        exception_class: "com.linkedin.restli.server.RestLiServiceException",
    };
    let mut response = json(refused.status, &body)?;
    response.headers_mut().insert("x-restli-error-response", HeaderValue::from_static("true"));
    Ok(response)
}

fn json<T: Serialize>(status: StatusCode, value: &T) -> Reply {
    let mut response = Response::new(Body::from(serde_json::to_vec(value)?));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("x-restli-protocol-version", HeaderValue::from_static("1.0.0"));
    Ok(response)
}

/// The parameters of a call.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| bad(format!("Parameters cannot be read: {error}")))
}

async fn login(app: &App, ip: &str, body: &[u8]) -> Outcome<String> {
    #[derive(serde::Deserialize)]
    struct Login {
        username: String,
        password: String,
    }
    let Login { username, password } = match parse(body) {
        Ok(login) => login,
        Err(refused) => return Ok(Err(refused)),
    };
    let user = match app.engine.authenticate(&username, &password, ip).await {
        Ok(user) => user,
        Err(error) => return Ok(Err(refuse(StatusCode::UNAUTHORIZED, session::refusal(&error)))),
    };
    match app.engine.session_create(user, ip).await {
        Ok(token) => Ok(Ok(token.0)),
        Err(SessionRefused::TooMany { limit }) => Ok(Err(refuse(
            StatusCode::UNAUTHORIZED,
            format!(
                "Potential DDoS found, the number of sessions for this user and IP reached allowed limit ({limit})."
            ),
        ))),
        Err(SessionRefused::Internal(error)) => Err(error.into()),
    }
}

const NO_SESSION: &str = "Invalid session. Login required";

async fn user(app: &App, ip: &str, body: &[u8]) -> Outcome<impl Serialize> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Session {
        session_id: String,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct User {
        user_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        email: Option<String>,
    }
    let Session { session_id } = match parse(body) {
        Ok(session) => session,
        Err(refused) => return Ok(Err(refused)),
    };
    Ok(match app.engine.session_find(&session_id, ip).await {
        Some(caller) => Ok(User { user_id: caller.user.name.clone(), email: caller.user.email.clone() }),
        None => Err(refuse(StatusCode::UNAUTHORIZED, NO_SESSION)),
    })
}

async fn deploy(app: &App, ip: &str, body: &[u8]) -> Outcome<String> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Deploy {
        session_id: String,
        project_name: String,
        package_url: String,
    }
    let Deploy { session_id, project_name: name, package_url: url } = match parse(body) {
        Ok(deploy) => deploy,
        Err(refused) => return Ok(Err(refused)),
    };
    let engine = &app.engine;
    let Some(caller) = engine.session_find(&session_id, ip).await else {
        return Ok(Err(refuse(StatusCode::UNAUTHORIZED, NO_SESSION)));
    };
    let Some(project) = engine.project_by_name(&name) else {
        return Ok(Err(bad(format!("Project '{name}' not found."))));
    };
    if let Err(denied) = engine.upload_permit(&caller, &project).await {
        return Ok(Err(match denied {
            UploadDenied::NoWrite => {
                bad(format!("User {} has no permission to write to project {name}", caller.user.name))
            }
            other => bad(other.to_string()),
        }));
    }
    let download = match engine.archive_download(&url).await {
        Ok(download) => download,
        Err(DownloadError::Malformed) => return Ok(Err(bad(format!("URL {url} is malformed.")))),
        Err(DownloadError::Internal(error)) => return Err(error.into()),
        Err(error) => {
            tracing::info!(url, error = %chain(&error), "an archive could not be fetched");
            let file = url.rsplit('/').next().unwrap_or_default();
            return Ok(Err(bad(format!("Download of URL {url} to {file} failed"))));
        }
    };
    let upload = Upload { file_name: download.file_name, archive: download.file, fix: true };
    Ok(match engine.project_upload(&caller, &project, upload).await {
        Ok(uploaded) => Ok(uploaded.version.to_string()),
        Err(UploadError::ProjectGone) => Err(refuse(
            StatusCode::GONE,
            format!("Installation Failed. Project '{name}' was already removed."),
        )),
        Err(UploadError::Rejected(report)) => Err(bad(rejected(&report))),
        Err(UploadError::Internal(error)) => return Err(error.into()),
        Err(error) => Err(bad(format!("Installation Failed. {error}"))),
    })
}

fn rejected(report: &Report) -> String {
    let errors: Vec<&str> = report.errors.iter().map(String::as_str).collect();
    format!("Validator {} reports errors: {}", Report::NAME, errors.join("; "))
}
