//! How an execution was asked for.

use std::collections::BTreeMap;

use azkaban_core::options::{Concurrency, Disabled};
use azkaban_core::props;
use azkaban_engine::ExecutionView;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::flows::FailureActionName;

/// How an execution was asked for. Secret values are masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OptionsView {
    /// What a failure does; null is the flow's own rule.
    failure_action: Option<FailureActionName>,
    concurrency: ConcurrencyView,
    /// Paths of jobs and flows that were skipped.
    disabled: Vec<String>,
    /// Flow parameters.
    properties: BTreeMap<String, String>,
    /// Properties of single jobs, by path.
    job_properties: BTreeMap<String, BTreeMap<String, String>>,
    notify: NotifyView,
}

/// What was to be done while the flow runs already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct ConcurrencyView {
    /// `ignore`, `skip` or `pipeline`.
    kind: &'static str,
    /// Of `pipeline`.
    level: Option<i32>,
    /// Of `pipeline`: the execution whose jobs this one waits for.
    on: Option<i64>,
}

/// Whom to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NotifyView {
    first_failure: bool,
    last_failure: bool,
    failure_emails: Vec<String>,
    success_emails: Vec<String>,
}

/// Entries of the disabled list as paths, sorted.
pub(in crate::api) fn paths(disabled: &[Disabled]) -> Vec<String> {
    let mut open: Vec<(String, &Disabled)> = disabled.iter().map(|entry| (String::new(), entry)).collect();
    let mut paths = Vec::new();
    while let Some((prefix, entry)) = open.pop() {
        match entry {
            Disabled::Node(id) => paths.push(format!("{prefix}{id}")),
            Disabled::Inside { id, children } => {
                open.extend(children.iter().map(|child| (format!("{prefix}{id}:"), child)));
            }
        }
    }
    paths.sort_unstable();
    paths
}

impl OptionsView {
    pub(super) fn new(view: &ExecutionView) -> Self {
        let options = &view.options;
        let (kind, level) = match options.concurrency {
            Concurrency::Skip => ("skip", None),
            Concurrency::Ignore { .. } => ("ignore", None),
            Concurrency::Pipeline { level } => ("pipeline", Some(level)),
        };
        let on = options.pipeline_execution.map(|id| id.0);
        Self {
            failure_action: options.failure_action.map(FailureActionName::from),
            concurrency: ConcurrencyView { kind, level, on },
            disabled: paths(&options.disabled),
            properties: props::mask(&options.flow_parameters),
            job_properties: options
                .runtime_properties
                .iter()
                .map(|(path, props)| (path.clone(), props::mask(props)))
                .collect(),
            notify: NotifyView {
                first_failure: options.notify_failure_first,
                last_failure: options.notify_failure_last,
                failure_emails: options.failure_emails.clone(),
                success_emails: options.success_emails.clone(),
            },
        }
    }

    /// Everything as flat keys and values, for comparing.
    pub(super) fn flat(&self) -> BTreeMap<String, String> {
        let mut flat = BTreeMap::new();
        let value = serde_json::to_value(self).unwrap_or_default();
        let mut open = vec![(String::new(), &value)];
        while let Some((key, value)) = open.pop() {
            match value {
                serde_json::Value::Object(map) => open.extend(map.iter().map(|(name, value)| {
                    let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                    (key, value)
                })),
                serde_json::Value::Null => {}
                serde_json::Value::String(text) => drop(flat.insert(key, text.clone())),
                other => drop(flat.insert(key, other.to_string())),
            }
        }
        flat
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disabled_entries_are_paths() {
        let inside = Disabled::Inside {
            id: "s".to_owned(),
            children: vec![
                Disabled::Node("b".to_owned()),
                Disabled::Inside { id: "t".to_owned(), children: vec![Disabled::Node("c".to_owned())] },
            ],
        };
        assert_eq!(paths(&[inside, Disabled::Node("a".to_owned())]), ["a", "s:b", "s:t:c"]);
    }
}
