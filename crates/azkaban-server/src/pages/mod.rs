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
use crate::ui;
use html::Html;

/// A finished page, and what permits the style elements in it.
pub(crate) struct Page {
    pub(crate) html: String,
    style_nonce: String,
}

impl Page {
    /// Everything that the page may load: files of ours, and the styles and the login script written in it.
    pub(crate) fn content_security_policy(&self) -> HeaderValue {
        static SCRIPT: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(login::SCRIPT)));
        let policy = format!(
            "default-src 'none'; style-src 'self' 'nonce-{}'; script-src 'self' 'sha256-{}'; img-src 'self' data:; \
             font-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; \
             base-uri 'none'",
            self.style_nonce, *SCRIPT
        );
        HeaderValue::from_str(&policy).expect("the policy is ASCII")
    }
}

/// A word that nobody can guess. Without random numbers there is none, and styles are not applied.
fn nonce() -> String {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        return "none".to_owned();
    }
    STANDARD.encode(bytes)
}

/// The looks of the plain pages and of the login page: the colours are the app's (`web/src/theme/tokens.ts`).
const STYLE: &str = "\
&{color-scheme:light dark;--page:#fff;--surface:#f5f6f8;--text:#161b22;--muted:#5a6472;--line:#e1e4e9;--control:#848e9c;--link:#6d28d9;--on:#fff;\
--fail:#b02a34;--fail-tint:#fbe7e8;--ok-tint:#e0f4ef;--warn-tint:#fbf2d8}\
@media(prefers-color-scheme:dark){&{--page:#12151a;--surface:#1b2027;--text:#e6eaf0;--muted:#9aa5b4;--line:#2a313a;--control:#667180;--link:#c4b5fd;\
--on:#12151a;--fail:#ff9c94;--fail-tint:#471d1e;--ok-tint:#10332c;--warn-tint:#372e0c}}\
body{font:14px/1.5 Inter,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',system-ui,sans-serif;margin:0;color:var(--text);background:var(--page)}\
header{border-top:4px solid var(--accent);background:var(--surface);padding:.6em 1.5em;display:flex;gap:1.5em;align-items:baseline}\
header b{font-size:1.15em}header span{color:var(--muted)}header .user{margin-left:auto}main{padding:1em 1.5em;max-width:70em}\
table{border-collapse:collapse}th,td{text-align:left;padding:.3em 1.2em .3em 0;border-bottom:1px solid var(--line);vertical-align:top}\
th{color:var(--muted);font-weight:500}a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}\
pre{background:var(--surface);padding:1em;overflow:auto}.message{padding:.5em 1em;border-radius:6px;background:var(--surface)}\
.failure{background:var(--fail-tint);color:var(--fail)}.success{background:var(--ok-tint)}.warning{background:var(--warn-tint)}\
.login{max-width:20em;margin:12vh auto 0}.login h1{font-size:20px;margin:0 0 1em}.login label{display:block;margin:1em 0 .3em;color:var(--muted)}\
.login input{box-sizing:border-box;width:100%;padding:.6em .7em;font:inherit;color:inherit;background:var(--page);border:1px solid var(--control);border-radius:6px}\
.login button{width:100%;margin-top:1.6em;padding:.65em;font:inherit;font-weight:600;color:var(--on);background:var(--link);border:0;border-radius:6px;cursor:pointer}\
.login button:disabled{opacity:.6}:focus-visible{outline:2px solid var(--link);outline-offset:2px}";

/// A page: frame, navigation and the content that `body` writes. For a call of a logged-in user it starts the app too,
/// which then takes the place of the plain page.
fn page(config: &Config, title: &str, call: Option<&Call<'_>>, body: impl FnOnce(&mut Html)) -> Page {
    let style_nonce = nonce();
    let app = call.filter(|call| ui::replaces(call)).and_then(|call| Some((call, ui::head()?)));
    let mut html = Html::new();
    html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    html.text(title).raw(" – Azkaban</title>\n<style nonce=\"").raw(&style_nonce);
    html.raw("\">:root{--accent:")
        .raw(colour(&config.color))
        .raw("}html:not(.app){")
        .raw(STYLE)
        .raw("}</style>\n");
    if let Some((_, head)) = app {
        html.raw(head);
    }
    html.raw("</head>\n<body>\n");
    if let Some((call, _)) = app {
        html.raw("<script type=\"application/json\" id=\"boot\">");
        html.raw(&ui::boot(call, colour(&config.color), &style_nonce))
            .raw("</script>\n<div id=\"root\"></div>\n");
    }
    html.raw("<div id=\"plain\">\n<header><b>Azkaban</b> <span>");
    html.text(&config.name).raw(" ").text(&config.label).raw("</span>");
    if let Some(call) = call {
        html.raw("<a href=\"/index\">Projects</a><a href=\"/schedule\">Scheduling</a><a href=\"/executor\">Executing</a><span class=\"user\">")
            .text(call.user());
        html.raw(" <a href=\"/?logout\">Log out</a></span>");
    }
    html.raw("</header>\n<main>\n");
    body(&mut html);
    html.raw("</main>\n</div>\n</body>\n</html>\n");
    Page { html: html.finish(), style_nonce }
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
    let page = page(&call.app.config, title, Some(call), |html| {
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
    html.raw("<p class=\"message warning\" id=\"banner\"><b>").text(note.kind()).raw("</b> ");
    match note.link() {
        Some(url) => html.link(url, &[], note.message()),
        None => html.text(note.message()).raw(" ").text(note.url()),
    };
    html.raw("</p>\n");
}

/// A page that only the app has.
pub(crate) fn app(call: &Call<'_>) -> Reply {
    show(call, "Azkaban", |html| {
        html.raw("<p>This page needs scripts.</p>\n");
    })
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
    fn every_page_permits_its_own_styles_only() {
        let pages = [(); 2].map(|()| page(&Config::default(), "t", None, |_| {}));
        for page in &pages {
            let policy = page.content_security_policy();
            assert!(policy.to_str().unwrap().contains(&format!("'nonce-{}'", page.style_nonce)));
            assert!(page.html.contains(&format!("<style nonce=\"{}\">", page.style_nonce)));
        }
        assert_ne!(pages[0].style_nonce, pages[1].style_nonce);
    }

    #[test]
    fn settings_cannot_break_out_of_the_page() {
        let config = Config { name: "<b>".into(), color: "red}</style>".into(), ..Config::default() };
        let page = page(&config, "a&b", None, |_| {}).html;
        assert!(
            page.contains("&lt;b&gt;")
                && page.contains("<title>a&amp;b – ")
                && page.contains("--accent:#FF0000}")
        );
        assert!(!page.contains("red}"));
        assert_eq!(colour("#3465a4"), "#3465a4");
    }
}
