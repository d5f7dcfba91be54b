//! What ends a request early, and the error pages of Azkaban's container (http-api §1.4).

use axum::body::Body;
use axum::response::Response;
use azkaban_engine::Internal;
use http::{StatusCode, header};
use hyper::ext::ReasonPhrase;

/// Why a handler gives up: an answer of status 500 whose text clients know, or a fault of ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A required parameter is not there.
    #[error("Missing required parameter '{0}'.")]
    MissingParameter(&'static str),
    /// A required number is none.
    #[error("For input string: \"{0}\"")]
    NotANumber(String),
    /// A parameter group's name is malformed.
    #[error("Param group {0} is invalid.")]
    InvalidGroup(&'static str),
    /// Another message that Azkaban's error page shows.
    #[error("{0}")]
    Message(String),
    /// Our fault: logged, and shown without its causes.
    #[error("Internal error")]
    Internal(#[from] Internal),
    /// An answer that could not be written.
    #[error("Internal error")]
    Json(#[from] serde_json::Error),
}

impl Failure {
    /// The page of status 500, after logging what is our fault.
    pub(crate) fn into_response(self, path: &str) -> Response {
        match &self {
            Failure::Internal(error) => tracing::error!(path, error = %chain(error), "request failed"),
            Failure::Json(error) => tracing::error!(path, %error, "answer could not be written"),
            _ => {}
        }
        page(StatusCode::INTERNAL_SERVER_ERROR, &self.to_string(), path)
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// The container's error page: reason phrase and text are `message`; no stack trace (§17).
pub(crate) fn page(status: StatusCode, message: &str, path: &str) -> Response {
    let (code, text, path) = (status.as_u16(), ascii_html(message), ascii_html(path));
    let body = format!(
        "<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=ISO-8859-1\"/>\n<title>Error {code} {text}</title>\n</head>\n\
         <body>\n<h2>HTTP ERROR {code}</h2>\n<p>Problem accessing {path}. Reason:\n<pre>    {text}</pre></p>\n</body>\n</html>\n"
    );
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("text/html; charset=iso-8859-1"));
    headers
        .insert(header::CACHE_CONTROL, http::HeaderValue::from_static("must-revalidate,no-cache,no-store"));
    let reason: String =
        message.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).take(200).collect();
    if let Ok(reason) = ReasonPhrase::try_from(reason.into_bytes())
        && !message.is_empty()
    {
        response.extensions_mut().insert(reason);
    }
    response
}

/// Text for an HTML page in any one-byte encoding.
fn ascii_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_ascii() => out.push(c),
            c => out.push_str(&format!("&#{};", u32::from(c))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_page_names_the_reason_and_escapes_it() {
        let response = page(StatusCode::INTERNAL_SERVER_ERROR, "Bad <é>\r\nX: y", "/a\"b");
        assert_eq!(response.status(), 500);
        assert_eq!(response.extensions().get::<ReasonPhrase>().unwrap().as_bytes(), b"Bad <?>??X: y");
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("<title>Error 500 Bad &lt;&#233;&gt;\r\nX: y</title>"), "{text}");
        assert!(
            text.contains("<h2>HTTP ERROR 500</h2>")
                && text.contains("Problem accessing /a&quot;b. Reason:\n<pre>    Bad"),
            "{text}"
        );
    }
}
