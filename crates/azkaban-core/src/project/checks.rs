//! What both formats check of a job's properties and names at upload.

use super::limits::{MemoryError, MemoryLimit};
use super::{LoadLimits, Report};

/// The events that an HTTP callback can be for (projects-and-jobs §9).
const CALLBACK_EVENTS: [&str; 4] = ["started", "success", "failure", "completed"];
const CALLBACK_PREFIX: &str = "job.notification.";

/// Whether a key is one that a loader looks at; only these are worth handing down from `.properties` files.
pub(super) fn is_loader_key(key: &str, limits: &LoadLimits) -> bool {
    const KEYS: [&str; 13] = [
        "type",
        "dependencies",
        "condition",
        "root.node",
        "flow.name",
        "success.emails",
        "failure.emails",
        "notify.emails",
        "override.emails",
        "Xms",
        "Xmx",
        "retries",
        "retry.backoff",
    ];
    KEYS.contains(&key) || key.strip_prefix(CALLBACK_PREFIX).is_some_and(|rest| is_callback(rest, limits))
}

/// Whether `event.number.part` is of a callback that [`check_callbacks`] looks at.
fn is_callback(rest: &str, limits: &LoadLimits) -> bool {
    let mut parts = rest.split('.');
    let mut next = || parts.next().unwrap_or_default();
    CALLBACK_EVENTS.contains(&next())
        && next().parse::<u32>().is_ok_and(|number| number <= limits.max_callbacks)
        && matches!(next(), "url" | "method" | "body")
        && parts.next().is_none()
}

/// Checks memory (§8.5), callbacks (§9) and retries of a job. `label` names it in messages about memory.
///
/// # Errors
/// [`MemoryError`] if `Xms` or `Xmx` is no amount of memory.
pub(super) fn check_job<'a>(
    label: &str,
    get: impl Fn(&str) -> Option<&'a str>,
    limits: &LoadLimits,
    report: &mut Report,
) -> Result<(), MemoryError> {
    check_memory(label, "Xms", get("Xms"), limits.max_xms.as_ref(), report)?;
    check_memory(label, "Xmx", get("Xmx"), limits.max_xmx.as_ref(), report)?;
    for event in CALLBACK_EVENTS {
        check_callbacks(event, &get, limits, report);
    }
    for key in ["retries", "retry.backoff"] {
        if let Some(value) = get(key).filter(|v| !v.contains('$') && v.trim().parse::<i64>().is_err()) {
            report.warning(format!("{label}: {key} is not a number and counts as 0: '{value}'"));
        }
    }
    Ok(())
}

fn check_memory(
    label: &str,
    key: &str,
    value: Option<&str>,
    limit: Option<&MemoryLimit>,
    report: &mut Report,
) -> Result<(), MemoryError> {
    let (Some(value), Some(limit)) = (value, limit) else { return Ok(()) };
    if !is_one_variable(value) && limit.is_exceeded_by(value)? {
        let limit = limit.text();
        report.error(format!("{label}: {key} value has exceeded the allowed limit (max {key} = {limit})"));
    }
    Ok(())
}

/// Exactly one `${name}`: known only when the job runs.
fn is_one_variable(value: &str) -> bool {
    value.strip_prefix("${").and_then(|v| v.strip_suffix('}')).is_some_and(|name| !name.contains(['{', '}']))
}

fn check_callbacks<'a>(
    event: &str,
    get: &impl Fn(&str) -> Option<&'a str>,
    limits: &LoadLimits,
    report: &mut Report,
) {
    let value = |number: u32, part: &str| get(&format!("{CALLBACK_PREFIX}{event}.{number}.{part}"));
    if value(0, "url").is_some() {
        report.error("Sequence number starts at 1, not 0");
    }
    for number in 1..=limits.max_callbacks {
        let Some(url) = value(number, "url").filter(|url| !url.is_empty()) else { break };
        match value(number, "method").unwrap_or("GET") {
            "GET" => {}
            "POST" => match value(number, "body").filter(|body| !body.is_empty()) {
                None => report.error(format!("No POST body was specified for job callback '{url}'")),
                Some(body) => {
                    let length = body.encode_utf16().count();
                    let max = limits.max_callback_body;
                    if length > max {
                        report.error(format!(
                            "POST body length is : {length} which is larger than supported length of {max}"
                        ));
                    }
                }
            },
            method => {
                report.error(format!("Unsupported request method: {method} Only POST and GET are supported"));
            }
        }
    }
}

/// Whether an id can name a job: `/` breaks its files, `:` the nested ids of what is inside it (§11).
pub(super) fn is_allowed_name(id: &str) -> bool {
    !id.chars().any(|c| matches!(c, '/' | ':') || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::props::Props;

    fn check(props: &[(&str, &str)], errors: &[&str], warnings: &[&str]) {
        let props: Props = props.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
        let mut report = Report::default();
        let limits = LoadLimits { max_callback_body: 3, ..LoadLimits::default() };
        check_job("job", |key| props.get(key).map(String::as_str), &limits, &mut report).unwrap();
        assert_eq!(report.errors.iter().collect::<Vec<_>>(), errors, "{props:?}");
        assert_eq!(report.warnings.iter().collect::<Vec<_>>(), warnings, "{props:?}");
        assert!(props.keys().all(|key| is_loader_key(key, &limits)), "{props:?}");
    }

    #[test]
    fn memory_above_the_limits_is_an_error() {
        check(&[("Xms", "1G"), ("Xmx", "2048m")], &[], &[]);
        check(&[("Xms", "${xms}"), ("Xmx", "${xmx}")], &[], &[]);
        check(&[("Xms", "2G")], &["job: Xms value has exceeded the allowed limit (max Xms = 1G)"], &[]);
        check(&[("Xmx", "3G")], &["job: Xmx value has exceeded the allowed limit (max Xmx = 2G)"], &[]);
    }

    #[test]
    fn memory_that_is_no_number_stops_loading_unless_the_project_is_exempt() {
        let get = |key: &str| (key == "Xmx").then_some("${a}G");
        let mut report = Report::default();
        let mut limits = LoadLimits::default();
        assert_eq!(check_job("job", get, &limits, &mut report), Err(MemoryError("${a}".to_owned())));
        (limits.max_xms, limits.max_xmx) = (None, None);
        assert_eq!(check_job("job", get, &limits, &mut report), Ok(()));
    }

    #[test]
    fn callbacks_must_be_complete() {
        const URL: &str = "job.notification.success.1.url";
        const METHOD: &str = "job.notification.success.1.method";
        const BODY: &str = "job.notification.success.1.body";
        check(&[(URL, "http://x")], &[], &[]);
        check(&[(URL, "http://x"), (METHOD, "POST"), (BODY, "abc")], &[], &[]);
        check(&[("job.notification.failure.0.url", "x")], &["Sequence number starts at 1, not 0"], &[]);
        check(
            &[(URL, "http://x"), (METHOD, "POST")],
            &["No POST body was specified for job callback 'http://x'"],
            &[],
        );
        check(
            &[(URL, "http://x"), (METHOD, "POST"), (BODY, "four")],
            &["POST body length is : 4 which is larger than supported length of 3"],
            &[],
        );
        check(
            &[(URL, "http://x"), (METHOD, "get")],
            &["Unsupported request method: get Only POST and GET are supported"],
            &[],
        );
        check(&[("job.notification.success.3.url", "after a gap"), (METHOD, "PUT")], &[], &[]);
    }

    #[test]
    fn retries_that_are_no_number_are_worth_a_warning() {
        check(&[("retries", " 3 "), ("retry.backoff", "${later}")], &[], &[]);
        check(&[("retries", "three")], &[], &["job: retries is not a number and counts as 0: 'three'"]);
    }

    #[test]
    fn names_that_break_files_or_nested_ids() {
        for name in ["a", "a.b", "a b", "é", "..."] {
            assert!(is_allowed_name(name), "{name}");
        }
        for name in ["a/b", "a:b", "a\nb", "\u{7f}"] {
            assert!(!is_allowed_name(name), "{name:?}");
        }
    }
}
