//! Writing HTML: text is escaped unless it is said to be markup.

use azkaban_core::status::Status;
use azkaban_core::text::escape_markup_into;

/// A page under construction.
pub(super) struct Html(String);

impl Html {
    pub(super) fn new() -> Self {
        Self(String::with_capacity(4096))
    }

    /// Markup of our own.
    pub(super) fn raw(&mut self, markup: &str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text or an attribute's value, from anywhere. An apostrophe stays what it is, since scripts look for sentences that have
    /// some (`Project 'x' was successfully deleted`): so values of attributes stand in double quotes, always.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        escape_markup_into(&mut self.0, text);
        self
    }

    /// A link; `query` are pairs of unescaped text. Between them stands a bare `&`, as in Azkaban's pages: browsers take it
    /// for what it is before `name=`, and scripts that cut addresses out of pages look for it.
    pub(super) fn link(&mut self, path: &str, query: &[(&str, &str)], text: &str) -> &mut Self {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        self.raw("<a href=\"").text(path).raw(if query.is_empty() { "" } else { "?" });
        self.raw(&query).raw("\">").text(text).raw("</a>")
    }

    /// The head of a table. Scripts find the table by its id, which may be empty.
    pub(super) fn table(&mut self, id: &str, columns: &[&str]) -> &mut Self {
        self.raw("<table");
        if !id.is_empty() {
            self.raw(" id=\"").text(id).raw("\"");
        }
        self.raw(" class=\"table table-striped table-bordered table-hover table-condensed\">\n<thead>\n<tr>");
        for column in columns {
            self.raw("<th>").text(column).raw("</th>");
        }
        self.raw("</tr>\n</thead>\n<tbody>\n")
    }

    pub(super) fn end_table(&mut self) -> &mut Self {
        self.raw("</tbody>\n</table>\n")
    }

    pub(super) fn cell(&mut self, text: &str) -> &mut Self {
        self.raw("<td>").text(text).raw("</td>")
    }

    /// A cell with a status, which scripts read from its class.
    pub(super) fn status(&mut self, status: Status) -> &mut Self {
        self.raw("<td><div class=\"status ").raw(status.name()).raw("\">");
        self.text(super::format::status(status)).raw("</div></td>")
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_text_are_escaped() {
        let mut html = Html::new();
        html.link("/manager", &[("project", "a&b\"c d"), ("flow", "é")], "<x>").text("it's");
        let expected = "<a href=\"/manager?project=a%26b%22c+d&flow=%C3%A9\">&lt;x&gt;</a>it's";
        assert_eq!(html.finish(), expected);
    }
}
