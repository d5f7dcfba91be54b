//! The server's settings, resolved once at start. Keys and defaults: config-and-security §2–4.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use azkaban_core::settings::Settings;

use crate::external_links::ExternalLinks;
use crate::tls::Tls;

/// Settings of the HTTP faces.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen (`--listen`, else `jetty.port` or with TLS `jetty.ssl.port` on every interface). [`crate::serve`] gets a bound listener.
    pub listen: SocketAddr,
    /// `azkaban.default.servlet.path`: where `/` and unknown paths lead. Never empty, never `/`.
    pub default_servlet_path: String,
    /// Bytes of a urlencoded body, and of all parts of a multipart body but its file.
    pub form_limit: u64,
    /// Bytes of a multipart body: the largest archive and its form fields.
    pub multipart_limit: u64,
    /// `azkaban.name`, shown on every page.
    pub name: String,
    /// `azkaban.label`, shown beside the name.
    pub label: String,
    /// `azkaban.display.execution_page_size`: executions of a page of the history.
    pub page_size: u64,
    /// `azkaban.color`, a CSS colour.
    pub color: String,
    /// `azkaban.depth`: levels of embedded flows that a graph opens with.
    pub graph_depth: usize,
    /// `azkaban.password.placeholder`: what stands in the empty password field.
    pub password_placeholder: String,
    /// `azkaban.locked.flow.error.message`: what the page of a locked flow says that has no message of its own; the first `%s` is
    /// the flow, the second the project.
    pub locked_flow_message: String,
    /// Links on the pages of executions and jobs.
    pub external_links: ExternalLinks,
    /// How long a connection may take to send a request's headers, the wait for it included.
    pub header_timeout: Duration,
    /// How long a body may pause.
    pub body_idle_timeout: Duration,
    /// `azkaban.http.max.connections`: connections served at once. A newcomer beyond them takes the place of the one that has
    /// been quiet longest. Fewer if the process may not open so many files.
    pub max_connections: usize,
    /// `azkaban.http.max.connections.per.client`: of one address that is no trusted proxy; else half of all.
    pub max_connections_per_client: Option<usize>,
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
    /// All settings as they were read, to be shown to administrators.
    pub settings: Arc<Settings>,
    /// TLS, if it is spoken.
    pub tls: Option<Tls>,
    /// `azkaban.hsts.max.age.seconds`: how long browsers shall insist on TLS; 0 says nothing.
    pub hsts_max_age_seconds: u64,
    /// `accesslog.raw.useragent`: the access log has the whole user agent.
    pub raw_user_agent: bool,
    /// Peers whose `X-Forwarded-For` is believed (`azkaban.trusted.proxies`, ours; Azkaban believes everybody).
    pub trusted_proxies: TrustedProxies,
    /// `azkaban.flow.retry.limit`: the largest `flow.max.retries` that a request may ask for.
    pub flow_retry_limit: u32,
    /// How long requests under way may go on once a stop is asked for.
    pub stop_grace: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8081),
            default_servlet_path: "/index".to_owned(),
            form_limit: 10 << 20,
            multipart_limit: 1 << 30,
            name: String::new(),
            label: String::new(),
            page_size: 16,
            color: "#FF0000".to_owned(),
            graph_depth: 2,
            password_placeholder: "Password".to_owned(),
            locked_flow_message: "Flow %s in project %s is locked.".to_owned(),
            external_links: ExternalLinks::default(),
            header_timeout: Duration::from_secs(60),
            body_idle_timeout: Duration::from_secs(30),
            max_connections: 10_000,
            max_connections_per_client: None,
            handshake_timeout: Duration::from_secs(10),
            settings: Arc::default(),
            tls: None,
            hsts_max_age_seconds: 0,
            raw_user_agent: false,
            trusted_proxies: TrustedProxies::default(),
            flow_retry_limit: 2,
            stop_grace: Duration::from_millis(1_500),
        }
    }
}

/// The peers whose word on a client's address counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedProxies(pub Vec<Network>);

impl Default for TrustedProxies {
    /// This machine's own proxies.
    fn default() -> Self {
        Self(vec![
            Network { address: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), prefix: 8 },
            Network { address: IpAddr::V6(std::net::Ipv6Addr::LOCALHOST), prefix: 128 },
        ])
    }
}

impl TrustedProxies {
    /// Whether `peer` is one of them.
    pub fn contains(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.0.iter().any(|network| network.contains(peer))
    }
}

/// An address range, as `10.0.0.0/8` or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// Any address of the range.
    pub address: IpAddr,
    /// Leading bits that count.
    pub prefix: u8,
}

/// The text is no address and no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is neither an IP address nor a range such as 10.0.0.0/8")]
pub struct NetworkError(pub String);

impl Network {
    fn contains(&self, peer: IpAddr) -> bool {
        fn bits(address: IpAddr) -> (u128, u8) {
            match address {
                IpAddr::V4(a) => (u128::from(u32::from(a)) << 96, 32),
                IpAddr::V6(a) => (u128::from(a), 128),
            }
        }
        let ((own, width), (other, other_width)) = (bits(self.address), bits(peer));
        let mask = if self.prefix == 0 { 0 } else { u128::MAX << (128 - u32::from(self.prefix.min(width))) };
        width == other_width && own & mask == other & mask
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let error = || NetworkError(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| error())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.trim().parse().map_err(|_| error())?,
            None => width,
        };
        if prefix > width { Err(error()) } else { Ok(Self { address, prefix }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_contain_what_they_say() {
        let check = |range: &str, peer: &str, inside: bool| {
            let proxies = TrustedProxies(vec![range.parse().unwrap()]);
            assert_eq!(proxies.contains(peer.parse().unwrap()), inside, "{range} {peer}");
        };
        check("10.0.0.0/8", "10.200.1.2", true);
        check("10.0.0.0/8", "11.0.0.1", false);
        check("10.0.0.0/8", "::ffff:10.1.2.3", true);
        check("0.0.0.0/0", "1.2.3.4", true);
        check("0.0.0.0/0", "::1", false);
        check("192.168.1.7", "192.168.1.7", true);
        check("192.168.1.7", "192.168.1.8", false);
        check("fd00::/8", "fdab::1", true);
        check("::/0", "fe80::1", true);
        for bad in ["", "x", "10.0.0.0/33", "10.0.0.0/", "::1/129"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }
}
