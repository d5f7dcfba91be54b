//! `fetchProjectLogs` (http-api §6, §15).

use azkaban_core::time::UnixMillis;
use serde::Serialize;

use super::Manager;
use crate::legacy::reply::Reply;

pub(super) async fn list(manager: &Manager<'_>) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Log<'a> {
        columns: [&'static str; 4],
        log_data: Vec<(&'a str, UnixMillis, &'static str, Option<&'a str>)>,
    }
    let params = &manager.call.params;
    let (size, skip) = (params.number_or::<i32>("size", 1000), params.number_or::<i32>("skip", 0));
    let events = manager.call.app.engine.project_events(manager.project.id, skip.into(), size.into()).await?;
    manager.answer(Log {
        columns: ["user", "time", "type", "message"],
        log_data: events.iter().map(|e| (&*e.user, e.at, e.kind.name(), e.message.as_deref())).collect(),
    })
}
