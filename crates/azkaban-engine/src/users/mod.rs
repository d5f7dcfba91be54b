//! Who there is and what their roles allow: the users file, read again when it changes, and logging in.

mod file;
mod first_admin;
mod password;
mod throttle;

use std::fmt;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use azkaban_core::permission::{Permission, PermissionSet};
use azkaban_store::TokenScope;
use tokio::sync::Semaphore;

pub use file::UsersFileProblem;
pub use first_admin::{FirstAdminError, create_first_admin};
pub use password::hash_password;

use crate::error::{Internal, Kind};
use file::Directory;
use throttle::Throttle;

/// The users file is looked at for changes at most this often.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// Password hashes that are checked at once; each takes some 19 MiB.
const HASHES_AT_ONCE: usize = 2;

/// A user of the users file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name that they log in with.
    pub name: String,
    /// Groups that they are in.
    pub groups: Vec<String>,
    /// Global roles: their own, then those of their groups.
    pub roles: Vec<String>,
    /// Names that they may add to a project as proxy users.
    pub proxies: Vec<String>,
    /// Their mail address.
    pub email: Option<String>,
    /// Of somebody who showed an API token: what that is good for.
    pub token_scope: Option<TokenScope>,
}

impl User {
    /// Whether what the user has shown lets them use a permission that they hold (decision 6).
    pub fn may_use(&self, permission: Permission) -> bool {
        match self.token_scope {
            None | Some(TokenScope::All) => true,
            Some(TokenScope::Execute) => matches!(permission, Permission::Read | Permission::Execute),
            Some(TokenScope::Read) => permission == Permission::Read,
        }
    }
}

/// A user with what the users file says besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownUser {
    /// The user.
    pub user: Arc<User>,
    /// What their roles permit for every project.
    pub permissions: PermissionSet,
    /// The file holds a hash of the password, not the password.
    pub password_hashed: bool,
}

/// Who asks, and from where.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub user: Arc<User>,
    /// The address that they logged in from.
    pub ip: String,
}

/// Why a login is refused.
#[derive(Debug)]
pub enum LoginError {
    /// No user name, or a blank one.
    UsernameEmpty,
    /// No password, or a blank one.
    PasswordEmpty,
    /// No such user, a wrong password, or too many attempts for this name at once.
    Rejected,
    /// Our fault.
    Internal(Internal),
}

impl LoginError {
    /// What kind of error this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::UsernameEmpty | Self::PasswordEmpty => Kind::Invalid,
            Self::Rejected => Kind::Denied,
            Self::Internal(_) => Kind::Internal,
        }
    }
}

/// Why a users file cannot be used.
#[derive(Debug)]
pub struct UsersFileError {
    path: PathBuf,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Io(std::io::Error),
    TooLarge,
    NotUtf8,
    Content(UsersFileProblem),
}

impl fmt::Display for UsersFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "users file {}:", self.path.display())?;
        match &self.cause {
            Cause::Io(error) => write!(f, " {error}"),
            Cause::TooLarge => write!(f, " larger than {} bytes", file::MAX_BYTES),
            Cause::NotUtf8 => f.write_str(" is not UTF-8 text"),
            Cause::Content(problem) => write!(f, "{}: {problem}", problem.line()),
        }
    }
}

impl std::error::Error for UsersFileError {}

/// The users of one file.
pub(crate) struct Users {
    path: PathBuf,
    check_every: Duration,
    loaded: Mutex<Loaded>,
    throttle: Throttle,
    hashes: Semaphore,
}

struct Loaded {
    directory: Arc<Directory>,
    /// The state of the file that was read last, usable or not.
    seen: Option<Stamp>,
    checked_at: Instant,
}

/// What changes when a file is written or replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let meta = std::fs::metadata(path).ok()?;
        Some(Self {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        })
    }
}

impl Users {
    /// Reads the file; at the start an unusable one is an error.
    pub(crate) fn open(path: &Path) -> Result<Self, UsersFileError> {
        Self::open_checking_every(path, CHECK_EVERY)
    }

    fn open_checking_every(path: &Path, check_every: Duration) -> Result<Self, UsersFileError> {
        let seen = Stamp::of(path);
        let directory = read(path)?;
        Ok(Self {
            path: path.to_owned(),
            check_every,
            loaded: Mutex::new(Loaded { directory: Arc::new(directory), seen, checked_at: Instant::now() }),
            throttle: Throttle::new(),
            hashes: Semaphore::new(HASHES_AT_ONCE),
        })
    }

    fn loaded(&self) -> MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The users as of now. A file that changed is read again; if it is unusable that is logged once and the old users
    /// stay (§5).
    fn directory(&self) -> Arc<Directory> {
        let mut loaded = self.loaded();
        if loaded.checked_at.elapsed() >= self.check_every {
            loaded.checked_at = Instant::now();
            let stamp = Stamp::of(&self.path);
            if stamp != loaded.seen {
                loaded.seen = stamp;
                match read(&self.path) {
                    Ok(directory) => {
                        tracing::info!(file = %self.path.display(), users = directory.users.len(), "users file read again");
                        loaded.directory = Arc::new(directory);
                    }
                    Err(error) => tracing::error!("{error}; the users read before stay"),
                }
            }
        }
        loaded.directory.clone()
    }

    /// The user of a name.
    pub(crate) fn user(&self, name: &str) -> Option<Arc<User>> {
        self.directory().users.get(name).map(|entry| entry.user.clone())
    }

    /// What ties a session to its user's password as it is now; `None` if there is no such user.
    pub(crate) fn seal(&self, name: &str, token: &str) -> Option<[u8; 32]> {
        self.directory().users.get(name).map(|entry| entry.password.seal(token))
    }

    /// Every user, by name.
    pub(crate) fn all(&self) -> Vec<KnownUser> {
        let directory = self.directory();
        let mut all: Vec<KnownUser> = directory
            .users
            .values()
            .map(|entry| KnownUser {
                user: entry.user.clone(),
                permissions: directory.granted(&entry.user).flat_map(PermissionSet::iter).collect(),
                password_hashed: entry.password.is_slow(),
            })
            .collect();
        all.sort_by(|a, b| a.user.name.cmp(&b.user.name));
        all
    }

    /// Whether some role of `user` has `permission`, or ADMIN; roles are looked up as the file is now (§5).
    pub(crate) fn role_grants(&self, user: &User, permission: Permission) -> bool {
        user.may_use(permission) && self.directory().granted(user).any(|granted| granted.grants(permission))
    }

    /// Checks a password that came from the address `ip`.
    pub(crate) async fn authenticate(
        &self,
        username: &str,
        password: &str,
        ip: &str,
    ) -> Result<Arc<User>, LoginError> {
        if username.trim().is_empty() {
            return Err(LoginError::UsernameEmpty);
        }
        if password.trim().is_empty() {
            return Err(LoginError::PasswordEmpty);
        }
        let Some(turn) = self.throttle.enter(username, ip).await else {
            tracing::warn!(
                user = username,
                "login refused: too many attempts from this address wait for this name"
            );
            return Err(LoginError::Rejected);
        };
        match self.check(username, password).await {
            Err(error) => Err(LoginError::Internal(error)),
            Ok(Some(user)) => {
                self.throttle.succeeded(turn);
                Ok(user)
            }
            Ok(None) => {
                tracing::info!(user = username, "login refused: unknown user or wrong password");
                self.throttle.failed(turn).await;
                Err(LoginError::Rejected)
            }
        }
    }

    async fn check(&self, username: &str, password: &str) -> Result<Option<Arc<User>>, Internal> {
        let directory = self.directory();
        let entry = directory.users.get(username);
        // An unknown name takes as long as a known one, so that the time does not tell which names exist.
        let compared = entry.or_else(|| directory.users.values().find(|entry| entry.password.is_slow()));
        let Some(compared) = compared else { return Ok(None) };
        let stored = compared.password.clone();
        let matches = if stored.is_slow() {
            let _slot = self.hashes.acquire().await.map_err(Internal::new)?;
            let password = password.to_owned();
            tokio::task::spawn_blocking(move || stored.matches(&password)).await.map_err(Internal::new)?
        } else {
            stored.matches(password)
        };
        Ok(entry.filter(|_| matches).map(|entry| entry.user.clone()))
    }
}

fn read(path: &Path) -> Result<Directory, UsersFileError> {
    let fail = |cause| UsersFileError { path: path.to_owned(), cause };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| fail(Cause::Io(e)))?;
    file.take(file::MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|e| fail(Cause::Io(e)))?;
    if bytes.len() as u64 > file::MAX_BYTES {
        return Err(fail(Cause::TooLarge));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| fail(Cause::NotUtf8))?;
    let directory = Directory::parse(text).map_err(|e| fail(Cause::Content(e)))?;
    for warning in &directory.warnings {
        tracing::warn!("users file {}:{}: {}", path.display(), warning.line(text), warning.text);
    }
    Ok(directory)
}

#[cfg(test)]
mod tests;
