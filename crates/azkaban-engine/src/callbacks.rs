//! HTTP callbacks of jobs (projects-and-jobs §9): stored with the start or end that causes them, made by a loop of their
//! own, so that no job waits for another server.

use std::time::Duration;

use azkaban_core::callbacks::CallbackRequest;
use azkaban_core::ids::{AttemptKey, ExecutionId, NodePath};
use azkaban_core::time::UnixMillis;
use azkaban_runner::{Level, LogLine, LogSpec, LogWriter};
use azkaban_store::{NewOutboxItem, OutboxChannel, OutboxRow};
use bytes::Bytes;
use http::{Request, Uri, header};
use http_body_util::Full;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::http_client::{HttpClient, http_client};
use crate::outbox::{Outcome, RetryRule, Sender};
use crate::{Config, clock, executor};

/// A callback whose server cannot be reached is tried again so long.
const RETRY: RetryRule = RetryRule {
    first_pause: Duration::from_secs(1),
    longest_pause: Duration::from_secs(60),
    max_tries: 6,
    max_age: Duration::from_secs(600),
};

/// How callbacks are made. Keys `jobcallback.*` (projects-and-jobs §9).
#[derive(Debug, Clone)]
pub struct CallbackConfig {
    /// `?{server}`: host and port of `azkaban.webserver.url`, or else of this server.
    pub server: String,
    /// `jobcallback.max_count`: callbacks of a job for one occasion.
    pub max_count: u32,
    /// `jobcallback.connection.timeout`.
    pub connection_timeout: Duration,
    /// `jobcallback.socket.timeout`: longest wait for the answer once connected.
    pub socket_timeout: Duration,
    /// `jobcallback.response.wait.timeout`: longest time of a call as a whole.
    pub response_timeout: Duration,
    /// `jobcallback.thread.pool.size`: calls under way at once.
    pub at_once: usize,
}

/// A callback that waits to be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PendingCallback {
    execution: ExecutionId,
    node: NodePath,
    attempt: u32,
    /// The root flow, for its log.
    flow: String,
    /// `azkaban.job.log.layout` of the job.
    layout: Option<String>,
    /// The attempt has ended, so its log may be written to.
    ended: bool,
    request: CallbackRequest,
}

impl PendingCallback {
    /// Rows for the outbox.
    pub(crate) fn items(
        key: &AttemptKey,
        flow: &str,
        layout: Option<&String>,
        ended: bool,
        requests: Vec<CallbackRequest>,
        now: UnixMillis,
    ) -> Vec<NewOutboxItem> {
        let payload = |request| {
            let callback = Self {
                execution: key.execution,
                node: key.node.clone(),
                attempt: key.attempt,
                flow: flow.to_owned(),
                layout: layout.cloned(),
                ended,
                request,
            };
            // Plain values always serialise.
            serde_json::to_string(&callback)
                .inspect_err(|error| tracing::error!(%error, "a callback could not be stored"))
                .ok()
        };
        let item = |payload| NewOutboxItem {
            channel: OutboxChannel::Callback,
            payload,
            created_at: now,
            due_at: now,
        };
        requests.into_iter().filter_map(payload).map(item).collect()
    }
}

/// Makes callbacks.
pub(crate) struct CallbackSender {
    config: Config,
    callbacks: CallbackConfig,
    client: HttpClient,
}

impl CallbackSender {
    /// `None` if callbacks are switched off.
    pub(crate) fn new(config: &Config) -> Option<Self> {
        let callbacks = config.callbacks.clone()?;
        let client = http_client(callbacks.connection_timeout)?;
        Some(Self { config: config.clone(), callbacks, client })
    }

    /// Makes one call; the answer's status, or why there is none.
    async fn call(&self, request: &CallbackRequest) -> Result<http::StatusCode, CallError> {
        let never = |error: &dyn std::fmt::Display| CallError::Never(error.to_string());
        let uri: Uri = request.url.parse().map_err(|error| never(&error))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(CallError::Never("not an http or https URL".to_owned()));
        }
        let mut built = Request::builder().method(request.method.as_str()).uri(uri);
        for (name, value) in &request.headers {
            built = built.header(name, value);
        }
        let date = jiff::Timestamp::from_millisecond(clock::now().0).map_err(|error| never(&error))?;
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date);
        built = built.header(header::DATE, date.map_err(|error| never(&error))?);
        let body = Full::new(Bytes::from(request.body.clone()));
        let built = built.body(body).map_err(|error| never(&error))?;
        let limits = &self.callbacks;
        let limit =
            limits.response_timeout.min(limits.connection_timeout.saturating_add(limits.socket_timeout));
        match timeout(limit, self.client.request(built)).await {
            Ok(Ok(response)) => Ok(response.status()),
            Ok(Err(error)) => Err(CallError::Again(chain(&error))),
            Err(_) => Err(CallError::Again(format!("no answer within {} ms", limit.as_millis()))),
        }
    }

    /// Tells the outcome in the job's log; of a callback at the start in the flow's, since the job's log belongs to the
    /// processes that supervise the job until it has ended.
    fn tell(&self, callback: &PendingCallback, level: Level, text: String) {
        let PendingCallback { execution, node, attempt, flow, layout, ended, .. } = callback;
        let spec: LogSpec = if *ended {
            executor::job_log_spec(&self.config, *execution, node, *attempt, layout.as_ref())
        } else {
            executor::flow_log_spec(&self.config, *execution, flow)
        };
        let path = spec.path.clone();
        let written = LogWriter::open(spec)
            .and_then(|mut writer| writer.write(clock::now(), &[LogLine { level, text }]));
        if let Err(error) = written {
            tracing::warn!(log = %path.display(), %error, "could not tell of a callback");
        }
    }
}

enum CallError {
    Again(String),
    Never(String),
}

impl Sender for CallbackSender {
    const CHANNEL: OutboxChannel = OutboxChannel::Callback;
    const RETRY: RetryRule = RETRY;

    fn at_once(&self) -> usize {
        self.callbacks.at_once
    }

    async fn send(&self, row: &OutboxRow, _now: UnixMillis) -> Outcome {
        let callback: PendingCallback = match serde_json::from_str(&row.payload) {
            Ok(callback) => callback,
            Err(error) => return Outcome::Never(format!("the stored callback cannot be read: {error}")),
        };
        let request = &callback.request;
        let what = format!("Callback {} {} of job {}", request.method, request.url, callback.node);
        match self.call(request).await {
            Ok(status) => {
                self.tell(&callback, Level::Info, format!("{what}: answered with {status}"));
                Outcome::Done { rest: None }
            }
            Err(CallError::Again(why)) => {
                self.tell(&callback, Level::Warn, format!("{what}, try {}: {why}", row.tries + 1));
                Outcome::Again(format!("{what} of execution {}: {why}", callback.execution))
            }
            Err(CallError::Never(why)) => {
                self.tell(&callback, Level::Error, format!("{what} cannot be made: {why}"));
                Outcome::Never(format!("{what} of execution {}: {why}", callback.execution))
            }
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
