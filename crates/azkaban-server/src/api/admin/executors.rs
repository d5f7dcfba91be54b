//! What runs flows: one executor, which is this server, and the queue before it.

use std::sync::Arc;

use axum::response::Response;
use azkaban_engine::Action;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::extract::{Json, Signed};
use crate::api::problem::Answer;
use crate::api::schema::millis;
use crate::api::session::reply;
use crate::app::App;
use crate::legacy::jmx;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put_queue))
}

/// A machine that runs flows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecutorItem {
    id: i64,
    /// Host and port.
    host: String,
    /// Of the program.
    version: &'static str,
    build_id: String,
    /// Waiting executions are started; false: what runs goes on, and nothing new starts.
    active: bool,
    /// Executions that run, and how many may.
    running: usize,
    slots: usize,
    /// Executions that wait.
    queued: usize,
    /// Attempts of jobs that run.
    running_jobs: usize,
    processors: usize,
    /// Part of the processors' time that is used, 0 to 1.
    processor_use: Option<f64>,
    /// Processes that run or wait to, on average over the last minute.
    load: Option<f64>,
    /// In bytes.
    memory_total: Option<u64>,
    /// Memory that may be had without swapping, in bytes.
    memory_available: Option<u64>,
    started_at: i64,
    /// When an execution was last started.
    last_dispatch_at: Option<i64>,
    /// When this was true.
    seen_at: i64,
}

/// Every executor.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Executors {
    items: Vec<ExecutorItem>,
}

/// The machines that run flows.
#[utoipa::path(get, path = "/executors", tag = "admin", operation_id = "listExecutors",
    responses((status = 200, description = "The executors.", body = Executors)))]
async fn list(signed: Signed) -> Response {
    let machine = signed.engine().machine_load().await;
    let figures = signed.engine().figures();
    reply(&Executors {
        items: vec![ExecutorItem {
            id: 1,
            host: jmx::host_port(&signed.app),
            version: env!("CARGO_PKG_VERSION"),
            build_id: signed.app.build_id.clone(),
            active: figures.queue_open,
            running: figures.running.len(),
            slots: figures.max_running,
            queued: figures.queued.len(),
            running_jobs: figures.running_jobs,
            processors: machine.processors,
            processor_use: machine.processor_use,
            load: machine.load,
            memory_total: machine.memory_total,
            memory_available: machine.memory_available,
            started_at: figures.started_at.0,
            last_dispatch_at: millis(figures.last_dispatch),
            seen_at: signed.engine().now().0,
        }],
    })
}

/// Whether waiting executions are started.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QueueState {
    open: bool,
}

/// Starts waiting executions again, or no more of them; what runs goes on, and submissions are taken all the same.
#[utoipa::path(put, path = "/queue", tag = "admin", operation_id = "putQueue", request_body = QueueState,
    responses((status = 200, description = "The state; it survives a restart.", body = QueueState)))]
async fn put_queue(signed: Signed, Json(request): Json<QueueState>) -> Answer<Response> {
    signed.require_admin_to(Action::ServerControl).await?;
    signed.engine().queue_set_open(&signed.caller, request.open).await?;
    Ok(reply(&QueueState { open: signed.engine().queue_is_open() }))
}
