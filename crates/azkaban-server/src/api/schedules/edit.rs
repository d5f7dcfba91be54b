//! Changing parts of a schedule: what a request does not name stays.

use std::collections::BTreeMap;

use axum::response::Response;
use azkaban_core::ids::ScheduleId;
use azkaban_core::options::ExecutionOptions;
use azkaban_core::permission::Permission;
use azkaban_core::props::{self, Props};
use azkaban_core::schedule::{MissedFires, Recurrence, Timing};
use azkaban_core::time::UnixMillis;
use azkaban_engine::{Action, ScheduleDraft, ScheduleError};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::times;
use super::view::{MissedName, ScheduleView, whole};
use super::{find, refused};
use crate::api::extract::{Json, Path, Signed};
use crate::api::flows::{ConcurrencyRequest, ExecuteRequest, FailureActionName};
use crate::api::problem::{Answer, Problem};
use crate::api::session::reply;

/// Reads a key that may be null, apart from one that is absent.
fn named<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// What is to be different about a schedule. What is absent stays.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct ScheduleChange {
    /// A Quartz expression.
    cron: Option<String>,
    /// An IANA name.
    time_zone: Option<String>,
    /// What becomes of missed fires.
    missed: Option<MissedName>,
    /// The last instant at which it may fire; null for no end.
    #[serde(deserialize_with = "named")]
    #[schema(value_type = Option<i64>)]
    end_at: Option<Option<i64>>,
    /// How its executions are started.
    options: OptionsChange,
}

/// What is to be different about how executions are started. What is absent stays.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct OptionsChange {
    /// What a failure does; null for the flow's own rule.
    #[serde(deserialize_with = "named")]
    #[schema(value_type = Option<FailureActionName>)]
    failure_action: Option<Option<FailureActionName>>,
    /// What to do while the flow runs already.
    concurrency: Option<ConcurrencyRequest>,
    /// Paths of jobs and flows to skip.
    disabled: Option<Vec<String>>,
    /// Flow parameters, all of them. A secret that is sent back masked, as it was shown, stays what it is.
    properties: Option<BTreeMap<String, String>>,
    /// Properties of single jobs, all of them, by path; secrets as in `properties`.
    job_properties: Option<BTreeMap<String, BTreeMap<String, String>>>,
    /// Whom to tell.
    notify: NotifyChange,
}

/// What is to be different about whom to tell. What is absent stays.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct NotifyChange {
    /// At the first failure.
    first_failure: Option<bool>,
    /// At the end of a failed execution.
    last_failure: Option<bool>,
    /// Addresses for failures; null for the flow's own.
    #[serde(deserialize_with = "named")]
    #[schema(value_type = Option<Vec<String>>)]
    failure_emails: Option<Option<Vec<String>>>,
    /// Addresses for success; null for the flow's own.
    #[serde(deserialize_with = "named")]
    #[schema(value_type = Option<Vec<String>>)]
    success_emails: Option<Option<Vec<String>>>,
}

impl OptionsChange {
    /// What is named, as a request of its own in which the rest has its defaults.
    fn request(&self) -> ExecuteRequest {
        let mut request = ExecuteRequest {
            failure_action: self.failure_action.flatten(),
            concurrency: self.concurrency,
            disabled: self.disabled.clone().unwrap_or_default(),
            properties: self.properties.clone().unwrap_or_default(),
            job_properties: self.job_properties.clone().unwrap_or_default(),
            ..ExecuteRequest::default()
        };
        let notify = &mut request.notify;
        notify.first_failure = self.notify.first_failure.unwrap_or(notify.first_failure);
        notify.last_failure = self.notify.last_failure.unwrap_or(notify.last_failure);
        notify.failure_emails = self.notify.failure_emails.clone().flatten();
        notify.success_emails = self.notify.success_emails.clone().flatten();
        request
    }

    /// Takes what is named from `given`, which was made from [`OptionsChange::request`].
    fn apply(&self, options: &mut ExecutionOptions, given: ExecutionOptions) {
        if self.failure_action.is_some() {
            options.failure_action = given.failure_action;
            options.failure_action_override = given.failure_action_override;
        }
        if self.concurrency.is_some() {
            options.concurrency = given.concurrency;
        }
        if self.disabled.is_some() {
            options.disabled = given.disabled;
        }
        if self.properties.is_some() {
            options.flow_parameters = unmasked(given.flow_parameters, Some(&options.flow_parameters));
        }
        if self.job_properties.is_some() {
            let stored = std::mem::take(&mut options.runtime_properties);
            let given = given.runtime_properties.into_iter();
            options.runtime_properties = given
                .map(|(path, props)| {
                    let props = unmasked(props, stored.get(&path));
                    (path, props)
                })
                .collect();
        }
        if self.notify.first_failure.is_some() {
            options.notify_failure_first = given.notify_failure_first;
        }
        if self.notify.last_failure.is_some() {
            options.notify_failure_last = given.notify_failure_last;
        }
        if self.notify.failure_emails.is_some() {
            options.failure_emails = given.failure_emails;
            options.failure_emails_override = given.failure_emails_override;
        }
        if self.notify.success_emails.is_some() {
            options.success_emails = given.success_emails;
            options.success_emails_override = given.success_emails_override;
        }
    }
}

/// Properties in which what is as it was shown stays as it was stored.
fn unmasked(mut given: Props, stored: Option<&Props>) -> Props {
    let Some(stored) = stored else { return given };
    let shown = props::mask(stored);
    for (key, value) in &mut given {
        if shown.get(key) == Some(value)
            && let Some(old) = stored.get(key)
        {
            value.clone_from(old);
        }
    }
    given
}

/// Changes parts of a schedule; what is absent stays, and so do its id, its history and a pause. Who changes how its
/// executions are started submits them from then on.
#[utoipa::path(patch, path = "/schedules/{id}", tag = "schedules", operation_id = "editSchedule",
    params(("id" = i64, Path, description = "Its id.")), request_body = ScheduleChange,
    responses((status = 200, description = "The schedule.", body = ScheduleView)))]
pub(super) async fn edit(
    signed: Signed,
    Path(id): Path<i64>,
    Json(change): Json<ScheduleChange>,
) -> Answer<Response> {
    let (project, schedule) = find(&signed, id)?;
    signed.require_to(Action::ScheduleEdit, &project, Permission::Schedule).await?;
    let cron = change.cron.as_deref().map(times::cron).transpose()?;
    let zone = change.time_zone.as_deref().map(|name| times::zone(&signed, Some(name))).transpose()?;
    let graph = signed.engine().flow_graph(project.id, project.version, &schedule.flow.flow_id).await?;
    let graph = graph.ok_or_else(|| Problem::not_found("flow"))?;
    let given =
        change.options.request().options(&signed, &graph).map_err(|problem| problem.inside("options"))?;
    let now = signed.engine().now();
    let is_moved = cron.is_some() || zone.is_some();
    let only_end = cron.is_none() && change.end_at.is_some();
    let edit = move |draft: &mut ScheduleDraft| {
        if let Some(cron) = cron.filter(|cron| !is_same(&draft.timing.recurrence, cron.text())) {
            draft.timing.recurrence = Recurrence::Cron(Box::new(cron));
            draft.timing.first = now;
        }
        if let Some(zone) = zone {
            draft.timing.zone = zone;
        }
        match change.end_at {
            Some(Some(end)) => draft.timing.end = UnixMillis(end),
            Some(None) => lift_end(&mut draft.timing, now),
            // What had no end has none with other times either.
            None if is_moved && draft.timing.is_endless() => lift_end(&mut draft.timing, now),
            None => {}
        }
        draft.missed = change.missed.map_or(draft.missed, MissedFires::from);
        change.options.apply(&mut draft.options, given);
        Ok::<_, Problem>(())
    };
    let edited = signed.engine().schedule_edit(&signed.caller, ScheduleId(id), edit).await;
    let edited = edited.map_err(|error| match error {
        ScheduleError::NeverFires if only_end => {
            Problem::invalid("endAt", "neverFires", "It would never fire before this.")
        }
        error => refused(error),
    })??;
    Ok(reply(&whole(&signed, project, edited).await?))
}

fn lift_end(timing: &mut Timing, now: UnixMillis) {
    let Timing { recurrence, zone, first, .. } = timing.clone();
    *timing = Timing::endless(recurrence, zone, first, now);
}

fn is_same(recurrence: &Recurrence, cron: &str) -> bool {
    matches!(recurrence, Recurrence::Cron(now) if now.text() == cron)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(body: serde_json::Value) -> OptionsChange {
        serde_json::from_value(body).unwrap()
    }

    fn props(pairs: &[(&str, &str)]) -> Props {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_key_that_is_null_is_not_one_that_is_absent() {
        assert!(change(serde_json::json!({})).failure_action.is_none());
        assert!(matches!(change(serde_json::json!({"failureAction": null})).failure_action, Some(None)));
        let emails = change(serde_json::json!({"notify": {"failureEmails": null}})).notify.failure_emails;
        assert_eq!(emails, Some(None));
    }

    #[test]
    fn what_is_not_named_stays() {
        let mut options = ExecutionOptions {
            failure_emails: vec!["a@x".to_owned()],
            failure_emails_override: true,
            notify_failure_first: false,
            flow_parameters: props(&[("ds", "1"), ("db.password", "secret")]),
            ..ExecutionOptions::default()
        };
        let before = options.clone();
        change(serde_json::json!({})).apply(&mut options, ExecutionOptions::default());
        assert_eq!(options, before);
        let given = ExecutionOptions {
            flow_parameters: props(&[("ds", "2"), ("db.password", "[MASKED]")]),
            ..ExecutionOptions::default()
        };
        change(serde_json::json!({"properties": {}})).apply(&mut options, given);
        assert_eq!(options.flow_parameters, props(&[("ds", "2"), ("db.password", "secret")]));
        assert_eq!(options.failure_emails, before.failure_emails);
    }

    #[test]
    fn only_what_was_shown_masked_is_taken_as_unchanged() {
        let stored = props(&[("a.token", "x"), ("plain", "[MASKED]")]);
        let given = props(&[("a.token", "new"), ("b.token", "[MASKED]")]);
        assert_eq!(unmasked(given.clone(), Some(&stored)), given);
    }
}
