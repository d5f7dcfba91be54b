//! Passwords of the users file: plain text as in Azkaban, or an argon2id hash in PHC form (`$argon2id$v=19$…`).

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, Params};
use sha2::{Digest, Sha256};

use crate::error::Internal;

/// What marks a hash in the `password` attribute.
const HASH_PREFIX: &str = "$argon2id$";
/// The most memory that a hash in the file may ask for, in KiB: a typing error must not take the server down.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
/// The most passes over that memory.
const MAX_PASSES: u32 = 64;

/// A password as the users file holds it. Has no `Debug`, so that it does not reach a log.
#[derive(Clone)]
pub(super) enum StoredPassword {
    /// Plain text; kept as its SHA-256, which is all that a comparison needs.
    Plain([u8; 32]),
    /// An argon2id hash.
    Hashed(String),
}

impl StoredPassword {
    /// Reads the attribute. A text that starts like a hash but is none, or asks for absurd resources, is an error.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if !text.starts_with(HASH_PREFIX) {
            return Ok(Self::Plain(digest(text)));
        }
        let hash = PasswordHash::new(text).map_err(|_| "is not a readable argon2id hash")?;
        let params = Params::try_from(&hash).map_err(|_| "has argon2id parameters that are out of range")?;
        if params.m_cost() > MAX_MEMORY_KIB || params.t_cost() > MAX_PASSES {
            return Err("has argon2id parameters that cost too much");
        }
        Ok(Self::Hashed(text.to_owned()))
    }

    /// Whether checking takes the time and memory of a key derivation.
    pub(super) fn is_slow(&self) -> bool {
        matches!(self, Self::Hashed(_))
    }

    /// A number of this password and a session's token, of which neither is known by it.
    pub(super) fn seal(&self, token: &str) -> [u8; 32] {
        let stored = match self {
            Self::Plain(digest) => &digest[..],
            Self::Hashed(text) => text.as_bytes(),
        };
        Sha256::new().chain_update(token).chain_update([0]).chain_update(stored).finalize().into()
    }

    /// Compares in a time that does not depend on where the texts differ.
    pub(super) fn matches(&self, password: &str) -> bool {
        match self {
            Self::Plain(expected) => same(expected, &digest(password)),
            Self::Hashed(text) => PasswordHash::new(text)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()),
        }
    }
}

/// The argon2id hash of a password in PHC form, with a random salt, as the `password` attribute of the users file takes
/// it. Takes some 19 MiB and tens of milliseconds; fails when the system has no random bytes.
pub fn hash_password(password: &str) -> Result<String, Internal> {
    match Argon2::default().hash_password(password.as_bytes()) {
        Ok(hash) => Ok(hash.to_string()),
        Err(error) => Err(Internal::new(format!("hashing a password: {error}"))),
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    std::hint::black_box(a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_and_hashed_passwords_are_told_apart_by_their_prefix() {
        let hash = hash_password("s3cret $argon").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"));
        for (stored, given, expected) in [
            ("azkaban", "azkaban", true),
            ("azkaban", "Azkaban", false),
            ("azkaban", "azkaban ", false),
            (hash.as_str(), "s3cret $argon", true),
            (hash.as_str(), "s3cret", false),
            (hash.as_str(), hash.as_str(), false),
            ("$2b$not-ours", "$2b$not-ours", true),
        ] {
            let password = StoredPassword::parse(stored).map_err(str::to_owned).unwrap();
            assert_eq!(password.matches(given), expected, "{stored} against {given}");
        }
        assert_ne!(hash, hash_password("s3cret $argon").unwrap(), "salted");
    }

    #[test]
    fn broken_and_absurd_hashes_are_refused() {
        for text in [
            "$argon2id$",
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA",
            "$argon2id$v=19$m=4000000000,t=2,p=1$c2FsdHNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=19$m=2000000,t=2,p=1$c2FsdHNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=19$m=19456,t=1000,p=1$c2FsdHNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ] {
            let refused = match StoredPassword::parse(text) {
                Ok(StoredPassword::Plain(_)) => panic!("{text} was taken for plain text"),
                Ok(StoredPassword::Hashed(_)) => text.contains("t=2,p=1$c2FsdA"),
                Err(_) => true,
            };
            assert!(refused, "{text}");
        }
    }
}
