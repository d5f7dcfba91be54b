//! Logs of executions: pages of lines, searches, the first error, what comes after a place, the whole.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use azkaban_core::ids::{NodeIndex, NodePath};
use azkaban_engine::{Engine, ExecutionView, LogError, LogHit, LogOf, LogPattern, LogPosition, SearchNews};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::readable;
use crate::api::extract::{Path, Query, Signed};
use crate::api::list::limit;
use crate::api::problem::{Answer, Problem};
use crate::api::session::reply;
use crate::api::stream::{ChannelBody, sse, sse_event};
use crate::app::App;

/// Hits of a search at most.
const MAX_HITS: usize = 10_000;
/// Characters of a search at most.
const MAX_QUERY: usize = 1_000;
/// Bytes of a tail.
const TAIL: usize = 64 * 1024;
const MAX_TAIL: usize = 4 << 20;
/// How long a stream waits before it looks for more, and how much longer each time that there is none.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// The longest that it waits: a line is to be on screen within 250 ms.
const MAX_LOOK_AGAIN: Duration = Duration::from_millis(200);
/// How often a stream asks whether its session is still good, and a comment keeps a quiet connection open.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Bytes of a download that are read at a time.
const CHUNK: u64 = 1 << 20;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(page))
        .routes(routes!(search))
        .routes(routes!(first_error))
        .routes(routes!(tail))
        .routes(routes!(stream))
        .routes(routes!(raw))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LogQuery {
    /// The job's path; the flow's own log if absent.
    job: Option<String>,
    /// 0 for the first; the latest if absent.
    attempt: Option<u32>,
}

/// A log of an execution.
struct Log {
    view: Arc<ExecutionView>,
    of: LogOf,
}

impl Log {
    async fn find(signed: &Signed, id: i64, query: &LogQuery) -> Answer<Self> {
        let (view, _) = readable(signed, id).await?;
        let Some(path) = query.job.as_deref().filter(|path| !path.is_empty()) else {
            return Ok(Self { view, of: LogOf::Flow });
        };
        let node = view.graph.find(&NodePath::from(path)).filter(|node| *node != NodeIndex::ROOT);
        let node =
            node.filter(|node| view.graph.node(*node).is_job()).ok_or_else(|| Problem::not_found("job"))?;
        let latest = view.nodes[node.get()].attempt;
        let attempt = query.attempt.unwrap_or(latest);
        if attempt > latest {
            return Err(Problem::not_found("attempt"));
        }
        Ok(Self { view, of: LogOf::Job { node, attempt } })
    }

    /// The same log of the execution as it is now.
    async fn again(&mut self, engine: &Engine) {
        if let Ok(Some(view)) = engine.execution_get(self.view.summary.id).await {
            self.view = view;
        }
    }
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        match error {
            LogError::NotStarted => Problem::not_found("log"),
            LogError::Internal(error) => error.into(),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// The page, from 0 on; the last one if absent or -1.
    #[param(minimum = -1)]
    page: Option<i64>,
}

/// Lines of a log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogPageView {
    page: u64,
    /// The number of the first of `lines`, from 0 on.
    first_line: u64,
    /// At most 500, without their ends; each at most 16 KiB.
    lines: Vec<String>,
    /// Places in `lines` of those that were cut.
    cut: Vec<usize>,
    total_lines: u64,
    total_bytes: u64,
    /// The beginning of the log was rolled away; lines are counted from what is kept.
    rolled: bool,
    /// The attempt has ended; nothing will be added.
    complete: bool,
}

/// 500 lines of a log.
#[utoipa::path(get, path = "/executions/{id}/logs/page", tag = "logs", operation_id = "getLogPage",
    params(("id" = i64, Path, description = "The execution."), LogQuery, PageQuery),
    responses((status = 200, description = "The lines.", body = LogPageView)))]
async fn page(
    signed: Signed,
    Path(id): Path<i64>,
    Query(query): Query<LogQuery>,
    Query(asked): Query<PageQuery>,
) -> Answer<Response> {
    let log = Log::find(&signed, id, &query).await?;
    let asked = match asked.page {
        None | Some(-1) => None,
        Some(page) => Some(u64::try_from(page).map_err(|_| {
            Problem::bad_parameter("page", "range", "Pages are counted from 0; -1 is the last one.")
        })?),
    };
    let page = signed.engine().execution_log_page(&log.view, log.of, asked).await?;
    Ok(reply(&LogPageView {
        page: page.page,
        first_line: page.page.saturating_mul(azkaban_engine::PAGE_LINES),
        lines: page.lines,
        cut: page.cut,
        total_lines: page.total_lines,
        total_bytes: page.total_bytes,
        rolled: page.rolled,
        complete: page.complete,
    }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchQuery {
    /// What to search for; at most 1000 characters.
    q: String,
    /// It is a regular expression.
    regex: Option<bool>,
    /// Upper and lower case differ.
    case: Option<bool>,
    /// Hits at most.
    #[param(minimum = 1, maximum = 10_000, default = 1_000)]
    limit: Option<usize>,
}

/// A line that matches, or the end of the search.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum SearchLine {
    /// A line that matches.
    Hit(LogHitView),
    /// The last line of the answer.
    End {
        end: bool,
        hits: u64,
        /// There may be more.
        truncated: bool,
        /// Lines that were looked at.
        lines: u64,
    },
}

/// A line of a log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LogHitView {
    /// Its number, from 0 on.
    line: u64,
    /// Where it begins, in bytes.
    offset: u64,
    /// The line, at most 16 KiB.
    text: String,
    /// Where the pattern matches in `text`: from and to, in characters.
    spans: Vec<[usize; 2]>,
}

fn hit(hit: LogHit) -> LogHitView {
    let spans = hit.spans.into_iter().map(|(from, to)| [from, to]).collect();
    LogHitView { line: hit.line, offset: hit.offset, text: hit.text, spans }
}

fn json_line<T: Serialize>(value: &T) -> Bytes {
    // Numbers and texts always serialise.
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line.into()
}

/// Lines of a log that match, as they are found: one JSON object per line, the last one tells the end.
#[utoipa::path(get, path = "/executions/{id}/logs/search", tag = "logs", operation_id = "searchLog",
    params(("id" = i64, Path, description = "The execution."), LogQuery, SearchQuery),
    responses((status = 200, description = "One object per line.", content_type = "application/x-ndjson", body = SearchLine)))]
async fn search(
    signed: Signed,
    Path(id): Path<i64>,
    Query(query): Query<LogQuery>,
    Query(asked): Query<SearchQuery>,
) -> Answer<Response> {
    let log = Log::find(&signed, id, &query).await?;
    let count = limit(asked.limit, 1_000, MAX_HITS)?;
    if asked.q.is_empty() || asked.q.chars().count() > MAX_QUERY {
        let message = format!("A search has 1 to {MAX_QUERY} characters.");
        return Err(Problem::bad_parameter("q", "length", message));
    }
    let pattern = LogPattern::new(&asked.q, asked.regex.unwrap_or(false), asked.case.unwrap_or(false))
        .map_err(|error| Problem::bad_parameter("q", "pattern", error))?;
    let mut news = signed.engine().execution_log_search(&log.view, log.of, pattern, count as u64).await?;
    let (sender, receiver) = mpsc::channel::<Result<_, Infallible>>(16);
    tokio::spawn(async move {
        while let Some(found) = news.recv().await {
            let line = match found {
                SearchNews::Hit(found) => json_line(&SearchLine::Hit(hit(found))),
                SearchNews::End { hits, truncated, lines } => {
                    json_line(&SearchLine::End { end: true, hits, truncated, lines })
                }
                // Without its last line the answer is seen to be cut.
                SearchNews::Failed => return,
            };
            if sender.send(Ok(line)).await.is_err() {
                return;
            }
        }
    });
    let mut response = Response::new(Body::new(ChannelBody::new(receiver)));
    let content_type = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    Ok(response)
}

/// The first line that looks like an error.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FirstError {
    /// Null if no line does.
    error: Option<LogHitView>,
}

/// The first line of a log that looks like an error.
#[utoipa::path(get, path = "/executions/{id}/logs/first-error", tag = "logs", operation_id = "getFirstError",
    params(("id" = i64, Path, description = "The execution."), LogQuery),
    responses((status = 200, description = "The line.", body = FirstError)))]
async fn first_error(signed: Signed, Path(id): Path<i64>, Query(query): Query<LogQuery>) -> Answer<Response> {
    let log = Log::find(&signed, id, &query).await?;
    let found = signed.engine().execution_log_first_error(&log.view, log.of).await?;
    Ok(reply(&FirstError { error: found.map(hit) }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TailQuery {
    /// `next` of the answer before; the end of the log if absent.
    from: Option<String>,
    /// Bytes at most.
    #[param(minimum = 1, maximum = 4_194_304, default = 65_536)]
    limit: Option<usize>,
}

/// What comes after a place of a log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TailView {
    /// Where `text` begins; later than asked for if the log has rolled meanwhile.
    from: String,
    /// `from` of what comes after.
    next: String,
    /// Whole characters only.
    text: String,
    /// There is no more, and nothing will be added.
    complete: bool,
}

fn place(position: LogPosition) -> String {
    format!("{}.{}", position.segment, position.offset)
}

fn position(text: &str) -> Option<LogPosition> {
    let (segment, offset) = text.split_once('.')?;
    Some(LogPosition { segment: segment.parse().ok()?, offset: offset.parse().ok()? })
}

fn asked_position(from: Option<&str>) -> Answer<Option<LogPosition>> {
    let read = |text: &str| {
        position(text)
            .ok_or_else(|| Problem::bad_parameter("from", "format", "This place comes from no answer."))
    };
    from.filter(|text| !text.is_empty()).map(read).transpose()
}

/// What comes after a place of a log; without a place its end.
#[utoipa::path(get, path = "/executions/{id}/logs/tail", tag = "logs", operation_id = "getLogTail",
    params(("id" = i64, Path, description = "The execution."), LogQuery, TailQuery),
    responses((status = 200, description = "The text.", body = TailView)))]
async fn tail(
    signed: Signed,
    Path(id): Path<i64>,
    Query(query): Query<LogQuery>,
    Query(asked): Query<TailQuery>,
) -> Answer<Response> {
    let log = Log::find(&signed, id, &query).await?;
    let length = limit(asked.limit, TAIL, MAX_TAIL)?;
    let from = asked_position(asked.from.as_deref())?;
    let tail = signed.engine().execution_log_tail(&log.view, log.of, from, length).await?;
    Ok(reply(&TailView {
        from: place(tail.from),
        next: place(tail.next),
        text: tail.text,
        complete: tail.complete,
    }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamQuery {
    /// Where to begin; the end of the log if absent.
    from: Option<String>,
    /// False: events only tell that there is more, without the text and some of them left out, for whoever reads pages.
    text: Option<bool>,
}

/// A log as it is written: events `log` with a `TailView` each, at the end one `end`; `bye` says that the session has ended.
#[utoipa::path(get, path = "/executions/{id}/logs/stream", tag = "logs", operation_id = "streamLog",
    params(("id" = i64, Path, description = "The execution."), LogQuery, StreamQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "The place of the last event, when a connection broke.")),
    responses((status = 200, description = "Server-sent events.", content_type = "text/event-stream", body = TailView)))]
async fn stream(
    signed: Signed,
    Path(id): Path<i64>,
    Query(query): Query<LogQuery>,
    Query(asked): Query<StreamQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let mut log = Log::find(&signed, id, &query).await?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let mut from = asked_position(last.or(asked.from.as_deref()))?;
    let with_text = asked.text.unwrap_or(true);
    let (sender, receiver) = mpsc::channel(4);
    let mut stopping = signed.app.stopping.subscribe();
    tokio::spawn(async move {
        let engine = signed.engine();
        let (mut pause, mut beat) = (LOOK_AGAIN, Instant::now() + HEARTBEAT);
        loop {
            // Without the text only the end is looked at, however far away it is by now.
            let (start, length) = if with_text { (from, TAIL) } else { (None, 1) };
            let read = engine.execution_log_tail(&log.view, log.of, start, length).await;
            let (message, is_end) = match read {
                Ok(tail) => {
                    let next = place(tail.next);
                    let is_end = tail.complete;
                    let is_more = if with_text { !tail.text.is_empty() } else { from != Some(tail.next) };
                    let message = is_more.then(|| {
                        let view = TailView {
                            from: place(tail.from),
                            next: next.clone(),
                            text: if with_text { tail.text } else { String::new() },
                            complete: tail.complete,
                        };
                        sse_event("log", Some(&next), &view)
                    });
                    from = Some(tail.next);
                    (message, is_end)
                }
                Err(LogError::NotStarted) => (None, log.view.summary.status.is_terminal_for_execution()),
                Err(LogError::Internal(_)) => return,
            };
            let is_quiet = message.is_none();
            if let Some(message) = message {
                pause = LOOK_AGAIN;
                if sender.send(Ok(message)).await.is_err() {
                    return;
                }
            }
            if is_end {
                let _ = sender.send(Ok(sse_event("end", None, &json!({})))).await;
                return;
            }
            // However much is written: what a session may see ends with it.
            if Instant::now() >= beat {
                beat = Instant::now() + HEARTBEAT;
                if engine.session_find(&signed.session, &signed.caller.ip).await.is_none() {
                    let _ = sender.send(Ok(sse_event("bye", None, &json!({"reason": "session"})))).await;
                    return;
                }
                if is_quiet && sender.send(Ok(Bytes::from_static(b":\n\n"))).await.is_err() {
                    return;
                }
            }
            if is_quiet || !with_text {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = sender.closed() => return,
                    _ = stopping.wait_for(|stopping| *stopping) => return,
                }
                pause = (pause + LOOK_AGAIN).min(MAX_LOOK_AGAIN);
            }
            log.again(engine).await;
        }
    });
    Ok(sse(receiver))
}

/// A log as a file.
#[utoipa::path(get, path = "/executions/{id}/logs/raw", tag = "logs", operation_id = "downloadLog",
    params(("id" = i64, Path, description = "The execution."), LogQuery),
    responses((status = 200, description = "The bytes.", content_type = "text/plain", body = Vec<u8>)))]
async fn raw(signed: Signed, Path(id): Path<i64>, Query(query): Query<LogQuery>) -> Answer<Response> {
    let log = Log::find(&signed, id, &query).await?;
    let engine = signed.engine().clone();
    let first = window(&engine, &log, 0).await?;
    let (sender, receiver) = mpsc::channel(2);
    let name = match log.of {
        LogOf::Flow => log.view.summary.flow_id.clone(),
        LogOf::Job { node, .. } => log.view.graph.node(node).path.as_str().to_owned(),
    };
    tokio::spawn(async move {
        let (mut offset, mut bytes) = (0, first);
        while !bytes.is_empty() {
            offset += bytes.len() as u64;
            if sender.send(Ok(Bytes::from(bytes))).await.is_err() {
                return;
            }
            match window(&engine, &log, offset).await {
                Ok(more) => bytes = more,
                Err(error) => {
                    tracing::error!(?error, execution = id, "the download of a log was cut");
                    let _ = sender.send(Err(std::io::Error::other("the log cannot be read"))).await;
                    return;
                }
            }
        }
    });
    let mut response = Response::new(Body::new(ChannelBody::new(receiver)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, crate::legacy::archive_name(&format!("{id}.{name}.log")));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(response)
}

async fn window(engine: &Engine, log: &Log, offset: u64) -> Result<Vec<u8>, LogError> {
    let window = match log.of {
        LogOf::Flow => engine.execution_flow_log(&log.view, offset, CHUNK).await?,
        LogOf::Job { node, attempt } => {
            engine.execution_job_log(&log.view, node, attempt, offset, CHUNK).await?
        }
    };
    Ok(window.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_back_as_they_went() {
        let position_of = LogPosition { segment: 3, offset: 40_960 };
        assert_eq!(position(&place(position_of)), Some(position_of));
        for bad in ["", "3", "3.", ".3", "-1.0", "3.4.5", "a.b"] {
            assert_eq!(position(bad), None, "{bad}");
        }
    }
}
