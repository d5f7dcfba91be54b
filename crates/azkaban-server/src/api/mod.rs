//! The REST face `/api/v1` for our own UI and for programs (`docs/api-v1.md`): resources as JSON, errors as
//! `application/problem+json`, one stream of events. It calls the same use cases with the same checks as the legacy face.

mod admin;
mod document;
mod events;
mod executions;
mod extract;
mod flow_triggers;
mod flows;
mod list;
mod personal;
mod problem;
mod projects;
mod schedules;
mod schema;
mod search;
mod session;
mod sla;
mod stream;
mod tag;
mod tokens;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use problem::Problem;

pub(crate) use document::document;
pub(crate) use extract::bearer;

/// Where this face lives.
pub(crate) const PREFIX: &str = "/api/v1";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The address of the client's end of the connection.
#[derive(Debug, Clone, Copy)]
struct Peer(SocketAddr);

/// The face, ready to answer.
#[derive(Clone)]
pub(crate) struct Api {
    router: Router,
}

/// Every resource with its description.
fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(session::server))
        .routes(routes!(session::create, session::get, session::delete))
        .merge(projects::resources())
        .merge(flows::resources())
        .merge(executions::resources())
        .merge(schedules::resources())
        .merge(sla::resources())
        .merge(flow_triggers::resources())
        .merge(search::resources())
        .merge(events::resources())
        .merge(admin::resources())
        .merge(tokens::resources())
        .merge(personal::resources())
}

impl Api {
    /// The face of a server.
    pub(crate) fn new(app: Arc<App>) -> Self {
        let (router, described) = resources().split_for_parts();
        let document = document::finish(described);
        let text = bytes::Bytes::from(document::render(&document));
        let router = router
            .route("/openapi.json", routing::get(move || async move { document::answer(text) }))
            .fallback(|| async { Problem::not_found("resource") })
            .method_not_allowed_fallback(|| async { Problem::of(StatusCode::METHOD_NOT_ALLOWED) })
            .with_state(app);
        Self { router: Router::new().nest(PREFIX, router) }
    }

    /// Whether a path is for this face.
    pub(crate) fn serves(path: &str) -> bool {
        path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Answers a request of the client at `peer`.
    pub(crate) async fn answer(&self, peer: SocketAddr, mut request: Request) -> Response {
        request.extensions_mut().insert(Peer(peer));
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        finish(response)
    }
}

/// An answer for a request whose handler panicked.
pub(crate) fn panicked() -> Response {
    finish(Problem::of(StatusCode::INTERNAL_SERVER_ERROR).into_response())
}

/// Gives the answer its id, and the shape of a problem to whatever failed before a handler was reached.
fn finish(mut response: Response) -> Response {
    let id = request_id();
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        let problem = response.extensions_mut().remove::<Problem>().unwrap_or_else(|| Problem::of(status));
        problem.log(&id);
        let headers = std::mem::take(response.headers_mut());
        response = problem.render(&id);
        for name in [header::ALLOW, header::SET_COOKIE, header::CONNECTION, header::RETRY_AFTER] {
            headers.get_all(&name).iter().for_each(|value| {
                response.headers_mut().append(name.clone(), value.clone());
            });
        }
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// A random name for a request; without randomness all requests share one, which only makes the log harder to read.
fn request_id() -> String {
    let mut bytes = [0; 8];
    let _ = getrandom::fill(&mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes))
}
