//! TLS: the server's certificate and key, the versions and suites it speaks, and taking over a renewed certificate.
//!
//! Files and keys are those of Azkaban (config-and-security §3.2), and PEM. TLS 1.2 and 1.3 only (§16, 35).

mod der;
mod ec_key;
mod identity;
mod jks;
mod password;
mod watch;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio_rustls::TlsAcceptor;

pub use identity::IdentityFiles;
pub use password::Password;

/// A certificate that ends within this time is warned of.
const EXPIRES_SOON: jiff::SignedDuration = jiff::SignedDuration::from_hours(21 * 24);

/// What a wrong setting is about; the caller knows the key's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// The file of a keystore.
    Keystore,
    /// The password of the keystore.
    StorePassword,
    /// The password of the key in it.
    KeyPassword,
    /// The PEM file of the certificates.
    Certificate,
    /// The PEM file of the key.
    Key,
    /// The cipher suites to refuse.
    CipherSuites,
}

/// Why TLS cannot be served with these settings. The text names the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct TlsError {
    /// The setting to change.
    pub setting: Setting,
    /// What is wrong.
    pub reason: String,
}

impl TlsError {
    fn new(setting: Setting, reason: impl Into<String>) -> Self {
        Self { setting, reason: reason.into() }
    }
}

/// TLS as it is served: cheap to copy, and every copy sees a renewed certificate.
#[derive(Clone)]
pub struct Tls {
    files: IdentityFiles,
    /// Of the files, before they were read.
    stamp: watch::Stamp,
    provider: Arc<CryptoProvider>,
    current: Arc<Current>,
    server: Arc<ServerConfig>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

/// The certificate in use.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl Current {
    fn get(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, key: CertifiedKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.get())
    }
}

impl Tls {
    /// Reads the files. `excluded` are cipher suites in Java's or OpenSSL's IANA names; names that are never offered anyway
    /// do no harm.
    ///
    /// # Errors
    /// A file that cannot be read, a wrong password, a key that is not the certificate's, or no suite left.
    pub fn load(files: IdentityFiles, excluded: &[String]) -> Result<Self, TlsError> {
        let mut provider = ring::default_provider();
        provider.cipher_suites.retain(|suite| {
            let name = iana_name(suite.suite());
            !excluded.iter().any(|excluded| excluded.trim().eq_ignore_ascii_case(&name))
        });
        let provider = Arc::new(provider);
        let stamp = watch::Stamp::of(&files.paths());
        let key = read(&files, &provider)?;
        let current = Arc::new(Current(RwLock::new(Arc::new(key))));
        let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| {
                TlsError::new(Setting::CipherSuites, format!("no cipher suite is left: {error}"))
            })?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { files, stamp, provider, current, server: Arc::new(server) })
    }

    /// What an operator should know about the time in which the certificate is valid; nothing if all is well.
    pub fn validity_warning(&self, now: Timestamp) -> Option<String> {
        let key = self.current.get();
        let shown = self.files.paths().first().map(|path| path.display().to_string()).unwrap_or_default();
        let (not_before, not_after) = validity(key.cert.first()?)?;
        let text = if now > not_after {
            format!("has expired: it was valid until {not_after}; clients that check certificates refuse it")
        } else if now < not_before {
            format!("is not valid yet: it is from {not_before} on")
        } else if not_after.duration_since(now) < EXPIRES_SOON {
            format!("is valid until {not_after} only; renew it soon")
        } else {
            return None;
        };
        Some(format!("the certificate in {shown} {text}"))
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.server))
    }
}

/// The key of these files, of which it is known that it fits its certificate.
fn read(files: &IdentityFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let mut identity = files.read()?;
    if let Some(key) = identity.chain.first().and_then(|own| ec_key::with_public_key(&identity.key, own)) {
        identity.key = key;
    }
    let (setting, shown) = match files {
        IdentityFiles::Keystore { path, .. } => (Setting::Keystore, path.display()),
        IdentityFiles::Pem { key, .. } => (Setting::Key, key.display()),
    };
    CertifiedKey::from_der(identity.chain, identity.key, provider).map_err(|error| {
        let reason = match error {
            rustls::Error::InconsistentKeys(_) => {
                format!("the key in {shown} is not that of the certificate")
            }
            error => format!("the key or certificate of {shown} cannot be used: {error}"),
        };
        TlsError::new(setting, reason)
    })
}

fn validity(certificate: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let time = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).ok();
    Some((time(certificate.validity().not_before)?, time(certificate.validity().not_after)?))
}

/// The name as everybody but rustls writes it.
fn iana_name(suite: rustls::CipherSuite) -> String {
    let name = suite.as_str().unwrap_or_default();
    match name.strip_prefix("TLS13_") {
        Some(rest) => format!("TLS_{rest}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests;
