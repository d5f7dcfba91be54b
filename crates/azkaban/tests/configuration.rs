//! What the program says about its command line, its configuration and its folder.

mod common;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use azkaban_testkit::{Options, PASSWORD};
use common::{program, run, server};

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A configuration folder with an `azkaban.properties` of this text.
fn conf(folder: &Path, text: &str) -> String {
    let conf = folder.join("conf");
    fs::create_dir_all(&conf).unwrap();
    fs::write(conf.join("azkaban.properties"), text).unwrap();
    conf.to_string_lossy().into_owned()
}

#[test]
fn wrong_values_stop_the_start_with_file_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let conf = conf(folder.path(), "azkaban.name=x\njetty.port=eighty\nmax.num.sessions=-3\n");
    let data = folder.path().join("data");
    let output = run(&["solo", "--conf", &conf, "--data", &data.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(3));
    let text = stderr(&output);
    for line in [
        format!("{conf}/azkaban.properties:2: jetty.port=eighty: expected a whole number from 0 to 65535"),
        format!("{conf}/azkaban.properties:3: max.num.sessions=-3: expected a whole number of at least 1"),
    ] {
        assert!(text.contains(&line), "{line}\n{text}");
    }
    assert!(!data.exists(), "nothing was begun");
}

#[test]
fn a_keystore_that_does_not_open_is_told_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let keystore = folder.path().join("keystore");
    fs::write(&keystore, azkaban_testkit::tls::STORE_JKS).unwrap();
    let text = format!("jetty.use.ssl=true\njetty.keystore={}\njetty.password=geheim\n", keystore.display());
    let conf = conf(folder.path(), &text);
    for command in [&["solo", "-conf", &conf][..], &["check-config", "-conf", &conf]] {
        let output = run(command);
        assert_eq!(output.status.code(), Some(3));
        let said = stderr(&output);
        let line = format!(
            "{conf}/azkaban.properties:3: jetty.password=[MASKED]: it does not open {}",
            keystore.display()
        );
        assert!(said.contains(&line) && !said.contains("geheim"), "{said}");
    }
}

#[test]
fn unknown_keys_are_warned_of_once_each_and_the_server_starts() {
    let server = server(Options::with_properties(
        "azkaban.nmae=x\nmy.key=1\nmail.max.attachment.size.mb=1\njetty.port=1\n",
    ));
    let log = server.log();
    assert_eq!(
        log.matches("azkaban.properties:1: unknown key azkaban.nmae (did you mean azkaban.name?)").count(),
        1,
        "{log}"
    );
    assert_eq!(log.matches("unknown key my.key").count(), 1, "{log}");
    assert!(log.contains("mail.max.attachment.size.mb"), "{log}");
    assert!(!server.address().to_string().ends_with(":1"), "--listen goes before jetty.port");
}

#[test]
fn check_config_says_the_same_without_starting() {
    let folder = tempfile::tempdir().unwrap();
    let good = conf(folder.path(), "jetty.port=8081\nmy.key=1\n");
    let output = run(&["check-config", "--conf", &good]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("unknown key my.key"), "{text}");
    let bad = conf(folder.path(), "jetty.port=99999\n");
    assert_eq!(run(&["check-config", "--conf", &bad]).status.code(), Some(3));
    assert_eq!(run(&["check-config", "--conf", "/no/such/folder"]).status.code(), Some(3));
}

#[test]
fn a_port_in_use_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["solo", "--data", &folder.path().join("d").to_string_lossy(), "--listen", &address]);
    assert_eq!(output.status.code(), Some(5));
    let text = stderr(&output);
    assert!(text.contains(&format!("cannot listen on {address}")) && text.contains("in use"), "{text}");
    assert!(output.stdout.is_empty(), "no password is shown by a start that fails");
}

#[test]
fn a_second_server_on_the_folder_is_refused_and_the_first_goes_on() {
    let mut first = server(Options::default());
    let output = run(&["solo", "--data", &first.data().to_string_lossy(), "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(stderr(&output).contains("in use by another server"), "{}", stderr(&output));
    assert_eq!(
        fs::read_to_string(first.data().join("listen.addr")).unwrap().trim(),
        first.address().to_string()
    );
    first.client();
}

#[test]
fn a_folder_that_cannot_be_used_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data"), "a file").unwrap();
    let output =
        run(&["solo", "--data", &folder.path().join("data").to_string_lossy(), "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(stderr(&output).contains("cannot use the data folder"), "{}", stderr(&output));
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    for arguments in [&["solo", "--listen", "nowhere"][..], &["sole"], &[], &["check-config"]] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
    for arguments in [&["--help"][..], &["--version"], &["version"], &["solo", "--help"]] {
        assert_eq!(run(arguments).status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn the_first_password_is_printed_once_and_stored_as_a_hash() {
    let mut server = server(Options::default());
    assert!(!server.log().contains(PASSWORD), "a password that was given is not printed");
    server.client();
    let users = fs::read_to_string(server.data().join("azkaban-users.xml")).unwrap();
    assert!(users.contains("$argon2id$") && !users.contains(PASSWORD), "{users}");
}

#[test]
fn a_random_first_password_logs_in_and_is_not_shown_again() {
    let mut server = server(Options { generated_password: true, ..Options::default() });
    let log = server.log();
    let password =
        log.split("with the password ").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
    let password = password.trim_end_matches('.').to_owned();
    server.anonymous().login("azkaban", &password);
    server.kill();
    server.start_again();
    assert_eq!(server.log().matches(&password).count(), 1);
    server.anonymous().login("azkaban", &password);
}

#[test]
fn a_hashed_password_of_a_users_file_logs_in() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut child = Command::new(program())
        .arg("hash-password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"tr\xc3\xa4ne & <salz>\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let hash = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && hash.starts_with("$argon2id$"), "{hash}");
    let users = format!(
        "<azkaban-users><user username=\"eva\" password=\"{}\" roles=\"admin\"/>\
         <role name=\"admin\" permissions=\"ADMIN\"/></azkaban-users>",
        hash.trim()
    );
    let files = [("azkaban.properties", "azkaban.name=x\n".to_owned()), ("azkaban-users.xml", users)];
    let conf = files.map(|(name, text)| (name.to_owned(), text)).to_vec();
    let server = server(Options { conf, ..Options::default() });
    server.anonymous().login("eva", "träne & <salz>");
}
