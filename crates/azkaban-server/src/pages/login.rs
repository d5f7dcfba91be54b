//! The login page. Clients know it by its last comment and by the names of its fields (web-ui §2).

use super::page;
use crate::config::Config;

/// Sends the form and, once logged in, loads the address again that was asked for.
pub(super) const SCRIPT: &str = r#"
document.getElementById("login-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const shown = document.getElementById("error-msg");
  try {
    const form = new URLSearchParams(new FormData(event.target));
    const answer = await (await fetch("/", { method: "POST", body: form })).json();
    if (answer.error) { shown.textContent = answer.error; shown.hidden = false; } else { location.reload(); }
  } catch (error) { shown.textContent = "The server could not be reached."; shown.hidden = false; }
});
"#;

pub(crate) fn render(config: &Config, message: Option<&str>) -> String {
    page(config, "Login", None, |html| {
        html.raw(
            "<div class=\"login\">\n<form id=\"login-form\" method=\"post\" action=\"/\">\n<h1>Login</h1>\n",
        );
        html.raw("<p id=\"error-msg\" class=\"message failure\"").raw(if message.is_some() {
            ">"
        } else {
            " hidden>"
        });
        html.text(message.unwrap_or_default()).raw("</p>\n");
        html.raw("<input type=\"hidden\" name=\"action\" value=\"login\">\n");
        html.raw("<label>Username <input type=\"text\" id=\"username\" name=\"username\" autocomplete=\"username\" autofocus></label>\n");
        html.raw("<label>Password <input type=\"password\" id=\"password\" name=\"password\" autocomplete=\"current-password\"></label>\n");
        html.raw("<button type=\"submit\" id=\"login-submit\">Log in</button>\n</form>\n</div><!-- /.login -->\n<script>");
        html.raw(SCRIPT).raw("</script>\n");
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_find_their_marks() {
        let page = render(&Config::default(), Some("<no>"));
        for mark in
            ["<!-- /.login -->", "name=\"username\"", "name=\"password\"", "value=\"login\"", "&lt;no&gt;"]
        {
            assert!(page.contains(mark), "{mark}");
        }
    }
}
