//! Expressions and zones in requests, and when an expression fires.

use axum::response::Response;
use azkaban_core::schedule::{Cron, Recurrence, Timing};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::MAX_FIRES;
use crate::api::extract::{Json, Signed};
use crate::api::list::limit;
use crate::api::problem::{Answer, Problem};
use crate::api::session::reply;

/// The zone of a name; without one that of the server.
pub(super) fn zone(signed: &Signed, name: Option<&str>) -> Answer<TimeZone> {
    match name.filter(|name| !name.is_empty()) {
        None => Ok(signed.engine().config().time_zone.clone()),
        Some(name) => TimeZone::get(name)
            .map_err(|_| Problem::invalid("timeZone", "unknown", format!("There is no time zone {name}."))),
    }
}

/// An expression.
pub(super) fn cron(text: &str) -> Answer<Cron> {
    Cron::parse(text).map_err(|error| Problem::invalid("cron", "format", error.to_string()))
}

/// An expression to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FiresRequest {
    /// A Quartz expression.
    cron: String,
    /// An IANA name; the server's own zone if absent.
    time_zone: Option<String>,
    /// How many fires; 10 if absent, at most 200.
    #[schema(minimum = 1, maximum = 200)]
    count: Option<usize>,
}

/// When an expression fires.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fires {
    time_zone: String,
    /// In order; fewer if it fires no more.
    fires: Vec<i64>,
}

/// When an expression fires next.
#[utoipa::path(post, path = "/schedules/preview", tag = "schedules", operation_id = "previewSchedule", request_body = FiresRequest,
    responses((status = 200, description = "The fires.", body = Fires)))]
pub(super) async fn preview(signed: Signed, Json(request): Json<FiresRequest>) -> Answer<Response> {
    let count = limit(request.count, 10, MAX_FIRES)?;
    let zone = zone(&signed, request.time_zone.as_deref())?;
    let time_zone = zone.iana_name().unwrap_or("UTC").to_owned();
    let (recurrence, now) = (Recurrence::Cron(Box::new(cron(&request.cron)?)), signed.engine().now());
    let timing = Timing::endless(recurrence, zone, now, now);
    let fires = timing.fires_after(now).take(count).map(|fire| fire.0).collect();
    Ok(reply(&Fires { time_zone, fires }))
}
