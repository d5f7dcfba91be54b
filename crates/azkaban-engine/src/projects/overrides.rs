//! Overridden job properties and locks on flows of a project (http-api §6, projects-and-jobs §1.8).

use std::fmt::Write;

use azkaban_core::ids::{ProjectId, ProjectVersion};
use azkaban_core::project::FlowFormat;
use azkaban_core::props::Props;
use azkaban_core::time::UnixMillis;
use azkaban_store::{AuditEntry, Change};

use super::{FlowLock, Project, ProjectEventKind, Projects, event};
use crate::audit::{self, Action};
use crate::error::{Internal, Kind};
use crate::mail::{Notice, PendingMail};
use crate::users::Caller;

/// In Flow 1.0 an override belongs to the job's name, whatever flow it runs in (`<job>.jor`): it is kept under no flow.
const ANY_FLOW: &str = "";

/// Why properties were not overridden.
#[derive(Debug)]
pub enum OverrideError {
    /// The project has no such flow.
    FlowNotFound,
    /// The flow has no such job.
    JobNotFound,
    /// The project is locked by an upload of the privileged user, and such locks count for overrides.
    UploadLocked,
    /// The project is deleted.
    ProjectGone,
    /// Our fault.
    Internal(Internal),
}

impl OverrideError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::FlowNotFound | Self::JobNotFound | Self::ProjectGone => Kind::NotFound,
            Self::UploadLocked => Kind::Conflict,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

impl From<Internal> for OverrideError {
    fn from(error: Internal) -> Self {
        Self::Internal(error)
    }
}

/// Why a flow was not locked or unlocked.
#[derive(Debug)]
pub enum FlowLockError {
    /// The project has no such flow.
    FlowNotFound,
    /// The project is deleted.
    ProjectGone,
    /// Our fault.
    Internal(Internal),
}

impl From<Internal> for FlowLockError {
    fn from(error: Internal) -> Self {
        Self::Internal(error)
    }
}

impl FlowLockError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::FlowNotFound | Self::ProjectGone => Kind::NotFound,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

/// What the audit log says of an override: the parts that are not empty (http-api §15).
fn difference(old: &Props, new: &Props) -> String {
    let mut text = String::new();
    let mut part = |title: &str, entries: Vec<String>, end: &str| {
        if !entries.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(text, "{title} Properties: {}{end}", entries.concat());
        }
    };
    let missing_in = |other: &Props, props: &Props| {
        let missing = props.iter().filter(|(key, _)| !other.contains_key(*key));
        missing.map(|(key, value)| format!("[ {key}, {value}], ")).collect::<Vec<_>>()
    };
    part("Newly created", missing_in(old, new), "\n");
    part("Deleted", missing_in(new, old), "\n");
    let modified = new.iter().filter_map(|(key, value)| {
        let before = old.get(key).filter(|before| *before != value)?;
        Some(format!("[ {key}, {before}-->{value}], "))
    });
    part("Modified", modified.collect(), "");
    text
}

impl Projects {
    /// Replaces all properties of a job in the project's current version, from its next start on.
    pub(crate) async fn override_set(
        &self,
        caller: &Caller,
        project: &Project,
        flow: &str,
        job: &str,
        props: Props,
        now: UnixMillis,
    ) -> Result<(), OverrideError> {
        if self.shared.settings.overrides_are_locked(project) {
            let entry = AuditEntry {
                flow: Some(flow.to_owned()),
                details: audit::details(format!("job {job}: the project is locked by an upload")),
                ..caller.does_with(Action::PropertiesOverride, project.id, now)
            };
            self.shared.audit.refused(entry).await;
            return Err(OverrideError::UploadLocked);
        }
        let model = self.model(project.id, project.version).await?;
        let defined = model.flows.get(flow).ok_or(OverrideError::FlowNotFound)?;
        if !defined.nodes.contains_key(job) {
            return Err(OverrideError::JobNotFound);
        }
        let old = self.override_get(project.id, project.version, flow, job).await?.unwrap_or_default();
        let difference = difference(&old, &props);
        let mail = PendingMail::new(&defined.override_emails, || Notice::PropertiesOverridden {
            user: caller.user.name.clone(),
            project: project.name.clone(),
            flow: flow.to_owned(),
            job: job.to_owned(),
            difference: difference.clone(),
        });
        let mail = mail.filter(|_| self.shared.settings.sends_mail).and_then(|mail| mail.item(now, now));
        let event = event(ProjectEventKind::PropertyOverride, &caller.user, now, Some(difference));
        // Without the values: they may be secrets, and the audit trail is kept for long.
        let keys: Vec<&str> = props.keys().map(String::as_str).collect();
        let entry = AuditEntry {
            flow: Some(flow.to_owned()),
            details: audit::details(format!("job {job}: {}", keys.join(", "))),
            ..caller.does_with(Action::PropertiesOverride, project.id, now)
        };
        let flow = if model.format == FlowFormat::V1 { ANY_FLOW } else { flow };
        let mut changes = vec![
            Change::PropertyOverrideSet {
                project: project.id,
                version: project.version,
                flow: flow.to_owned(),
                node: job.to_owned(),
                props,
            },
            Change::ProjectEventInsert { project: project.id, event },
            Change::AuditInsert(entry),
        ];
        changes.extend(mail.map(Change::OutboxInsert));
        self.commit_as(project.id, |_| Ok(changes)).await?.unwrap_or(Err(OverrideError::ProjectGone))
    }

    /// The properties that replace those of a job, if somebody has overridden them. A point read.
    pub(crate) async fn override_get(
        &self,
        id: ProjectId,
        version: ProjectVersion,
        flow: &str,
        job: &str,
    ) -> Result<Option<Props>, Internal> {
        let model = self.model(id, version).await?;
        let flow = if model.format == FlowFormat::V1 { ANY_FLOW } else { flow };
        self.shared.store.property_override_get(id, version, flow, job).await.map_err(Internal::new)
    }

    /// Locks a flow of the current version against execution, with or without a message, or unlocks it. Unlike in
    /// Azkaban the lock outlives uploads and restarts (http-api §4.4).
    pub(crate) async fn flow_lock_set(
        &self,
        caller: &Caller,
        project: &Project,
        flow: &str,
        lock: Option<Option<String>>,
        now: UnixMillis,
    ) -> Result<(), FlowLockError> {
        let model = self.model(project.id, project.version).await?;
        if !model.flows.contains_key(flow) {
            return Err(FlowLockError::FlowNotFound);
        }
        let (project, flow) = (project.id, flow.to_owned());
        let action = if lock.is_some() { Action::FlowLock } else { Action::FlowUnlock };
        let entry = AuditEntry {
            flow: Some(flow.clone()),
            details: lock.as_ref().and_then(|message| audit::details(message.as_deref()?)),
            ..caller.does_with(action, project, now)
        };
        let change = match lock {
            Some(message) => {
                Change::FlowLockSet { project, flow, message, by: caller.user.name.clone(), at: now }
            }
            None => Change::FlowLockDelete { project, flow },
        };
        let changes = vec![change, Change::AuditInsert(entry)];
        self.commit_as(project, |_| Ok(changes)).await?.unwrap_or(Err(FlowLockError::ProjectGone))
    }

    /// The lock on a flow of an active project.
    pub(crate) fn flow_lock_get(&self, id: ProjectId, flow: &str) -> Option<FlowLock> {
        self.shared.index.by_id(id)?.flow_locks.get(flow).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn props(pairs: &[(&str, &str)]) -> Props {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_override_is_described_by_what_differs() {
        for (old, new, expected) in [
            (&[][..], &[][..], ""),
            (&[], &[("a", "1"), ("b", "2")], "Newly created Properties: [ a, 1], [ b, 2], \n"),
            (&[("a", "1")], &[], "Deleted Properties: [ a, 1], \n"),
            (
                &[("a", "1"), ("same", "x")],
                &[("a", "2"), ("same", "x")],
                "Modified Properties: [ a, 1-->2], ",
            ),
            (
                &[("a", "1"), ("m", "1")],
                &[("b", "2"), ("m", "2")],
                "Newly created Properties: [ b, 2], \nDeleted Properties: [ a, 1], \nModified Properties: [ m, 1-->2], ",
            ),
        ] {
            assert_eq!(difference(&props(old), &props(new)), expected);
        }
    }
}
