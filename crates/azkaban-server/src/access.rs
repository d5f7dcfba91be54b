//! The access log: one line per request, target `azkaban::access`, without passwords and session ids.
//!
//! It begins as Azkaban's does (http-api §2.7), `ip user "METHOD uri query protocol" browser|not-browser`; status and
//! microseconds follow.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, header};
use tracing::Level;

use crate::client_ip::client_ip;
use crate::config::Config;

const TARGET: &str = "azkaban::access";

/// Travels with a request, for whoever finds out whose it is.
#[derive(Debug, Clone, Default)]
struct RequestUser(Arc<OnceLock<String>>);

/// Notes for the access log whose request it is; the first word counts.
pub(crate) fn note_user(parts: &Parts, name: &str) {
    if let Some(RequestUser(user)) = parts.extensions.get() {
        let _ = user.set(name.to_owned());
    }
}

/// What is known before the answer; `None` if nobody wants to know.
pub(crate) struct AccessLine(Option<Line>);

struct Line {
    ip: String,
    /// Method, path, query and protocol.
    request: String,
    agent: String,
    user: RequestUser,
    started: Instant,
}

impl AccessLine {
    /// Of a request that has just come in.
    pub(crate) fn of(parts: &mut Parts, peer: SocketAddr, config: &Config) -> Self {
        if !tracing::enabled!(target: TARGET, Level::INFO) {
            return Self(None);
        }
        let query = match parts.uri.query() {
            None | Some("") => Cow::Borrowed("-"),
            Some(query) => mask(query),
        };
        let user = RequestUser::default();
        parts.extensions.insert(user.clone());
        Self(Some(Line {
            ip: client_ip(peer, &parts.headers, &config.trusted_proxies),
            request: format!("{} {} {query} {:?}", parts.method, parts.uri.path(), parts.version),
            agent: agent(&parts.headers, config.raw_user_agent),
            user,
            started: Instant::now(),
        }))
    }

    /// Writes the line.
    pub(crate) fn log(self, response: &Response) {
        let Some(line) = self.0 else { return };
        let user = line.user.0.get().map_or("-", String::as_str);
        tracing::info!(
            target: TARGET,
            "{} {} \"{}\" {} {} {}us",
            line.ip,
            user.escape_debug(),
            line.request,
            line.agent,
            response.status().as_u16(),
            line.started.elapsed().as_micros(),
        );
    }
}

/// `browser`, `not-browser` or, if wanted, all that the client says of itself.
fn agent(headers: &HeaderMap, raw: bool) -> String {
    let agent = headers.get(header::USER_AGENT).map_or(&[][..], |agent| agent.as_bytes());
    match (raw, agent.is_empty()) {
        (true, true) => "null".to_owned(),
        (true, false) => String::from_utf8_lossy(agent).escape_debug().to_string(),
        _ if agent.starts_with(b"Mozilla") => "browser".to_owned(),
        _ => "not-browser".to_owned(),
    }
}

/// A query with a password becomes `-` (http-api §2.7); the id of a session is cut to what tells sessions apart.
fn mask(query: &str) -> Cow<'_, str> {
    const SHOWN: usize = 4;
    if query.contains("password=") {
        return Cow::Borrowed("-");
    }
    if !query.contains("session.id=") {
        return Cow::Borrowed(query);
    }
    let pairs = query.split('&').map(|pair| match pair.strip_prefix("session.id=") {
        Some(id) => format!("session.id={}…", id.chars().take(SHOWN).collect::<String>()),
        None => pair.to_owned(),
    });
    Cow::Owned(pairs.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_classed_or_shown_whole() {
        let mut headers = HeaderMap::new();
        assert_eq!([agent(&headers, false), agent(&headers, true)], ["not-browser", "null"]);
        headers.insert(header::USER_AGENT, http::HeaderValue::from_static("Mozilla/5.0 (X)"));
        assert_eq!([agent(&headers, false), agent(&headers, true)], ["browser", "Mozilla/5.0 (X)"]);
        headers.insert(header::USER_AGENT, http::HeaderValue::from_static("curl/8"));
        assert_eq!(agent(&headers, false), "not-browser");
    }

    #[test]
    fn secrets_stay_out_of_the_log() {
        assert_eq!(mask("ajax=x&project=p"), "ajax=x&project=p");
        assert_eq!(mask("action=login&username=u&password=p"), "-");
        assert_eq!(mask("a=1&session.id=0123456789&b=2"), "a=1&session.id=0123…&b=2");
    }
}
