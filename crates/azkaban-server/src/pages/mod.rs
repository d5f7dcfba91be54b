//! Plain pages, rendered here: the login page, and lists of what there is with links between them.

pub(crate) mod admin;
pub(crate) mod execution;
pub(crate) mod executions;
mod format;
mod html;
pub(crate) mod index;
pub(crate) mod login;
pub(crate) mod project;
pub(crate) mod schedule;

use std::sync::LazyLock;

use azkaban_core::time::UnixMillis;
use azkaban_engine::Note;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::legacy::Call;
use crate::legacy::reply::{self, Flash, Reply};
use html::Html;

/// Everything that pages may load: what is written in them, and the login script.
pub(crate) fn content_security_policy() -> HeaderValue {
    static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
        let hash = STANDARD.encode(Sha256::digest(login::SCRIPT));
        let policy = format!(
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; connect-src 'self'; \
             form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        );
        HeaderValue::from_str(&policy).expect("the policy is ASCII")
    });
    POLICY.clone()
}

const STYLE: &str = "\
body{font:15px/1.5 system-ui,sans-serif;margin:0;color:#222}\
header{border-top:5px solid var(--accent);background:#f4f4f4;padding:.5em 1.5em;display:flex;gap:1.5em;align-items:baseline}\
header b{font-size:1.2em}header .user{margin-left:auto}main{padding:1em 1.5em;max-width:70em}\
table{border-collapse:collapse}th,td{text-align:left;padding:.25em 1em .25em 0;border-bottom:1px solid #ddd;vertical-align:top}\
a{color:#0b5cad}pre{background:#f7f7f7;padding:1em;overflow:auto}.message{padding:.5em 1em;border-radius:4px;background:#eee}\
.failure{background:#fbe3e4}.success{background:#e4f5e1}.warning{background:#fdf3d6}label{display:block;margin:.5em 0}\
@media(prefers-color-scheme:dark){body{background:#1b1b1b;color:#ddd}header{background:#262626}a{color:#7db7f0}\
pre,.message{background:#262626}th,td{border-color:#444}.failure{background:#5a2a2c}.success{background:#27451f}.warning{background:#574a1d}}";

/// A page: frame, navigation and the content that `body` writes.
fn page(config: &Config, title: &str, user: Option<&str>, body: impl FnOnce(&mut Html)) -> String {
    let mut html = Html::new();
    html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    html.text(title).raw(" – Azkaban</title>\n<style>:root{--accent:").raw(colour(&config.color)).raw("}");
    html.raw(STYLE).raw("</style>\n</head>\n<body>\n<header><b>Azkaban</b> <span>");
    html.text(&config.name).raw(" ").text(&config.label).raw("</span>");
    if let Some(user) = user {
        html.raw("<a href=\"/index\">Projects</a><a href=\"/schedule\">Scheduling</a><a href=\"/executor\">Executing</a><span class=\"user\">")
            .text(user);
        html.raw(" <a href=\"/?logout\">Log out</a></span>");
    }
    html.raw("</header>\n<main>\n");
    body(&mut html);
    html.raw("</main>\n</body>\n</html>\n");
    html.finish()
}

/// A colour that cannot be anything else; a setting that is no such thing is not used.
fn colour(text: &str) -> &str {
    let name = text.strip_prefix('#').unwrap_or(text);
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()) { text } else { "#FF0000" }
}

/// A page for a logged-in user, with the messages that earlier requests left for it.
fn show(call: &Call<'_>, title: &str, body: impl FnOnce(&mut Html)) -> Reply {
    let messages: Vec<(Flash, String)> = Flash::ALL
        .into_iter()
        .filter_map(|kind| Some((kind, reply::cookie(call.headers, kind.cookie())?)))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    let note = call.app.engine.note_get();
    let page = page(&call.app.config, title, Some(call.user()), |html| {
        if let Some(note) = &note {
            banner(html, note);
        }
        for (kind, text) in &messages {
            let class = match kind {
                Flash::Failure => "failure",
                Flash::Warning => "warning",
                Flash::Success => "success",
            };
            html.raw("<p class=\"message ").raw(class).raw("\">").text(text).raw("</p>\n");
        }
        body(html);
    });
    let mut response = reply::html(page);
    let shown: Vec<Flash> = messages.iter().map(|(kind, _)| *kind).collect();
    reply::clear_flash(&mut response, &shown);
    Ok(response)
}

/// The note of the administrators.
fn banner(html: &mut Html, note: &Note) {
    html.raw("<p class=\"message warning\" id=\"banner\"><b>").text(&note.kind).raw("</b> ");
    // An address that a script could hide behind is shown as text.
    if note.url.starts_with("https://") || note.url.starts_with("http://") || note.url.starts_with('/') {
        html.link(&note.url, &[], &note.message);
    } else {
        html.text(&note.message).raw(" ").text(&note.url);
    }
    html.raw("</p>\n");
}

/// A page of one sentence.
pub(crate) fn message(call: &Call<'_>, text: &str) -> Reply {
    show(call, "Azkaban", |html| {
        html.raw("<p class=\"message\">").text(text).raw("</p>\n");
    })
}

/// A time in the server's zone; `-` if there is none.
fn time(call: &Call<'_>, time: Option<UnixMillis>) -> String {
    let zoned = time.and_then(|time| jiff::Timestamp::from_millisecond(time.0).ok());
    let zone = &call.app.engine.config().time_zone;
    zoned.map_or("-".to_owned(), |at| {
        jiff::ZonedDateTime::new(at, zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_cannot_break_out_of_the_page() {
        let config = Config { name: "<b>".into(), color: "red}</style>".into(), ..Config::default() };
        let page = page(&config, "a&b", Some("\"u\""), |_| {});
        assert!(
            page.contains("&lt;b&gt;")
                && page.contains("<title>a&amp;b – ")
                && page.contains("--accent:#FF0000}")
        );
        assert!(page.contains("&quot;u&quot;") && !page.contains("red}"));
        assert_eq!(colour("#3465a4"), "#3465a4");
    }
}
