//! `azkaban audit`: the audit trail for whoever may read the data folder.

use std::io::{self, Write};

use azkaban_core::time::UnixMillis;
use azkaban_store::{AuditFilter, AuditOutcome, AuditReader, AuditRow};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::cli;
use crate::exit::{Cause, Failure, chain};
use crate::folders::DataFolder;
use crate::solo::working_directory;

/// Entries read at once.
const PAGE: usize = 1_000;

/// Prints entries, the newest first.
///
/// # Errors
/// The data folder has no database, or one of another release.
pub(crate) fn run(options: &cli::Audit) -> Result<(), Failure> {
    let data = DataFolder::at(&working_directory()?, &options.data);
    let failed = |error: azkaban_store::Error| Failure::new(Cause::Data, chain(&error));
    let reader = AuditReader::open(&data.database()).map_err(failed)?;
    let filter = AuditFilter {
        user: options.user.clone(),
        action: options.action.clone(),
        outcome: options.refused.then_some(AuditOutcome::Refused),
        project: None,
        project_name: options.project.clone(),
        since: options.since,
        until: options.until,
    };
    let mut left = if options.limit == 0 { usize::MAX } else { options.limit };
    let mut before = None;
    let mut out = io::stdout().lock();
    while left > 0 {
        let rows = reader.list(&filter, before, left.min(PAGE)).map_err(failed)?;
        let Some(last) = rows.last() else { break };
        (before, left) = (Some(last.id), left - rows.len());
        for row in &rows {
            let line = if options.json { object(row) } else { line(row, &TimeZone::system()) };
            // Whoever reads may have seen enough.
            if writeln!(out, "{line}").is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// A time of the command line: a timestamp, a date with or without a time of day in this machine's zone, or how long ago.
pub(crate) fn time(text: &str) -> Result<UnixMillis, String> {
    let timestamp = if let Ok(timestamp) = text.parse::<Timestamp>() {
        timestamp
    } else if let Ok(civil) = text.parse::<DateTime>() {
        TimeZone::system().to_timestamp(civil).map_err(|error| error.to_string())?
    } else {
        ago(text)
            .and_then(|ago| Timestamp::now().checked_sub(ago).ok())
            .ok_or("expected a date, a time, or how long ago, such as 12h or 7d")?
    };
    Ok(UnixMillis(timestamp.as_millisecond()))
}

/// A number of seconds, minutes, hours, days or weeks.
fn ago(text: &str) -> Option<SignedDuration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    Some(SignedDuration::from_secs(i64::from(number) * seconds))
}

/// When in `zone`, what became of it, who, from where, what, about what, and more. Text from outside cannot end the line.
fn line(row: &AuditRow, zone: &TimeZone) -> String {
    let entry = &row.entry;
    let at = Timestamp::from_millisecond(entry.at.0).map_or_else(
        |_| entry.at.0.to_string(),
        |at| format!("{:.3}", zone.to_datetime(at)).replace('T', " "),
    );
    let mut about = Vec::new();
    about.extend(row.project_name.as_deref().map(|name| format!("project {name}")));
    about.extend(entry.flow.as_deref().map(|flow| format!("flow {flow}")));
    about.extend(entry.execution.map(|id| format!("execution {id}")));
    about.extend(entry.details.clone());
    let text = format!(
        "{at}  {:7}  {}  {}  {}  {}",
        entry.outcome.name(),
        entry.user,
        entry.ip,
        entry.action,
        about.join(", ")
    );
    text.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn object(row: &AuditRow) -> String {
    let entry = &row.entry;
    json!({
        "id": row.id,
        "at": entry.at.0,
        "user": entry.user,
        "ip": entry.ip,
        "action": entry.action,
        "outcome": entry.outcome.name(),
        "projectId": entry.project.map(|id| id.0),
        "project": row.project_name,
        "flow": entry.flow,
        "execution": entry.execution.map(|id| id.0),
        "details": entry.details,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use azkaban_core::ids::{ExecutionId, ProjectId};
    use azkaban_store::AuditEntry;

    #[test]
    fn times_are_dates_timestamps_or_a_while_ago() {
        assert_eq!(time("2026-01-31T12:00:00Z"), Ok(UnixMillis(1_769_860_800_000)));
        assert_eq!(time("2026-01-31T13:00:00+01:00"), Ok(UnixMillis(1_769_860_800_000)));
        let noon = time("2026-01-31T12:00").unwrap();
        assert_eq!(noon.0 - time("2026-01-31").unwrap().0, 12 * 3_600_000);
        let now = Timestamp::now().as_millisecond();
        for (text, seconds) in [("90s", 90), ("5m", 300), ("12h", 43_200), ("7d", 604_800), ("2w", 1_209_600)]
        {
            let since = now - time(text).unwrap().0;
            assert!((since - seconds * 1_000).abs() < 60_000, "{text}: {since}");
        }
        for text in ["", "yesterday", "12", "2026-13-01", "9y", "-1d", "4294967295w", "é"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_entry_is_a_line_whatever_it_holds() {
        let row = AuditRow {
            id: 7,
            entry: AuditEntry {
                at: UnixMillis(1_769_860_800_123),
                user: "no\nbody\u{1b}[31m".to_owned(),
                ip: "10.0.0.1".to_owned(),
                action: "flow.lock".to_owned(),
                outcome: AuditOutcome::Refused,
                project: Some(ProjectId(3)),
                flow: Some("f".to_owned()),
                execution: Some(ExecutionId(9)),
                details: Some("needs ADMIN".to_owned()),
            },
            project_name: Some("Sales".to_owned()),
        };
        assert_eq!(
            line(&row, &TimeZone::UTC),
            "2026-01-31 12:00:00.123  refused  no body [31m  10.0.0.1  flow.lock  project Sales, flow f, execution 9, needs ADMIN"
        );
        let object: serde_json::Value = serde_json::from_str(&object(&row)).unwrap();
        assert_eq!((&object["user"], &object["execution"]), (&json!("no\nbody\u{1b}[31m"), &json!(9)));
    }
}
