//! `&flow=F&job=J`: a job's properties and neighbours (web-ui §13).

use azkaban_core::project::{Flow, FlowFormat, ProjectModel};
use azkaban_engine::Project;

use super::heading;
use crate::legacy::Call;
use crate::legacy::reply::Reply;
use crate::pages::{message, show};

pub(super) async fn page(call: &Call<'_>, project: &Project) -> Reply {
    let (id, job) = (call.params.required("flow")?, call.params.required("job")?);
    let engine = &call.app.engine;
    let model = engine.project_model(project.id, project.version).await?;
    let Some(flow) = model.flows.get(id) else { return message(call, &format!("Flow {id} not found.")) };
    let Some(node) = flow.nodes.get(job) else { return message(call, &format!("Job {job} not found.")) };
    let overridden = engine.override_get(project.id, project.version, id, job).await?;
    let props = overridden.as_ref().unwrap_or(&node.props);
    let dependents = flow.nodes.values().filter(|other| other.depends_on.iter().any(|d| d == job));
    let dependents: Vec<&str> = dependents.map(|other| other.id.as_str()).collect();
    show(call, job, |html| {
        heading(call, html, project);
        let name: &str = &project.name;
        html.raw("<h2>Job ").text(job).raw("</h2>\n<p>Flow ");
        html.link("/manager", &[("project", name), ("flow", id)], id).raw(" · ");
        html.link("/manager", &[("project", name), ("job", job), ("history", "")], "Job History")
            .raw("</p>\n");
        html.table("job-properties", &["Parameter Name", "Value"]);
        for (key, value) in props {
            html.raw("<tr>").cell(key).cell(value).raw("</tr>\n");
        }
        html.end_table().raw("<dl>\n<dt>Job Type</dt><dd>").text(node.job_type()).raw("</dd>\n");
        if let Some(condition) = &node.condition {
            html.raw("<dt>Condition</dt><dd>").text(condition).raw("</dd>\n");
        }
        let depends_on: Vec<&str> = node.depends_on.iter().map(String::as_str).collect();
        for (title, none, jobs) in
            [("Dependencies", "No Dependencies", &depends_on), ("Dependents", "No Dependents", &dependents)]
        {
            html.raw("<dt>").raw(title).raw("</dt>\n");
            if jobs.is_empty() {
                html.raw("<dd>").raw(none).raw("</dd>\n");
            }
            for other in jobs {
                html.raw("<dd>");
                html.link("/manager", &[("project", name), ("flow", id), ("job", other)], other)
                    .raw("</dd>\n");
            }
        }
        html.raw("<dt>Inherited Properties</dt>\n");
        for source in inherited(&model, flow, job) {
            let query = [
                ("project", name),
                ("flow", id),
                ("job", job),
                ("prop", &*source.file),
                ("propNode", &*source.node),
            ];
            html.raw("<dd>")
                .link("/manager", &query, &source.file)
                .raw(" ")
                .text(&source.node)
                .raw("</dd>\n");
        }
        html.raw("</dl>\n");
    })
}

/// Where a job's inherited keys come from.
pub(super) struct Source {
    /// The file.
    pub(super) file: String,
    /// Flow 2.0: the flow in it.
    pub(super) node: String,
}

/// What a job inherits, the nearest first: its property files (Flow 1.0), or its flow and the flows around it (2.0).
pub(super) fn inherited(model: &ProjectModel, flow: &Flow, job: &str) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    match model.format {
        FlowFormat::V1 => {
            let mut next = flow.nodes.get(job).and_then(|node| node.props_source.as_deref());
            while let Some(file) = next
                // A loaded project has no circle here; should that ever change, no page hangs on it.
                && !sources.iter().any(|source| source.file == file)
            {
                sources.push(Source { file: file.to_owned(), node: String::new() });
                next = model.property_files.get(file).and_then(|props| props.inherits.as_deref());
            }
        }
        FlowFormat::V2 => {
            let mut node = flow.id.as_str();
            loop {
                sources.push(Source { file: flow.source.clone(), node: node.to_owned() });
                match node.rsplit_once(':') {
                    Some((outer, _)) => node = outer,
                    None => break,
                }
            }
        }
    }
    sources
}
