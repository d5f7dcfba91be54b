//! What is the same for every request and answer, whichever way it came in: HTTP/1.1 or HTTP/2, TLS here or at a proxy.

use axum::response::Response;
use http::request::Parts;
use http::{HeaderName, HeaderValue, header};

use crate::config::TrustedProxies;
use crate::connections::Peer;

/// How a proxy says what its client speaks.
pub(crate) const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Makes a request look as one of HTTP/1.1 to a proxy that says what its client speaks: with `Host`, and with
/// `X-Forwarded-Proto: https` exactly if the client speaks TLS to us or to a trusted proxy, which is also the result.
pub(crate) fn normalize(parts: &mut Parts, peer: Peer, proxies: &TrustedProxies) -> bool {
    if !parts.headers.contains_key(header::HOST)
        && let Some(host) =
            parts.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok())
    {
        parts.headers.insert(header::HOST, host);
    }
    let told = parts.headers.remove(FORWARDED_PROTO).is_some_and(|scheme| scheme == "https");
    let secure = peer.secure || (told && proxies.contains(peer.address.ip()));
    if secure {
        parts.headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
    }
    secure
}

/// Adds to an answer what keeps browsers from mistakes (config-and-security §16, 31), where it says nothing itself. Cookies
/// given over TLS stay there.
pub(crate) fn harden(response: &mut Response, secure: bool, hsts_max_age_seconds: u64) {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if !secure {
        return;
    }
    if hsts_max_age_seconds > 0
        && let Ok(value) = HeaderValue::from_str(&format!("max-age={hsts_max_age_seconds}"))
    {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    let cookies: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for cookie in cookies {
        let secured = HeaderValue::from_bytes(&[cookie.as_bytes(), b"; Secure"].concat());
        headers.append(header::SET_COOKIE, secured.unwrap_or(cookie));
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;

    use super::*;

    #[test]
    fn requests_look_alike_and_only_a_trusted_proxy_is_believed() {
        for (peer, secure, told, expected) in [
            ("127.0.0.1:5", false, None, false),
            ("127.0.0.1:5", true, None, true),
            ("127.0.0.1:5", false, Some("https"), true),
            ("127.0.0.1:5", true, Some("http"), true),
            ("9.9.9.9:5", false, Some("https"), false),
        ] {
            let mut request = Request::get("https://flows.test:8443/index");
            if let Some(told) = told {
                request = request.header("x-forwarded-proto", told);
            }
            let mut parts = request.body(()).unwrap().into_parts().0;
            let peer = Peer { address: peer.parse().unwrap(), secure };
            assert_eq!(
                normalize(&mut parts, peer, &TrustedProxies::default()),
                expected,
                "{peer:?} {told:?}"
            );
            assert_eq!(parts.headers.contains_key(FORWARDED_PROTO), expected);
            assert_eq!(parts.headers[header::HOST], "flows.test:8443");
        }
    }

    #[test]
    fn answers_are_guarded_and_cookies_of_tls_are_kept_there() {
        let made = |secure: bool, hsts: u64| {
            let mut response = Response::new(Body::empty());
            response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_static("a=1"));
            response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_static("b=2; Path=/"));
            response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
            harden(&mut response, secure, hsts);
            response.into_parts().0.headers
        };
        let plain = made(false, 99);
        assert_eq!(plain[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(plain[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(plain[header::SET_COOKIE], "a=1");
        assert!(!plain.contains_key(header::STRICT_TRANSPORT_SECURITY));
        let secure = made(true, 99);
        let cookies: Vec<_> = secure.get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(cookies, ["a=1; Secure", "b=2; Path=/; Secure"]);
        assert_eq!(secure[header::STRICT_TRANSPORT_SECURITY], "max-age=99");
        assert!(!made(true, 0).contains_key(header::STRICT_TRANSPORT_SECURITY));
    }
}
