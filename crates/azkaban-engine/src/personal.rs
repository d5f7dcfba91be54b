//! What users keep for themselves on the server, so that every browser of theirs has it: bookmarks and saved views.

use std::sync::Arc;

use azkaban_core::permission::Permission;
use azkaban_core::time::UnixMillis;
use azkaban_store::{BookmarkRow, Change, SavedViewRow, SavedViewWrite};

use crate::error::{Internal, Kind};
use crate::projects::Project;
use crate::users::Caller;
use crate::{Engine, clock};

/// Bookmarks of one user at most.
const MAX_BOOKMARKS: usize = 1_000;
/// Views of one user at most.
const MAX_VIEWS: usize = 200;
/// The longest name, in characters.
const MAX_NAME: usize = 100;
/// The longest query of a view, in bytes.
const MAX_QUERY: usize = 4_000;
/// The longest id of a flow that is marked, in bytes.
const MAX_FLOW: usize = 1_000;

/// A project or flow that a user marked.
#[derive(Debug, Clone)]
pub struct Bookmark {
    /// The project, an active one.
    pub project: Arc<Project>,
    /// The flow; `None` marks the project itself. It may be gone by now.
    pub flow: Option<String>,
    /// When.
    pub at: UnixMillis,
}

/// A view to save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewView {
    /// Its name, 1 to 100 characters, another one than those of the user's other views.
    pub name: String,
    /// The query of the page's address, 4000 bytes at most.
    pub query: String,
    /// Everybody sees it.
    pub shared: bool,
}

/// What to change of a view; `None` leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ViewChange {
    /// Its name.
    pub name: Option<String>,
    /// The query of the page's address.
    pub query: Option<String>,
    /// Everybody sees it.
    pub shared: Option<bool>,
}

/// Why nothing was kept.
#[derive(Debug)]
pub enum PersonalError {
    /// There is no such view that the caller may change.
    NotFound,
    /// The name is empty, too long or has control characters.
    NameInvalid,
    /// Another view of the user has this name.
    NameTaken,
    /// A query or the id of a flow is too long.
    TooLong {
        /// In bytes.
        limit: usize,
    },
    /// The user has as many as there may be.
    TooMany {
        /// That number.
        limit: usize,
    },
    /// Our fault.
    Internal(Internal),
}

impl PersonalError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotFound => Kind::NotFound,
            Self::NameInvalid | Self::TooLong { .. } => Kind::Invalid,
            Self::NameTaken | Self::TooMany { .. } => Kind::Conflict,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

impl From<azkaban_store::Error> for PersonalError {
    fn from(error: azkaban_store::Error) -> Self {
        Self::Internal(Internal::new(error))
    }
}

/// What somebody calls a thing of theirs, as it is kept: 1 to 100 characters, none of them a control character.
pub(crate) fn short_name(text: &str) -> Option<String> {
    let name = text.trim();
    let is_fine = !name.is_empty() && name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control);
    is_fine.then(|| name.to_owned())
}

/// The name of a view.
fn name(text: &str) -> Result<String, PersonalError> {
    short_name(text).ok_or(PersonalError::NameInvalid)
}

fn query(text: String) -> Result<String, PersonalError> {
    if text.len() > MAX_QUERY { Err(PersonalError::TooLong { limit: MAX_QUERY }) } else { Ok(text) }
}

impl Engine {
    /// The caller's bookmarks in active projects, the newest first.
    pub async fn bookmarks(&self, caller: &Caller) -> Result<Vec<Bookmark>, Internal> {
        let rows = self.inner.store.bookmarks_list(&caller.user.name).await.map_err(Internal::new)?;
        let found = rows.into_iter().filter_map(|row| {
            let project = self.project_active(row.project)?;
            Some(Bookmark { project, flow: row.flow, at: row.created_at })
        });
        Ok(found.collect())
    }

    /// Marks a project, or one of its flows, for the caller.
    ///
    /// # Errors
    /// See [`PersonalError`].
    pub async fn bookmark_set(
        &self,
        caller: &Caller,
        project: &Project,
        flow: Option<String>,
    ) -> Result<(), PersonalError> {
        if flow.as_ref().is_some_and(|flow| flow.len() > MAX_FLOW) {
            return Err(PersonalError::TooLong { limit: MAX_FLOW });
        }
        let row = BookmarkRow { project: project.id, flow, created_at: clock::now() };
        if self.inner.store.bookmark_put(&caller.user.name, row, MAX_BOOKMARKS).await? {
            Ok(())
        } else {
            Err(PersonalError::TooMany { limit: MAX_BOOKMARKS })
        }
    }

    /// Takes a mark of the caller's away, if there is one.
    pub async fn bookmark_remove(
        &self,
        caller: &Caller,
        project: &Project,
        flow: Option<String>,
    ) -> Result<(), Internal> {
        let user = caller.user.name.clone();
        let change = Change::BookmarkDelete { user, project: project.id, flow };
        self.inner.store.commit(vec![change]).await.map_err(Internal::new)
    }

    /// The caller's views and those that others share: the caller's first, then by name.
    pub async fn views(&self, caller: &Caller) -> Result<Vec<SavedViewRow>, Internal> {
        self.inner.store.saved_views_list(&caller.user.name).await.map_err(Internal::new)
    }

    /// Saves a view of the caller's.
    ///
    /// # Errors
    /// See [`PersonalError`].
    pub async fn view_create(&self, caller: &Caller, new: NewView) -> Result<SavedViewRow, PersonalError> {
        let now = clock::now();
        let mut row = SavedViewRow {
            id: 0,
            user: caller.user.name.clone(),
            name: name(&new.name)?,
            query: query(new.query)?,
            shared: new.shared,
            created_at: now,
            updated_at: now,
        };
        row.id = stored(self.inner.store.saved_view_create(row.clone(), MAX_VIEWS).await?)?;
        Ok(row)
    }

    /// Changes a view of the caller's.
    ///
    /// # Errors
    /// See [`PersonalError`].
    pub async fn view_update(
        &self,
        caller: &Caller,
        id: i64,
        change: ViewChange,
    ) -> Result<SavedViewRow, PersonalError> {
        let mut row = self.own_view(caller, id).await?;
        if let Some(text) = change.name {
            row.name = name(&text)?;
        }
        if let Some(text) = change.query {
            row.query = query(text)?;
        }
        row.shared = change.shared.unwrap_or(row.shared);
        row.updated_at = clock::now();
        stored(self.inner.store.saved_view_update(row.clone()).await?)?;
        Ok(row)
    }

    /// Deletes a view of the caller's; administrators also delete what others share.
    ///
    /// # Errors
    /// See [`PersonalError`].
    pub async fn view_delete(&self, caller: &Caller, id: i64) -> Result<(), PersonalError> {
        let row = self.inner.store.saved_view_get(id).await?.ok_or(PersonalError::NotFound)?;
        let may =
            row.user == caller.user.name || (row.shared && self.role_grants(&caller.user, Permission::Admin));
        if !may {
            return Err(PersonalError::NotFound);
        }
        Ok(self.inner.store.commit(vec![Change::SavedViewDelete(id)]).await?)
    }

    async fn own_view(&self, caller: &Caller, id: i64) -> Result<SavedViewRow, PersonalError> {
        let row = self.inner.store.saved_view_get(id).await?;
        row.filter(|row| row.user == caller.user.name).ok_or(PersonalError::NotFound)
    }
}

fn stored(outcome: SavedViewWrite) -> Result<i64, PersonalError> {
    match outcome {
        SavedViewWrite::Stored(id) => Ok(id),
        SavedViewWrite::NameTaken => Err(PersonalError::NameTaken),
        SavedViewWrite::TooMany => Err(PersonalError::TooMany { limit: MAX_VIEWS }),
        SavedViewWrite::NotFound => Err(PersonalError::NotFound),
    }
}
