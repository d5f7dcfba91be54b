//! The web UI inside the program: its files, and what a page needs to start it.
//!
//! The app itself is `web/`; it is one page that looks at the address. Every address of Azkaban's pages stays, and carries
//! the app beside the plain page that scripts read ([`crate::pages`]).

mod boot;

pub(crate) use boot::boot;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use crate::legacy::Call;

/// A file of the app and its packed forms.
struct Asset {
    name: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

mod embedded {
    use super::Asset;
    include!(concat!(env!("OUT_DIR"), "/ui_assets.rs"));
}

/// The lines in a page's head that load the app; `None` where the program was built without it.
pub(crate) fn head() -> Option<&'static str> {
    embedded::HEAD
}

/// Whether the app takes the place of the page that `call` asks for. With `plain` in the query it never does.
pub(crate) fn replaces(call: &Call<'_>) -> bool {
    let has_it = matches!(
        call.path,
        "/index"
            | "/manager"
            | "/executor"
            | "/history"
            | "/schedule"
            | "/triggers"
            | "/flowtrigger"
            | "/flowtriggerinstance"
            | "/jmx"
            | "/stats"
            | "/notes"
    );
    (has_it || is_page(call.path)) && !call.params.has("plain")
}

/// Whether `path` is a page that only the app has.
pub(crate) fn is_page(path: &str) -> bool {
    head().is_some()
        && matches!(
            path,
            "/home"
                | "/executors"
                | "/compare"
                | "/me"
                | "/admin"
                | "/admin/users"
                | "/admin/tokens"
                | "/admin/audit"
                | "/admin/settings"
                | "/sla"
        )
}

/// The file at `path`, in the best form that the client takes. Names hold a hash of the content, so that it may be kept
/// for ever.
pub(crate) fn asset(path: &str, request: &HeaderMap) -> Option<Response> {
    respond(embedded::ASSETS, path, request)
}

fn respond(assets: &[Asset], path: &str, request: &HeaderMap) -> Option<Response> {
    let name = path.strip_prefix("/assets/")?;
    let asset = assets.iter().find(|asset| asset.name == name)?;
    let (body, encoding) = match (asset.brotli, asset.gzip) {
        (Some(body), _) if accepts(request, "br") => (body, Some("br")),
        (_, Some(body)) if accepts(request, "gzip") => (body, Some("gzip")),
        _ => (asset.plain, None),
    };
    let mut response = Response::new(Body::from(Bytes::from_static(body)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

/// Whether the client takes `encoding`; a weight of zero means that it does not.
fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    let lines = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = parts.any(|part| {
            part.strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok()).is_some_and(|q| q <= 0.0)
        });
        named && !refused
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSETS: &[Asset] = &[
        Asset { name: "a-1.js", plain: b"plain", brotli: Some(b"br"), gzip: Some(b"gz") },
        Asset { name: "f-1.woff2", plain: b"font", brotli: None, gzip: None },
    ];

    #[tokio::test]
    async fn the_client_gets_the_best_form_that_it_takes() {
        let cases = [
            ("a-1.js", "gzip, deflate, br, zstd", Some("br"), "br"),
            ("a-1.js", "br;q=0, gzip;q=0.5", Some("gzip"), "gz"),
            ("a-1.js", "GZIP", Some("gzip"), "gz"),
            ("a-1.js", "identity", None, "plain"),
            ("a-1.js", "", None, "plain"),
            ("f-1.woff2", "br, gzip", None, "font"),
        ];
        for (name, accepted, encoding, body) in cases {
            let mut request = HeaderMap::new();
            request.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            let response = respond(ASSETS, &format!("/assets/{name}"), &request).unwrap();
            let headers = response.headers().clone();
            let sent = headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap());
            assert_eq!(sent, encoding, "{name} {accepted}");
            assert!(headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
            let bytes = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
            assert_eq!(bytes, body.as_bytes(), "{name} {accepted}");
        }
    }

    #[test]
    fn other_paths_are_no_assets() {
        for path in ["/assets/", "/assets/b.js", "/assets/../a-1.js", "/a-1.js", "/assets/a-1.js/"] {
            assert!(respond(ASSETS, path, &HeaderMap::new()).is_none(), "{path}");
        }
    }
}
