//! Answers that a client may keep: `ETag` and `If-None-Match`.

use axum::response::{IntoResponse, Response};
use azkaban_core::text::hex;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::problem::{Answer, Problem};

/// JSON with a tag made of its bytes; 304 if the client has just that.
pub(crate) fn tagged<T: Serialize>(request: &HeaderMap, value: &T) -> Answer<Response> {
    let body =
        serde_json::to_vec(value).map_err(|error| Problem::from(azkaban_engine::Internal::new(error)))?;
    Ok(tagged_bytes(request, body.into()))
}

/// The same of JSON that is ready.
pub(crate) fn tagged_bytes(request: &HeaderMap, body: bytes::Bytes) -> Response {
    let digest = Sha256::digest(&body);
    let tag = format!("\"{}\"", hex(&digest[..12]));
    let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known
        .flat_map(|line| line.split(','))
        .any(|candidate| candidate.trim() == "*" || candidate.trim().trim_start_matches("W/") == tag);
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_has_is_not_sent_again() {
        let mut request = HeaderMap::new();
        let first = tagged(&request, &[1, 2]).unwrap();
        assert_eq!(first.status(), 200);
        let tag = first.headers()[header::ETAG].clone();
        for (value, status) in [
            (tag.to_str().unwrap().to_owned(), 304),
            (format!("\"x\", W/{}", tag.to_str().unwrap()), 304),
            ("\"x\"".to_owned(), 200),
        ] {
            request.insert(header::IF_NONE_MATCH, value.parse().unwrap());
            assert_eq!(tagged(&request, &[1, 2]).unwrap().status(), status, "{value}");
        }
        assert_eq!(tagged(&request, &[1, 3]).unwrap().status(), 200);
    }
}
