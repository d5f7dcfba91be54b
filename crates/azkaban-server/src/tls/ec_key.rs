//! Elliptic curve keys as Java stores them: without the public key, which the cryptography of this server asks for.

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::der::{self, BIT_STRING, INTEGER, OBJECT_ID, OCTET_STRING, Reader, SEQUENCE};

/// OID 1.2.840.10045.2.1, a key of an elliptic curve.
const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
/// The optional public key within a private one.
const PUBLIC_KEY: u8 = 0xA1;

/// The same key with the public key of its certificate; `None` if it is no such key, or has its public key.
pub(super) fn with_public_key(
    key: &PrivateKeyDer<'_>,
    certificate: &CertificateDer<'_>,
) -> Option<PrivateKeyDer<'static>> {
    let PrivateKeyDer::Pkcs8(key) = key else { return None };
    let mut info = Reader(key.secret_pkcs8_der()).value(SEQUENCE)?;
    let version = info.value(INTEGER)?.0;
    let algorithm = info.value(SEQUENCE)?;
    if { algorithm }.value(OBJECT_ID)?.0 != EC_PUBLIC_KEY {
        return None;
    }
    let mut private = info.value(OCTET_STRING)?.value(SEQUENCE)?;
    let private_version = private.value(INTEGER)?.0;
    let number = private.value(OCTET_STRING)?.0;
    if { private }.value(PUBLIC_KEY).is_some() {
        return None;
    }
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    // No bit of the last byte is unused.
    let public = der::value(BIT_STRING, &[&[0], &certificate.public_key().subject_public_key.data]);
    let private = der::value(
        SEQUENCE,
        &[
            &der::value(INTEGER, &[private_version]),
            &der::value(OCTET_STRING, &[number]),
            &der::value(PUBLIC_KEY, &[&public]),
        ],
    );
    let whole = der::value(
        SEQUENCE,
        &[
            &der::value(INTEGER, &[version]),
            &der::value(SEQUENCE, &[algorithm.0]),
            &der::value(OCTET_STRING, &[&private]),
        ],
    );
    Some(PrivatePkcs8KeyDer::from(whole).into())
}
