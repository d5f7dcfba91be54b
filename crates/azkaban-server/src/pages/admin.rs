//! The pages of administrators: `/jmx`, `/stats`, `/notes` (web-ui §20).

use azkaban_core::time::UnixMillis;
use azkaban_engine::Metric;
use serde_json::Value;

use super::{show, time};
use crate::legacy::reply::Reply;
use crate::legacy::{Call, jmx as beans, stats as metrics};

/// Every bean with its values.
pub(crate) fn jmx(call: &Call<'_>) -> Reply {
    let beans = beans::all(call.app);
    show(call, "Admin JMX Http Page", |html| {
        html.raw("<h1>Admin JMX Http Page</h1>\n<p>Web server and executor ")
            .text(&beans::host_port(call.app))
            .raw("</p>\n");
        for bean in &beans {
            let name = bean.full_name();
            html.raw("<h2>").text(bean.name).raw("</h2>\n<p>");
            let query = [("ajax", "getAllMBeanAttributes"), ("mBean", &*name)];
            html.link("/jmx", &query, &name).raw("</p>\n").table("", &["Attribute", "Value"]);
            for attribute in &bean.attributes {
                let value = match &attribute.value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                html.raw("<tr>").cell(attribute.name).cell(&value).raw("</tr>\n");
            }
            html.end_table();
        }
    })
}

/// The latest samples of every metric.
pub(crate) fn stats(call: &Call<'_>) -> Reply {
    let history = |metric| call.app.engine.metric_history(metric, UnixMillis(0), UnixMillis(i64::MAX), false);
    let histories = Metric::ALL.map(|metric| (metrics::name(metric), history(metric)));
    show(call, "Stats", |html| {
        html.raw("<h1>Stats</h1>\n<p>Samples of executor 1, of the last seven days at most.</p>\n");
        for (name, points) in &histories {
            html.raw("<h2>").text(name).raw("</h2>\n").table("", &["Time", "Value"]);
            for point in points.iter().rev() {
                html.raw("<tr>").cell(&time(call, Some(point.at))).cell(&point.value.to_string());
                html.raw("</tr>\n");
            }
            html.end_table();
        }
    })
}

/// The form of the note that every page shows.
pub(crate) fn notes(call: &Call<'_>) -> Reply {
    let note = call.app.engine.note_get();
    let (kind, message, url) = match &note {
        Some(note) => (note.kind(), note.message(), note.url()),
        None => ("", "", ""),
    };
    show(call, "Notification System", |html| {
        html.raw("<h1>Notification System</h1>\n<form id=\"note-form\" method=\"post\" action=\"/notes\">\n");
        html.raw("<input type=\"hidden\" name=\"ajax\" value=\"addNote\">\n");
        for (label, name, value) in
            [("Type", "type", kind), ("Message", "message", message), ("URL", "url", url)]
        {
            html.raw("<label>").text(label).raw(" <input type=\"text\" name=\"").raw(name).raw("\" value=\"");
            html.text(value).raw("\"></label>\n");
        }
        html.raw("<button type=\"submit\">Submit Note</button>\n</form>\n");
        html.raw("<form method=\"post\" action=\"/notes\">\n<input type=\"hidden\" name=\"ajax\" value=\"removeNote\">\n");
        html.raw("<button type=\"submit\">Clear Note</button>\n</form>\n");
    })
}
