//! The login page. Clients know it by its last comment and by the names of its fields (web-ui §2).

use super::{Page, page};
use crate::config::Config;

/// Puts the page into the user's language, sends the form and, once logged in, loads the address again that was asked for.
pub(super) const SCRIPT: &str = r#"
const chosen = (() => { try { return localStorage.getItem("azkaban.language"); } catch { return null; } })();
if ((chosen || navigator.language).startsWith("zh")) {
  document.documentElement.lang = "zh";
  for (const element of document.querySelectorAll("[data-zh]")) element.textContent = element.dataset.zh;
}
const shown = document.getElementById("error-msg");
const fail = (english, chinese) => {
  shown.textContent = document.documentElement.lang === "zh" ? chinese : english;
  shown.hidden = false;
};
document.getElementById("login-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = document.getElementById("login-submit");
  button.disabled = true;
  try {
    const form = new URLSearchParams(new FormData(event.target));
    const answer = await (await fetch("/", { method: "POST", body: form })).json();
    if (!answer.error) { location.reload(); return; }
    fail(answer.error, answer.error);
    document.getElementById("password").select();
  } catch (error) { fail("The server could not be reached.", "无法连接到服务器。"); }
  button.disabled = false;
});
"#;

pub(crate) fn render(config: &Config, message: Option<&str>) -> Page {
    page(config, "Login", None, |html| {
        html.raw("<div class=\"login\">\n<form id=\"login-form\" method=\"post\" action=\"/\">\n");
        html.raw("<h1 data-zh=\"登录\">Sign in</h1>\n");
        html.raw("<p id=\"error-msg\" class=\"message failure\" role=\"alert\"").raw(if message.is_some() {
            ">"
        } else {
            " hidden>"
        });
        html.text(message.unwrap_or_default()).raw("</p>\n");
        html.raw("<input type=\"hidden\" name=\"action\" value=\"login\">\n");
        html.raw("<label for=\"username\" data-zh=\"用户名\">Username</label>");
        html.raw("<input type=\"text\" id=\"username\" name=\"username\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" required autofocus>\n");
        html.raw("<label for=\"password\" data-zh=\"密码\">Password</label>");
        html.raw("<input type=\"password\" id=\"password\" name=\"password\" autocomplete=\"current-password\" required placeholder=\"");
        html.text(&config.password_placeholder).raw("\">\n");
        html.raw("<button type=\"submit\" id=\"login-submit\" data-zh=\"登录\">Sign in</button>\n</form>\n</div><!-- /.login -->\n<script>");
        html.raw(SCRIPT).raw("</script>\n");
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_find_their_marks() {
        let page = render(&Config::default(), Some("<no>")).html;
        for mark in
            ["<!-- /.login -->", "name=\"username\"", "name=\"password\"", "value=\"login\"", "&lt;no&gt;"]
        {
            assert!(page.contains(mark), "{mark}");
        }
    }
}
