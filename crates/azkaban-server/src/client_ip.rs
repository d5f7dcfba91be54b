//! The address that a request comes from, for session limits and the audit trail.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

use crate::config::TrustedProxies;

/// The first entry of `X-Forwarded-For` if the peer may say so, else the peer's own address (http-api §2.1), without a port.
/// Unlike Azkaban an IPv6 address stays whole (§17).
pub(crate) fn client_ip(peer: SocketAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> String {
    forwarded(headers)
        .filter(|_| trusted.contains(peer.ip()))
        .unwrap_or_else(|| peer.ip().to_canonical())
        .to_string()
}

fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let first = headers.get("x-forwarded-for")?.to_str().ok()?.split(',').next()?.trim();
    let bare = first.trim_start_matches('[').split(']').next()?;
    first
        .parse()
        .ok()
        .or_else(|| first.parse::<SocketAddr>().ok().map(|a| a.ip()))
        .or_else(|| bare.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_forwarded_address_counts_only_from_a_trusted_peer() {
        let check = |peer: &str, header: Option<&str>, expected: &str| {
            let mut headers = HeaderMap::new();
            if let Some(value) = header {
                headers.insert("x-forwarded-for", value.parse().unwrap());
            }
            assert_eq!(client_ip(peer.parse().unwrap(), &headers, &TrustedProxies::default()), expected);
        };
        check("127.0.0.1:5", None, "127.0.0.1");
        check("127.0.0.1:5", Some("1.2.3.4, 5.6.7.8"), "1.2.3.4");
        check("127.0.0.1:5", Some("1.2.3.4:999"), "1.2.3.4");
        check("127.0.0.1:5", Some("2001:db8::1"), "2001:db8::1");
        check("127.0.0.1:5", Some("[2001:db8::1]:80"), "2001:db8::1");
        check("127.0.0.1:5", Some("[2001:db8::1]"), "2001:db8::1");
        check("127.0.0.1:5", Some("<script>"), "127.0.0.1");
        check("9.9.9.9:5", Some("1.2.3.4"), "9.9.9.9");
        check("[::ffff:9.9.9.9]:5", None, "9.9.9.9");
    }
}
