//! Sessions: who a request comes from (http-api §2).
//!
//! All living sessions are in memory, so that finding one costs a hash and a look-up; the store holds them by the SHA-256
//! of their token, for the time after a restart. When a session was last used is stored only now and then: after a crash
//! a session may end up to [`MAX_USE_LAG`] early.
//!
//! Unlike in Azkaban a session has the rights that its user has now: a user who is removed from the users file has no
//! session any more, nor has one whose password changed, and changed roles apply at once (config-and-security §16, number
//! 21).

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azkaban_core::text::hex;
use azkaban_core::time::UnixMillis;
use azkaban_store::{AuditEntry, Change, SessionRow, Store, TokenDigest};
use lru::LruCache;
use sha2::{Digest, Sha256};

use crate::audit::{self, Action};
use crate::error::{Internal, Kind};
use crate::random;
use crate::users::User;

/// The time of the last use is stored at most this often per session.
const MAX_USE_LAG: Duration = Duration::from_secs(300);
/// … and more often for short sessions: this part of their time to live.
const USE_LAG_PART: u32 = 10;
/// The longest token that is looked up, in bytes; ours have 36.
const MAX_TOKEN: usize = 128;

/// What a client shows to be recognised: a random UUID as text. Has no `Debug`, so that it does not reach a log.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(pub String);

/// Why no session is made.
#[derive(Debug)]
pub enum SessionRefused {
    /// This user has as many sessions from this address as `azkaban.session.max_number_per_ip_per_user` allows.
    TooMany {
        /// That number.
        limit: usize,
    },
    /// Our fault.
    Internal(Internal),
}

impl SessionRefused {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::TooMany { .. } => Kind::Unavailable,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

/// How long sessions live and how many there may be.
#[derive(Debug, Clone)]
pub(crate) struct SessionLimits {
    pub(crate) ttl: Duration,
    pub(crate) max: usize,
    pub(crate) max_per_ip_and_user: Option<usize>,
}

/// The living sessions.
pub(crate) struct Sessions {
    store: Store,
    ttl: i64,
    use_lag: i64,
    max_per_ip_and_user: Option<usize>,
    living: Mutex<Living>,
}

struct Living {
    /// The one used last comes first.
    by_token: LruCache<TokenDigest, Session>,
    by_origin: HashMap<(String, String), usize>,
}

struct Session {
    user: String,
    ip: String,
    created_at: UnixMillis,
    used_at: UnixMillis,
    stored_use: UnixMillis,
    seal: Option<[u8; 32]>,
}

/// A living session as its user and administrators see it: nobody can log in with what this says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// Tells it from the others.
    pub id: String,
    /// Who logged in.
    pub user: String,
    /// From which address.
    pub ip: String,
    /// When.
    pub created_at: UnixMillis,
    /// When a request last named it.
    pub used_at: UnixMillis,
}

/// Which sessions of a user to end.
#[derive(Debug, Clone, Copy)]
pub enum SessionsToEnd<'a> {
    /// The one with this id.
    One(&'a str),
    /// All but that of this token.
    AllBut(&'a str),
    /// All.
    All,
}

/// What a session says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The name of its user.
    pub(crate) user: String,
    /// What ties it to the password that was given then; `None` in sessions of releases that had no seals.
    pub(crate) seal: Option<[u8; 32]>,
}

impl Living {
    fn insert(&mut self, token: TokenDigest, session: Session) -> Option<TokenDigest> {
        *self.by_origin.entry((session.user.clone(), session.ip.clone())).or_default() += 1;
        let (pushed_out, session) = self.by_token.push(token, session)?;
        self.forget(&session);
        Some(pushed_out)
    }

    fn remove(&mut self, token: &TokenDigest) -> Option<Session> {
        self.by_token.pop(token).inspect(|session| self.forget(session))
    }

    fn forget(&mut self, session: &Session) {
        let origin = (session.user.clone(), session.ip.clone());
        if let Some(count) = self.by_origin.get_mut(&origin) {
            *count -= 1;
            if *count == 0 {
                self.by_origin.remove(&origin);
            }
        }
    }

    /// Drops the sessions that were last used before `time`; those used longest ago come first.
    fn expire(&mut self, time: UnixMillis) {
        while self.by_token.peek_lru().is_some_and(|(_, session)| session.used_at < time) {
            if let Some((_, session)) = self.by_token.pop_lru() {
                self.forget(&session);
            }
        }
    }
}

impl Sessions {
    /// Takes up the sessions of the time before a restart.
    pub(crate) async fn open(
        store: Store,
        limits: &SessionLimits,
        now: UnixMillis,
    ) -> Result<Self, azkaban_store::Error> {
        let ttl = millis(limits.ttl);
        let max = NonZeroUsize::new(limits.max).unwrap_or(NonZeroUsize::MIN);
        let mut living = Living { by_token: LruCache::sparse(max), by_origin: HashMap::new() };
        let rows = store.sessions_list(now.plus(-ttl)).await?;
        for row in rows.into_iter().take(max.get()).rev() {
            let session = Session {
                user: row.user,
                ip: row.ip,
                created_at: row.created_at,
                used_at: row.used_at,
                stored_use: row.used_at,
                seal: row.seal,
            };
            living.insert(row.token, session);
        }
        Ok(Self {
            store,
            ttl,
            use_lag: millis(MAX_USE_LAG.min(limits.ttl / USE_LAG_PART)),
            max_per_ip_and_user: limits.max_per_ip_and_user,
            living: Mutex::new(living),
        })
    }

    fn living(&self) -> MutexGuard<'_, Living> {
        self.living.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many live, including those that nobody has used since they ended.
    pub(crate) fn count(&self) -> usize {
        self.living().by_token.len()
    }

    /// The earliest last use of a session that lives.
    fn alive_since(&self, now: UnixMillis) -> UnixMillis {
        now.plus(-self.ttl)
    }

    /// Makes a session, durably. When there are too many in all, the one that was used longest ago ends. `seal` ties the
    /// token to the user's password.
    pub(crate) async fn create(
        &self,
        user: &User,
        ip: &str,
        seal: impl FnOnce(&str) -> Option<[u8; 32]>,
        now: UnixMillis,
    ) -> Result<SessionToken, SessionRefused> {
        let token = random::uuid().map_err(|error| SessionRefused::Internal(Internal::new(error)))?;
        let digest = digest(&token);
        let row = SessionRow {
            token: digest,
            user: user.name.clone(),
            ip: ip.to_owned(),
            created_at: now,
            used_at: now,
            seal: seal(&token),
        };
        let pushed_out = {
            let mut living = self.living();
            living.expire(self.alive_since(now));
            if let Some(limit) = self.max_per_ip_and_user
                && living
                    .by_origin
                    .get(&(row.user.clone(), row.ip.clone()))
                    .is_some_and(|count| *count >= limit)
            {
                return Err(SessionRefused::TooMany { limit });
            }
            living.insert(
                digest,
                Session {
                    user: row.user.clone(),
                    ip: row.ip.clone(),
                    created_at: now,
                    used_at: now,
                    stored_use: now,
                    seal: row.seal,
                },
            )
        };
        let mut changes = vec![
            Change::SessionUpsert(row),
            Change::AuditInsert(audit::done(&user.name, ip, Action::Login, now)),
            // What is stored of the last use may lag behind.
            Change::SessionsExpire { used_before: now.plus(-self.ttl - self.use_lag) },
        ];
        changes.extend(pushed_out.map(Change::SessionDelete));
        match self.store.commit(changes).await {
            Ok(()) => Ok(SessionToken(token)),
            Err(error) => {
                self.living().remove(&digest);
                Err(SessionRefused::Internal(Internal::new(error)))
            }
        }
    }

    /// Finds a living session and notes that it was used.
    pub(crate) fn find(&self, token: &str, now: UnixMillis) -> Option<Found> {
        if token.is_empty() || token.len() > MAX_TOKEN {
            return None;
        }
        let digest = digest(token);
        let (found, store_use) = {
            let mut living = self.living();
            let alive_since = self.alive_since(now);
            if living.by_token.peek(&digest)?.used_at < alive_since {
                living.remove(&digest);
                return None;
            }
            let session = living.by_token.get_mut(&digest)?;
            session.used_at = session.used_at.max(now);
            let store_use = session.used_at.0 - session.stored_use.0 >= self.use_lag;
            if store_use {
                session.stored_use = session.used_at;
            }
            let found = Found { user: session.user.clone(), seal: session.seal };
            (found, store_use)
        };
        if store_use {
            let store = self.store.clone();
            tokio::spawn(async move {
                if let Err(error) = store.commit(vec![Change::SessionUse { token: digest, at: now }]).await {
                    tracing::warn!("storing the last use of a session: {error}");
                }
            });
        }
        Some(found)
    }

    /// The living sessions, the one used last first.
    pub(crate) fn list(&self, now: UnixMillis) -> Vec<SessionInfo> {
        let alive_since = self.alive_since(now);
        let living = self.living();
        let alive = living.by_token.iter().filter(|(_, session)| session.used_at >= alive_since);
        alive
            .map(|(digest, session)| SessionInfo {
                id: id_of(digest),
                user: session.user.clone(),
                ip: session.ip.clone(),
                created_at: session.created_at,
                used_at: session.used_at,
            })
            .collect()
    }

    /// Ends sessions of a user and tells of it in the same commit. Returns how many ended; nothing is told of none.
    pub(crate) async fn end(
        &self,
        user: &str,
        which: SessionsToEnd<'_>,
        entry: impl FnOnce(usize) -> AuditEntry,
    ) -> Result<usize, Internal> {
        let kept = if let SessionsToEnd::AllBut(token) = which { Some(digest(token)) } else { None };
        let meant = |digest: &TokenDigest| match which {
            SessionsToEnd::One(id) => id_of(digest) == id,
            SessionsToEnd::AllBut(_) => Some(*digest) != kept,
            SessionsToEnd::All => true,
        };
        let found: Vec<TokenDigest> = {
            let living = self.living();
            let own =
                living.by_token.iter().filter(|(digest, session)| session.user == user && meant(digest));
            own.map(|(digest, _)| *digest).collect()
        };
        if found.is_empty() {
            return Ok(0);
        }
        let mut changes: Vec<Change> = found.iter().map(|digest| Change::SessionDelete(*digest)).collect();
        changes.push(Change::AuditInsert(entry(found.len())));
        self.store.commit(changes).await.map_err(Internal::new)?;
        let mut living = self.living();
        for digest in &found {
            living.remove(digest);
        }
        Ok(found.len())
    }

    /// Ends a session that its user's password does not fit any more.
    pub(crate) async fn revoke(&self, token: &str) {
        let digest = digest(token);
        if self.living().remove(&digest).is_some()
            && let Err(error) = self.store.commit(vec![Change::SessionDelete(digest)]).await
        {
            tracing::error!("removing a session from the store: {error}");
        }
    }

    /// Ends a session, if there is one, as a request from the address `ip` asks.
    pub(crate) async fn remove(&self, token: &str, ip: &str, now: UnixMillis) {
        if token.len() > MAX_TOKEN {
            return;
        }
        let digest = digest(token);
        let Some(session) = self.living().remove(&digest) else { return };
        let entry = audit::done(&session.user, ip, Action::Logout, now);
        let changes = vec![Change::SessionDelete(digest), Change::AuditInsert(entry)];
        if let Err(error) = self.store.commit(changes).await {
            tracing::error!("removing a session from the store: {error}");
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

/// What names a session without letting anybody in.
pub(crate) fn session_id(token: &str) -> String {
    id_of(&digest(token))
}

/// The beginning of the digest of a token: enough to tell sessions apart.
fn id_of(digest: &TokenDigest) -> String {
    hex(&digest.0[..12])
}

pub(crate) fn digest(token: &str) -> TokenDigest {
    TokenDigest(Sha256::digest(token.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const HOUR: i64 = 3_600_000;

    fn limits() -> SessionLimits {
        SessionLimits { ttl: Duration::from_secs(10 * 3600), max: 5, max_per_ip_and_user: None }
    }

    fn user(name: &str) -> User {
        User {
            name: name.to_owned(),
            groups: vec![],
            roles: vec![],
            proxies: vec![],
            email: None,
            token_scope: None,
        }
    }

    async fn open(folder: &Path, limits: &SessionLimits, now: i64) -> Sessions {
        let store = Store::open(&folder.join("azkaban.db")).unwrap();
        Sessions::open(store, limits, UnixMillis(now)).await.unwrap()
    }

    async fn create(sessions: &Sessions, name: &str, ip: &str, now: i64) -> Result<String, usize> {
        match sessions.create(&user(name), ip, |_| None, UnixMillis(now)).await {
            Ok(token) => Ok(token.0),
            Err(SessionRefused::TooMany { limit }) => Err(limit),
            Err(SessionRefused::Internal(error)) => panic!("{error}"),
        }
    }

    fn find(sessions: &Sessions, token: &str, now: i64) -> Option<String> {
        sessions.find(token, UnixMillis(now)).map(|found| found.user)
    }

    /// The use is stored in the background.
    async fn wait_for_stored_use(sessions: &Sessions, token: &str, expected: i64) {
        let stored =
            || async { sessions.store.session_get(digest(token)).await.unwrap().map(|row| row.used_at.0) };
        for _ in 0..2000 {
            if stored().await == Some(expected) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("stored use: {:?}, expected {expected}", stored().await);
    }

    #[tokio::test]
    async fn a_session_lives_as_long_as_it_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = open(folder.path(), &limits(), 0).await;
        let token = create(&sessions, "a", "1.2.3.4", 0).await.unwrap();
        assert_eq!(token.len(), 36);
        assert_eq!(&token[14..15], "4");
        for hour in [0, 9, 18, 27] {
            assert_eq!(find(&sessions, &token, hour * HOUR).as_deref(), Some("a"), "after {hour} hours");
        }
        assert_eq!(find(&sessions, &token, 38 * HOUR), None);
        assert_eq!(find(&sessions, &token, 28 * HOUR), None, "an expired session does not come back");
        for other in ["", "x", "a", &"x".repeat(1000)] {
            assert_eq!(find(&sessions, other, 0), None);
        }
    }

    #[tokio::test]
    async fn sessions_survive_a_restart_with_the_use_they_had() {
        let folder = tempfile::tempdir().unwrap();
        let (used, unused, removed) = {
            let sessions = open(folder.path(), &limits(), 0).await;
            let used = create(&sessions, "a", "ip", 0).await.unwrap();
            let unused = create(&sessions, "b", "ip", 0).await.unwrap();
            let removed = create(&sessions, "c", "ip", 0).await.unwrap();
            sessions.remove(&removed, "ip", UnixMillis(0)).await;
            assert_eq!(find(&sessions, &removed, 1), None);
            assert!(find(&sessions, &used, 9 * HOUR).is_some());
            wait_for_stored_use(&sessions, &used, 9 * HOUR).await;
            sessions.store.close().await;
            (used, unused, removed)
        };
        let sessions = open(folder.path(), &limits(), 12 * HOUR).await;
        assert!(find(&sessions, &used, 12 * HOUR).is_some());
        assert_eq!(find(&sessions, &unused, 12 * HOUR), None);
        assert_eq!(find(&sessions, &removed, 12 * HOUR), None);
    }

    #[tokio::test]
    async fn the_last_use_is_not_stored_with_each_request() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = open(folder.path(), &limits(), 0).await;
        let token = create(&sessions, "a", "ip", 0).await.unwrap();
        for second in 0..600 {
            assert!(find(&sessions, &token, second * 1000).is_some());
        }
        wait_for_stored_use(&sessions, &token, 300_000).await;
        assert!(find(&sessions, &token, 600_000).is_some());
        wait_for_stored_use(&sessions, &token, 600_000).await;
    }

    #[tokio::test]
    async fn the_number_of_sessions_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = open(folder.path(), &limits(), 0).await;
        let mut tokens = Vec::new();
        for i in 0..5 {
            tokens.push(create(&sessions, &format!("u{i}"), "ip", i).await.unwrap());
        }
        assert!(find(&sessions, &tokens[0], 10).is_some());
        tokens.push(create(&sessions, "u5", "ip", 11).await.unwrap());
        let alive: Vec<bool> = tokens.iter().map(|token| find(&sessions, token, 12).is_some()).collect();
        assert_eq!(alive, [true, false, true, true, true, true], "the one used longest ago ended");
        assert_eq!(sessions.store.sessions_list(UnixMillis(0)).await.unwrap().len(), 5);
    }

    #[tokio::test]
    async fn sessions_per_address_and_user_are_limited() {
        let folder = tempfile::tempdir().unwrap();
        let limits = SessionLimits { max_per_ip_and_user: Some(2), ..limits() };
        let sessions = open(folder.path(), &limits, 0).await;
        let first = create(&sessions, "a", "1", 0).await.unwrap();
        create(&sessions, "a", "1", HOUR).await.unwrap();
        assert_eq!(create(&sessions, "a", "1", HOUR).await, Err(2));
        assert!(create(&sessions, "a", "2", HOUR).await.is_ok());
        assert!(create(&sessions, "b", "1", HOUR).await.is_ok());
        sessions.remove(&first, "1", UnixMillis(HOUR)).await;
        let third = create(&sessions, "a", "1", 2 * HOUR).await.unwrap();
        assert_eq!(create(&sessions, "a", "1", 2 * HOUR).await, Err(2));
        assert!(create(&sessions, "a", "1", 12 * HOUR).await.is_ok(), "expired sessions do not count");
        assert_eq!(find(&sessions, &third, 12 * HOUR).as_deref(), Some("a"));
    }

    #[tokio::test]
    async fn expired_rows_are_cleaned() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = open(folder.path(), &limits(), 0).await;
        create(&sessions, "a", "ip", 0).await.unwrap();
        create(&sessions, "b", "ip", 11 * HOUR).await.unwrap();
        assert_eq!(sessions.store.sessions_list(UnixMillis(0)).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn sessions_are_listed_and_ended_by_an_id_that_lets_nobody_in() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = open(folder.path(), &limits(), 0).await;
        let mut tokens = Vec::new();
        for (number, name) in ["ann", "ann", "ann", "bob"].into_iter().enumerate() {
            tokens.push(create(&sessions, name, "ip", number as i64).await.unwrap());
        }
        let end = |user: &'static str, which| {
            let entry =
                move |count: usize| audit::done(user, &count.to_string(), Action::SessionEnd, UnixMillis(9));
            sessions.end(user, which, entry)
        };
        let first = session_id(&tokens[0]);
        assert!(!tokens[0].contains(&first) && find(&sessions, &first, 5).is_none());
        assert_eq!(end("bob", SessionsToEnd::One(&first)).await.unwrap(), 0, "not his");
        assert_eq!(end("ann", SessionsToEnd::One(&first)).await.unwrap(), 1);
        assert_eq!(end("ann", SessionsToEnd::AllBut(&tokens[2])).await.unwrap(), 1);
        let left: Vec<_> =
            sessions.list(UnixMillis(5)).into_iter().map(|s| (s.id, s.user, s.created_at.0)).collect();
        let expected =
            [(session_id(&tokens[3]), "bob".to_owned(), 3), (session_id(&tokens[2]), "ann".to_owned(), 2)];
        assert_eq!(left, expected, "the latest used first");
        assert!(sessions.list(UnixMillis(11 * HOUR)).is_empty(), "those that have ended are not shown");
        assert_eq!(sessions.store.sessions_list(UnixMillis(0)).await.unwrap().len(), 2, "durable");
        let told = sessions.store.audit_list(audit::AuditFilter::default(), None, 10).await.unwrap();
        let ends =
            told.iter().filter(|row| row.entry.action == "session.end").map(|row| row.entry.ip.as_str());
        assert_eq!(ends.collect::<Vec<_>>(), ["1", "1"], "each told once, of how many");
        assert_eq!(end("bob", SessionsToEnd::All).await.unwrap(), 1);
    }
}
