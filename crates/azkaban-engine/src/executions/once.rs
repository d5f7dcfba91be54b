//! Submitting once, however often a client asks with the same key: after a broken connection, after a restart.

use azkaban_store::{KeyedSubmission, RequestKey};

use super::submit::{Decided, Origin, Prepared};
use super::{Beside, ExecuteFlow, SubmitError, Submitted};
use crate::error::Internal;
use crate::{Caller, Engine};

/// Milliseconds for which keys are remembered.
const REMEMBERED: i64 = 7 * 24 * 3_600_000;

/// A key that a client gave a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmitKey {
    /// The key; each user has their own.
    pub key: String,
    /// A digest of what is asked for.
    pub request: String,
}

/// Why nothing was submitted under a key.
#[derive(Debug, thiserror::Error)]
pub enum SubmitOnceError {
    /// The key belongs to a submission of something else.
    #[error("the key was used for another request")]
    KeyReused,
    /// As without a key.
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

impl From<Internal> for SubmitOnceError {
    fn from(error: Internal) -> Self {
        Self::Submit(error.into())
    }
}

impl Engine {
    /// Submits like [`Engine::execution_submit`], unless the caller did so with this key within the last week: then it
    /// answers with that execution. `true` if it is new.
    ///
    /// # Errors
    /// See [`SubmitOnceError`]; nothing is stored then.
    pub async fn execution_submit_once(
        &self,
        caller: &Caller,
        request: ExecuteFlow,
        key: SubmitKey,
    ) -> Result<(Submitted, bool), SubmitOnceError> {
        // A client that goes away must not leave behind an execution that is stored but never begun.
        let (engine, caller) = (self.clone(), caller.clone());
        let submit = async move { engine.submit_once(caller, request, key).await };
        tokio::spawn(submit).await.map_err(Internal::new)?
    }

    async fn submit_once(
        &self,
        caller: Caller,
        request: ExecuteFlow,
        key: SubmitKey,
    ) -> Result<(Submitted, bool), SubmitOnceError> {
        let store = &self.inner.store;
        let key = RequestKey {
            user: caller.user.name.clone(),
            key: key.key,
            request: key.request,
            forget_before: self.now().plus(-REMEMBERED),
        };
        // What was submitted stays so, whatever stands in the way of another one by now.
        if let Some(known) = store.request_key_get(&key).await.map_err(Internal::new)? {
            return answer(known);
        }
        let (project, flow_id) = (request.project.id, request.flow_id.clone());
        let Prepared { plan, start } = self.prepare(Origin::User(caller), request).await?;
        let decided = Decided::default();
        let told = decided.clone();
        let stored = store
            .execution_submit_keyed(project, &flow_id, key, move |facts| plan.decide(facts, &told))
            .await;
        match stored.map_err(Internal::new)?? {
            KeyedSubmission::New(id) => {
                let beside = self.begin(id, start, &decided)?;
                Ok((Submitted { id, beside }, true))
            }
            known => answer(known),
        }
    }
}

fn answer(known: KeyedSubmission) -> Result<(Submitted, bool), SubmitOnceError> {
    match known {
        KeyedSubmission::Known { same: false, .. } => Err(SubmitOnceError::KeyReused),
        KeyedSubmission::Known { id, .. } | KeyedSubmission::New(id) => {
            Ok((Submitted { id, beside: Beside::Alone }, false))
        }
    }
}
