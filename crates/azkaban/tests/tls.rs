//! The program speaks TLS with Azkaban's own files: one port, HTTP/1.1 and HTTP/2, a renewed certificate without a restart.

mod common;

use std::fs;
use std::process::Command;

use azkaban_testkit::{Options, PASSWORD, TestServer, tls, wait_for};
use common::{LIMIT, has_curl, server};

/// A server with a JKS keystore, as Azkaban's manual sets it up.
fn with_keystore() -> TestServer {
    let folder = tempfile::tempdir().unwrap();
    let keystore = folder.path().join("keystore");
    fs::write(&keystore, tls::STORE_JKS).unwrap();
    server(Options::with_properties(&format!(
        "jetty.use.ssl=true\njetty.keystore={}\njetty.password={}\njetty.keypassword={}\n\
         jetty.truststore=keystore\njetty.trustpassword=x\njetty.excludeCipherSuites=SSL_RSA_WITH_DES_CBC_SHA\n\
         azkaban.hsts.max.age.seconds=600\n",
        keystore.display(),
        tls::STORE_PASSWORD,
        tls::KEY_PASSWORD
    )))
}

fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl").args(["-sS", "--max-time", "30"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn both_protocols_are_spoken_and_cookies_stay_with_tls() {
    if !has_curl() {
        return;
    }
    let server = with_keystore();
    let certificate = server.folder().join("cert.pem");
    fs::write(&certificate, tls::CERT_PEM).unwrap();
    let trust = certificate.to_string_lossy().into_owned();
    let url = format!("https://{}/", server.address());
    let login = format!("action=login&username=azkaban&password={PASSWORD}");
    for (version, status) in [("--http1.1", "HTTP/1.1 200"), ("--http2", "HTTP/2 200")] {
        let text = curl(&["-i", version, "--cacert", &trust, "--data", &login, &url]);
        assert!(text.starts_with(status), "{text}");
        let lower = text.to_ascii_lowercase();
        for header in [
            "; path=/; httponly; samesite=lax; secure",
            "strict-transport-security: max-age=600",
            "x-content-type-options: nosniff",
            "x-frame-options: sameorigin",
        ] {
            assert!(lower.contains(header), "{header}\n{text}");
        }
        let there = curl(&["-i", version, "--cacert", &trust, &format!("{url}nowhere?logout")]);
        assert!(there.to_ascii_lowercase().contains(&format!("location: {url}\r\n")), "{there}");
    }
    for (option, fine) in [("--tlsv1.2", true), ("--tls-max=1.1", false)] {
        let arguments = ["-sS", "-k", "--ciphers", "DEFAULT:@SECLEVEL=0"];
        let (option, value) = option.split_once('=').unwrap_or((option, ""));
        let mut command = Command::new("curl");
        command.args(arguments).arg(option);
        if !value.is_empty() {
            command.arg(value);
        }
        assert_eq!(command.arg(&url).output().unwrap().status.success(), fine, "{option}");
    }
    let plain = curl(&["-i", &format!("http://{}/index", server.address())]);
    assert!(plain.starts_with("HTTP/1.1 400") && plain.contains("https://"), "{plain}");
    assert!(
        server.log().contains(&format!("Azkaban is at {}", url.trim_end_matches('/'))),
        "{}",
        server.log()
    );
}

#[test]
fn a_renewed_certificate_is_served_without_a_restart() {
    if !has_curl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    fs::write(&certificate, tls::CERT_PEM).unwrap();
    fs::write(&key, tls::KEY_PEM).unwrap();
    let server = server(Options::with_properties(&format!(
        "azkaban.tls.certificate={}\nazkaban.tls.key={}\n",
        certificate.display(),
        key.display()
    )));
    let second = folder.path().join("second.pem");
    fs::write(&second, tls::SECOND_CERT_PEM).unwrap();
    let url = format!("https://{}/status", server.address());
    let accepted = |certificate: &std::path::Path| {
        let output =
            Command::new("curl").args(["-sS", "--cacert"]).arg(certificate).arg(&url).output().unwrap();
        output.status.success()
    };
    assert!(!accepted(&second) && accepted(&certificate));
    // Between the two writes the files do not belong together: the old pair is served on.
    fs::write(&key, tls::SECOND_KEY_PEM).unwrap();
    fs::write(&certificate, tls::SECOND_CERT_PEM).unwrap();
    wait_for("the new certificate", LIMIT, || if accepted(&second) { Ok(()) } else { Err(server.log()) });
}

#[test]
fn a_stop_is_as_quick_as_without_tls() {
    let mut server = with_keystore();
    let _silent = std::net::TcpStream::connect(server.address()).unwrap();
    let begin = std::time::Instant::now();
    assert!(server.terminate(LIMIT).success());
    assert!(begin.elapsed() < std::time::Duration::from_secs(2), "the stop took {:?}", begin.elapsed());
}
