//! The users file of an empty data folder.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use azkaban_core::text::escape_markup;

use super::password::hash_password;
use crate::durable;

/// Why no users file was made.
#[derive(Debug, thiserror::Error)]
pub enum FirstAdminError {
    /// There is one already; it was left alone.
    #[error("{0} exists already")]
    Exists(String),
    /// The name is blank, or holds characters that XML cannot.
    #[error("'{0}' cannot be the name of a user")]
    NameInvalid(String),
    /// The password is blank, so that nobody could log in with it.
    #[error("the password is blank")]
    PasswordBlank,
    /// The file could not be written.
    #[error("writing {path}: {source}")]
    Io {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The password could not be hashed.
    #[error("hashing the password: {0}")]
    Hash(#[source] crate::Internal),
}

/// Writes a users file with one user who has the role of an administrator. The file holds the password's argon2id hash,
/// can be read by its owner only (0600), and appears whole or not at all; one that exists is never touched.
pub fn create_first_admin(path: &Path, name: &str, password: &str) -> Result<(), FirstAdminError> {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(FirstAdminError::NameInvalid(name.to_owned()));
    }
    if password.trim().is_empty() {
        return Err(FirstAdminError::PasswordBlank);
    }
    let hash = hash_password(password).map_err(FirstAdminError::Hash)?;
    let io = |source| FirstAdminError::Io { path: path.display().to_string(), source };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".users-")
        .permissions(std::fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)
        .map_err(io)?;
    let text = format!(
        "<azkaban-users>\n  <user username=\"{}\" password=\"{hash}\" roles=\"admin\"/>\n  \
         <role name=\"admin\" permissions=\"ADMIN\"/>\n</azkaban-users>\n",
        escape_markup(name)
    );
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(io)?;
    file.persist_noclobber(path).map_err(|failed| match failed.error.kind() {
        std::io::ErrorKind::AlreadyExists => FirstAdminError::Exists(path.display().to_string()),
        _ => io(failed.error),
    })?;
    durable::sync_folder(folder).map_err(io)
}
