//! Reading requests: who asks, the query, the body. Each refusal is a [`Problem`].

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use azkaban_core::ids::ProjectVersion;
use azkaban_core::permission::Permission;
use azkaban_core::project::ProjectModel;
use azkaban_engine::Action;
use azkaban_engine::{Caller, Engine, Project, TokenScope};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use serde::de::DeserializeOwned;

use super::Peer;
use super::problem::{Answer, Problem};
use crate::app::App;
use crate::body::{BodyError, Frames};
use crate::legacy::{COOKIE, cookie};

/// The largest JSON body, in bytes.
const MAX_BODY: u64 = 1 << 20;
/// Administrators that a refusal names at most.
const MAX_ADMINS: usize = 20;

/// A request of a known user. A write whose session is a cookie's carries the session's token too, so that no other site
/// can make a browser send it.
pub(crate) struct Signed {
    pub(crate) app: Arc<App>,
    pub(crate) caller: Caller,
    /// The session's id.
    pub(crate) session: String,
}

/// The address that a request comes from.
pub(crate) struct ClientIp(pub(crate) String);

impl FromRequestParts<Arc<App>> for ClientIp {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Answer<Self> {
        let peer = parts.extensions.get::<Peer>().ok_or(Problem::of(StatusCode::INTERNAL_SERVER_ERROR))?;
        Ok(Self(crate::client_ip::client_ip(peer.0, &parts.headers, &app.config.trusted_proxies)))
    }
}

impl FromRequestParts<Arc<App>> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Answer<Self> {
        let ip = ClientIp::from_request_parts(parts, app).await?.0;
        let (session, by_cookie) = match bearer(&parts.headers) {
            Some(token) => (token.to_owned(), false),
            None => match cookie(&parts.headers, COOKIE).filter(|token| !token.is_empty()) {
                Some(token) => (token, true),
                None => return Err(Problem::of(StatusCode::UNAUTHORIZED)),
            },
        };
        let found = app.engine.session_find(&session, &ip).await;
        let caller = found.ok_or_else(|| Problem::of(StatusCode::UNAUTHORIZED))?;
        crate::access::note_user(parts, &caller.user.name);
        if by_cookie && !is_safe(&parts.method) {
            check_origin(&parts.headers)?;
            let sent = parts.headers.get("x-csrf-token").map_or(&[][..], |token| token.as_bytes());
            if !app.csrf.verify(&session, sent) {
                return Err(csrf("A write with a session cookie needs the header X-CSRF-TOKEN."));
            }
        }
        if let Some(scope) = caller.user.token_scope
            && !is_within(scope, &parts.method, parts.uri.path())
        {
            return Err(Problem::of(StatusCode::FORBIDDEN)
                .code("tokenScope")
                .detail(format!("An API token with the scope {} is not good for this.", scope.name()))
                .param("scope", scope.name()));
        }
        Ok(Self { app: Arc::clone(app), caller, session })
    }
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

/// Whether a request is of the kind that an API token's scope is good for. What it is about is looked at where every permission
/// is: this keeps narrow tokens from what needs none.
fn is_within(scope: TokenScope, method: &Method, path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    let executes = matches!(last, "executions" | "kill" | "pause" | "resume" | "retry");
    match scope {
        TokenScope::All => true,
        _ if is_safe(method) => true,
        _ if *method != Method::POST => false,
        TokenScope::Execute => last == "preview" || executes,
        TokenScope::Read => last == "preview",
    }
}

/// Whether a method changes nothing.
fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn csrf(detail: &'static str) -> Problem {
    Problem::of(StatusCode::FORBIDDEN).code("csrf").detail(detail)
}

/// What a browser says of the page that sends must be our own. The scheme does not count: a proxy in front may end TLS.
pub(super) fn check_origin(headers: &HeaderMap) -> Answer<()> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    let hosts = [header::HOST, http::HeaderName::from_static("x-forwarded-host")];
    let own = hosts.iter().filter_map(|name| headers.get(name)?.to_str().ok());
    if origin.is_some_and(|origin| own.into_iter().any(|host| host.eq_ignore_ascii_case(origin))) {
        return Ok(());
    }
    Err(csrf("The request comes from another site's page."))
}

impl Signed {
    /// The use cases.
    pub(crate) fn engine(&self) -> &Engine {
        &self.app.engine
    }

    /// Whether the caller may do this with a project.
    pub(crate) fn may(&self, project: &Project, permission: Permission) -> bool {
        self.engine().project_grants(&self.caller.user, project, permission)
    }

    /// The active project of a name.
    pub(crate) fn find_project(&self, name: &str) -> Answer<Arc<Project>> {
        self.engine().project_by_name(name).ok_or_else(|| Problem::not_found("project"))
    }

    /// The active project of a name, with which the caller may do this.
    pub(crate) fn project(&self, name: &str, permission: Permission) -> Answer<Arc<Project>> {
        let project = self.find_project(name)?;
        self.require(&project, permission)?;
        Ok(project)
    }

    /// The active project of a name, to which the caller may do this; a refusal goes into the audit trail.
    pub(crate) async fn project_to(
        &self,
        action: Action,
        name: &str,
        permission: Permission,
    ) -> Answer<Arc<Project>> {
        let project = self.find_project(name)?;
        self.require_to(action, &project, permission).await?;
        Ok(project)
    }

    /// Refuses a caller who lacks a permission, with the names of those who can give it.
    pub(crate) fn require(&self, project: &Project, permission: Permission) -> Answer<()> {
        if self.may(project, permission) { Ok(()) } else { Err(lacking(project, permission)) }
    }

    /// The same for something that changes things; a refusal goes into the audit trail.
    pub(crate) async fn require_to(
        &self,
        action: Action,
        project: &Project,
        permission: Permission,
    ) -> Answer<()> {
        let permitted = self.engine().project_permits(&self.caller, project, permission, action).await;
        if permitted { Ok(()) } else { Err(lacking(project, permission)) }
    }
}

impl Signed {
    /// Refuses a caller of whom no role has ADMIN; for looking.
    pub(crate) fn require_admin(&self) -> Answer<()> {
        let engine = self.engine();
        if engine.role_grants(&self.caller.user, Permission::Admin) { Ok(()) } else { Err(no_admin(engine)) }
    }

    /// The same for something that changes things; a refusal goes into the audit trail.
    pub(crate) async fn require_admin_to(&self, action: Action) -> Answer<()> {
        let permitted = self.engine().role_permits(&self.caller, Permission::Admin, action).await;
        if permitted { Ok(()) } else { Err(no_admin(self.engine())) }
    }
}

/// What a caller without a role with ADMIN is told.
pub(crate) fn no_admin(engine: &Engine) -> Problem {
    let users = engine.users_list();
    let admins = users.iter().filter(|known| known.permissions.grants(Permission::Admin)).take(MAX_ADMINS);
    Problem::forbidden(Permission::Admin, admins.map(|known| known.user.name.clone()).collect())
}

/// What a caller without a permission on a project is told.
pub(crate) fn lacking(project: &Project, permission: Permission) -> Problem {
    let admins = project.user_permissions.iter().filter(|(_, set)| set.contains(Permission::Admin));
    Problem::forbidden(permission, admins.map(|(name, _)| name.clone()).collect())
}

impl Signed {
    /// What a version of a project means, by default the current one.
    pub(crate) async fn model(
        &self,
        project: &Project,
        version: Option<i32>,
    ) -> Answer<(ProjectVersion, Arc<ProjectModel>)> {
        let version = version.map_or(project.version, ProjectVersion);
        if version != project.version {
            let row = self.engine().project_version(project.id, version).await?;
            row.filter(|row| row.blob_sha256.is_some()).ok_or_else(|| Problem::not_found("version"))?;
        }
        Ok((version, self.engine().project_model(project.id, version).await?))
    }
}

/// The query string as a struct.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                let text = rejection.body_text();
                let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
                let (field, message) = text.split_once(": ").unwrap_or(("query", text));
                Err(Problem::bad_parameter(field, "format", message))
            }
        }
    }
}

/// Parts of the path.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection) => Err(Problem::bad_parameter("path", "format", rejection.body_text())),
        }
    }
}

/// A JSON body as a struct.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Answer<Self> {
        let is_json = |value: &str| {
            let media = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
        };
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(is_json) {
            let detail = "The body must be application/json.";
            return Err(Problem::of(StatusCode::UNSUPPORTED_MEDIA_TYPE).detail(detail));
        }
        let frames = Frames::new(request.into_body(), MAX_BODY, app.config.body_idle_timeout);
        let body = frames.collect().await?;
        parse(&body).map(Self)
    }
}

fn parse<T: DeserializeOwned>(body: &Bytes) -> Answer<T> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value: Result<T, _> = serde_path_to_error::deserialize(&mut json);
    let value = value.map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "body".to_owned() } else { path };
        let inner = error.into_inner();
        if inner.is_data() {
            Problem::invalid(&field, "format", inner.to_string())
        } else {
            Problem::bad_parameter(&field, "json", inner.to_string())
        }
    })?;
    json.end().map_err(|error| Problem::bad_parameter("body", "json", error.to_string()))?;
    Ok(value)
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        Problem::of(match error {
            BodyError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::TimedOut => StatusCode::REQUEST_TIMEOUT,
            BodyError::Broken(_) => StatusCode::BAD_REQUEST,
        })
        .detail(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_pages_of_this_server_may_send_with_a_cookie() {
        let check = |pairs: &[(&'static str, &'static str)], fine: bool| {
            assert_eq!(check_origin(&headers(pairs)).is_ok(), fine, "{pairs:?}");
        };
        check(&[("host", "a:8081")], true);
        check(&[("host", "a:8081"), ("origin", "http://a:8081")], true);
        check(&[("host", "A:8081"), ("origin", "https://a:8081")], true);
        check(&[("host", "inner"), ("x-forwarded-host", "a"), ("origin", "https://a")], true);
        check(&[("host", "a:8081"), ("origin", "http://a")], false);
        check(&[("host", "a:8081"), ("origin", "http://evil")], false);
        check(&[("host", "a:8081"), ("origin", "null")], false);
        check(&[("origin", "http://a")], false);
    }

    #[test]
    fn a_narrow_token_is_good_for_little() {
        let check = |scope, method: Method, path: &str, fine: bool| {
            assert_eq!(is_within(scope, &method, path), fine, "{scope:?} {method} {path}");
        };
        let execute = "/api/v1/projects/p/flows/f/executions";
        for scope in TokenScope::ALL {
            check(scope, Method::GET, "/api/v1/audit", true);
            check(scope, Method::POST, "/api/v1/schedules/preview", true);
            check(scope, Method::POST, execute, scope != TokenScope::Read);
            check(scope, Method::POST, "/api/v1/executions/1/kill", scope != TokenScope::Read);
            check(scope, Method::DELETE, execute, scope == TokenScope::All);
            check(scope, Method::POST, "/api/v1/projects", scope == TokenScope::All);
            check(scope, Method::PUT, "/api/v1/bookmarks/p", scope == TokenScope::All);
        }
    }

    #[test]
    fn a_bearer_token_is_read_whatever_its_case() {
        assert_eq!(bearer(&headers(&[("authorization", "Bearer abc")])), Some("abc"));
        assert_eq!(bearer(&headers(&[("authorization", "bearer  abc ")])), Some("abc"));
        for other in ["Basic abc", "Bearer ", "abc"] {
            assert_eq!(bearer(&headers(&[("authorization", other)])), None, "{other}");
        }
    }
}
