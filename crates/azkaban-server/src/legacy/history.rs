//! `/history` (http-api §10, §13.4): all executions with their filters, and the call that Azkaban has but never filled.

use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use azkaban_engine::HistoryFilter;

use super::reply::{self, Reply};
use super::{Call, Failure};
use crate::pages::executions::{HistoryPage, history};

/// Rows of a page at most.
const MAX_SIZE: u64 = 10_000;

pub(super) async fn get(call: &Call<'_>) -> Reply {
    if call.ajax().is_some() {
        return reply::nothing();
    }
    if call.params.has("days") || call.params.has("timeline") {
        return Ok(reply::empty());
    }
    let number = call.params.number_or::<i64>("page", 1).max(1).unsigned_abs();
    let size = call.params.number_or("size", call.app.config.page_size).clamp(1, MAX_SIZE);
    let Filter { filter, searched, query } = Filter::of(call)?;
    let mut executions = match filter {
        Some(filter) => {
            let start = (number - 1).saturating_mul(size);
            call.app.engine.executions_history(&filter, start, size + 1).await?
        }
        None => Vec::new(),
    };
    let more = executions.len() as u64 > size;
    executions.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    history(call, HistoryPage { number, size, searched, query, executions, more }).await
}

/// What a request looks for.
struct Filter {
    /// `None` if nothing can match.
    filter: Option<HistoryFilter>,
    searched: String,
    query: Vec<(&'static str, String)>,
}

impl Filter {
    /// The advanced filter goes before the quick search.
    fn of(call: &Call<'_>) -> Result<Self, Failure> {
        if call.params.has("advfilter") {
            return Self::advanced(call);
        }
        let (mut filter, mut query) = (HistoryFilter::default(), Vec::new());
        let mut searched = String::new();
        if call.params.has("search") {
            searched = call.params.required("searchterm")?.to_owned();
            filter.flow_contains = contains(&searched);
            query = vec![("search", "true".to_owned()), ("searchterm", searched.clone())];
        }
        Ok(Self { filter: Some(filter), searched, query })
    }

    /// All six conditions must be there; empty ones hold for everything.
    fn advanced(call: &Call<'_>) -> Result<Self, Failure> {
        let text = |name| call.params.required(name).map(str::trim);
        let (project, flow, user) = (text("projcontain")?, text("flowcontain")?, text("usercontain")?);
        let status: i64 = call.params.required_number("status")?;
        let (begin, end) = (text("begin")?, text("end")?);
        let filter = HistoryFilter {
            project_contains: contains(project),
            flow_contains: contains(flow),
            user_contains: contains(user),
            status: Status::from_code(status),
            started_after: time(call, begin)?,
            ended_before: time(call, end)?,
            ..HistoryFilter::default()
        };
        let query = [
            ("advfilter", "true"),
            ("projcontain", project),
            ("flowcontain", flow),
            ("usercontain", user),
            ("status", &status.to_string()),
            ("begin", begin),
            ("end", end),
        ];
        Ok(Self {
            filter: (status == 0 || filter.status.is_some()).then_some(filter),
            searched: String::new(),
            query: query.map(|(name, value)| (name, value.to_owned())).to_vec(),
        })
    }
}

fn contains(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// `MM/dd/yyyy hh:mm aa` in the server's zone; empty is open.
fn time(call: &Call<'_>, text: &str) -> Result<Option<UnixMillis>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    let zone = &call.app.engine.config().time_zone;
    instant(text, zone).map(Some).ok_or_else(|| Failure::Message(format!("Invalid format: \"{text}\"")))
}

fn instant(text: &str, zone: &jiff::tz::TimeZone) -> Option<UnixMillis> {
    let local = jiff::civil::DateTime::strptime("%m/%d/%Y %I:%M %p", text).ok()?;
    let zoned = local.to_zoned_datetime(zone.clone()).ok()?;
    Some(UnixMillis(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_the_filter_are_american_and_local() {
        let zone = jiff::tz::TimeZone::get("America/Los_Angeles").unwrap();
        let check = |text: &str, want: Option<i64>| {
            assert_eq!(instant(text, &zone).map(|at| at.0), want, "{text}");
        };
        check("01/02/1970 12:00 AM", Some(32 * 3_600_000));
        check("1/2/1970 01:30 pm", Some((32 * 3_600 + 13 * 3_600 + 1_800) * 1_000));
        check("13/02/1970 12:00 AM", None);
        check("01/02/1970", None);
        check("x", None);
    }
}
