//! A certificate chain and its key, from whatever file they are in.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use p12_keystore::{CertificateBag, Pkcs12Archive, error::Error as Pkcs12Error};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::jks::{self, JksError};
use super::password::Password;
use super::{Setting, TlsError};

/// Largest file that is read; stores hold a few kilobytes.
const LARGEST_FILE: u64 = 4 << 20;
/// Longest chain that is sent to clients.
const LONGEST_CHAIN: usize = 16;

/// Where the server's certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityFiles {
    /// One file of both: JKS, PKCS#12 or PEM, told apart by its content.
    Keystore {
        /// The file.
        path: PathBuf,
        /// Opens the store.
        password: Password,
        /// Opens the key; without it the store's password does.
        key_password: Option<Password>,
    },
    /// Two PEM files.
    Pem {
        /// The server's certificate, then those that lead to a root.
        certificate: PathBuf,
        /// Its key: PKCS#8, PKCS#1 or SEC1, not encrypted.
        key: PathBuf,
    },
}

/// A key and its chain.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl IdentityFiles {
    /// The files, to be watched for changes.
    pub(super) fn paths(&self) -> Vec<&Path> {
        match self {
            IdentityFiles::Keystore { path, .. } => vec![path],
            IdentityFiles::Pem { certificate, key } => vec![certificate, key],
        }
    }

    /// Reads them. The chain is not empty.
    pub(super) fn read(&self) -> Result<Identity, TlsError> {
        match self {
            IdentityFiles::Keystore { path, password, key_password } => {
                let bytes = read_file(path, Setting::Keystore)?;
                keystore(path, &bytes, password, key_password.as_ref())
            }
            IdentityFiles::Pem { certificate, key } => Ok(Identity {
                chain: pem_chain(
                    certificate,
                    &read_file(certificate, Setting::Certificate)?,
                    Setting::Certificate,
                )?,
                key: pem_key(key, &read_file(key, Setting::Key)?, Setting::Key)?,
            }),
        }
    }
}

fn read_file(path: &Path, setting: Setting) -> Result<Vec<u8>, TlsError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    read.map_err(|error| TlsError::new(setting, format!("cannot read {}: {error}", path.display())))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(TlsError::new(setting, format!("{} is too large to be a keystore", path.display())));
    }
    Ok(bytes)
}

fn keystore(
    path: &Path,
    bytes: &[u8],
    password: &Password,
    key_password: Option<&Password>,
) -> Result<Identity, TlsError> {
    let wrong = |reason: &str| TlsError::new(Setting::Keystore, format!("{} {reason}", path.display()));
    if bytes.starts_with(&jks::MAGIC) {
        return java(path, bytes, password, key_password);
    }
    if bytes.starts_with(&jks::MAGIC_JCEKS) {
        return Err(wrong(
            "is a JCEKS store; convert it with `keytool -importkeystore … -deststoretype PKCS12`",
        ));
    }
    // A DER sequence with a long length.
    if matches!(bytes, [0x30, 0x80..=0x84, ..]) {
        return pkcs12(path, bytes, password);
    }
    if bytes.windows(11).any(|window| window == b"-----BEGIN ") {
        return Ok(Identity {
            chain: pem_chain(path, bytes, Setting::Keystore)?,
            key: pem_key(path, bytes, Setting::Keystore)?,
        });
    }
    Err(wrong("is no keystore; expected JKS, PKCS#12, or PEM with certificate and key"))
}

fn java(
    path: &Path,
    bytes: &[u8],
    password: &Password,
    key_password: Option<&Password>,
) -> Result<Identity, TlsError> {
    let shown = path.display();
    let entry = jks::read(bytes, password, key_password).map_err(|error| match error {
        JksError::Malformed => TlsError::new(Setting::Keystore, format!("{shown} is a damaged JKS store")),
        JksError::WrongPassword => wrong_password(path),
        JksError::NoKey => no_key(path),
        JksError::WrongKeyPassword => {
            TlsError::new(Setting::KeyPassword, format!("it does not open the key in {shown}"))
        }
        JksError::UnknownCipher => TlsError::new(
            Setting::Keystore,
            format!("the key in {shown} is encrypted in an unknown way; convert the store to PKCS#12"),
        ),
    })?;
    let chain: Vec<_> = entry.chain.into_iter().take(LONGEST_CHAIN).map(CertificateDer::from).collect();
    if chain.is_empty() {
        return Err(no_key(path));
    }
    Ok(Identity { chain, key: PrivatePkcs8KeyDer::from(entry.key).into() })
}

fn wrong_password(path: &Path) -> TlsError {
    TlsError::new(Setting::StorePassword, format!("it does not open {}", path.display()))
}

fn no_key(path: &Path) -> TlsError {
    let reason = format!("{} holds no key with a certificate of its own", path.display());
    TlsError::new(Setting::Keystore, reason)
}

fn pkcs12(path: &Path, bytes: &[u8], password: &Password) -> Result<Identity, TlsError> {
    let archive = Pkcs12Archive::from_pkcs12(bytes, password.reveal()).map_err(|error| match error {
        // A store without a digest shows a wrong password by what comes out of the decryption.
        Pkcs12Error::MacError(_) | Pkcs12Error::UnpadError | Pkcs12Error::Pkcs5Error(_) => {
            wrong_password(path)
        }
        error => {
            TlsError::new(Setting::Keystore, format!("{} cannot be read as PKCS#12: {error}", path.display()))
        }
    })?;
    let own = archive.keys.iter().find_map(|key| {
        let id = key.local_key_id.as_ref();
        let leaf = match id {
            Some(id) => archive.certs.iter().find(|cert| cert.local_key_id.as_deref() == Some(&id.0)),
            None => archive.certs.first(),
        };
        leaf.map(|leaf| (key, leaf))
    });
    let Some((key, leaf)) = own else { return Err(no_key(path)) };
    let chain = chain_of(leaf, &archive.certs);
    Ok(Identity {
        chain: chain.iter().map(|cert| CertificateDer::from(cert.cert.as_der().to_vec())).collect(),
        key: PrivatePkcs8KeyDer::from(key.key.as_der().to_vec()).into(),
    })
}

/// The certificate and those that signed one another above it.
fn chain_of<'a>(leaf: &'a CertificateBag, all: &'a [CertificateBag]) -> Vec<&'a CertificateBag> {
    let mut chain = vec![leaf];
    while chain.len() < LONGEST_CHAIN {
        let last = chain[chain.len() - 1];
        let issuer = all.iter().find(|other| {
            other.cert.subject() == last.cert.issuer() && !chain.iter().any(|known| known.cert == other.cert)
        });
        match issuer {
            Some(issuer) => chain.push(issuer),
            None => break,
        }
    }
    chain
}

fn pem_chain(path: &Path, bytes: &[u8], setting: Setting) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).take(LONGEST_CHAIN).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => Err(TlsError::new(
            setting,
            format!("{} holds no certificate (-----BEGIN CERTIFICATE-----)", path.display()),
        )),
        Err(error) => Err(TlsError::new(setting, format!("{} is damaged: {error}", path.display()))),
    }
}

fn pem_key(path: &Path, bytes: &[u8], setting: Setting) -> Result<PrivateKeyDer<'static>, TlsError> {
    let shown = path.display();
    PrivateKeyDer::from_pem_slice(bytes).map_err(|error| {
        let encrypted = String::from_utf8_lossy(bytes).contains("ENCRYPTED");
        let reason = match error {
            pem::Error::NoItemsFound | pem::Error::Base64Decode(_) if encrypted => {
                format!(
                    "the key in {shown} is encrypted; decrypt it with `openssl pkey`, or make a PKCS#12 file"
                )
            }
            pem::Error::NoItemsFound => format!("{shown} holds no private key (-----BEGIN PRIVATE KEY-----)"),
            error => format!("{shown} is damaged: {error}"),
        };
        TlsError::new(setting, reason)
    })
}
