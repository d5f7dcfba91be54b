//! The users that the users file knows and their sessions, as administrators and they themselves see them.

use azkaban_core::permission::Permission;
use azkaban_store::AuditEntry;

use crate::audit::{self, Action};
use crate::error::{Internal, Kind};
use crate::sessions::{SessionInfo, SessionsToEnd, session_id};
use crate::users::{Caller, KnownUser};
use crate::{Engine, clock};

/// Why sessions were not ended.
#[derive(Debug)]
pub enum SessionEndError {
    /// They are somebody else's, and no role of the caller has ADMIN.
    NotAdmin,
    /// There is none of this id.
    NotFound,
    /// Our fault.
    Internal(Internal),
}

impl SessionEndError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotAdmin => Kind::Denied,
            Self::NotFound => Kind::NotFound,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

impl Engine {
    /// Every user of the users file, by name. Whether the caller may see them is the face's question.
    pub fn users_list(&self) -> Vec<KnownUser> {
        self.services().users.all()
    }

    /// Every living session, the one used last first. Whether the caller may see them is the face's question.
    pub fn sessions_list(&self) -> Vec<SessionInfo> {
        self.services().sessions.list(clock::now())
    }

    /// What names the session of a token in [`Engine::sessions_list`].
    pub fn session_id(&self, token: &str) -> String {
        session_id(token)
    }

    /// Ends sessions of `user`, as they themselves or an administrator ask; that it is refused is told in the audit trail.
    /// Returns how many ended.
    ///
    /// # Errors
    /// See [`SessionEndError`].
    pub async fn sessions_end(
        &self,
        caller: &Caller,
        user: &str,
        which: SessionsToEnd<'_>,
    ) -> Result<usize, SessionEndError> {
        let own = caller.user.name == user && caller.user.may_use(Permission::Admin);
        if !own && !self.role_permits(caller, Permission::Admin, Action::SessionEnd).await {
            return Err(SessionEndError::NotAdmin);
        }
        let entry = |count: usize| AuditEntry {
            details: audit::details(format!(
                "{count} {} of {user}",
                if count == 1 { "session" } else { "sessions" }
            )),
            ..caller.does(Action::SessionEnd, clock::now())
        };
        let ended =
            self.services().sessions.end(user, which, entry).await.map_err(SessionEndError::Internal)?;
        if ended == 0 && matches!(which, SessionsToEnd::One(_)) {
            return Err(SessionEndError::NotFound);
        }
        Ok(ended)
    }
}
