//! SLA rules in requests and answers (http-api §4.13, §4.15, §4.16).

mod calls;

use std::collections::BTreeMap;

use azkaban_core::sla::{SlaGoal, SlaOptions, SlaRule};
use serde::Serialize;

use super::options::split_addresses;
use super::params::Params;

pub(super) use calls::{info, set};

/// The alerter that every server has, and the one setting that it takes.
const MAIL: &str = "email";
const RECIPIENTS: &str = "recipients";

/// The rules of a request: `GROUP[k]=job,rule,H:M,email,kill` and who is told. Without rules the rest is not looked at.
///
/// # Errors
/// Azkaban's words for what is wrong.
pub(super) fn parse(params: &Params, group: &'static str) -> Result<SlaOptions, String> {
    let settings = params.group(group).map_err(|failure| failure.to_string())?;
    if settings.is_empty() {
        return Ok(SlaOptions::default());
    }
    let mut alerters = params.nested_group("slaAlerters").map_err(|failure| failure.to_string())?;
    let legacy = params.get("slaEmails").unwrap_or_default().trim();
    if !legacy.is_empty() && !alerters.is_empty() {
        return Err(
            "The legacy slaEmails param is not allowed in combination with the slaAlerters param group. Please, set \
             'slaAlerters[email][recipients]' instead of 'slaEmails'."
                .to_owned(),
        );
    }
    let recipients = alerters.remove(MAIL).and_then(|mut settings| settings.remove(RECIPIENTS));
    let emails = split_addresses(recipients.as_deref().unwrap_or(legacy).trim());
    let lists = alerters.into_iter().map(|(alerter, settings)| {
        (alerter, settings.into_iter().map(|(key, text)| (key, split_list(&text))).collect())
    });
    let mut numbered: Vec<_> = settings.into_iter().collect();
    numbered.sort_by_key(|(key, _)| key.parse::<u64>().unwrap_or(u64::MAX));
    let rules = numbered
        .iter()
        .map(|(_, text)| rule(text).map_err(|why| format!("Error parsing SLA setting '{text}': {why}")));
    Ok(SlaOptions { rules: rules.collect::<Result<_, _>>()?, emails, alerters: lists.collect() })
}

/// One rule; the errors are those of Azkaban's machine.
fn rule(text: &str) -> Result<SlaRule, String> {
    let fields: Vec<&str> = text.split(',').collect();
    let [job, goal, duration, alert, kill, ..] = fields[..] else {
        let length = fields.len();
        return Err(format!(
            "java.lang.ArrayIndexOutOfBoundsException: Index {length} out of bounds for length {length}"
        ));
    };
    let within_minutes = minutes(duration).ok_or(
        "javax.servlet.ServletException: Unable to parse duration for a SLA that needs to take actions!",
    )?;
    let (alert, kill) = (alert == "true", kill == "true");
    if !alert && !kill {
        return Err(
            "javax.servlet.ServletException: Unable to create SLA as there is no action set".to_owned()
        );
    }
    let goal = if goal == "SUCCESS" { SlaGoal::Succeed } else { SlaGoal::Finish };
    Ok(SlaRule { job: Some(job.to_owned()).filter(|job| !job.is_empty()), goal, within_minutes, alert, kill })
}

/// `H:M`; what follows another colon is ignored, as in Azkaban.
fn minutes(text: &str) -> Option<u64> {
    let mut parts = text.split(':').map(|part| part.parse::<u32>().ok().map(u64::from));
    let (hours, minutes) = (parts.next()??, parts.next()??);
    Some(hours * 60 + minutes)
}

/// Split at commas and semicolons, with blanks around them dropped; ends without text leave nothing.
fn split_list(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text.split([',', ';']).map(|item| item.trim().to_owned()).collect();
    while found.last().is_some_and(String::is_empty) {
        found.pop();
    }
    found
}

/// A rule as `fetchSchedule` shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuleView<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    flow_name: &'a str,
    job_name: &'a str,
    duration: DurationView,
    emails: &'a [String],
    alerters_configs: &'a BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// A duration as Java's beans show it.
#[derive(Debug, Serialize)]
struct DurationView {
    seconds: u64,
    nano: u32,
    negative: bool,
    zero: bool,
    units: [&'static str; 2],
}

/// The rules of `flow` as `fetchSchedule` shows them.
pub(super) fn views<'a>(flow: &'a str, sla: &'a SlaOptions) -> Vec<RuleView<'a>> {
    let view = |rule: &'a SlaRule| RuleView {
        kind: match (&rule.job, rule.goal) {
            (None, SlaGoal::Finish) => "FLOW_FINISH",
            (None, SlaGoal::Succeed) => "FLOW_SUCCEED",
            (Some(_), SlaGoal::Finish) => "JOB_FINISH",
            (Some(_), SlaGoal::Succeed) => "JOB_SUCCEED",
        },
        flow_name: flow,
        job_name: rule.job.as_deref().unwrap_or_default(),
        duration: DurationView {
            seconds: rule.within_minutes.saturating_mul(60),
            nano: 0,
            negative: false,
            zero: rule.within_minutes == 0,
            units: ["SECONDS", "NANOS"],
        },
        emails: &sla.emails,
        alerters_configs: &sla.alerters,
    };
    sla.rules.iter().map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &[(&str, &str)]) -> Result<SlaOptions, String> {
        let mut params = Params::default();
        for (key, value) in query {
            params.add((*key).to_owned(), (*value).to_owned()).unwrap();
        }
        parse(&params, "slaSettings")
    }

    #[test]
    fn rules_are_read_field_by_field() {
        let check = |text: &str, expected: Result<(Option<&str>, SlaGoal, u64, bool, bool), &str>| {
            let got = parsed(&[("slaSettings[0]", text)]).map(|sla| sla.rules[0].clone());
            match expected {
                Ok((job, goal, within_minutes, alert, kill)) => {
                    let job = job.map(str::to_owned);
                    assert_eq!(got, Ok(SlaRule { job, goal, within_minutes, alert, kill }), "{text}");
                }
                Err(why) => {
                    assert_eq!(got, Err(format!("Error parsing SLA setting '{text}': {why}")), "{text}");
                }
            }
        };
        check(",SUCCESS,1:30,true,false", Ok((None, SlaGoal::Succeed, 90, true, false)));
        check("a,SUCCEED,0:01,true,true", Ok((Some("a"), SlaGoal::Finish, 1, true, true)));
        check("sub:a,FINISH,00:00:9,false,true,more", Ok((Some("sub:a"), SlaGoal::Finish, 0, false, true)));
        let no_duration =
            "javax.servlet.ServletException: Unable to parse duration for a SLA that needs to take actions!";
        for text in [
            "a,FINISH,5,true,true",
            "a,FINISH,-1:00,true,true",
            "a,FINISH,,false,false",
            "a,FINISH,1: 2,true,true",
        ] {
            check(text, Err(no_duration));
        }
        let no_action = "javax.servlet.ServletException: Unable to create SLA as there is no action set";
        check("a,FINISH,5:00,TRUE,1", Err(no_action));
        for (text, length) in [("a", 1), ("a,FINISH", 2), ("a,FINISH,5:00,true", 4)] {
            let why = format!(
                "java.lang.ArrayIndexOutOfBoundsException: Index {length} out of bounds for length {length}"
            );
            check(text, Err(&why));
        }
    }

    #[test]
    fn who_is_told() {
        const RULE: (&str, &str) = ("slaSettings[0]", "a,SUCCESS,5:00,true,false");
        assert_eq!(
            parsed(&[RULE, ("slaEmails", " a@x, b@x;c@x d@x ")]).unwrap().emails,
            ["a@x", "b@x", "c@x", "d@x"]
        );
        let sla = parsed(&[
            RULE,
            ("slaEmails", ""),
            ("slaAlerters[email][recipients]", "a@x , b@x"),
            ("slaAlerters[chat][room]", " one room ; two,"),
        ])
        .unwrap();
        assert_eq!(sla.emails, ["a@x", "b@x"]);
        assert_eq!(sla.alerters["chat"]["room"], ["one room", "two"]);
        let both = parsed(&[RULE, ("slaEmails", "a@x"), ("slaAlerters[chat][room]", "x")]);
        assert!(both.unwrap_err().starts_with("The legacy slaEmails param is not allowed"));
        assert!(parsed(&[("slaEmails", "a@x"), ("slaAlerters[chat][room]", "x")]).unwrap().is_empty());
    }

    #[test]
    fn rules_keep_the_order_of_their_numbers() {
        let rule = |minutes: &str| format!(",FINISH,0:{minutes},true,false");
        let sla = parsed(&[
            ("slaSettings[10]", &rule("3")),
            ("slaSettings[2]", &rule("2")),
            ("slaSettings[0]", &rule("1")),
        ]);
        let minutes: Vec<u64> = sla.unwrap().rules.iter().map(|rule| rule.within_minutes).collect();
        assert_eq!(minutes, [1, 2, 3]);
    }

    #[test]
    fn rules_are_shown_as_azkabans_beans() {
        let sla = parsed(&[("slaSettings[0]", "a,SUCCESS,1:30,true,false"), ("slaEmails", "s@x")]).unwrap();
        let shown = serde_json::to_value(views("f", &sla)).unwrap();
        let expected = serde_json::json!([{
            "type": "JOB_SUCCEED", "flowName": "f", "jobName": "a", "emails": ["s@x"], "alertersConfigs": {},
            "duration": {"seconds": 5400, "nano": 0, "negative": false, "zero": false, "units": ["SECONDS", "NANOS"]},
        }]);
        assert_eq!(shown, expected);
    }
}
