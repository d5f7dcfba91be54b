//! The audit trail: who did what, from where, and what was refused.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use azkaban_core::time::UnixMillis;
use azkaban_engine::audit::{AuditFilter, AuditOutcome, AuditRow, MAX_PAGE};
use azkaban_engine::{AuditListError, Engine};
use bytes::Bytes;
use http::{HeaderValue, header};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::extract::{Query, Signed, no_admin};
use crate::api::list::{Page, Paging, cursor};
use crate::api::problem::{Answer, Problem};
use crate::api::session::reply;
use crate::api::stream::ChannelBody;
use crate::app::App;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(export))
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum Outcome {
    /// It was done.
    Done,
    /// It was not allowed; nothing changed.
    Refused,
}

/// Something that a user did or was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditItem {
    id: i64,
    at: i64,
    /// Of a failed login the name that was given.
    user: String,
    /// From which address.
    ip: String,
    /// What, as `project.create`.
    action: String,
    outcome: Outcome,
    /// The name of the project that it was about.
    project: Option<String>,
    flow: Option<String>,
    execution: Option<i64>,
    /// More, in English.
    details: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Only of this user.
    user: Option<String>,
    /// Only this action, or all whose names begin with it and a dot: `project` also stands for `project.create`.
    action: Option<String>,
    /// Only with this outcome.
    outcome: Option<Outcome>,
    /// Only about projects of this name, deleted ones too.
    project: Option<String>,
    /// At or after this time.
    from: Option<i64>,
    /// Before this time.
    to: Option<i64>,
}

impl AuditQuery {
    fn filter(self) -> AuditFilter {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        AuditFilter {
            user: filled(self.user),
            action: filled(self.action),
            outcome: self.outcome.map(|outcome| match outcome {
                Outcome::Done => AuditOutcome::Done,
                Outcome::Refused => AuditOutcome::Refused,
            }),
            project: None,
            project_name: filled(self.project),
            since: self.from.map(UnixMillis),
            until: self.to.map(UnixMillis),
        }
    }
}

fn refused(engine: &Engine, error: AuditListError) -> Problem {
    match error {
        AuditListError::NotAdmin => no_admin(engine),
        AuditListError::Internal(error) => error.into(),
    }
}

/// What was done and what was refused, newest first.
#[utoipa::path(get, path = "/audit", tag = "admin", operation_id = "listAudit", params(AuditQuery, Paging),
    responses((status = 200, description = "A page of entries.", body = Page<AuditItem>)))]
async fn list(
    signed: Signed,
    Query(query): Query<AuditQuery>,
    Query(paging): Query<Paging>,
) -> Answer<Response> {
    let limit = paging.limit()?;
    let before = paging.position()?.map(u64::cast_signed);
    let engine = signed.engine();
    let read = engine.audit_list(&signed.caller, query.filter(), before, limit).await;
    let page = read.map_err(|error| refused(engine, error))?;
    let next_cursor = page.next.map(|id| cursor(id.cast_unsigned()));
    let items = page.entries.into_iter().map(|row| AuditItem {
        id: row.id,
        at: row.entry.at.0,
        user: row.entry.user,
        ip: row.entry.ip,
        action: row.entry.action,
        outcome: match row.entry.outcome {
            AuditOutcome::Done => Outcome::Done,
            AuditOutcome::Refused => Outcome::Refused,
        },
        project: row.project_name,
        flow: row.entry.flow,
        execution: row.entry.execution.map(|id| id.0),
        details: row.entry.details,
    });
    Ok(reply(&Page { items: items.collect(), next_cursor }))
}

/// Everything that fits, newest first, as CSV for a spreadsheet.
#[utoipa::path(get, path = "/audit/export", tag = "admin", operation_id = "exportAudit", params(AuditQuery),
    responses((status = 200, description = "The entries; times are UTC.", content_type = "text/csv", body = String)))]
async fn export(signed: Signed, Query(query): Query<AuditQuery>) -> Answer<Response> {
    signed.require_admin()?;
    let filter = query.filter();
    let (sender, receiver) = mpsc::channel(2);
    tokio::spawn(async move {
        let mut text = "id,time,user,address,action,outcome,project,flow,execution,details\r\n".to_owned();
        let mut before = None;
        loop {
            let read = signed.engine().audit_list(&signed.caller, filter.clone(), before, MAX_PAGE).await;
            let page = match read {
                Ok(page) => page,
                Err(error) => {
                    // The body breaks off, so that nobody takes it for the whole.
                    tracing::error!(?error, "an export of the audit trail was cut");
                    let _ = sender.send(Err(std::io::Error::other("the audit trail cannot be read"))).await;
                    return;
                }
            };
            page.entries.iter().for_each(|row| line(row, &mut text));
            if sender.send(Ok(Bytes::from(std::mem::take(&mut text)))).await.is_err() {
                return;
            }
            before = page.next;
            if before.is_none() {
                return;
            }
        }
    });
    let mut response = Response::new(Body::new(ChannelBody::new(receiver)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let name = HeaderValue::from_static("attachment; filename=\"audit.csv\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

fn line(row: &AuditRow, text: &mut String) {
    let entry = &row.entry;
    let at = jiff::Timestamp::from_millisecond(entry.at.0)
        .map_or_else(|_| entry.at.to_string(), |at| at.to_string());
    let execution = entry.execution.map(|id| id.to_string());
    let cells = [
        Some(row.id.to_string()),
        Some(at),
        Some(entry.user.clone()),
        Some(entry.ip.clone()),
        Some(entry.action.clone()),
        Some(entry.outcome.name().to_owned()),
        row.project_name.clone(),
        entry.flow.clone(),
        execution,
        entry.details.clone(),
    ];
    for (place, value) in cells.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        cell(value.as_deref().unwrap_or_default(), text);
    }
    text.push_str("\r\n");
}

/// A cell after RFC 4180. What a spreadsheet would take for a formula gets an apostrophe: users choose some of these texts.
fn cell(value: &str, text: &mut String) {
    let formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quoted = formula || value.contains(['"', ',', '\r', '\n']);
    if !quoted {
        return text.push_str(value);
    }
    text.push('"');
    if formula {
        text.push('\'');
    }
    text.push_str(&value.replace('"', "\"\""));
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formulas() {
        for (value, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"x\"\n", "\"say \"\"x\"\"\n\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            ("@a", "\"'@a\""),
        ] {
            let mut text = String::new();
            cell(value, &mut text);
            assert_eq!(text, expected, "{value:?}");
        }
    }
}
