//! The words of mails: Azkaban's subjects and texts (execution-and-scheduling §6, §7.2).

use azkaban_core::options::FailureAction;
use azkaban_core::sla::SlaGoal;
use azkaban_core::status::Status;
use azkaban_core::text::escape_markup;
use azkaban_core::time::UnixMillis;
use jiff::tz::TimeZone;

use super::notice::{FlowFacts, Notice};

/// What a mail says besides its notice.
#[derive(Debug, Clone)]
pub(super) struct Surroundings<'a> {
    /// `azkaban.name`.
    pub(super) name: &'a str,
    /// What links begin with, such as `https://flows.example.org:8443`.
    pub(super) link_base: &'a str,
    /// The zone of the times.
    pub(super) zone: &'a TimeZone,
    /// Executions of the flow that started in the past 72 hours, the newest first, this one among them.
    pub(super) history: &'a [FlowFacts],
}

/// Executions of the history that are shown one by one.
const SHOWN_HISTORY: usize = 50;

/// A mail's subject and HTML body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) subject: String,
    pub(super) html: String,
}

/// Writes a mail.
pub(super) fn write(notice: &Notice, around: &Surroundings<'_>) -> Text {
    match notice {
        Notice::FirstFailure { flow, action, jobs } => {
            let what = format!("has encountered a failure on {}", around.name);
            let mut html = heading(flow, &what, around);
            let action = match action {
                FailureAction::CancelAll => "This flow is set to cancel all currently running jobs.",
                FailureAction::FinishAllPossible => {
                    "This flow is set to complete all jobs that aren't blocked by the failure."
                }
                FailureAction::FinishCurrentlyRunning => {
                    "This flow is set to complete all currently running jobs before stopping."
                }
            };
            html.push_str(&format!("<p>{action}</p>\n"));
            html.push_str(&reasons(flow, "Failed", jobs, &[], around));
            Text { subject: format!("Flow '{}' {what}", flow.flow), html }
        }
        Notice::Ended { flow, .. } if flow.status == Status::Succeeded => {
            let what = format!("has succeeded on {}", around.name);
            Text { subject: format!("Flow '{}' {what}", flow.flow), html: heading(flow, &what, around) }
        }
        Notice::Ended { flow, jobs, reasons: more } => {
            let (what, verb) = match flow.status {
                Status::Killed => (format!("was KILLED on {}", around.name), "Killed"),
                _ => (format!("has FAILED on {}", around.name), "Failed"),
            };
            let mut html = heading(flow, &what, around);
            html.push_str(&reasons(flow, verb, jobs, more, around));
            html.push_str(&history(around));
            Text { subject: format!("Flow '{}' {what}", flow.flow), html }
        }
        Notice::Sla { flow, job, goal, within_minutes, started_at } => {
            sla(flow, job.as_deref(), *goal, *within_minutes, *started_at, around)
        }
        Notice::MissedSchedule { project, flow, times, more, made_up } => {
            let time = |at: &UnixMillis| format_time(*at, "%Y-%m-%d %H:%M:%S", around.zone);
            let mut times = times.iter().map(time).collect::<Vec<_>>().join(",");
            if *more {
                times.push_str(" and later");
            }
            let mut html = format!(
                "This is an auto generated email to notify to flow owners that the flow {} in project {} has scheduled the \
                 executions on {times} but failed to trigger on time. ",
                escape_markup(flow),
                escape_markup(project),
            );
            if *made_up {
                html.push_str(
                    "Back execution will start soon as you enabled the config 'Back Execute Once When missed Schedule \
                     Detects' through UI.",
                );
            }
            Text { subject: "Missed Azkaban Schedule Notification".to_owned(), html }
        }
        Notice::PropertiesOverridden { user, project, flow, job, difference } => {
            let heading = format!(
                "User {user} has overridden following job properties in project {project} flow {flow} job {job}: "
            );
            let html = format!(
                "{}<br/>\n{}",
                escape_markup(&heading),
                escape_markup(difference).replace('\n', "<br/>\n")
            );
            Text { subject: "[Project Property Overridden Alert]".to_owned(), html }
        }
    }
}

fn sla(
    flow: &FlowFacts,
    job: Option<&str>,
    goal: SlaGoal,
    minutes: u64,
    started_at: UnixMillis,
    around: &Surroundings<'_>,
) -> Text {
    let (id, execution, goal) = (escape_markup(&flow.flow), flow.execution, goal.name());
    let link = link(flow, around);
    match job {
        None => Text {
            subject: format!("SLA violation for {} on {}", flow.flow, around.name),
            html: format!(
                "SLA Alert: Your flow {id} failed to {goal} within {minutes}m<br/>{link}<br/>Here are details : <br/>\
                 Flow {id} in execution {execution} is expected to {goal} within {minutes}m from {}<br/>\
                 Actual flow status is {}",
                format_time(started_at, "%m/%d, %Y %H:%M", around.zone),
                flow.status,
            ),
        },
        Some(job) => Text {
            subject: format!("SLA violation for {}:{job} on {}", flow.flow, around.name),
            html: format!(
                "SLA Alert: Your job {} failed to {goal} within {minutes}m in execution {execution}<br/>{link}",
                escape_markup(job),
            ),
        },
    }
}

/// The heading, the table of times, and the link to the execution.
fn heading(flow: &FlowFacts, what: &str, around: &Surroundings<'_>) -> String {
    format!(
        "<h2>Execution '{}' of flow '{}' of project '{}' {}</h2>\n{}<p>{}</p>\n",
        flow.execution,
        escape_markup(&flow.flow),
        escape_markup(&flow.project),
        escape_markup(what),
        table(flow, around),
        link(flow, around),
    )
}

fn table(flow: &FlowFacts, around: &Surroundings<'_>) -> String {
    let time = |at: Option<UnixMillis>| {
        at.map_or("-".to_owned(), |at| format_time(at, "%Y/%m/%d %H:%M:%S %Z", around.zone))
    };
    let rows = [
        ("Start Time", time(flow.started_at)),
        ("End Time", time(flow.ended_at)),
        ("Duration", duration(flow.started_at, flow.ended_at)),
        ("Status", flow.status.to_string()),
    ];
    let rows: String =
        rows.iter().map(|(name, value)| format!("<tr><td>{name}</td><td>{value}</td></tr>\n")).collect();
    format!("<table>\n{rows}</table>\n")
}

fn url(flow: &FlowFacts, around: &Surroundings<'_>) -> String {
    escape_markup(&format!("{}/executor?execid={}", around.link_base, flow.execution))
}

fn link(flow: &FlowFacts, around: &Surroundings<'_>) -> String {
    format!("<a href=\"{}\">{} Execution Link</a>", url(flow, around), escape_markup(&flow.flow))
}

fn reasons(
    flow: &FlowFacts,
    verb: &str,
    jobs: &[String],
    more: &[String],
    around: &Surroundings<'_>,
) -> String {
    let jobs = jobs.iter().map(|job| {
        let query: String = job.bytes().map(percent).collect();
        let text = escape_markup(&format!("{verb} job '{job}' Link"));
        format!("<li><a href=\"{}&amp;job={query}\">{text}</a></li>\n", url(flow, around))
    });
    let more = more.iter().map(|text| format!("<li>{}</li>\n", escape_markup(text)));
    format!("<h3>Reason</h3>\n<ul>\n{}</ul>\n", jobs.chain(more).collect::<String>())
}

/// A byte of a query's value.
fn percent(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    }
}

fn history(around: &Surroundings<'_>) -> String {
    let failed = around.history.iter().filter(|flow| flow.status == Status::Failed).count();
    let all = around.history.len();
    let tables = around.history.iter().take(SHOWN_HISTORY).map(|flow| {
        format!(
            "<p><a href=\"{}\">Execution {}</a></p>\n{}",
            url(flow, around),
            flow.execution,
            table(flow, around)
        )
    });
    format!(
        "<h3>Executions from past 72 hours ({failed} out {all}) failed</h3>\n{}",
        tables.collect::<String>()
    )
}

fn format_time(at: UnixMillis, format: &str, zone: &TimeZone) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(time) => jiff::ZonedDateTime::new(time, zone.clone()).strftime(format).to_string(),
        Err(_) => "-".to_owned(),
    }
}

/// `-`, `12 sec`, `1m 2s`, `1h 2m 3s` or `1d 2h 3m`.
fn duration(start: Option<UnixMillis>, end: Option<UnixMillis>) -> String {
    let (Some(start), Some(end)) = (start, end) else { return "-".to_owned() };
    let seconds = (end.0.saturating_sub(start.0) / 1000).max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} sec"),
        (0, 0, _) => format!("{minutes}m {}s", seconds % 60),
        (0, _, _) => format!("{hours}h {}m {}s", minutes % 60, seconds % 60),
        _ => format!("{days}d {}h {}m", hours % 24, minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use azkaban_core::ids::{ExecutionId, ProjectId};

    use super::*;

    fn flow(status: Status) -> FlowFacts {
        FlowFacts {
            execution: ExecutionId(7),
            project_id: ProjectId(1),
            project: "p<1>".to_owned(),
            flow: "f".to_owned(),
            status,
            started_at: Some(UnixMillis(0)),
            ended_at: Some(UnixMillis(62_000)),
        }
    }

    fn written(notice: Notice, history: &[FlowFacts]) -> Text {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        write(&notice, &Surroundings { name: "Test", link_base: "https://h:1", zone: &zone, history })
    }

    #[test]
    fn a_success_names_the_execution_and_its_times() {
        let text =
            written(Notice::Ended { flow: flow(Status::Succeeded), jobs: vec![], reasons: vec![] }, &[]);
        assert_eq!(text.subject, "Flow 'f' has succeeded on Test");
        assert_eq!(
            text.html,
            "<h2>Execution '7' of flow 'f' of project 'p&lt;1&gt;' has succeeded on Test</h2>\n<table>\n\
             <tr><td>Start Time</td><td>1969/12/31 16:00:00 PST</td></tr>\n\
             <tr><td>End Time</td><td>1969/12/31 16:01:02 PST</td></tr>\n\
             <tr><td>Duration</td><td>1m 2s</td></tr>\n<tr><td>Status</td><td>SUCCEEDED</td></tr>\n</table>\n\
             <p><a href=\"https://h:1/executor?execid=7\">f Execution Link</a></p>\n"
        );
    }

    #[test]
    fn a_failure_names_jobs_reasons_and_the_past() {
        let failed = Notice::Ended {
            flow: flow(Status::Failed),
            jobs: vec!["a b".to_owned()],
            reasons: vec!["Flow finished".to_owned()],
        };
        assert!(failed.shows_history_of().is_some());
        let text = written(failed, &[flow(Status::Failed), flow(Status::Killed), flow(Status::Succeeded)]);
        assert_eq!(text.subject, "Flow 'f' has FAILED on Test");
        for part in [
            "has FAILED on Test</h2>",
            "<a href=\"https://h:1/executor?execid=7&amp;job=a%20b\">Failed job 'a b' Link</a>",
            "<li>Flow finished</li>",
            "Executions from past 72 hours (1 out 3) failed",
        ] {
            assert!(text.html.contains(part), "{part}\n{}", text.html);
        }
        let killed = Notice::Ended { flow: flow(Status::Killed), jobs: vec!["a".into()], reasons: vec![] };
        let text = written(killed, &[]);
        assert_eq!(text.subject, "Flow 'f' was KILLED on Test");
        assert!(text.html.contains("Killed job 'a' Link"), "{}", text.html);
    }

    #[test]
    fn a_first_failure_says_what_becomes_of_the_rest() {
        for (action, words) in [
            (FailureAction::CancelAll, "This flow is set to cancel all currently running jobs."),
            (
                FailureAction::FinishAllPossible,
                "This flow is set to complete all jobs that aren't blocked by the failure.",
            ),
            (
                FailureAction::FinishCurrentlyRunning,
                "This flow is set to complete all currently running jobs before stopping.",
            ),
        ] {
            let flow = FlowFacts { ended_at: None, ..flow(Status::FailedFinishing) };
            let text = written(Notice::FirstFailure { flow, action, jobs: vec!["a".into()] }, &[]);
            assert_eq!(text.subject, "Flow 'f' has encountered a failure on Test");
            assert!(text.html.contains(words), "{}", text.html);
            assert!(text.html.contains("<td>Duration</td><td>-</td>"), "{}", text.html);
            assert!(text.html.contains("Failed job 'a' Link"), "{}", text.html);
        }
    }

    #[test]
    fn missed_schedules_and_overridden_properties_are_told_in_azkabans_words() {
        let times = vec![UnixMillis(0), UnixMillis(60_000)];
        let missed = |more, made_up| {
            let (project, flow, times) = ("p<1>".to_owned(), "f".to_owned(), times.clone());
            written(Notice::MissedSchedule { project, flow, times, more, made_up }, &[])
        };
        let text = missed(false, false);
        assert_eq!(text.subject, "Missed Azkaban Schedule Notification");
        assert_eq!(
            text.html,
            "This is an auto generated email to notify to flow owners that the flow f in project p&lt;1&gt; has scheduled the \
             executions on 1969-12-31 16:00:00,1969-12-31 16:01:00 but failed to trigger on time. "
        );
        let text = missed(true, true).html;
        assert!(text.contains("16:01:00 and later but") && text.contains("Back execution will start soon"));
        let text = written(
            Notice::PropertiesOverridden {
                user: "ann".to_owned(),
                project: "p".to_owned(),
                flow: "f".to_owned(),
                job: "j".to_owned(),
                difference: "Deleted Properties: [ a, <1>], \nModified".to_owned(),
            },
            &[],
        );
        assert_eq!(text.subject, "[Project Property Overridden Alert]");
        assert_eq!(
            text.html,
            "User ann has overridden following job properties in project p flow f job j: <br/>\n\
             Deleted Properties: [ a, &lt;1&gt;], <br/>\nModified"
        );
    }

    #[test]
    fn a_missed_rule_says_what_was_expected() {
        let notice = |job: Option<&str>| Notice::Sla {
            flow: flow(Status::Running),
            job: job.map(str::to_owned),
            goal: SlaGoal::Finish,
            within_minutes: 90,
            started_at: UnixMillis(0),
        };
        let text = written(notice(None), &[]);
        assert_eq!(text.subject, "SLA violation for f on Test");
        assert_eq!(
            text.html,
            "SLA Alert: Your flow f failed to FINISH within 90m<br/>\
             <a href=\"https://h:1/executor?execid=7\">f Execution Link</a><br/>Here are details : <br/>\
             Flow f in execution 7 is expected to FINISH within 90m from 12/31, 1969 16:00<br/>\
             Actual flow status is RUNNING"
        );
        let text = written(notice(Some("a")), &[]);
        assert_eq!(text.subject, "SLA violation for f:a on Test");
        assert!(
            text.html.starts_with("SLA Alert: Your job a failed to FINISH within 90m in execution 7<br/>")
        );
    }

    #[test]
    fn durations_have_up_to_three_parts() {
        let check = |seconds: i64, expected: &str| {
            assert_eq!(duration(Some(UnixMillis(5)), Some(UnixMillis(5 + seconds * 1000))), expected);
        };
        check(12, "12 sec");
        check(62, "1m 2s");
        check(3723, "1h 2m 3s");
        check(93_780, "1d 2h 3m");
        assert_eq!(duration(Some(UnixMillis(5)), None), "-");
    }
}
