//! The keys of TLS (config-and-security §3.2), and ours for PEM files.

use std::path::Path;

use azkaban_core::settings::Reader;
use azkaban_server::tls::{IdentityFiles, Password, Setting, Tls};

const USE: &str = "jetty.use.ssl";
const KEYSTORE: &str = "jetty.keystore";
const STORE_PASSWORD: &str = "jetty.password";
const KEY_PASSWORD: &str = "jetty.keypassword";
const CERTIFICATE: &str = "azkaban.tls.certificate";
const KEY: &str = "azkaban.tls.key";
const EXCLUDED: &str = "jetty.excludeCipherSuites";

/// TLS, if it is wanted. Azkaban's web server wants it when nothing is said; here a key store must be named.
pub(super) fn read(reader: &mut Reader<'_>, base: &Path) -> Option<Tls> {
    let wanted = reader.optional_boolean(USE);
    let keystore = reader.path(KEYSTORE, base);
    let password = reader.filled_text(STORE_PASSWORD).map(Password::new);
    let key_password = reader.filled_text(KEY_PASSWORD).map(Password::new);
    let (certificate, key) = (reader.path(CERTIFICATE, base), reader.path(KEY, base));
    let excluded = reader.list(EXCLUDED);
    if !wanted.unwrap_or(keystore.is_some() || certificate.is_some()) {
        return None;
    }
    let files = match (certificate, key, keystore) {
        (Some(certificate), Some(key), None) => IdentityFiles::Pem { certificate, key },
        (None, None, Some(path)) => IdentityFiles::Keystore {
            path,
            password: password.unwrap_or_else(|| Password::new("")),
            key_password,
        },
        (None, None, None) => {
            reader
                .reject(USE, format!("TLS needs a certificate: set {KEYSTORE}, or {CERTIFICATE} and {KEY}"));
            return None;
        }
        (None, Some(_), None) => {
            reader.reject(KEY, format!("{CERTIFICATE} must be set too"));
            return None;
        }
        (Some(_), None, None) => {
            reader.reject(CERTIFICATE, format!("{KEY} must be set too"));
            return None;
        }
        _ => {
            reader.reject(KEYSTORE, format!("set either this or {CERTIFICATE} and {KEY}"));
            return None;
        }
    };
    Tls::load(files, &excluded).map_err(|error| reader.reject(key_of(error.setting), error.reason)).ok()
}

fn key_of(setting: Setting) -> &'static str {
    match setting {
        Setting::Keystore => KEYSTORE,
        Setting::StorePassword => STORE_PASSWORD,
        Setting::KeyPassword => KEY_PASSWORD,
        Setting::Certificate => CERTIFICATE,
        Setting::Key => KEY,
        Setting::CipherSuites => EXCLUDED,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use azkaban_core::settings::Settings;
    use azkaban_testkit::tls as samples;

    use super::*;

    fn resolve(text: &str) -> Result<bool, Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [
            ("keystore", samples::STORE_JKS),
            ("cert.pem", samples::CERT_PEM),
            ("key.pem", samples::KEY_PEM),
            ("other.pem", samples::SECOND_KEY_PEM),
        ] {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let mut settings = Settings::new();
        settings.add_file("azkaban.properties", text.as_bytes()).unwrap();
        let mut reader = Reader::new(&settings);
        let tls = read(&mut reader, folder.path());
        let shown = |problem: &azkaban_core::settings::Problem| {
            problem.to_string().replace(&*folder.path().to_string_lossy(), "BASE")
        };
        reader.finish().map(|()| tls.is_some()).map_err(|problems| problems.iter().map(shown).collect())
    }

    #[test]
    fn tls_is_on_when_it_is_asked_for_or_a_certificate_is_named() {
        let store = "jetty.keystore=keystore\njetty.password=store-pw\njetty.keypassword=key-pw\n";
        let pem = "azkaban.tls.certificate=cert.pem\nazkaban.tls.key=key.pem\n";
        for (text, expected) in [
            ("", false),
            ("jetty.use.ssl=false\n", false),
            (store, true),
            (pem, true),
            (&format!("{store}jetty.use.ssl=true\n"), true),
            (&format!("{store}jetty.use.ssl=false\n"), false),
            ("jetty.use.ssl=false\njetty.keystore=nowhere\n", false),
        ] {
            assert_eq!(resolve(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn each_mistake_is_told_at_its_key_and_no_password_is_shown() {
        let store = "jetty.keystore=keystore\n";
        for (text, expected) in [
            (
                "jetty.use.ssl=true\n".to_owned(),
                "azkaban.properties:1: jetty.use.ssl=true: TLS needs a certificate: set jetty.keystore, or \
                 azkaban.tls.certificate and azkaban.tls.key",
            ),
            (
                format!("{store}jetty.password=geheim\n"),
                "azkaban.properties:2: jetty.password=[MASKED]: it does not open BASE/keystore",
            ),
            (
                format!("{store}jetty.password=store-pw\njetty.keypassword=geheim\n"),
                "azkaban.properties:3: jetty.keypassword=[MASKED]: it does not open the key in BASE/keystore",
            ),
            (store.to_owned(), "jetty.password: it does not open BASE/keystore"),
            (
                "jetty.keystore=nowhere\n".to_owned(),
                "azkaban.properties:1: jetty.keystore=nowhere: cannot read BASE/nowhere: No such file or directory \
                 (os error 2)",
            ),
            (
                "azkaban.tls.certificate=cert.pem\nazkaban.tls.key=other.pem\n".to_owned(),
                "azkaban.properties:2: azkaban.tls.key=other.pem: the key in BASE/other.pem is not that of the \
                 certificate",
            ),
            (
                "azkaban.tls.certificate=cert.pem\n".to_owned(),
                "azkaban.properties:1: azkaban.tls.certificate=cert.pem: azkaban.tls.key must be set too",
            ),
        ] {
            assert_eq!(resolve(&text), Err(vec![expected.to_owned()]), "{text}");
        }
    }
}
