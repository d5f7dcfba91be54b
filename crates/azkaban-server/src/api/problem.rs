//! Errors as `application/problem+json` (RFC 9457).

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use azkaban_core::permission::Permission;
use azkaban_engine::Internal;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::legacy::chain;

/// What went wrong with a request.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    params: Map<String, Value>,
    /// For the log only.
    cause: Option<String>,
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Name of the field or parameter; of a field inside others the names joined by dots.
    field: String,
    /// A word for programs.
    code: &'static str,
    /// A sentence in English.
    message: String,
}

/// An error, RFC 9457.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProblemDocument<'a> {
    /// `urn:azkaban:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// What kind of error this is, in English.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// A word for programs.
    code: &'a str,
    /// What is wrong, in English.
    detail: &'a str,
    /// What is wrong with single fields.
    errors: &'a [FieldError],
    /// Values that belong to the code.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    params: &'a Map<String, Value>,
    /// The request's name in the server's log.
    request_id: &'a str,
}

/// What a handler gives back.
pub(crate) type Answer<T> = Result<T, Problem>;

impl Problem {
    /// The plain problem of a status.
    pub(crate) fn of(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::BAD_REQUEST => ("invalid", "The request cannot be understood."),
            StatusCode::UNAUTHORIZED => ("unauthenticated", "Log in first."),
            StatusCode::FORBIDDEN => ("forbidden", "This is not allowed."),
            StatusCode::NOT_FOUND => ("notFound", "There is nothing here."),
            StatusCode::METHOD_NOT_ALLOWED => ("methodNotAllowed", "This resource has no such method."),
            StatusCode::REQUEST_TIMEOUT => ("timeout", "The request took too long to arrive."),
            StatusCode::CONFLICT => ("conflict", "The state of things forbids this."),
            StatusCode::PRECONDITION_FAILED => ("preconditionFailed", "It has changed meanwhile."),
            StatusCode::PAYLOAD_TOO_LARGE => ("tooLarge", "The request is too large."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                ("unsupportedMediaType", "The body is of a type that is not taken.")
            }
            StatusCode::UNPROCESSABLE_ENTITY => ("invalid", "The request is not valid."),
            StatusCode::TOO_MANY_REQUESTS => ("tooManyRequests", "Too many requests."),
            StatusCode::SERVICE_UNAVAILABLE => ("unavailable", "Not now; later may work."),
            status if status.is_client_error() => ("invalid", "The request is not valid."),
            _ => ("internal", "Something went wrong on our side."),
        };
        Self { status, code, detail: detail.to_owned(), errors: Vec::new(), params: Map::new(), cause: None }
    }

    /// Another sentence.
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Another word for programs.
    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// A value that belongs to the code.
    pub(crate) fn param(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// What is wrong with a field.
    pub(crate) fn field(mut self, field: &str, code: &'static str, message: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.to_owned(), code, message: message.into() });
        self
    }

    /// A request with a field that is not valid.
    pub(crate) fn invalid(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::of(StatusCode::UNPROCESSABLE_ENTITY).detail(message.clone()).field(field, code, message)
    }

    /// The same with its fields inside another.
    pub(crate) fn inside(mut self, field: &str) -> Self {
        for error in &mut self.errors {
            error.field = format!("{field}.{}", error.field);
        }
        self
    }

    /// A parameter of the address that is not valid.
    pub(crate) fn bad_parameter(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::of(StatusCode::BAD_REQUEST).detail(message.clone()).field(field, code, message)
    }

    /// `what` does not exist.
    pub(crate) fn not_found(what: &'static str) -> Self {
        Self::of(StatusCode::NOT_FOUND).detail(format!("There is no such {what}.")).param("what", what)
    }

    /// The caller lacks a permission; `admins` can give it.
    pub(crate) fn forbidden(permission: Permission, admins: Vec<String>) -> Self {
        Self::of(StatusCode::FORBIDDEN)
            .detail(format!("This needs the permission {}.", permission.name()))
            .param("permission", permission.name())
            .param("admins", admins)
    }

    /// The state of things forbids it, for this reason.
    pub(crate) fn conflict(reason: &'static str, detail: impl Into<String>) -> Self {
        Self::of(StatusCode::CONFLICT).detail(detail).param("reason", reason)
    }

    /// Tells the log of what is our fault.
    pub(super) fn log(&self, request_id: &str) {
        if self.status.is_server_error() {
            let cause = self.cause.as_deref().unwrap_or(&self.detail);
            tracing::error!(request = request_id, status = self.status.as_u16(), "{cause}");
        }
    }

    /// The answer.
    pub(super) fn render(&self, request_id: &str) -> Response {
        let document = ProblemDocument {
            kind: format!("urn:azkaban:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            errors: &self.errors,
            params: &self.params,
            request_id,
        };
        // Texts and numbers always serialise.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let content_type = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        response
    }
}

impl IntoResponse for Problem {
    /// Only the status and the problem itself; [`super::Api::answer`] makes the body, which names the request.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Internal> for Problem {
    fn from(error: Internal) -> Self {
        let mut problem = Self::of(StatusCode::INTERNAL_SERVER_ERROR);
        problem.cause = Some(chain(&error));
        problem
    }
}
