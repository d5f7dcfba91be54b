//! `&job=J&history`: attempts of a job over all executions of the project's flows (web-ui §15).

use azkaban_engine::Project;

use super::heading;
use crate::legacy::Call;
use crate::legacy::reply::Reply;
use crate::pages::{format, show, time};

/// Rows of a page at most.
const MAX_SIZE: u64 = 1_000;

pub(super) async fn page(call: &Call<'_>, project: &Project) -> Reply {
    let job = call.params.required("job")?;
    let number = call.params.number_or::<i64>("page", 1).max(1).unsigned_abs();
    let size = call.params.number_or::<u64>("size", 25).clamp(1, MAX_SIZE);
    let engine = &call.app.engine;
    let model = engine.project_model(project.id, project.version).await?;
    // Executions are of listed flows; a job inside an embedded one is found through the flow around it.
    let flows = model.listed_flows().map(|flow| flow.id.clone()).collect();
    let start = (number - 1).saturating_mul(size);
    let mut runs = engine.job_history(project.id, flows, job, start, size + 1).await?;
    let more = runs.len() as u64 > size;
    runs.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let now = engine.now();
    show(call, job, |html| {
        heading(call, html, project);
        html.raw("<h2>Job History ").text(job).raw("</h2>\n");
        let columns = ["Execution Id", "Job", "Flow", "Start Time", "End Time", "Elapsed", "Status", "Logs"];
        html.table("all-jobs", &columns);
        for run in &runs {
            let (execution, attempt) = (run.key.execution.to_string(), run.key.attempt.to_string());
            let shown =
                if run.key.attempt == 0 { execution.clone() } else { format!("{execution}.{attempt}") };
            let path = run.key.node.as_str();
            html.raw("<tr><td>").link("/executor", &[("execid", &execution)], &shown).raw("</td>").cell(path);
            html.raw("<td>").link("/manager", &[("project", &project.name), ("flow", &run.flow)], &run.flow);
            html.raw("</td>").cell(&time(call, run.started_at)).cell(&time(call, run.ended_at));
            html.cell(&format::elapsed(run.started_at, run.ended_at, now)).status(run.status).raw("<td>");
            let query = [("execid", &*execution), ("job", path), ("attempt", &*attempt)];
            html.link("/executor", &query, "Logs").raw("</td></tr>\n");
        }
        html.end_table().raw("<ul class=\"pagination\">\n");
        let size = size.to_string();
        for (number, text) in
            [((number > 1).then(|| number - 1), "Previous"), (more.then(|| number.saturating_add(1)), "Next")]
        {
            let Some(number) = number.map(|number| number.to_string()) else { continue };
            let query = [
                ("project", &*project.name),
                ("job", job),
                ("history", ""),
                ("page", &number),
                ("size", &size),
            ];
            html.raw("<li>").link("/manager", &query, text).raw("</li>\n");
        }
        html.raw("</ul>\n");
    })
}
