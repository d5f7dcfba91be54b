//! The few shapes of an answer: JSON in two layouts, bare text, redirects with message cookies, pages (http-api §1.3–1.5).

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::errors::Failure;
use super::json;
use crate::edge::FORWARDED_PROTO;
use crate::pages::Page;

/// What a handler gives back.
pub(crate) type Reply = Result<Response, Failure>;

/// Pretty JSON of type `application/json`.
pub(crate) fn pretty<T: Serialize + ?Sized>(value: &T) -> Reply {
    typed_json(value, "application/json")
}

/// Pretty JSON of type `application/json; charset=utf-8`, as the log calls answer.
pub(crate) fn pretty_utf8<T: Serialize + ?Sized>(value: &T) -> Reply {
    typed_json(value, "application/json; charset=utf-8")
}

/// Pretty JSON with a line end, as `/status` prints it.
pub(crate) fn pretty_line<T: Serialize + ?Sized>(value: &T) -> Reply {
    let mut text = json::pretty(value)?;
    text.extend_from_slice(b"\r\n");
    Ok(json_response(text, "application/json"))
}

fn typed_json<T: Serialize + ?Sized>(value: &T, content_type: &'static str) -> Reply {
    Ok(json_response(json::pretty(value)?, content_type))
}

fn json_response(text: Vec<u8>, content_type: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Pretty JSON with this status.
pub(crate) fn pretty_status<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Reply {
    let mut response = pretty(value)?;
    *response.status_mut() = status;
    Ok(response)
}

/// One-line JSON without a Content-Type.
pub(crate) fn compact<T: Serialize + ?Sized>(value: &T) -> Reply {
    Ok(Response::new(Body::from(serde_json::to_vec(value)?)))
}

/// `{"error" : "…"}`.
pub(crate) fn error(message: impl AsRef<str>) -> Reply {
    pretty(&ErrorOnly { error: message.as_ref() })
}

/// The object of just an error.
#[derive(Serialize)]
pub(crate) struct ErrorOnly<'a> {
    /// The message.
    pub(crate) error: &'a str,
}

/// The object without keys, `{ }`.
#[derive(Serialize)]
pub(crate) struct Nothing {}

/// `{ }`, which is Azkaban's word for done.
pub(crate) fn nothing() -> Reply {
    pretty(&Nothing {})
}

/// Status 200 and no body, without a Content-Type.
pub(crate) fn empty() -> Response {
    Response::new(Body::empty())
}

/// Status 200 with text, without a Content-Type.
pub(crate) fn bare_text(text: impl Into<String>) -> Response {
    Response::new(Body::from(text.into()))
}

/// A page of HTML.
pub(crate) fn html(page: Page) -> Response {
    let policy = page.content_security_policy();
    let mut response = Response::new(Body::from(page.html));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// A message for the next page (§1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flash {
    /// It worked.
    Success,
    /// It worked, with a warning.
    Warning,
    /// It did not.
    Failure,
}

impl Flash {
    /// Errors win over warnings over successes.
    pub(crate) const ALL: [Flash; 3] = [Flash::Failure, Flash::Warning, Flash::Success];

    /// The cookie that carries it.
    pub(crate) fn cookie(self) -> &'static str {
        match self {
            Flash::Success => "azkaban.success.message",
            Flash::Warning => "azkaban.warn.message",
            Flash::Failure => "azkaban.failure.message",
        }
    }
}

/// 302 to `path` of this server. The Location is absolute, as the container makes it; a request without a usable Host gets the bare path.
pub(crate) fn redirect(request: &HeaderMap, path: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    let host =
        request.get(header::HOST).and_then(|host| host.to_str().ok()).filter(|host| is_authority(host));
    let location = match host {
        Some(host) => format!("{}://{host}{path}", scheme(request)),
        None => path.to_owned(),
    };
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// `https` if the client speaks TLS, here or at a proxy.
fn scheme(request: &HeaderMap) -> &'static str {
    let https = request.get(FORWARDED_PROTO).is_some_and(|scheme| scheme == "https");
    if https { "https" } else { "http" }
}

fn is_authority(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
}

/// Adds a message cookie.
pub(crate) fn with_flash(mut response: Response, kind: Flash, message: &str) -> Response {
    set_cookie(&mut response, kind.cookie(), message, "");
    response
}

/// Blanks the message cookies that a page has shown.
pub(crate) fn clear_flash(response: &mut Response, shown: &[Flash]) {
    for kind in shown {
        set_cookie(response, kind.cookie(), "", "; Max-Age=0");
    }
}

/// Adds a cookie for every path. Text that a cookie cannot hold bare is quoted; what it cannot hold at all is percent-encoded.
pub(crate) fn set_cookie(response: &mut Response, name: &str, value: &str, attributes: &str) {
    let value = if value.is_empty()
        || value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
    {
        value.to_owned()
    } else {
        let mut quoted = String::with_capacity(value.len() + 2);
        quoted.push('"');
        for c in value.chars() {
            match c {
                '"' | '\\' => quoted.extend(['\\', c]),
                ' '..='~' if c != ';' => quoted.push(c),
                c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| quoted.push_str(&format!("%{b:02X}"))),
            }
        }
        quoted.push('"');
        quoted
    };
    let Ok(cookie) = HeaderValue::from_str(&format!("{name}={value}; Path=/{attributes}")) else { return };
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, cookie);
    headers.insert(header::EXPIRES, HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"));
}

/// The value of a request's cookie, without quotes.
pub(crate) fn cookie(request: &HeaderMap, name: &str) -> Option<String> {
    request
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .find_map(|line| cookie_of(line, name))
}

/// Cookies of one header line; a quoted value may hold `;`-free text with `\` escapes.
fn cookie_of(line: &str, name: &str) -> Option<String> {
    line.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        if key.trim() != name {
            return None;
        }
        let value = value.trim();
        Some(match value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
            Some(quoted) => unescape(quoted),
            None => value.to_owned(),
        })
    })
}

fn unescape(quoted: &str) -> String {
    let mut bytes = Vec::with_capacity(quoted.len());
    let mut rest = quoted.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'\\' => bytes.extend(rest.next()),
            b'%' => {
                let hex: Vec<u8> = rest.clone().take(2).collect();
                match std::str::from_utf8(&hex)
                    .ok()
                    .filter(|h| h.len() == 2)
                    .and_then(|h| u8::from_str_radix(h, 16).ok())
                {
                    Some(byte) => {
                        bytes.push(byte);
                        rest.nth(1);
                    }
                    None => bytes.push(b'%'),
                }
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_absolute_and_messages_are_quoted() {
        let mut request = HeaderMap::new();
        request.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8081"));
        let response = with_flash(
            redirect(&request, "/manager?project=p"),
            Flash::Failure,
            "Project 'p' doesn't exist.",
        );
        assert_eq!(response.status(), 302);
        assert_eq!(response.headers()[header::LOCATION], "http://127.0.0.1:8081/manager?project=p");
        assert_eq!(
            response.headers()[header::SET_COOKIE],
            "azkaban.failure.message=\"Project 'p' doesn't exist.\"; Path=/"
        );
        assert_eq!(response.headers()[header::EXPIRES], "Thu, 01 Jan 1970 00:00:00 GMT");
        request.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        assert_eq!(redirect(&request, "/").headers()[header::LOCATION], "https://127.0.0.1:8081/");
        request.insert(header::HOST, HeaderValue::from_static("evil\" host"));
        assert_eq!(redirect(&request, "/").headers()[header::LOCATION], "/");
    }

    #[test]
    fn cookies_come_back_as_they_went() {
        for text in ["plain", "a b", "quote \" back \\", "semi;colon", "é\n", "100%", ""] {
            let mut response = empty();
            set_cookie(&mut response, "n", text, "");
            let sent = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
            let mut request = HeaderMap::new();
            let pair = sent.strip_suffix("; Path=/").unwrap();
            request.insert(header::COOKIE, HeaderValue::from_str(&format!("other=1; {pair}; n2=x")).unwrap());
            assert_eq!(cookie(&request, "n").as_deref(), Some(text), "{sent}");
        }
        assert_eq!(cookie(&HeaderMap::new(), "n"), None);
    }
}
