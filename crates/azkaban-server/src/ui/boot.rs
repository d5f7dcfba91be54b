//! What the app must know before it asks: written into the page, so that the first paint waits for nothing.

use std::time::{SystemTime, UNIX_EPOCH};

use azkaban_engine::Note;
use serde::Serialize;

use crate::external_links::ExternalLinks;
use crate::legacy::Call;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Boot<'a> {
    user: &'a str,
    admin: bool,
    csrf_token: Option<String>,
    /// `azkaban.name`, `azkaban.label` and `azkaban.color`.
    name: &'a str,
    label: &'a str,
    color: &'a str,
    time_zone: &'a str,
    /// `azkaban.depth`.
    graph_depth: usize,
    external_links: &'a ExternalLinks,
    version: &'static str,
    /// The server's clock in milliseconds since 1970, so that a wrong one of the browser shows.
    now: u64,
    /// The note of the administrators.
    note: Option<&'a Note>,
    /// What permits the app's style elements.
    style_nonce: &'a str,
}

/// The data as JSON that may stand inside a `script` element; `color` has been checked.
pub(crate) fn boot(call: &Call<'_>, color: &str, style_nonce: &str) -> String {
    let (config, engine) = (&call.app.config, &call.app.engine);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis() as u64);
    let note = engine.note_get();
    let boot = Boot {
        user: call.user(),
        admin: call.is_admin(),
        csrf_token: call.cookie_session.as_ref().map(|session| call.app.csrf.token(session)),
        name: &config.name,
        label: &config.label,
        color,
        time_zone: engine.config().time_zone.iana_name().unwrap_or("UTC"),
        graph_depth: config.graph_depth,
        external_links: &config.external_links,
        version: env!("CARGO_PKG_VERSION"),
        now,
        note: note.as_deref(),
        style_nonce,
    };
    inside_script(&boot)
}

/// JSON without any `<`, which could end the element.
fn inside_script(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_the_script() {
        let json = inside_script(&"</script><script>alert(1)");
        assert!(!json.contains('<'), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), "</script><script>alert(1)");
    }
}
