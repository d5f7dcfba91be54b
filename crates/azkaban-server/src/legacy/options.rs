//! Execution options from request parameters (http-api §5).

use azkaban_core::options::{Concurrency, Disabled, ExecutionOptions, FailureAction};
use azkaban_core::props::Props;
use azkaban_core::status::Status;

use super::errors::Failure;
use super::params::Params;
use super::sla;

/// `runtimeProperty[ROOT][…]` are flow parameters.
const ROOT: &str = "ROOT";
/// Flow parameters that only administrators may set, and the kind of value that each takes.
const ADMIN_NUMBERS: [&str; 2] = ["flowPriority", "useExecutor"];
const ADMIN_BOOLEANS: [&str; 4] =
    ["java.enable.debug", "enable.dev.pod", "disable.pod.cleanup", "allow.image.test.version"];
const ADMIN_PREFIXES: [&str; 2] = ["azkaban.flow", "azkaban.job"];

/// Why there are no options.
#[derive(Debug)]
pub(super) enum OptionsError {
    /// Said with the prefix `Error parsing flow options: `.
    Parse(String),
    /// Said with the prefix `Error submitting flow F. `.
    Submit(String),
    /// Status 500.
    Failure(Failure),
}

/// What decides about options besides the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// The user has role ADMIN.
    pub(crate) admin: bool,
    /// `azkaban.flow.retry.limit`.
    pub(crate) retry_limit: u32,
}

/// The options that a request asks for. Addresses count only with their override flag; without it the flow's own are used,
/// which is the engine's business.
pub(super) fn parse(params: &Params, rules: Rules) -> Result<ExecutionOptions, OptionsError> {
    let (flow_parameters, runtime_properties) = properties(params)?;
    let sla = sla::parse(params, "slaSettings").map_err(OptionsError::Parse)?;
    let failure_emails_override = params.boolean("failureEmailsOverride", false);
    let success_emails_override = params.boolean("successEmailsOverride", false);
    let mails = |name: &str, asked: bool| if asked { addresses(params, name) } else { Vec::new() };
    let mut options = ExecutionOptions {
        failure_action: failure_action(params.get("failureAction")),
        failure_action_override: params.boolean("failureActionOverride", false),
        notify_failure_first: params.boolean("notifyFailureFirst", true),
        notify_failure_last: params.boolean("notifyFailureLast", false),
        failure_emails: mails("failureEmails", failure_emails_override),
        failure_emails_override,
        success_emails: mails("successEmails", success_emails_override),
        success_emails_override,
        concurrency: concurrency(params)?,
        pipeline_execution: None,
        mail_creator: params.get("mailCreator").unwrap_or("default").to_owned(),
        flow_parameters,
        runtime_properties,
        disabled: disabled(params)?,
        sla,
    };
    keep_what_is_allowed(&mut options.flow_parameters, rules.admin)?;
    check_retries(&mut options.flow_parameters, rules.retry_limit)?;
    Ok(options)
}

/// Applies the rules for flow parameters, whatever face they come through; the error is a sentence.
pub(crate) fn check_parameters(parameters: &mut Props, rules: Rules) -> Result<(), String> {
    let text = |error| match error {
        OptionsError::Parse(text) | OptionsError::Submit(text) => text,
        OptionsError::Failure(failure) => failure.to_string(),
    };
    keep_what_is_allowed(parameters, rules.admin).map_err(text)?;
    check_retries(parameters, rules.retry_limit).map_err(text)
}

impl OptionsError {
    fn group(failure: Failure) -> Self {
        OptionsError::Parse(failure.to_string())
    }
}

type Properties = (Props, std::collections::BTreeMap<String, Props>);

fn properties(params: &Params) -> Result<Properties, OptionsError> {
    let legacy = params.group("flowOverride").map_err(OptionsError::group)?;
    let mut nodes = params.nested_group("runtimeProperty").map_err(OptionsError::group)?;
    if nodes.is_empty() {
        return Ok((legacy, nodes));
    }
    if !legacy.is_empty() {
        return Err(OptionsError::Parse(
            "The legacy param group flowOverride is not allowed in combination with the runtimeProperty param group. \
             Migrate flowOverride to runtimeProperty[ROOT]."
                .to_owned(),
        ));
    }
    Ok((nodes.remove(ROOT).unwrap_or_default(), nodes))
}

fn failure_action(word: Option<&str>) -> Option<FailureAction> {
    match word? {
        "finishCurrent" => Some(FailureAction::FinishCurrentlyRunning),
        "cancelImmediately" => Some(FailureAction::CancelAll),
        "finishPossible" => Some(FailureAction::FinishAllPossible),
        _ => None,
    }
}

/// Absent is `skip`; present but empty is `ignore`; unknown words run concurrently.
fn concurrency(params: &Params) -> Result<Concurrency, OptionsError> {
    match params.get("concurrentOption") {
        None | Some("skip") => Ok(Concurrency::Skip),
        Some("pipeline") => match params.required_number("pipelineLevel") {
            Ok(level) => Ok(Concurrency::Pipeline { level }),
            Err(missing @ Failure::MissingParameter(_)) => Err(OptionsError::Parse(missing.to_string())),
            Err(malformed) => Err(OptionsError::Failure(malformed)),
        },
        Some("") => Ok(Concurrency::Ignore { name: "ignore".to_owned(), level: None }),
        Some(word) => {
            let level = (word == "queue").then(|| params.number_or("queueLevel", 1));
            Ok(Concurrency::Ignore { name: word.to_owned(), level })
        }
    }
}

/// Split at commas, semicolons and white space; a separator at the start leaves an empty entry, those at the end leave none.
fn addresses(params: &Params, name: &str) -> Vec<String> {
    split_addresses(params.get(name).unwrap_or_default())
}

/// See [`addresses`].
pub(super) fn split_addresses(text: &str) -> Vec<String> {
    let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c');
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c| space(c) || c == ',' || c == ';') {
        found.push(rest[..at].to_owned());
        // One separator: white space, with at most one comma or semicolon in it.
        rest = rest[at..].trim_start_matches(space);
        if let Some(after) = rest.strip_prefix([',', ';']) {
            rest = after.trim_start_matches(space);
        }
    }
    found.push(rest.to_owned());
    while found.last().is_some_and(String::is_empty) {
        found.pop();
    }
    found
}

fn disabled(params: &Params) -> Result<Vec<Disabled>, OptionsError> {
    let text = params.get("disabled").unwrap_or_default();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Array(items)) => items.into_iter().map(disabled_item).collect(),
        Ok(_) => Err(OptionsError::Failure(Failure::Message("'disabled' is not a JSON array.".to_owned()))),
        Err(error) => {
            Err(OptionsError::Failure(Failure::Message(format!("'disabled' is not JSON: {error}"))))
        }
    }
}

/// Recursion is bounded by the JSON parser, which gives up at 128 levels.
fn disabled_item(item: serde_json::Value) -> Result<Disabled, OptionsError> {
    use serde_json::Value;
    // The words of the oldest machine that Azkaban runs on.
    let broken = || OptionsError::Submit("null".to_owned());
    match item {
        Value::String(id) => Ok(Disabled::Node(id)),
        Value::Object(mut object) => match (object.remove("id"), object.remove("children")) {
            (Some(Value::String(id)), Some(Value::Array(children))) => {
                let children = children.into_iter().map(disabled_item).collect::<Result<_, _>>()?;
                Ok(Disabled::Inside { id, children })
            }
            _ => Err(broken()),
        },
        _ => Err(broken()),
    }
}

/// Takes away what only administrators may set, and checks what an administrator sets.
fn keep_what_is_allowed(parameters: &mut Props, admin: bool) -> Result<(), OptionsError> {
    if !admin {
        parameters.retain(|key, _| {
            !ADMIN_NUMBERS.contains(&key.as_str())
                && !ADMIN_BOOLEANS.contains(&key.as_str())
                && !ADMIN_PREFIXES.iter().any(|prefix| key.starts_with(prefix))
        });
        return Ok(());
    }
    for key in ADMIN_NUMBERS {
        if parameters.get(key).is_some_and(|v| v.is_empty() || !v.bytes().all(|b| b.is_ascii_digit())) {
            return Err(OptionsError::Submit(format!("{key} should be an integer")));
        }
    }
    for key in ADMIN_BOOLEANS {
        let words = ["true", "false", "on", "off", "yes", "no"];
        if parameters.get(key).is_some_and(|v| !words.iter().any(|word| v.eq_ignore_ascii_case(word))) {
            return Err(OptionsError::Submit(format!("{key} should be boolean")));
        }
    }
    Ok(())
}

/// Checks the parameters of automatic retries of a whole flow.
fn check_retries(parameters: &mut Props, limit: u32) -> Result<(), OptionsError> {
    const STATUSES: &str = "flow.retry.statuses";
    if parameters.get("allow.restart.on.execution.stopped").is_some_and(|v| v.eq_ignore_ascii_case("true")) {
        let others = parameters.get(STATUSES).map_or("", String::as_str);
        parameters.insert(STATUSES.to_owned(), format!("EXECUTION_STOPPED,{others}"));
    }
    let mut wrong = Vec::new();
    let statuses = parameters.get(STATUSES).map_or("", String::as_str);
    for name in statuses.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match Status::from_name(name) {
            Some(Status::ExecutionStopped | Status::Failed) => {}
            Some(_) => wrong.push(format!(
                "`{name}` is not a valid restartable status, permitted status are [EXECUTION_STOPPED, FAILED]\n"
            )),
            None => wrong.push(format!("`{name}` is not a valid Status defined in Azkaban, please correct\n")),
        }
    }
    if let Some(text) = parameters.get("flow.max.retries") {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            wrong.push("flow.max.retries should be an integer".to_owned());
        } else if !text.parse::<u32>().is_ok_and(|n| n <= limit) {
            wrong.push(format!("Invalid `flow.max.retries = {text}`, value should be within [0, {limit}]\n"));
        }
    }
    if let Some(text) = parameters.get("flow.retry.strategy") {
        const STRATEGIES: [&str; 4] =
            ["retryAsNew", "disableSucceededNodes", "RETRY_AS_NEW", "DISABLE_SUCCEEDED_NODES"];
        if !STRATEGIES.contains(&text.as_str()) {
            wrong.push(format!(
                "Invalid flow.retry.strategy = {text}. Valid values are: [retryAsNew, disableSucceededNodes]"
            ));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(OptionsError::Submit(format!("ExecutionOptions is invalid, error reasons: [{}]", wrong.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &[(&str, &str)], admin: bool) -> Result<ExecutionOptions, OptionsError> {
        let mut params = Params::default();
        for (key, value) in query {
            params.add((*key).to_owned(), (*value).to_owned()).unwrap();
        }
        parse(&params, Rules { admin, retry_limit: 2 })
    }

    fn options(query: &[(&str, &str)]) -> ExecutionOptions {
        parsed(query, true).unwrap()
    }

    /// What is said of a bad request, with its prefix.
    fn said(query: &[(&str, &str)], admin: bool) -> String {
        match parsed(query, admin) {
            Ok(options) => panic!("accepted: {options:?}"),
            Err(OptionsError::Parse(text)) => format!("parse: {text}"),
            Err(OptionsError::Submit(text)) => format!("submit: {text}"),
            Err(OptionsError::Failure(failure)) => format!("500: {failure}"),
        }
    }

    #[test]
    fn nothing_asked_is_the_default() {
        let expected = ExecutionOptions::default();
        assert_eq!(options(&[]), expected);
        assert_eq!(
            options(&[("failureEmails", "x@y"), ("failureAction", "no such"), ("disabled", "")]),
            expected
        );
    }

    #[test]
    fn words_flags_and_lists() {
        let o = options(&[
            ("failureAction", "cancelImmediately"),
            ("failureEmails", " a@b, c@d;e@f  g@h ,"),
            ("failureEmailsOverride", "TRUE"),
            ("successEmailsOverride", "true"),
            ("notifyFailureFirst", "false"),
            ("notifyFailureLast", "true"),
            ("mailCreator", "m"),
        ]);
        assert_eq!(o.failure_action, Some(FailureAction::CancelAll));
        assert_eq!(o.failure_emails, ["", "a@b", "c@d", "e@f", "g@h"]);
        assert!(o.success_emails.is_empty() && o.success_emails_override && o.failure_emails_override);
        assert!(!o.notify_failure_first && o.notify_failure_last);
        assert_eq!(o.mail_creator, "m");
        assert_eq!(split_addresses("a,,b"), ["a", "", "b"]);
        assert!(split_addresses("").is_empty());
    }

    #[test]
    fn what_to_do_beside_a_running_execution() {
        let check =
            |query: &[(&str, &str)], expected: Concurrency| assert_eq!(options(query).concurrency, expected);
        let beside = |name: &str| Concurrency::Ignore { name: name.into(), level: None };
        let queued = |level| Concurrency::Ignore { name: "queue".into(), level: Some(level) };
        check(&[], Concurrency::Skip);
        check(&[("concurrentOption", "skip")], Concurrency::Skip);
        check(&[("concurrentOption", "")], beside("ignore"));
        check(&[("concurrentOption", "ignore")], beside("ignore"));
        check(&[("concurrentOption", "ignore"), ("queueLevel", "2")], beside("ignore"));
        check(&[("concurrentOption", "queue")], queued(1));
        check(&[("concurrentOption", "queue"), ("queueLevel", "3")], queued(3));
        check(&[("concurrentOption", "queue"), ("queueLevel", "x")], queued(1));
        check(
            &[("concurrentOption", "pipeline"), ("pipelineLevel", "2")],
            Concurrency::Pipeline { level: 2 },
        );
        assert_eq!(
            said(&[("concurrentOption", "pipeline")], true),
            "parse: Missing required parameter 'pipelineLevel'."
        );
        let bad_level = [("concurrentOption", "pipeline"), ("pipelineLevel", "x")];
        assert_eq!(said(&bad_level, true), "500: For input string: \"x\"");
    }

    #[test]
    fn properties_of_the_flow_and_of_nodes() {
        let o = options(&[("flowOverride[a]", "1"), ("flowOverride[b]", "")]);
        assert_eq!(o.flow_parameters, Props::from([("a".into(), "1".into()), ("b".into(), String::new())]));
        let o = options(&[("runtimeProperty[ROOT][a]", "1"), ("runtimeProperty[sub:j][b]", "2")]);
        assert_eq!(o.flow_parameters["a"], "1");
        assert_eq!(o.runtime_properties["sub:j"]["b"], "2");
        assert!(!o.runtime_properties.contains_key("ROOT"));
        let both = said(&[("flowOverride[a]", "1"), ("runtimeProperty[ROOT][a]", "1")], true);
        assert!(both.ends_with("param group. Migrate flowOverride to runtimeProperty[ROOT]."), "{both}");
        assert_eq!(said(&[("flowOverride[", "1")], true), "parse: Param group flowOverride is invalid.");
    }

    #[test]
    fn disabled_nodes_as_ids_and_inside_embedded_flows() {
        let o = options(&[(
            "disabled",
            r#"["a", {"id": "sub", "children": ["b", {"id": "deep", "children": []}]}]"#,
        )]);
        let deep = Disabled::Inside { id: "deep".into(), children: vec![] };
        let inside = Disabled::Inside { id: "sub".into(), children: vec![Disabled::Node("b".into()), deep] };
        assert_eq!(o.disabled, [Disabled::Node("a".into()), inside]);
        for bad in ["{not json", "{}", "\"a\"", &"[".repeat(5000)] {
            assert!(said(&[("disabled", bad)], true).starts_with("500: 'disabled' is not"), "{bad}");
        }
        for bad in ["[1]", "[null]", "[{\"id\": \"a\"}]", "[{\"children\": []}]"] {
            assert_eq!(said(&[("disabled", bad)], true), "submit: null", "{bad}");
        }
    }

    #[test]
    fn administrators_parameters_are_theirs_alone() {
        let query = [
            ("flowOverride[flowPriority]", "9"),
            ("flowOverride[enable.dev.pod]", "yes"),
            ("flowOverride[azkaban.flow.x]", "1"),
            ("flowOverride[azkaban.jobs]", "1"),
            ("flowOverride[mine]", "1"),
        ];
        assert_eq!(options(&query).flow_parameters.len(), 5);
        assert_eq!(
            parsed(&query, false).unwrap().flow_parameters,
            Props::from([("mine".into(), "1".into())])
        );
        assert_eq!(
            said(&[("flowOverride[flowPriority]", "-1")], true),
            "submit: flowPriority should be an integer"
        );
        assert_eq!(
            said(&[("flowOverride[enable.dev.pod]", "1")], true),
            "submit: enable.dev.pod should be boolean"
        );
        assert!(parsed(&[("flowOverride[flowPriority]", "-1")], false).is_ok());
    }

    #[test]
    fn retries_of_a_flow_are_checked_together() {
        let o = options(&[
            ("flowOverride[allow.restart.on.execution.stopped]", "true"),
            ("flowOverride[flow.max.retries]", "2"),
        ]);
        assert_eq!(o.flow_parameters["flow.retry.statuses"], "EXECUTION_STOPPED,");
        let check = |key: &str, value: &str, expected: &str| {
            let said = said(&[(&format!("flowOverride[{key}]"), value)], false);
            assert_eq!(said, format!("submit: ExecutionOptions is invalid, error reasons: [{expected}]"));
        };
        check(
            "flow.retry.statuses",
            "KILLED,x",
            "`KILLED` is not a valid restartable status, permitted status are [EXECUTION_STOPPED, FAILED]\n, \
             `x` is not a valid Status defined in Azkaban, please correct\n",
        );
        check("flow.max.retries", "x", "flow.max.retries should be an integer");
        check("flow.max.retries", "3", "Invalid `flow.max.retries = 3`, value should be within [0, 2]\n");
        let strategies = "Valid values are: [retryAsNew, disableSucceededNodes]";
        check("flow.retry.strategy", "x", &format!("Invalid flow.retry.strategy = x. {strategies}"));
    }
}
