//! API tokens: what programs show instead of a session (docs/decisions/0006-api-tokens.md).
//!
//! As with sessions all are in memory and the store knows them by the SHA-256 of their secret, which is shown once. A token
//! belongs to a user and is never good for more than that user may do at the time of the request: without the user it is good
//! for nothing. When it was last used is stored only now and then.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use azkaban_core::permission::Permission;
use azkaban_core::time::UnixMillis;
use azkaban_store::{ApiTokenRow, AuditEntry, Change, NewApiToken, Store, TokenDigest, TokenScope};

use crate::audit::{self, Action};
use crate::error::{Internal, Kind};
use crate::personal::short_name;
use crate::random;
use crate::sessions::digest;
use crate::users::{Caller, User};
use crate::{Engine, clock};

/// How every secret begins: it tells tokens from sessions, and tools that look for leaked secrets find it.
const PREFIX: &str = "azk_";
/// Digits after the prefix.
const DIGITS: usize = 64;
/// Tokens of one user at most.
const MAX_PER_USER: usize = 100;
/// The latest end, in milliseconds from now: ten years.
const MAX_LIFE: i64 = 3_653 * 24 * 3_600_000;
/// Tokens that have ended are shown for so long, in milliseconds.
const SHOWN_AFTER_END: i64 = 30 * 24 * 3_600_000;
/// The time of the last use is stored at most this often, in milliseconds.
const USE_LAG: i64 = 300_000;

/// A token as its owner and administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Never given twice.
    pub id: i64,
    /// Whose it is.
    pub user: String,
    /// What its owner calls it.
    pub name: String,
    /// What it is good for.
    pub scope: TokenScope,
    /// When it was made.
    pub created_at: UnixMillis,
    /// From when on it is good for nothing; `None` never.
    pub expires_at: Option<UnixMillis>,
    /// When and from which address it was last used.
    pub used: Option<(UnixMillis, String)>,
}

/// What a program shows. Has no `Debug`, so that it does not reach a log.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret(pub String);

/// A token to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What its owner calls it: 1 to 100 characters.
    pub name: String,
    /// What it is good for.
    pub scope: TokenScope,
    /// From when on it is good for nothing; `None` never.
    pub expires_at: Option<UnixMillis>,
}

/// Why a token was not made or revoked.
#[derive(Debug)]
pub enum TokenError {
    /// The name is empty, too long or has control characters.
    NameInvalid,
    /// The end is not in the future, or more than ten years away.
    ExpiryInvalid,
    /// The user has as many as there may be.
    TooMany {
        /// That number.
        limit: usize,
    },
    /// Who shows a token manages none: that takes a login.
    ByToken,
    /// There is none of this id that the caller may revoke.
    NotFound,
    /// Our fault.
    Internal(Internal),
}

impl TokenError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NameInvalid | Self::ExpiryInvalid => Kind::Invalid,
            Self::TooMany { .. } => Kind::Conflict,
            Self::ByToken => Kind::Denied,
            Self::NotFound => Kind::NotFound,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

/// Whether a text has the form of a secret; sessions never have.
pub(crate) fn is_token(text: &str) -> bool {
    text.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.len() == DIGITS && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Every token.
pub(crate) struct Tokens {
    store: Store,
    kept: Mutex<HashMap<TokenDigest, Kept>>,
}

struct Kept {
    token: ApiToken,
    /// As of the last use that was stored.
    stored_use: i64,
}

impl Tokens {
    /// Takes up the tokens of the time before a restart.
    pub(crate) async fn open(store: Store) -> Result<Self, azkaban_store::Error> {
        let rows = store.api_tokens_list().await?;
        let kept = rows.into_iter().map(|row| (row.token.digest, Kept::of(row))).collect();
        Ok(Self { store, kept: Mutex::new(kept) })
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<TokenDigest, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every token, the newest first.
    fn list(&self) -> Vec<ApiToken> {
        let mut all: Vec<ApiToken> = self.kept().values().map(|kept| kept.token.clone()).collect();
        all.sort_by_key(|token| std::cmp::Reverse(token.id));
        all
    }

    /// The owner and the scope of a living token; it counts as used.
    fn find(&self, secret: &str, ip: &str, now: UnixMillis) -> Option<(String, TokenScope)> {
        let mut kept = self.kept();
        let found = kept.get_mut(&digest(secret))?;
        if found.token.expires_at.is_some_and(|end| end <= now) {
            return None;
        }
        found.token.used = Some((now, ip.to_owned()));
        if now.0.saturating_sub(found.stored_use) >= USE_LAG {
            found.stored_use = now.0;
            let (store, id, ip) = (self.store.clone(), found.token.id, ip.to_owned());
            tokio::spawn(async move {
                if let Err(error) = store.commit(vec![Change::ApiTokenUse { id, at: now, ip }]).await {
                    tracing::warn!("storing the last use of an API token: {error}");
                }
            });
        }
        Some((found.token.user.clone(), found.token.scope))
    }

    /// Makes a token for the caller, durably.
    async fn create(
        &self,
        caller: &Caller,
        new: NewToken,
        now: UnixMillis,
    ) -> Result<(ApiToken, TokenSecret), TokenError> {
        let internal = |error| TokenError::Internal(error);
        let name = short_name(&new.name).ok_or(TokenError::NameInvalid)?;
        if new.expires_at.is_some_and(|end| end <= now || end.0.saturating_sub(now.0) > MAX_LIFE) {
            return Err(TokenError::ExpiryInvalid);
        }
        let digits = random::secret().map_err(|error| internal(Internal::new(error)))?;
        let secret = TokenSecret(format!("{PREFIX}{digits}"));
        let stored = NewApiToken {
            digest: digest(&secret.0),
            user: caller.user.name.clone(),
            name,
            scope: new.scope,
            created_at: now,
            expires_at: new.expires_at,
        };
        let details = audit::details(format!("{}, good for {}", stored.name, stored.scope.name()));
        let entry = AuditEntry { details, ..caller.does(Action::TokenCreate, now) };
        let ended = now.plus(-SHOWN_AFTER_END);
        let id = self.store.api_token_create(stored.clone(), MAX_PER_USER, ended, entry).await;
        let Some(id) = id.map_err(|error| internal(Internal::new(error)))? else {
            return Err(TokenError::TooMany { limit: MAX_PER_USER });
        };
        let made = Kept::of(ApiTokenRow { id, token: stored.clone(), used: None });
        let token = made.token.clone();
        let mut kept = self.kept();
        kept.retain(|_, other| other.token.expires_at.is_none_or(|end| end >= ended));
        kept.insert(stored.digest, made);
        Ok((token, secret))
    }

    /// Revokes a token that `may` be revoked, durably.
    async fn revoke(
        &self,
        id: i64,
        may: impl Fn(&ApiToken) -> bool,
        entry: impl FnOnce(&ApiToken) -> AuditEntry,
    ) -> Result<(), TokenError> {
        let found = self
            .kept()
            .iter()
            .find(|(_, kept)| kept.token.id == id && may(&kept.token))
            .map(|(digest, kept)| (*digest, kept.token.clone()));
        let (digest, token) = found.ok_or(TokenError::NotFound)?;
        let changes = vec![Change::ApiTokenDelete(id), Change::AuditInsert(entry(&token))];
        self.store.commit(changes).await.map_err(|error| TokenError::Internal(Internal::new(error)))?;
        self.kept().remove(&digest);
        Ok(())
    }
}

impl Kept {
    fn of(row: ApiTokenRow) -> Self {
        let ApiTokenRow { id, token, used } = row;
        let stored_use = used.as_ref().map_or(0, |(at, _)| at.0);
        let NewApiToken { digest: _, user, name, scope, created_at, expires_at } = token;
        Self { token: ApiToken { id, user, name, scope, created_at, expires_at, used }, stored_use }
    }
}

impl Engine {
    /// Who a token is for, with what the token leaves of the rights that the user has now; `None` if there is no such token
    /// or user, or it has ended.
    pub(crate) fn token_find(&self, secret: &str, ip: &str) -> Option<Caller> {
        let services = self.services();
        let (name, scope) = services.tokens.find(secret, ip, clock::now())?;
        let user = services.users.user(&name)?;
        let user = User { token_scope: Some(scope), ..(*user).clone() };
        Some(Caller { user: user.into(), ip: ip.to_owned() })
    }

    /// Makes a token of the caller's. Its secret is nowhere else than in this answer.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn token_create(
        &self,
        caller: &Caller,
        new: NewToken,
    ) -> Result<(ApiToken, TokenSecret), TokenError> {
        self.needs_login(caller, Action::TokenCreate).await?;
        self.services().tokens.create(caller, new, clock::now()).await
    }

    /// Revokes a token of the caller's, or anybody's if a role of the caller has ADMIN.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn token_revoke(&self, caller: &Caller, id: i64) -> Result<(), TokenError> {
        self.needs_login(caller, Action::TokenRevoke).await?;
        let admin = self.role_grants(&caller.user, Permission::Admin);
        let may = |token: &ApiToken| admin || token.user == caller.user.name;
        let entry = |token: &ApiToken| {
            let text = if token.user == caller.user.name {
                token.name.clone()
            } else {
                format!("{} of {}", token.name, token.user)
            };
            AuditEntry { details: audit::details(text), ..caller.does(Action::TokenRevoke, clock::now()) }
        };
        self.services().tokens.revoke(id, may, entry).await
    }

    /// The tokens of a user, the newest first.
    pub fn tokens_of(&self, user: &str) -> Vec<ApiToken> {
        let mut all = self.services().tokens.list();
        all.retain(|token| token.user == user);
        all
    }

    /// Everybody's tokens, the newest first. Whether the caller may see them is the face's question.
    pub fn tokens_all(&self) -> Vec<ApiToken> {
        self.services().tokens.list()
    }

    async fn needs_login(&self, caller: &Caller, action: Action) -> Result<(), TokenError> {
        if caller.user.token_scope.is_none() {
            return Ok(());
        }
        let details = audit::details("an API token manages no tokens");
        let entry = AuditEntry { details, ..caller.does(action, clock::now()) };
        self.services().audit.refused(entry).await;
        Err(TokenError::ByToken)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn caller(name: &str) -> Caller {
        let user = User {
            name: name.to_owned(),
            groups: vec![],
            roles: vec![],
            proxies: vec![],
            email: None,
            token_scope: None,
        };
        Caller { user: user.into(), ip: "10.0.0.1".to_owned() }
    }

    async fn open(folder: &Path) -> Tokens {
        Tokens::open(Store::open(&folder.join("azkaban.db")).unwrap()).await.unwrap()
    }

    fn new(name: &str, expires_at: Option<i64>) -> NewToken {
        NewToken { name: name.to_owned(), scope: TokenScope::Read, expires_at: expires_at.map(UnixMillis) }
    }

    #[tokio::test]
    async fn a_token_is_found_by_its_secret_until_it_ends_or_is_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = open(folder.path()).await;
        let ann = caller("ann");
        let make = |new| tokens.create(&ann, new, UnixMillis(1_000));
        let (lasting, secret) = make(new(" ci ", None)).await.unwrap();
        let (_, short) = make(new("short", Some(5_000))).await.unwrap();
        assert_eq!(lasting.name, "ci");
        assert!(is_token(&secret.0) && is_token(&short.0) && secret != short);
        let find = |tokens: &Tokens, secret: &TokenSecret, now| {
            tokens.find(&secret.0, "10.0.0.9", UnixMillis(now)).map(|(user, _)| user)
        };
        assert_eq!(find(&tokens, &short, 4_999).as_deref(), Some("ann"));
        assert_eq!(find(&tokens, &short, 5_000), None);
        assert_eq!(find(&tokens, &TokenSecret(format!("{PREFIX}{}", "0".repeat(DIGITS))), 2_000), None);
        tokens.store.close().await;
        drop(tokens);

        let tokens = open(folder.path()).await;
        assert_eq!(find(&tokens, &secret, 9_000).as_deref(), Some("ann"), "survives a restart");
        let used = tokens.list().into_iter().find(|token| token.id == lasting.id).unwrap().used;
        assert_eq!(used, Some((UnixMillis(9_000), "10.0.0.9".to_owned())));
        let entry = |_: &ApiToken| caller("ann").does(Action::TokenRevoke, UnixMillis(1));
        let revoke = |id, may| tokens.revoke(id, move |_| may, entry);
        assert!(matches!(revoke(lasting.id, false).await, Err(TokenError::NotFound)));
        assert!(matches!(revoke(999, true).await, Err(TokenError::NotFound)));
        revoke(lasting.id, true).await.unwrap();
        assert_eq!(find(&tokens, &secret, 9_000), None);
        assert_eq!(tokens.store.api_tokens_list().await.unwrap().len(), 1, "durable");
    }

    #[tokio::test]
    async fn names_and_ends_are_checked() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = open(folder.path()).await;
        for (new, fine) in [
            (new("", None), false),
            (new("  ", None), false),
            (new("a\nb", None), false),
            (new(&"x".repeat(100), None), true),
            (new(&"x".repeat(101), None), false),
            (new("now", Some(1_000)), false),
            (new("soon", Some(1_001)), true),
            (new("late", Some(1_000 + MAX_LIFE)), true),
            (new("too late", Some(1_001 + MAX_LIFE)), false),
            (new("never", Some(i64::MAX)), false),
        ] {
            let made = tokens.create(&caller("ann"), new.clone(), UnixMillis(1_000)).await;
            assert_eq!(made.is_ok(), fine, "{new:?}");
        }
        for number in tokens.list().len()..MAX_PER_USER {
            tokens
                .create(&caller("ann"), new(&number.to_string(), None), UnixMillis(1_000))
                .await
                .unwrap_or_else(|_| panic!());
        }
        let more = tokens.create(&caller("ann"), new("one more", None), UnixMillis(1_000)).await;
        assert!(matches!(more, Err(TokenError::TooMany { limit: MAX_PER_USER })));
        assert!(tokens.create(&caller("bob"), new("his own", None), UnixMillis(1_000)).await.is_ok());
    }

    #[test]
    fn sessions_do_not_look_like_tokens() {
        assert!(!is_token(&random::uuid().unwrap()));
        for text in ["", PREFIX, "azk_xyz", &format!("{PREFIX}{}", "g".repeat(DIGITS))] {
            assert!(!is_token(text), "{text}");
        }
    }
}
