//! `/status` (http-api §10): what monitoring asks for, without a login.

use std::collections::BTreeMap;

use azkaban_core::ids::ExecutionId;
use azkaban_core::job_type::meminfo_kilobytes;
use serde::Serialize;

use super::reply::{self, Reply};
use crate::app::App;

/// In Azkaban's order of keys.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    version: &'a str,
    pid: String,
    installation_path: String,
    used_memory: u64,
    xmx: u64,
    is_database_up: bool,
    executor_status_map: BTreeMap<&'a str, Executor<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Executor<'a> {
    id: u32,
    host: &'a str,
    port: u16,
    is_active: bool,
}

pub(super) async fn get(app: &App) -> Reply {
    let memory = memory();
    let executor = Executor { id: 1, host: "localhost", port: app.config.listen.port(), is_active: true };
    reply::pretty_line(&Status {
        version: env!("CARGO_PKG_VERSION"),
        pid: std::process::id().to_string(),
        installation_path: std::env::current_exe().map(|path| path.display().to_string()).unwrap_or_default(),
        used_memory: memory.0,
        xmx: memory.1,
        is_database_up: app.engine.execution_summary(ExecutionId(0)).await.is_ok(),
        executor_status_map: BTreeMap::from([("1", executor)]),
    })
}

/// Bytes that this process holds, and that the machine has; 0 where the system does not say.
fn memory() -> (u64, u64) {
    // Both files have lines of the same form.
    let bytes = |path: &str, name: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        meminfo_kilobytes(&text, name).unwrap_or(0).saturating_mul(1024)
    };
    (bytes("/proc/self/status", "VmRSS"), bytes("/proc/meminfo", "MemTotal"))
}
