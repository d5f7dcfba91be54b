//! Sending what the outbox holds: at least once and normally once, never in the way of a flow, again after a pause where
//! the other side cannot be reached, and on after a restart.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use azkaban_core::time::UnixMillis;
use azkaban_store::{Change, NewOutboxItem, OutboxChannel, OutboxId, OutboxRow, Store};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::clock;

/// The longest wait between two looks at the store, so that a clock that jumps does no harm.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The pause after the database failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// What became of something to send.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was sent.
    Done {
        /// A part of it that is to be tried again, as a payload.
        rest: Option<String>,
    },
    /// Not now, for this reason.
    Again(String),
    /// It cannot be sent at all, for this reason.
    Never(String),
}

/// How often and how long something is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryRule {
    /// The pause after the first try; it doubles with each.
    pub(crate) first_pause: Duration,
    /// No pause is longer.
    pub(crate) longest_pause: Duration,
    /// Tries at most.
    pub(crate) max_tries: u32,
    /// It is given up when it is as old as this.
    pub(crate) max_age: Duration,
}

impl RetryRule {
    /// The pause after a number of tries without success, or `None` to give up.
    fn pause(&self, tries: u32, age: Duration) -> Option<Duration> {
        if tries >= self.max_tries || age >= self.max_age {
            return None;
        }
        let factor = 1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX);
        Some(self.first_pause.saturating_mul(factor).min(self.longest_pause))
    }
}

/// What sends the items of a channel.
pub(crate) trait Sender: Send + Sync + 'static {
    /// Whose items it sends.
    const CHANNEL: OutboxChannel;
    /// How often they are tried.
    const RETRY: RetryRule;

    /// How many are on their way at once.
    fn at_once(&self) -> usize;

    /// Sends one. Takes a bounded time.
    fn send(&self, row: &OutboxRow, now: UnixMillis) -> impl Future<Output = Outcome> + Send;
}

/// The loops that send. Each runs until it is stopped or the store is closed.
#[derive(Debug)]
pub(crate) struct Outbox {
    mail: Arc<Notify>,
    callbacks: Arc<Notify>,
    stopping: watch::Sender<bool>,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        let (mail, callbacks) = Default::default();
        Self { mail, callbacks, stopping: watch::Sender::new(false) }
    }

    fn bell(&self, channel: OutboxChannel) -> &Arc<Notify> {
        match channel {
            OutboxChannel::Mail => &self.mail,
            OutboxChannel::Callback => &self.callbacks,
        }
    }

    /// Items of a channel were stored.
    pub(crate) fn wake(&self, channel: OutboxChannel) {
        self.bell(channel).notify_one();
    }

    /// Sends what `S` can send, from now on.
    pub(crate) fn start<S: Sender>(&self, store: Store, sender: S) {
        let sending = Sending {
            store,
            sender: Arc::new(sender),
            bell: Arc::clone(self.bell(S::CHANNEL)),
            stopping: self.stopping.subscribe(),
            under_way: HashSet::new(),
            tasks: JoinSet::new(),
        };
        tokio::spawn(sending.run());
    }

    /// Begins no more and waits for what is on its way, so that a restart does not send it again.
    pub(crate) async fn stop(&self, limit: Duration) {
        self.stopping.send_replace(true);
        // The loops hold receivers until they have ended.
        let _ = tokio::time::timeout(limit, self.stopping.closed()).await;
    }
}

struct Sending<S> {
    store: Store,
    sender: Arc<S>,
    bell: Arc<Notify>,
    stopping: watch::Receiver<bool>,
    under_way: HashSet<OutboxId>,
    tasks: JoinSet<Option<OutboxId>>,
}

impl<S: Sender> Sending<S> {
    async fn run(mut self) {
        while !*self.stopping.borrow() {
            let wait = match self.begin().await {
                Ok(wait) => wait,
                Err(azkaban_store::Error::Closed) => break,
                Err(error) => {
                    tracing::error!(%error, "could not read the outbox; trying again");
                    STORE_PAUSE
                }
            };
            tokio::select! {
                () = self.bell.notified() => {}
                () = sleep(wait) => {}
                Some(ended) = self.tasks.join_next() => match ended {
                    Ok(Some(id)) => {
                        self.under_way.remove(&id);
                    }
                    Ok(None) => break,
                    Err(error) => {
                        tracing::error!(%error, "the outbox broke off; the next start goes on");
                        break;
                    }
                },
                _ = self.stopping.changed() => {}
            }
        }
        while self.tasks.join_next().await.is_some() {}
    }

    /// Begins to send what is due, as far as there is room, and answers how long to wait for more.
    async fn begin(&mut self) -> azkaban_store::Result<Duration> {
        let room = self.sender.at_once().max(1).saturating_sub(self.under_way.len());
        let now = clock::now();
        let mut left = false;
        if room > 0 {
            let limit = u32::try_from(self.under_way.len() + room + 1).unwrap_or(u32::MAX);
            let due = self.store.outbox_due_list(S::CHANNEL, now, limit).await?;
            let mut fresh = due.into_iter().filter(|row| !self.under_way.contains(&row.id));
            let begun: Vec<OutboxRow> = fresh.by_ref().take(room).collect();
            left = fresh.next().is_some();
            for row in begun {
                self.under_way.insert(row.id);
                let (store, sender) = (self.store.clone(), Arc::clone(&self.sender));
                self.tasks.spawn(deliver(store, sender, row));
            }
        }
        if left || room == 0 {
            // The end of one that is on its way makes room.
            return Ok(LONGEST_WAIT);
        }
        let next = self.store.outbox_next_due(S::CHANNEL, now).await?;
        Ok(next.map_or(LONGEST_WAIT, |at| clock::until(at).min(LONGEST_WAIT)))
    }
}

/// Sends one and stores what became of it; `None` if the store is closed.
async fn deliver<S: Sender>(store: Store, sender: Arc<S>, row: OutboxRow) -> Option<OutboxId> {
    let item = row.clone();
    // A task of its own: what panics in it is tried again like anything else.
    let sent = tokio::spawn(async move { sender.send(&item, clock::now()).await }).await;
    let outcome = sent.unwrap_or_else(|error| Outcome::Again(error.to_string()));
    let now = clock::now();
    let changes = match outcome {
        Outcome::Done { rest } => {
            let rest = rest.map(|payload| {
                let (channel, created_at) = (S::CHANNEL, row.created_at);
                let due_at = now.plus(millis(S::RETRY.first_pause));
                Change::OutboxInsert(NewOutboxItem { channel, payload, created_at, due_at })
            });
            std::iter::once(Change::OutboxDelete(row.id)).chain(rest).collect()
        }
        Outcome::Again(reason) => {
            let tries = row.tries.saturating_add(1);
            let age = Duration::from_millis(now.0.saturating_sub(row.created_at.0).max(0).unsigned_abs());
            match S::RETRY.pause(tries, age) {
                Some(pause) => {
                    tracing::warn!(tries, "not sent, trying again in {} s: {reason}", pause.as_secs());
                    vec![Change::OutboxDefer { id: row.id, due_at: now.plus(millis(pause)) }]
                }
                None => {
                    tracing::error!(tries, "not sent, given up: {reason}");
                    vec![Change::OutboxDelete(row.id)]
                }
            }
        }
        Outcome::Never(reason) => {
            tracing::error!("not sent, given up: {reason}");
            vec![Change::OutboxDelete(row.id)]
        }
    };
    loop {
        match store.commit(changes.clone()).await {
            Ok(()) => return Some(row.id),
            Err(azkaban_store::Error::Closed) => return None,
            Err(error) => {
                // Until this is stored the row stays under way, or it would be sent again.
                tracing::error!(%error, "could not note what was sent; trying again");
                sleep(STORE_PAUSE).await;
            }
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
