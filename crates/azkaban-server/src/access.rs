//! The access log: one line per request, target `azkaban::access`, without passwords and session ids.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Instant;

use axum::response::Response;
use http::request::Parts;
use tracing::Level;

const TARGET: &str = "azkaban::access";

/// What is known before the answer; `None` if nobody wants to know.
pub(crate) struct AccessLine(Option<Line>);

struct Line {
    peer: SocketAddr,
    method: http::Method,
    path: String,
    query: String,
    browser: bool,
    started: Instant,
}

impl AccessLine {
    /// Of a request that has just come in.
    pub(crate) fn of(parts: &Parts, peer: SocketAddr) -> Self {
        if !tracing::enabled!(target: TARGET, Level::INFO) {
            return Self(None);
        }
        let agent = parts.headers.get(http::header::USER_AGENT).map_or(&[][..], |agent| agent.as_bytes());
        Self(Some(Line {
            peer,
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: mask(parts.uri.query().unwrap_or_default()).into_owned(),
            browser: agent.starts_with(b"Mozilla"),
            started: Instant::now(),
        }))
    }

    /// Writes the line.
    pub(crate) fn log(self, response: &Response) {
        let Some(line) = self.0 else { return };
        tracing::info!(
            target: TARGET,
            "{} \"{} {} {}\" {} {} {}us",
            line.peer.ip(),
            line.method,
            line.path,
            line.query,
            response.status().as_u16(),
            if line.browser { "browser" } else { "not-browser" },
            line.started.elapsed().as_micros(),
        );
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
    fn secrets_stay_out_of_the_log() {
        assert_eq!(mask("ajax=x&project=p"), "ajax=x&project=p");
        assert_eq!(mask("action=login&username=u&password=p"), "-");
        assert_eq!(mask("a=1&session.id=0123456789&b=2"), "a=1&session.id=0123…&b=2");
    }
}
