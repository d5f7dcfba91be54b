//! `/stats` (http-api §10, §14): figures of the executor over time. There is one executor, number 1, in this process.

use std::time::Duration;

use azkaban_core::time::UnixMillis;
use azkaban_engine::{Metric, MetricSetting};
use serde::Serialize;

use super::reply::{self, Reply};
use super::{Call, Failure};
use crate::pages;

/// The number of the one executor.
const EXECUTOR: i32 = 1;
/// What it can be asked; any other action is answered without it (http-api §1.4).
const ACTIONS: [&str; 7] = [
    "getAllMetricNames",
    "getMetricHistory",
    "changeMetricInterval",
    "changeCleaningInterval",
    "changeEmitterPoints",
    "enableMetrics",
    "disableMetrics",
];

pub(super) async fn get(call: &Call<'_>) -> Reply {
    let Some(action) = call.params.get("action") else { return pages::admin::stats(call) };
    let executor: i32 = call.params.required_number("executorId")?;
    if executor != EXECUTOR && ACTIONS.contains(&action) {
        return Err(Failure::Message(format!("There is no executor {executor}")));
    }
    match action {
        "getAllMetricNames" => {
            #[derive(Serialize)]
            #[serde(rename_all = "camelCase")]
            struct Names {
                metric_list: [&'static str; Metric::ALL.len()],
            }
            reply::pretty(&Names { metric_list: Metric::ALL.map(name) })
        }
        "getMetricHistory" => history(call),
        "changeMetricInterval" => {
            metric(call)?;
            change(call, MetricSetting::Interval(milliseconds(call, "interval")?)).await
        }
        "changeCleaningInterval" => {
            change(call, MetricSetting::Window(milliseconds(call, "interval")?)).await
        }
        "changeEmitterPoints" => {
            let points: u32 = call.params.required_number("numInstances")?;
            change(call, MetricSetting::Points(usize::try_from(points).unwrap_or(usize::MAX))).await
        }
        "enableMetrics" => change(call, MetricSetting::Enabled(true)).await,
        "disableMetrics" => change(call, MetricSetting::Enabled(false)).await,
        _ => reply::nothing(),
    }
}

/// The name of a metric in Azkaban.
pub(crate) fn name(metric: Metric) -> &'static str {
    match metric {
        Metric::FailedFlows => "NumFailedFlowMetric",
        Metric::RunningFlows => "NumRunningFlowMetric",
        Metric::QueuedFlows => "NumQueuedFlowMetric",
        Metric::RunningJobs => "NumRunningJobMetric",
        Metric::FailedJobs => "NumFailedJobMetric",
    }
}

fn metric(call: &Call<'_>) -> Result<Metric, Failure> {
    let wanted = call.params.required("metricName")?;
    Metric::ALL
        .into_iter()
        .find(|metric| name(*metric) == wanted)
        .ok_or_else(|| Failure::Message(format!("Metric {wanted} is not known")))
}

fn milliseconds(call: &Call<'_>, parameter: &'static str) -> Result<Duration, Failure> {
    let millis: i64 = call.params.required_number(parameter)?;
    Ok(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
}

fn history(call: &Call<'_>) -> Reply {
    #[derive(Serialize)]
    struct History {
        data: Vec<Point>,
    }
    #[derive(Serialize)]
    struct Point {
        value: u64,
        timestamp: UnixMillis,
    }
    let metric = metric(call)?;
    let (Some(from), Some(to)) = (time(call.params.required("from")?), time(call.params.required("to")?))
    else {
        return reply::error("Failed to fetch metric history");
    };
    let only_outliers = call.params.boolean("useStats", false);
    let points = call.app.engine.metric_history(metric, from, to, only_outliers);
    let data = points.into_iter().map(|point| Point { value: point.value, timestamp: point.at });
    reply::pretty(&History { data: data.collect() })
}

/// `EEE, dd MMM yyyy HH:mm:ss zzz`, as a browser's `toUTCString` writes it.
fn time(text: &str) -> Option<UnixMillis> {
    let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_zoned_datetime(text).ok()?;
    Some(UnixMillis(zoned.timestamp().as_millisecond()))
}

/// Unlike in Azkaban only administrators may change what is measured (§17).
async fn change(call: &Call<'_>, setting: MetricSetting) -> Reply {
    #[derive(Serialize)]
    struct Done {
        status: &'static str,
    }
    if !call.may_control_server().await {
        return reply::error("Only Admins are allowed to change metrics");
    }
    call.app.engine.metric_set(&call.caller, setting).await?;
    reply::pretty(&Done { status: "success" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_a_browser() {
        let check = |text: &str, want: Option<i64>| assert_eq!(time(text).map(|t| t.0), want, "{text}");
        check("Thu, 01 Jan 1970 00:00:10 GMT", Some(10_000));
        check("Tue, 24 Nov 2026 18:00:00 +0100", Some(1_795_539_600_000));
        check("yesterday", None);
        check("", None);
    }
}
