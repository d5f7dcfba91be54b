//! `/schedule` and the pages of triggers (web-ui §18, §19).

use azkaban_core::schedule::Recurrence;

use super::{show, time};
use crate::legacy::Call;
use crate::legacy::reply::Reply;

/// Every schedule, in the columns of Azkaban's table.
pub(crate) fn get(call: &Call<'_>) -> Reply {
    let schedules = call.app.engine.schedules_list();
    show(call, "Scheduled Flows", |html| {
        html.raw("<h1>Scheduled Flows</h1>\n");
        html.table(
            "scheduledFlowsTbl",
            &[
                "#",
                "ID",
                "Flow",
                "Project",
                "Submitted By",
                "First Scheduled to Run",
                "Next Execution Time",
                "Repeats Every",
                "Cron Expression",
                "Paused",
            ],
        );
        for (number, schedule) in schedules.iter().enumerate() {
            let flow = &schedule.flow;
            let (project, id) = (&*flow.project_name, &*flow.flow_id);
            html.raw("<tr>").cell(&(number + 1).to_string()).cell(&schedule.id.to_string()).raw("<td>");
            html.link("/manager", &[("project", project), ("flow", id)], id).raw("</td><td>");
            html.link("/manager", &[("project", project)], project).raw("</td>").cell(&flow.submit_user);
            html.cell(&time(call, Some(flow.timing.first))).cell(&time(call, Some(schedule.next_at)));
            let (period, cron) = match &flow.timing.recurrence {
                Recurrence::Once => ("Non-recurring".to_owned(), "Not Applicable"),
                Recurrence::Every(period) => (period.to_string(), "Not Applicable"),
                Recurrence::Cron(cron) => ("Not Applicable".to_owned(), cron.text()),
            };
            html.cell(&period).cell(cron).cell(if schedule.paused { "yes" } else { "no" }).raw("</tr>\n");
        }
        if schedules.is_empty() {
            html.raw("<tr><td class=\"last\" colspan=\"10\">No scheduled flow found.</td></tr>\n");
        }
        html.end_table();
    })
}

/// There are no flow triggers.
pub(crate) fn triggers(call: &Call<'_>) -> Reply {
    show(call, "Triggers", |html| {
        html.raw("<h1>Triggers</h1>\n<p>There are no flow triggers. Schedules are on ");
        html.link("/schedule", &[], "the page of schedules").raw(".</p>\n");
    })
}
