use std::path::Path;

use azkaban_testkit::tls as samples;
use tempfile::TempDir;

use super::*;

fn keystore(bytes: &[u8], password: &str, key_password: Option<&str>) -> (TempDir, IdentityFiles) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keystore");
    std::fs::write(&path, bytes).unwrap();
    let password = Password::new(password);
    (folder, IdentityFiles::Keystore { path, password, key_password: key_password.map(Password::new) })
}

fn refused(files: IdentityFiles, folder: &Path) -> (Setting, String) {
    let error = Tls::load(files, &[]).unwrap_err();
    (error.setting, error.reason.replace(&*folder.to_string_lossy(), "DIR"))
}

#[test]
fn every_kind_of_keystore_is_told_by_its_content() {
    let both = [samples::CERT_PEM, samples::KEY_PEM].concat();
    for (name, bytes, key_password) in [
        ("JKS", samples::STORE_JKS, Some(samples::KEY_PASSWORD)),
        ("PKCS#12 of OpenSSL", samples::STORE_P12, None),
        ("PKCS#12 of old programs", samples::LEGACY_P12, None),
        ("PKCS#12 of Java", samples::JAVA_P12, Some("not needed")),
        ("PEM", &both, None),
    ] {
        let (_folder, files) = keystore(bytes, samples::STORE_PASSWORD, key_password);
        let tls = Tls::load(files, &[]).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(tls.current.get().cert.len(), 1, "{name}");
        assert_eq!(tls.validity_warning(Timestamp::now()), None, "{name}");
    }
}

#[test]
fn what_cannot_be_used_is_told_with_file_and_setting() {
    let cut = &samples::STORE_P12[..1000];
    let key = Some(samples::KEY_PASSWORD);
    type Case = (&'static [u8], &'static str, Option<&'static str>, Setting, &'static str);
    let cases: [Case; 9] = [
        (samples::STORE_JKS, "x", key, Setting::StorePassword, "it does not open DIR/keystore"),
        (
            samples::STORE_JKS,
            "store-pw",
            Some("x"),
            Setting::KeyPassword,
            "it does not open the key in DIR/keystore",
        ),
        (
            samples::TRUST_JKS,
            "store-pw",
            None,
            Setting::Keystore,
            "DIR/keystore holds no key with a certificate",
        ),
        (
            samples::STORE_JCEKS,
            "store-pw",
            key,
            Setting::Keystore,
            "DIR/keystore is a JCEKS store; convert it",
        ),
        (samples::STORE_P12, "x", None, Setting::StorePassword, "it does not open DIR/keystore"),
        (samples::LEGACY_P12, "x", None, Setting::StorePassword, "it does not open DIR/keystore"),
        (cut, "store-pw", None, Setting::Keystore, "DIR/keystore cannot be read as PKCS#12"),
        (samples::CERT_PEM, "", None, Setting::Keystore, "DIR/keystore holds no private key"),
        (
            b"#!/bin/sh\n",
            "",
            None,
            Setting::Keystore,
            "DIR/keystore is no keystore; expected JKS, PKCS#12, or PEM",
        ),
    ];
    for (bytes, password, key_password, setting, reason) in cases {
        let (folder, files) = keystore(bytes, password, key_password);
        let (got, text) = refused(files, folder.path());
        assert_eq!(got, setting, "{text}");
        assert!(text.starts_with(reason), "{text}");
    }
    let (folder, files) = keystore(b"", "", None);
    std::fs::remove_file(folder.path().join("keystore")).unwrap();
    let (setting, text) = refused(files, folder.path());
    assert_eq!(setting, Setting::Keystore);
    assert!(text.starts_with("cannot read DIR/keystore: No such file"), "{text}");
}

#[test]
fn two_pem_files_must_belong_together() {
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    let files = IdentityFiles::Pem { certificate: certificate.clone(), key: key.clone() };
    std::fs::write(&certificate, samples::CERT_PEM).unwrap();
    for (bytes, setting, reason) in [
        (samples::SECOND_KEY_PEM, Setting::Key, "the key in DIR/key.pem is not that of the certificate"),
        (samples::ENCRYPTED_KEY_PEM, Setting::Key, "the key in DIR/key.pem is encrypted; decrypt it"),
        (samples::CERT_PEM, Setting::Key, "DIR/key.pem holds no private key"),
    ] {
        std::fs::write(&key, bytes).unwrap();
        let (got, text) = refused(files.clone(), folder.path());
        assert_eq!((got, text.get(..reason.len())), (setting, Some(reason)), "{text}");
    }
    std::fs::write(&key, samples::KEY_PEM).unwrap();
    Tls::load(files.clone(), &[]).unwrap();
    std::fs::write(&certificate, samples::KEY_PEM).unwrap();
    let (setting, text) = refused(files, folder.path());
    assert_eq!(setting, Setting::Certificate, "{text}");
}

#[test]
fn an_expired_certificate_is_served_with_a_warning() {
    let (_folder, files) = keystore(samples::EXPIRED_P12, samples::STORE_PASSWORD, None);
    let tls = Tls::load(files, &[]).unwrap();
    let warning = tls.validity_warning(Timestamp::now()).unwrap();
    assert!(warning.contains("/keystore has expired: it was valid until 20"), "{warning}");
    let before = tls.validity_warning(Timestamp::from_second(0).unwrap()).unwrap();
    assert!(before.contains("is not valid yet"), "{before}");
    let (_, end) = validity(&tls.current.get().cert[0]).unwrap();
    let soon = tls.validity_warning(end - jiff::SignedDuration::from_hours(24)).unwrap();
    assert!(soon.contains("renew it soon"), "{soon}");
}

#[test]
fn a_changed_file_is_taken_over_and_a_broken_one_is_not() {
    let both = [samples::CERT_PEM, samples::KEY_PEM].concat();
    let (folder, files) = keystore(&both, "", None);
    let tls = Tls::load(files, &[]).unwrap();
    let copy = tls.clone();
    let first = copy.current.get().cert[0].clone();
    std::fs::write(folder.path().join("keystore"), samples::SECOND_CERT_PEM).unwrap();
    assert!(tls.reload().is_err());
    assert_eq!(copy.current.get().cert[0], first);
    let second = [samples::SECOND_CERT_PEM, samples::SECOND_KEY_PEM].concat();
    std::fs::write(folder.path().join("keystore"), second).unwrap();
    tls.reload().unwrap();
    assert_ne!(copy.current.get().cert[0], first);
}

#[test]
fn suites_are_refused_by_their_java_names() {
    let (_folder, files) = keystore(samples::STORE_P12, samples::STORE_PASSWORD, None);
    let names = |excluded: &[String]| -> Result<Vec<String>, TlsError> {
        let tls = Tls::load(files.clone(), excluded)?;
        Ok(tls.provider.cipher_suites.iter().map(|suite| iana_name(suite.suite())).collect())
    };
    let all = names(&["SSL_RSA_WITH_DES_CBC_SHA".to_owned()]).unwrap();
    assert!(all.contains(&"TLS_AES_256_GCM_SHA384".to_owned()), "{all:?}");
    let fewer = names(&[" TLS_AES_256_GCM_SHA384".to_owned()]).unwrap();
    assert_eq!(fewer.len(), all.len() - 1);
    assert_eq!(names(&all).unwrap_err().setting, Setting::CipherSuites);
}
