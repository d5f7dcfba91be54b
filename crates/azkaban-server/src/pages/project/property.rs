//! `&flow=F&job=J&prop=FILE&propNode=NODE`: keys that a job inherits, and from where (web-ui §14).

use azkaban_core::project::FlowFormat;
use azkaban_core::props::Props;
use azkaban_engine::Project;

use super::heading;
use super::job::{Source, inherited};
use crate::legacy::Call;
use crate::legacy::reply::Reply;
use crate::pages::html::Html;
use crate::pages::{message, show};

pub(super) async fn page(call: &Call<'_>, project: &Project) -> Reply {
    let params = &call.params;
    let (id, job) = (params.required("flow")?, params.required("job")?);
    let (file, node) = (params.required("prop")?, params.required("propNode")?);
    let model = call.app.engine.project_model(project.id, project.version).await?;
    let Some(flow) = model.flows.get(id) else { return message(call, &format!("Flow {id} not found.")) };
    if !flow.nodes.contains_key(job) {
        return message(call, &format!("Job {job} not found."));
    }
    let sources = inherited(&model, flow, job);
    let place = sources.iter().position(|source| match model.format {
        FlowFormat::V1 => source.file == file,
        FlowFormat::V2 => source.file == file && source.node == node,
    });
    let props: Option<&Props> = match model.format {
        FlowFormat::V1 => model.property_files.get(file).map(|properties| &properties.props),
        FlowFormat::V2 if flow.source != file => None,
        FlowFormat::V2 => match model.flows.get(node).filter(|_| place.is_some()) {
            Some(outer) => Some(&outer.config),
            None => return message(call, &format!("Nested Flow {node} not found in Flow {id}.")),
        },
    };
    let Some(props) = props else { return message(call, &format!("Property file {file} not found.")) };
    let (source_of, inherited_from) = match place {
        Some(place) => (&sources[..place], &sources[place + 1..]),
        None => (&[][..], &[][..]),
    };
    show(call, file, |html| {
        heading(call, html, project);
        html.raw("<h2>Properties ").text(file).raw(" <small>").text(node).raw("</small></h2>\n");
        html.table("properties", &["Parameter Name", "Value"]);
        for (key, value) in props {
            html.raw("<tr>").cell(key).cell(value).raw("</tr>\n");
        }
        html.end_table();
        let list = |html: &mut Html, title: &str, sources: &[Source]| {
            html.raw("<h4>").raw(title).raw("</h4>\n<ul>\n");
            for source in sources {
                let query = [
                    ("project", &*project.name),
                    ("flow", id),
                    ("job", job),
                    ("prop", &*source.file),
                    ("propNode", &*source.node),
                ];
                html.raw("<li>").link("/manager", &query, &source.file).raw(" ").text(&source.node);
                html.raw("</li>\n");
            }
            html.raw("</ul>\n");
        };
        list(html, "Inherited From", inherited_from);
        list(html, "Source of", source_of);
        html.raw("<p>").link("/manager", &[("project", &project.name), ("flow", id), ("job", job)], job);
        html.raw("</p>\n");
    })
}
