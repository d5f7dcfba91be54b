//! Java's old keystore format, JKS: the key entry of a file and its certificate chain.
//!
//! A file is `FEEDFEED`, a version, a number of entries, the entries, and the SHA-1 of the password, a fixed phrase and all
//! before it. A key lies in an `EncryptedPrivateKeyInfo` of Sun's own cipher: SHA-1 in a chain as the key stream, then a
//! digest of the plain key. Numbers are big-endian.

use sha1::{Digest, Sha1};

use super::der::{OBJECT_ID, OCTET_STRING, Reader, SEQUENCE};
use super::password::Password;

/// First bytes of a file.
pub(super) const MAGIC: [u8; 4] = [0xFE, 0xED, 0xFE, 0xED];
/// First bytes of Java's other old format, which nothing writes by default.
pub(super) const MAGIC_JCEKS: [u8; 4] = [0xCE, 0xCE, 0xCE, 0xCE];

const PHRASE: &[u8] = b"Mighty Aphrodite";
const DIGEST: usize = 20;
/// Entries, and certificates of a chain, beyond which a file is not believed.
const MOST: u32 = 10_000;
/// OID 1.3.6.1.4.1.42.2.17.1.1, Sun's cipher, in DER.
const KEY_PROTECTOR: &[u8] = &[0x2B, 0x06, 0x01, 0x04, 0x01, 0x2A, 0x02, 0x11, 0x01, 0x01];

/// Why a file gives no key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum JksError {
    /// The file breaks off, or a number in it makes no sense.
    Malformed,
    /// The digest of the file does not fit the password.
    WrongPassword,
    /// It holds certificates only.
    NoKey,
    /// The digest of the key does not fit its password.
    WrongKeyPassword,
    /// The key is encrypted in another way.
    UnknownCipher,
}

/// A key in PKCS#8 and its chain, the server's own certificate first; all in DER.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeyEntry {
    pub(super) key: Vec<u8>,
    pub(super) chain: Vec<Vec<u8>>,
}

/// The first key entry of a file. Without `key_password` the store's counts.
pub(super) fn read(
    bytes: &[u8],
    password: &Password,
    key_password: Option<&Password>,
) -> Result<KeyEntry, JksError> {
    let end = bytes.len().checked_sub(DIGEST).ok_or(JksError::Malformed)?;
    let (content, digest) = bytes.split_at(end);
    let mut rest = Input(Reader(content));
    if rest.take(4)? != MAGIC {
        return Err(JksError::Malformed);
    }
    // The digest goes first: a wrong password and a damaged file look the same, and the password is the likelier cause.
    let expected =
        Sha1::new().chain_update(password.utf16()).chain_update(PHRASE).chain_update(content).finalize();
    if expected.as_slice() != digest {
        return Err(JksError::WrongPassword);
    }
    let version = rest.number()?;
    if !(1..=2).contains(&version) {
        return Err(JksError::Malformed);
    }
    for _ in 0..rest.count()? {
        let tag = rest.number()?;
        rest.text()?;
        rest.take(8)?; // when it was made
        match tag {
            1 => {
                let sealed = rest.block()?;
                let chain =
                    (0..rest.count()?).map(|_| rest.certificate(version)).collect::<Result<_, _>>()?;
                let key = open(sealed, key_password.unwrap_or(password))?;
                return Ok(KeyEntry { key, chain });
            }
            2 => drop(rest.certificate(version)?),
            _ => return Err(JksError::Malformed),
        }
    }
    Err(JksError::NoKey)
}

/// Undoes Sun's cipher.
fn open(sealed: &[u8], password: &Password) -> Result<Vec<u8>, JksError> {
    let parts = || {
        let mut info = Reader(sealed).value(SEQUENCE)?;
        let cipher = info.value(SEQUENCE)?.value(OBJECT_ID)?.0;
        let mut data = info.value(OCTET_STRING)?;
        let salt = data.take(DIGEST)?;
        let encrypted = data.take(data.0.len().checked_sub(DIGEST)?)?;
        Some((cipher, salt, encrypted, data.0))
    };
    let (cipher, salt, encrypted, digest) = parts().ok_or(JksError::Malformed)?;
    if cipher != KEY_PROTECTOR {
        return Err(JksError::UnknownCipher);
    }
    let password = password.utf16();
    let mut block = salt.to_vec();
    let mut key = Vec::with_capacity(encrypted.len());
    for part in encrypted.chunks(DIGEST) {
        block = Sha1::new().chain_update(&password).chain_update(&block).finalize().to_vec();
        key.extend(part.iter().zip(&block).map(|(byte, mask)| byte ^ mask));
    }
    let check = Sha1::new().chain_update(&password).chain_update(&key).finalize();
    if check.as_slice() == digest { Ok(key) } else { Err(JksError::WrongKeyPassword) }
}

/// What is left to read.
struct Input<'a>(Reader<'a>);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], JksError> {
        self.0.take(length).ok_or(JksError::Malformed)
    }

    fn number(&mut self) -> Result<u32, JksError> {
        let bytes = self.take(4)?;
        Ok(bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    fn count(&mut self) -> Result<u32, JksError> {
        self.number().and_then(|count| if count <= MOST { Ok(count) } else { Err(JksError::Malformed) })
    }

    /// Bytes behind their length.
    fn block(&mut self) -> Result<&'a [u8], JksError> {
        let length = self.number()?;
        self.take(usize::try_from(length).map_err(|_| JksError::Malformed)?)
    }

    /// Text behind its length of two bytes.
    fn text(&mut self) -> Result<&'a [u8], JksError> {
        let length = self.take(2)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte));
        self.take(length)
    }

    /// A certificate; from version 2 on its type goes before it.
    fn certificate(&mut self, version: u32) -> Result<Vec<u8>, JksError> {
        if version > 1 {
            self.text()?;
        }
        self.block().map(<[u8]>::to_vec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STORE: &[u8] = azkaban_testkit::tls::STORE_JKS;

    fn passwords() -> (Password, Password) {
        (
            Password::new(azkaban_testkit::tls::STORE_PASSWORD),
            Password::new(azkaban_testkit::tls::KEY_PASSWORD),
        )
    }

    /// The file with a digest that fits, so that damage gets behind it.
    fn signed(mut content: Vec<u8>, password: &Password) -> Vec<u8> {
        let digest =
            Sha1::new().chain_update(password.utf16()).chain_update(PHRASE).chain_update(&content).finalize();
        content.extend_from_slice(&digest);
        content
    }

    #[test]
    fn a_store_of_javas_opens_with_its_passwords_only() {
        let (store, key) = passwords();
        let entry = read(STORE, &store, Some(&key)).unwrap();
        assert_eq!(entry.chain.len(), 1);
        assert_eq!(entry.key[0], 0x30);
        let wrong = Password::new("wrong");
        assert_eq!(read(STORE, &wrong, Some(&key)), Err(JksError::WrongPassword));
        assert_eq!(read(STORE, &store, Some(&wrong)), Err(JksError::WrongKeyPassword));
        assert_eq!(read(STORE, &store, None), Err(JksError::WrongKeyPassword));
        assert_eq!(read(azkaban_testkit::tls::TRUST_JKS, &store, None), Err(JksError::NoKey));
        assert_eq!(read(b"", &store, None), Err(JksError::Malformed));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn damaged_stores_are_refused_and_harm_nobody(
            at in 4..STORE.len() - DIGEST,
            bytes in proptest::collection::vec(any::<u8>(), 1..8),
            cut in 0..STORE.len() - DIGEST,
        ) {
            let (store, key) = passwords();
            let content = &STORE[..STORE.len() - DIGEST];
            let mut damaged = content.to_vec();
            let end = (at + bytes.len()).min(damaged.len());
            damaged[at..end].copy_from_slice(&bytes[..end - at]);
            // Only that there is an outcome counts: an alias or a date may be damaged and the key still be there.
            let _ = read(&signed(damaged, &store), &store, Some(&key));
            prop_assert!(read(&signed(content[..cut].to_vec(), &store), &store, Some(&key)).is_err());
        }
    }
}
