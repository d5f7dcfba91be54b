//! Submissions that happen once however often they are asked for: the client's key is stored with the execution.

use azkaban_core::ids::{ExecutionId, ProjectId};
use azkaban_core::time::UnixMillis;
use rusqlite::Connection;

use super::submit::{RunningFacts, Submission, insert};
use crate::error::Result;
use crate::query::first;
use crate::store::Store;

/// Keys that are forgotten with one submission at most.
const FORGOTTEN_AT_ONCE: i64 = 100;

/// A key that a client gave a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Whose key.
    pub user: String,
    /// The key; unique among the user's.
    pub key: String,
    /// A digest of what was asked for.
    pub request: String,
    /// Keys from before this time are forgotten.
    pub forget_before: UnixMillis,
}

/// What became of a submission with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyedSubmission {
    /// It is stored now.
    New(ExecutionId),
    /// It was stored before.
    Known {
        /// As this execution.
        id: ExecutionId,
        /// What was asked for then is what is asked for now.
        same: bool,
    },
}

impl Store {
    /// What was submitted with a key. A point read.
    pub async fn request_key_get(&self, key: &RequestKey) -> Result<Option<KeyedSubmission>> {
        self.read(|connection| known(connection, key))
    }

    /// Submits like [`Store::execution_submit`], unless that was done with this key before.
    pub async fn execution_submit_keyed<R, F>(
        &self,
        project: ProjectId,
        flow: &str,
        key: RequestKey,
        decide: F,
    ) -> Result<std::result::Result<KeyedSubmission, R>>
    where
        F: FnOnce(&RunningFacts) -> std::result::Result<Submission, R> + Send + 'static,
        R: Send + 'static,
    {
        let flow = flow.to_owned();
        self.write(move |connection| {
            forget(connection, key.forget_before)?;
            if let Some(known) = known(connection, &key)? {
                return Ok(Ok(known));
            }
            let submission = match decide(&RunningFacts::read(connection, project, &flow)?) {
                Ok(submission) => submission,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let id = insert(connection, project, &flow, &submission)?;
            connection
                .prepare_cached(
                    "INSERT INTO request_key (user_name, key, request, execution_id, created_at)
                     VALUES (?, ?, ?, ?, ?)",
                )?
                .execute((&key.user, &key.key, &key.request, id.0, submission.submitted_at.0))?;
            Ok(Ok(KeyedSubmission::New(id)))
        })
        .await
    }
}

fn known(connection: &Connection, key: &RequestKey) -> Result<Option<KeyedSubmission>> {
    first(
        connection,
        "SELECT execution_id, request FROM request_key WHERE user_name = ? AND key = ?",
        (&key.user, &key.key),
        |row| {
            let request: String = row.get(1)?;
            Ok(KeyedSubmission::Known { id: ExecutionId(row.get(0)?), same: request == key.request })
        },
    )
}

fn forget(connection: &Connection, before: UnixMillis) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM request_key WHERE (user_name, key) IN
             (SELECT user_name, key FROM request_key WHERE created_at < ? ORDER BY created_at LIMIT ?)",
        )?
        .execute((before.0, FORGOTTEN_AT_ONCE))?;
    Ok(())
}
