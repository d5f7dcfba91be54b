//! One stream of events for everything that is on screen.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use azkaban_core::ids::ProjectId;
use azkaban_core::permission::Permission;
use azkaban_engine::{Event, News, Project, ProjectChange, Told};
use bytes::Bytes;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::executions::{item, node_state};
use super::extract::{Query, Signed};
use super::problem::{Answer, Problem};
use super::schema::Several;
use super::stream::{sse, sse_event};
use crate::app::App;

/// A comment keeps the connection open, and the session is looked at again.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events on their way to one reader; behind these it falls behind, and learns of it by a gap.
const UNDER_WAY: usize = 64;
/// Topics of one stream.
const MAX_TOPICS: usize = 500;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(stream))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// What to tell, separated by commas: `executions`, `execution:N`, `running`, `projects`, `project:NAME`, `schedules`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    topics: Several<String>,
}

/// What a reader wants to be told.
#[derive(Debug, Default, PartialEq, Eq)]
struct Topics {
    executions: bool,
    running: bool,
    projects: bool,
    schedules: bool,
    execution: HashSet<i64>,
    /// In lower case.
    project: HashSet<String>,
}

impl Topics {
    fn read(names: &[String]) -> Answer<Self> {
        if names.is_empty() || names.len() > MAX_TOPICS {
            let message = format!("Between 1 and {MAX_TOPICS} topics are needed.");
            return Err(Problem::bad_parameter("topics", "length", message));
        }
        let mut topics = Self::default();
        for name in names {
            match name.split_once(':') {
                None if name == "executions" => topics.executions = true,
                None if name == "running" => topics.running = true,
                None if name == "projects" => topics.projects = true,
                None if name == "schedules" => topics.schedules = true,
                Some(("project", project)) => drop(topics.project.insert(project.to_lowercase())),
                Some(("execution", id)) if id.parse::<i64>().is_ok() => {
                    topics.execution.extend(id.parse::<i64>());
                }
                _ => {
                    let message = format!("There is no topic {name}.");
                    return Err(Problem::bad_parameter("topics", "unknown", message));
                }
            }
        }
        Ok(topics)
    }
}

/// An event as it is sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventView {
    /// The most special of the topics that were asked for.
    topic: String,
    /// Grows by the whole stream of the server.
    seq: u64,
    /// What it is about: `execution`, `project`, `projectId`, `flow`, `schedule`.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    ids: Value,
    /// What is known now.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    patch: Value,
}

/// A reader of the stream.
struct Reader {
    signed: Signed,
    topics: Topics,
}

impl Reader {
    /// An event as this reader sees it, if it is told at all.
    async fn view(&self, event: &Event) -> Option<EventView> {
        let (topic, ids, patch) = match &event.news {
            News::Execution { summary, nodes, status_changed } => {
                let one = self.topics.execution.contains(&summary.id.0);
                let listed = self.topics.executions && *status_changed;
                if !one && !listed && self.topics.project.is_empty() {
                    return None;
                }
                let project = self.readable(summary.project_id).await?;
                let of_project =
                    *status_changed && self.topics.project.contains(&project.name.to_lowercase());
                let topic = match (one, of_project, listed) {
                    (true, ..) => format!("execution:{}", summary.id),
                    (_, true, _) => format!("project:{}", project.name),
                    (.., true) => "executions".to_owned(),
                    _ => return None,
                };
                let ids = json!({
                    "execution": summary.id.0,
                    "project": project.name,
                    "projectId": project.id.0,
                    "flow": summary.flow_id,
                });
                let mut patch = serde_json::to_value(item(summary, &project.name)).ok()?;
                if one {
                    let nodes = nodes.iter().map(|(path, state)| node_state(path.as_str(), state));
                    patch["nodes"] = serde_json::to_value(nodes.collect::<Vec<_>>()).ok()?;
                }
                (topic, ids, patch)
            }
            News::Running { running, queued } => {
                if !self.topics.running {
                    return None;
                }
                ("running".to_owned(), json!({}), json!({"running": running, "queued": queued}))
            }
            News::Project { project, change } => {
                let one = self.topics.project.contains(&project.name.to_lowercase());
                if !one && !self.topics.projects {
                    return None;
                }
                if !self.signed.may(project, Permission::Read) {
                    return None;
                }
                let change = match change {
                    ProjectChange::Created => "created",
                    ProjectChange::Deleted => "deleted",
                    ProjectChange::Version => "version",
                    ProjectChange::Description => "description",
                    ProjectChange::Permissions => "permissions",
                };
                let topic = if one { format!("project:{}", project.name) } else { "projects".to_owned() };
                let ids = json!({"project": project.name, "projectId": project.id.0});
                (topic, ids, json!({"change": change, "version": project.version.0}))
            }
            News::Schedule { id, project, removed } => {
                if !self.topics.schedules || !self.signed.may(project, Permission::Read) {
                    return None;
                }
                let ids = json!({"schedule": id.0, "project": project.name, "projectId": project.id.0});
                ("schedules".to_owned(), ids, json!({"removed": removed}))
            }
        };
        Some(EventView { topic, seq: event.seq, ids, patch })
    }

    async fn readable(&self, id: ProjectId) -> Option<Arc<Project>> {
        let project = match self.signed.engine().project_active(id) {
            Some(project) => Some(project),
            None => self.signed.engine().project_by_id(id).await.ok().flatten(),
        };
        project.filter(|project| self.signed.may(project, Permission::Read))
    }
}

/// What happens, as it happens: `hello`, then `change` events with an `EventView` each; `gap` says that something is
/// missing, `bye` that the session has ended.
#[utoipa::path(get, path = "/events", tag = "events", operation_id = "streamEvents",
    params(EventsQuery, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event, when a connection broke.")),
    responses((status = 200, description = "Server-sent events.", content_type = "text/event-stream", body = EventView)))]
async fn stream(signed: Signed, Query(query): Query<EventsQuery>, headers: HeaderMap) -> Answer<Response> {
    let topics = Topics::read(&query.topics.0)?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).filter(|id| !id.is_empty());
    // An id that is not ours is that of another run: all since then is missing.
    let after = last.map(|id| match id.split_once('.').map(|(run, seq)| (run, seq.parse())) {
        Some((run, Ok(seq))) => (run.to_owned(), seq),
        _ => (String::new(), 0),
    });
    let mut events = signed.engine().events_subscribe(after.as_ref().map(|(run, seq)| (run.as_str(), *seq)));
    let (sender, receiver) = mpsc::channel(UNDER_WAY);
    let mut stopping = signed.app.stopping.subscribe();
    let reader = Reader { signed, topics };
    let id = |run: &str, seq: u64| format!("{run}.{seq}");
    let hello = json!({
        "buildId": reader.signed.app.build_id,
        "seq": events.seq(),
        "now": reader.signed.engine().now().0,
        "heartbeatMs": HEARTBEAT.as_millis() as u64,
    });
    let hello = sse_event("hello", Some(&id(events.run(), events.seq())), &hello);
    tokio::spawn(async move {
        if sender.send(Ok(hello)).await.is_err() {
            return;
        }
        let mut beat = Instant::now() + HEARTBEAT;
        loop {
            let message = tokio::select! {
                told = events.next() => match told {
                    None => return,
                    Some(Told::Gap(seq)) => {
                        Some(sse_event("gap", Some(&id(events.run(), seq)), &json!({"seq": seq})))
                    }
                    Some(Told::Event(event)) => {
                        let view = reader.view(&event).await;
                        view.map(|view| sse_event("change", Some(&id(events.run(), event.seq)), &view))
                    }
                },
                () = sleep_until(beat) => {
                    beat = Instant::now() + HEARTBEAT;
                    if reader.signed.engine().session_find(&reader.signed.session, &reader.signed.caller.ip).await.is_none() {
                        let _ = sender.send(Ok(sse_event("bye", None, &json!({"reason": "session"})))).await;
                        return;
                    }
                    Some(Bytes::from_static(b":\n\n"))
                }
                () = sender.closed() => return,
                () = async { drop(stopping.wait_for(|stopping| *stopping).await) } => return,
            };
            if let Some(message) = message
                && sender.send(Ok(message)).await.is_err()
            {
                return;
            }
        }
    });
    Ok(sse(receiver))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_known_ones() {
        let read = |text: &str| {
            let names: Vec<String> =
                text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            Topics::read(&names)
        };
        let topics = read("executions,execution:7,execution:8,project:Etl,running").unwrap();
        assert!(topics.executions && topics.running && !topics.projects && !topics.schedules);
        assert!(topics.execution.contains(&8) && topics.project.contains("etl"));
        for bad in ["", "nothing", "execution:x", "execution", "executions:1", "flow:a"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
