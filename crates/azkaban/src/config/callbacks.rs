//! HTTP callbacks of jobs.

use azkaban_core::settings::Reader;
use azkaban_engine::CallbackConfig;

use super::mail::Listening;
use super::{count, text};

/// `jobcallback.*`; `None` if they are switched off.
pub(super) fn callbacks(reader: &mut Reader<'_>, own: Listening) -> Option<CallbackConfig> {
    let config = CallbackConfig {
        server: server(reader, own),
        max_count: u32::try_from(count(reader, "jobcallback.max_count")).unwrap_or(u32::MAX),
        connection_timeout: reader.millis("jobcallback.connection.timeout"),
        socket_timeout: reader.millis("jobcallback.socket.timeout"),
        response_timeout: reader.millis("jobcallback.response.wait.timeout"),
        at_once: count(reader, "jobcallback.thread.pool.size"),
    };
    reader.boolean("azkaban.executor.jobcallback.enabled").then_some(config)
}

/// Host and port of `azkaban.webserver.url`, with -1 for a port that it does not name, as Java has it; else those of this
/// server.
fn server(reader: &mut Reader<'_>, own: Listening) -> String {
    match reader.filled_text("azkaban.webserver.url").and_then(authority) {
        Some(authority) if has_port(authority) => authority.to_owned(),
        Some(host) => format!("{host}:-1"),
        None => format!("{}:{}", text(reader, "jetty.hostname"), own.port),
    }
}

/// What stands between `//` and the next `/`, without a user.
fn authority(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit('@').next().filter(|authority| !authority.is_empty())
}

fn has_port(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}
