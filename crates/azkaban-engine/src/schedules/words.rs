//! What a project's audit log says of schedules (http-api §4.11, §15).

use azkaban_core::schedule::{Recurrence, Timing};
use azkaban_core::time::UnixMillis;
use azkaban_store::{ProjectEvent, ProjectEventKind};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{ScheduleId, ScheduledFlow};

/// An entry of the kind SCHEDULE.
pub(super) fn event(user: &str, at: UnixMillis, message: String) -> ProjectEvent {
    ProjectEvent { kind: ProjectEventKind::Schedule, user: user.to_owned(), at, message: Some(message) }
}

/// Of service levels that were changed.
pub(super) fn service_levels(user: &str, at: UnixMillis, flow: &str) -> ProjectEvent {
    let message = format!("SLA for flow {flow} has been added/changed.");
    ProjectEvent { kind: ProjectEventKind::Sla, user: user.to_owned(), at, message: Some(message) }
}

/// `Schedule … has been added.` and the like.
pub(super) fn has_been(id: ScheduleId, flow: &ScheduledFlow, done: &str) -> String {
    format!("Schedule {} has been {done}.", describe(id, flow))
}

/// Of one whose project is deleted.
pub(super) fn project_removed(id: ScheduleId) -> String {
    format!("removing schedule due to project removed {id}")
}

/// Of one whose flow an upload has dropped.
pub(super) fn flow_gone(id: ScheduleId, flow: &ScheduledFlow) -> String {
    format!(
        "Schedule {} has been removed due to the flow has been removed or renamed during upload process.",
        describe(id, flow)
    )
}

/// Of a recurring one that goes no further because its end has come; `None` if it has no more fires anyway.
pub(super) fn expired(id: ScheduleId, flow: &ScheduledFlow, after: UnixMillis) -> Option<String> {
    let timing = &flow.timing;
    let endless = Timing { end: UnixMillis(i64::MAX), ..timing.clone() };
    endless.next_after(after)?;
    Some(format!(
        "Schedule {} with expiration date {} has expired and will be removed.",
        describe(id, flow),
        iso(timing.end, &timing.zone)
    ))
}

fn describe(id: ScheduleId, flow: &ScheduledFlow) -> String {
    let timing = &flow.timing;
    let recurrence = match &timing.recurrence {
        Recurrence::Once => " non-recurring".to_owned(),
        Recurrence::Every(period) => format!(" with precurring period of {period}"),
        Recurrence::Cron(cron) => {
            let zone = timing.zone.iana_name().unwrap_or("UTC");
            format!(" with CronExpression {{{cron}}} and timezone {zone}")
        }
    };
    format!(
        "id {id} for {}.{} ({}) to be run at (starting) {}{recurrence}",
        flow.project_name,
        flow.flow_id,
        flow.project_id,
        iso(timing.first, &timing.zone)
    )
}

/// `2040-07-22T05:00:00.000-07:00`; `Z` in UTC; what no calendar has is shown as a number.
fn iso(at: UnixMillis, zone: &TimeZone) -> String {
    let Ok(instant) = Timestamp::from_millisecond(at.0) else { return at.to_string() };
    let zoned = jiff::ZonedDateTime::new(instant, zone.clone());
    let offset = if zoned.offset().is_zero() { "Z".to_owned() } else { zoned.strftime("%:z").to_string() };
    format!("{}{offset}", zoned.strftime("%Y-%m-%dT%H:%M:%S.%3f"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use azkaban_core::ids::ProjectId;
    use azkaban_core::options::ExecutionOptions;
    use azkaban_core::schedule::{Cron, MissedFires};

    use super::*;

    fn flow(recurrence: Recurrence, zone: &str, end: i64) -> ScheduledFlow {
        let zone = TimeZone::get(zone).unwrap();
        ScheduledFlow {
            project_id: ProjectId(3),
            project_name: "p".to_owned(),
            flow_id: "f".to_owned(),
            timing: Timing { recurrence, zone, first: UnixMillis(2_226_571_200_123), end: UnixMillis(end) },
            missed: MissedFires::Skip,
            submit_user: "ann".to_owned(),
            submitted_at: UnixMillis(0),
            options: Arc::new(ExecutionOptions::default()),
        }
    }

    #[test]
    fn entries_name_the_schedule_as_azkaban_does() {
        let check = |recurrence, zone: &str, expected: &str| {
            assert_eq!(describe(ScheduleId(7), &flow(recurrence, zone, i64::MAX)), expected);
        };
        check(
            Recurrence::Once,
            "America/Los_Angeles",
            "id 7 for p.f (3) to be run at (starting) 2040-07-22T05:00:00.123-07:00 non-recurring",
        );
        check(
            Recurrence::Every("5w".parse().unwrap()),
            "UTC",
            "id 7 for p.f (3) to be run at (starting) 2040-07-22T12:00:00.123Z with precurring period of 5w",
        );
        check(
            Recurrence::Cron(Box::new(Cron::parse("0 0 9 ? * *").unwrap())),
            "Europe/Berlin",
            "id 7 for p.f (3) to be run at (starting) 2040-07-22T14:00:00.123+02:00 with CronExpression {0 0 9 ? * *} and timezone Europe/Berlin",
        );
    }

    #[test]
    fn only_what_its_end_stops_has_expired() {
        let hour = 3_600_000;
        let hourly = || Recurrence::Every("1h".parse().unwrap());
        let end = 2_226_571_200_123 + 2 * hour;
        let told = expired(ScheduleId(7), &flow(hourly(), "UTC", end), UnixMillis(end)).unwrap();
        assert!(
            told.ends_with("with expiration date 2040-07-22T14:00:00.123Z has expired and will be removed.")
        );
        assert_eq!(expired(ScheduleId(7), &flow(Recurrence::Once, "UTC", end), UnixMillis(end)), None);
    }
}
