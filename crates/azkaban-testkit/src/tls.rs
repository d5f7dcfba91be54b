//! Certificates of nobody, as OpenSSL and Java's keytool write them (`tls/make.sh`). They are for `localhost` and 127.0.0.1.

/// Password of every store.
pub const STORE_PASSWORD: &str = "store-pw";
/// Password of the key in [`STORE_JKS`]; in the other stores it is the store's.
pub const KEY_PASSWORD: &str = "key-pw";

/// A certificate in PEM, its own root.
pub const CERT_PEM: &[u8] = include_bytes!("../tls/cert.pem");
/// Its key.
pub const KEY_PEM: &[u8] = include_bytes!("../tls/key.pem");
/// Its key, encrypted.
pub const ENCRYPTED_KEY_PEM: &[u8] = include_bytes!("../tls/encrypted-key.pem");
/// Another certificate for the same names.
pub const SECOND_CERT_PEM: &[u8] = include_bytes!("../tls/second-cert.pem");
/// Its key.
pub const SECOND_KEY_PEM: &[u8] = include_bytes!("../tls/second-key.pem");
/// The first certificate and key as a JKS store.
pub const STORE_JKS: &[u8] = include_bytes!("../tls/store.jks");
/// … as a JCEKS store.
pub const STORE_JCEKS: &[u8] = include_bytes!("../tls/store.jceks");
/// The first certificate without a key, as a JKS store.
pub const TRUST_JKS: &[u8] = include_bytes!("../tls/trust.jks");
/// The first certificate and key as PKCS#12 of OpenSSL 3.
pub const STORE_P12: &[u8] = include_bytes!("../tls/store.p12");
/// … as PKCS#12 of older programs: RC2 and Triple DES.
pub const LEGACY_P12: &[u8] = include_bytes!("../tls/legacy.p12");
/// A store that keytool made, with an elliptic curve key.
pub const JAVA_P12: &[u8] = include_bytes!("../tls/java.p12");
/// A store with a certificate that expired long ago.
pub const EXPIRED_P12: &[u8] = include_bytes!("../tls/expired.p12");
