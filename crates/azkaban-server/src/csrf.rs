//! The token that our own pages put into requests, so that other sites cannot make a browser send them (http-api §2.6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The key of this process; tokens do not outlive it.
pub(crate) struct Csrf([u8; 32]);

impl Csrf {
    /// With a random key.
    pub(crate) fn new() -> std::io::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(Self(key))
    }

    fn mac(&self, session: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(session.as_bytes());
        mac
    }

    /// The token for a session.
    pub(crate) fn token(&self, session: &str) -> String {
        STANDARD.encode(self.mac(session).finalize().into_bytes())
    }

    /// Whether `sent` is the session's token.
    pub(crate) fn verify(&self, session: &str, sent: &[u8]) -> bool {
        STANDARD.decode(sent).is_ok_and(|token| self.mac(session).verify_slice(&token).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_session_only() {
        let csrf = Csrf::new().unwrap();
        let token = csrf.token("a");
        assert!(csrf.verify("a", token.as_bytes()));
        assert!(!csrf.verify("b", token.as_bytes()));
        assert!(
            !csrf.verify("a", b"") && !csrf.verify("a", b"?") && !csrf.verify("a", &token.as_bytes()[4..])
        );
        assert!(!Csrf::new().unwrap().verify("a", token.as_bytes()));
    }
}
