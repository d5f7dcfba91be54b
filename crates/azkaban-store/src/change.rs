//! State changes as values.

use azkaban_core::ids::{ExecutionId, ProjectId, ProjectVersion, ScheduleId};
use azkaban_core::permission::PermissionSet;
use azkaban_core::props::Props;
use azkaban_core::time::UnixMillis;
use rusqlite::Connection;

use crate::api_token;
use crate::audit::{self, AuditEntry};
use crate::error::Result;
use crate::execution::{self, AttemptRow, ExecutionState, NodeState};
use crate::outbox::{self, NewOutboxItem, OutboxId};
use crate::personal;
use crate::project::{self, Grantee, ProjectEvent};
use crate::schedule;
use crate::server_state;
use crate::session::{self, SessionRow, TokenDigest};
use crate::sla::{self, SlaMissRow};

/// A change that needs no answer. Changes that depend on what is stored, or assign an id, are methods of
/// [`crate::Store`].
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Replaces an execution's state. Fails with `ExecutionEnded` if its status is terminal, or `ExecutionNotFound`.
    ExecutionUpdate(ExecutionState),
    /// Stores a node's state, whatever it was.
    NodeUpsert {
        /// The execution it belongs to.
        execution: ExecutionId,
        /// The state.
        node: NodeState,
    },
    /// Stores a new attempt. Fails with `AttemptExists`.
    AttemptInsert(AttemptRow),
    /// Replaces what is stored of an attempt. Fails with `AttemptNotFound`.
    AttemptUpdate(AttemptRow),

    /// Sets a project's description. Fails with `ProjectNotActive`.
    ProjectDescriptionSet {
        /// The project.
        project: ProjectId,
        /// Its new description.
        description: String,
        /// When.
        at: UnixMillis,
        /// Who.
        by: String,
    },
    /// Sets how a project may be uploaded (http-api §6, `getUploadSetting`). Fails with `ProjectNotActive`.
    ProjectUploadSettingsSet {
        /// The project.
        project: ProjectId,
        /// Only the privileged user may upload.
        upload_locked: bool,
        /// The feature flag `enable.project.adhoc.upload`.
        adhoc_upload: bool,
    },
    /// Sets what someone may do with a project; the empty set removes the entry.
    PermissionSet {
        /// The project.
        project: ProjectId,
        /// Who.
        grantee: Grantee,
        /// What.
        permissions: PermissionSet,
    },
    /// Adds a proxy user, if not there.
    ProxyUserInsert {
        /// The project.
        project: ProjectId,
        /// The user's name.
        name: String,
    },
    /// Removes a proxy user, if there.
    ProxyUserDelete {
        /// The project.
        project: ProjectId,
        /// The user's name.
        name: String,
    },
    /// Adds an entry to a project's audit log.
    ProjectEventInsert {
        /// The project.
        project: ProjectId,
        /// The entry.
        event: ProjectEvent,
    },
    /// Replaces the override of a node's properties, for one version of the project.
    PropertyOverrideSet {
        /// The project.
        project: ProjectId,
        /// The version.
        version: ProjectVersion,
        /// The flow's id.
        flow: String,
        /// The node's id.
        node: String,
        /// All of its properties.
        props: Props,
    },
    /// Locks a flow, with or without a message.
    FlowLockSet {
        /// The project.
        project: ProjectId,
        /// The flow's id.
        flow: String,
        /// Why.
        message: Option<String>,
        /// Who.
        by: String,
        /// When.
        at: UnixMillis,
    },
    /// Unlocks a flow, if locked.
    FlowLockDelete {
        /// The project.
        project: ProjectId,
        /// The flow's id.
        flow: String,
    },

    /// Adds an entry to the audit trail.
    AuditInsert(AuditEntry),
    /// Removes a schedule, if there.
    ScheduleDelete(ScheduleId),
    /// The same, but it is kept so that it can be restored, for as long as it is.
    ScheduleRemove {
        /// The schedule.
        id: ScheduleId,
        /// Now.
        at: UnixMillis,
        /// What was removed before this is forgotten.
        forget_before: UnixMillis,
    },
    /// Notes that a rule was missed; the last time counts.
    SlaMissSet(SlaMissRow),
    /// Removes every schedule of a project.
    SchedulesDelete {
        /// The project.
        project: ProjectId,
    },

    /// Stores a session, whatever was there.
    SessionUpsert(SessionRow),
    /// Notes when a session was last used, if it is there.
    SessionUse {
        /// The digest of its token.
        token: TokenDigest,
        /// When.
        at: UnixMillis,
    },
    /// Ends a session, if it is there.
    SessionDelete(TokenDigest),
    /// Ends every session that was last used before a time.
    SessionsExpire {
        /// The time.
        used_before: UnixMillis,
    },

    /// Notes when and from where an API token was last used, if it is there.
    ApiTokenUse {
        /// Its id.
        id: i64,
        /// When.
        at: UnixMillis,
        /// From which address.
        ip: String,
    },
    /// Revokes an API token, if it is there.
    ApiTokenDelete(i64),
    /// Removes a bookmark, if there.
    BookmarkDelete {
        /// Whose.
        user: String,
        /// The project.
        project: ProjectId,
        /// The flow; `None` is the mark of the project itself.
        flow: Option<String>,
    },
    /// Removes a saved view, if there.
    SavedViewDelete(i64),

    /// Stores something about the server as a whole under a name, whatever was there; `None` removes it.
    ServerStateSet {
        /// The name.
        name: &'static str,
        /// JSON, opaque here.
        value: Option<String>,
    },
    /// Stores something to send.
    OutboxInsert(NewOutboxItem),
    /// Notes that something could not be sent, if it is there.
    OutboxDefer {
        /// Which.
        id: OutboxId,
        /// It must not be tried again before this.
        due_at: UnixMillis,
    },
    /// Removes what was sent or given up, if it is there.
    OutboxDelete(OutboxId),
}

/// Applies all changes in order; stops at the first that fails.
pub(crate) fn apply(connection: &Connection, changes: &[Change]) -> Result<()> {
    changes.iter().try_for_each(|change| apply_one(connection, change))
}

fn apply_one(connection: &Connection, change: &Change) -> Result<()> {
    match change {
        Change::ExecutionUpdate(state) => execution::execution_update(connection, state),
        Change::NodeUpsert { execution, node } => execution::node_upsert(connection, *execution, node),
        Change::AttemptInsert(attempt) => execution::attempt_insert(connection, attempt),
        Change::AttemptUpdate(attempt) => execution::attempt_update(connection, attempt),
        Change::ProjectDescriptionSet { project, description, at, by } => {
            project::description_set(connection, *project, description, *at, by)
        }
        Change::ProjectUploadSettingsSet { project, upload_locked, adhoc_upload } => {
            project::upload_settings_set(connection, *project, *upload_locked, *adhoc_upload)
        }
        Change::PermissionSet { project, grantee, permissions } => {
            project::permission_set(connection, *project, grantee, permissions)
        }
        Change::ProxyUserInsert { project, name } => project::proxy_user_insert(connection, *project, name),
        Change::ProxyUserDelete { project, name } => project::proxy_user_delete(connection, *project, name),
        Change::ProjectEventInsert { project, event } => project::event_insert(connection, *project, event),
        Change::PropertyOverrideSet { project, version, flow, node, props } => {
            project::property_override_set(connection, *project, *version, flow, node, props)
        }
        Change::FlowLockSet { project, flow, message, by, at } => {
            project::flow_lock_set(connection, *project, flow, message.as_deref(), by, *at)
        }
        Change::FlowLockDelete { project, flow } => project::flow_lock_delete(connection, *project, flow),
        Change::AuditInsert(entry) => audit::insert(connection, entry),
        Change::ScheduleDelete(id) => schedule::delete(connection, *id),
        Change::ScheduleRemove { id, at, forget_before } => {
            schedule::remove(connection, *id, *at, *forget_before)
        }
        Change::SlaMissSet(miss) => sla::miss_set(connection, miss),
        Change::SchedulesDelete { project } => schedule::delete_all(connection, *project),
        Change::SessionUpsert(row) => session::upsert(connection, row),
        Change::SessionUse { token, at } => session::note_use(connection, token, *at),
        Change::SessionDelete(token) => session::delete(connection, token),
        Change::SessionsExpire { used_before } => session::expire(connection, *used_before),
        Change::ApiTokenUse { id, at, ip } => api_token::note_use(connection, *id, *at, ip),
        Change::ApiTokenDelete(id) => api_token::delete(connection, *id),
        Change::BookmarkDelete { user, project, flow } => {
            personal::bookmark_delete(connection, user, *project, flow.as_deref())
        }
        Change::SavedViewDelete(id) => personal::saved_view_delete(connection, *id),
        Change::ServerStateSet { name, value } => server_state::set(connection, name, value.as_deref()),
        Change::OutboxInsert(item) => outbox::insert(connection, item),
        Change::OutboxDefer { id, due_at } => outbox::defer(connection, *id, *due_at),
        Change::OutboxDelete(id) => outbox::delete(connection, *id),
    }
}
