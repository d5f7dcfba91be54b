use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use azkaban_core::settings::keys::SECTIONS;

use super::*;

/// Resolves an `azkaban.properties` of this text, in a working directory with these files.
fn resolve_text(text: &str, files: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path();
    fs::create_dir(base.join("conf")).unwrap();
    for (name, text) in files {
        fs::write(base.join(name), text).unwrap();
    }
    let mut settings = Settings::new();
    settings.add_file("azkaban.properties", text.as_bytes()).unwrap();
    let data = DataFolder::at(base, Path::new("data"));
    let place = Place { working_directory: base, conf: Some(Path::new("conf")), data: &data, listen: None };
    let shown = |problem: &Problem| problem.to_string().replace(&*base.to_string_lossy(), "BASE");
    resolve(&settings, &place).map_err(|problems| problems.iter().map(shown).collect())
}

#[test]
fn the_keys_read_are_those_that_the_table_calls_honoured() {
    let settings = Settings::new();
    let data = DataFolder::at(Path::new("/"), Path::new("data"));
    let place = Place { working_directory: Path::new("/"), conf: None, data: &data, listen: None };
    let mut reader = Reader::new(&settings);
    read(&mut reader, &place);
    let honoured: BTreeSet<&str> = SECTIONS
        .iter()
        .flat_map(|section| section.keys)
        .filter(|key| key.effect == Effect::Honoured)
        .map(|key| key.name)
        .collect();
    assert_eq!(reader.keys_read(), &honoured);
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn without_files_everything_lies_in_the_data_folder_and_only_this_machine_gets_in() {
    let settings = Settings::new();
    let data = DataFolder::at(Path::new("/home/me"), Path::new("azkaban-data"));
    let place = Place { working_directory: Path::new("/home/me"), conf: None, data: &data, listen: None };
    let config = resolve(&settings, &place).unwrap();
    assert_eq!(config.server.listen, SocketAddr::from(([127, 0, 0, 1], 8081)));
    assert_eq!(config.engine.users_file, Path::new("/home/me/azkaban-data/azkaban-users.xml"));
    assert!(config.users_file_is_ours);
    assert_eq!(config.engine.project_dir, Path::new("/home/me/azkaban-data/projects"));
    assert_eq!(config.engine.kill_grace, Duration::from_secs(30));
    assert_eq!(config.server.trusted_proxies, TrustedProxies::default());
}

#[test]
fn links_of_an_administrator_have_a_label_and_an_address() {
    let text = "azkaban.server.external.analyzer.topics=dr,none\n\
                azkaban.server.external.analyzer.dr.label=Dr. Elephant\n\
                azkaban.server.external.analyzer.dr.url=http://dr/?u=${url}\n\
                azkaban.server.external.analyzer.timeout.ms=5\n";
    let config = resolve_text(text, &[]).unwrap();
    let links = config.server.external_links;
    assert_eq!(links.execution.len(), 1);
    assert_eq!(
        (&*links.execution[0].label, &*links.execution[0].url),
        ("Dr. Elephant", "http://dr/?u=${url}")
    );
    assert!(links.job.is_empty());
    let bad = "azkaban.server.job.external.analyzer.topics=x\nazkaban.server.job.external.analyzer.x.label=X\n\
               azkaban.server.job.external.analyzer.x.url=javascript:alert(1)\n";
    assert!(resolve_text(bad, &[]).is_err());
}

#[test]
fn azkabans_own_files_are_read_as_they_are() {
    let config = resolve_text(
        "azkaban.name=Test\njetty.port=9090\njetty.hostname=flows.example.org\njetty.use.ssl=false\n\
         default.timezone.id=America/Los_Angeles\nuser.manager.xml.file=conf/azkaban-users.xml\n\
         executor.global.properties=conf/global.properties\nazkaban.project.dir=projects\n\
         azkaban.concurrent.runs.oneflow.whitelist=p,f,7;q,g,1\ndatabase.type=h2\nh2.path=./h2\n",
        &[("conf/azkaban-users.xml", "<azkaban-users/>"), ("conf/global.properties", "a=b\n")],
    )
    .unwrap();
    assert_eq!(config.server.listen, SocketAddr::from(([0, 0, 0, 0], 9090)));
    assert_eq!(config.host_name, "flows.example.org");
    assert_eq!(config.engine.time_zone.iana_name(), Some("America/Los_Angeles"));
    assert_eq!(config.engine.global_props["a"], "b");
    assert!(
        config.engine.project_dir.ends_with("projects")
            && !config.engine.project_dir.ends_with("data/projects")
    );
    assert!(!config.users_file_is_ours);
    let exceptions = &config.engine.max_runs_exceptions;
    assert_eq!(exceptions[&("p".to_owned(), "f".to_owned())], 7);
    assert_eq!(exceptions.len(), 2);
}

#[test]
fn the_users_file_of_the_configuration_folder_is_used_unless_another_is_named() {
    let config = resolve_text("", &[("conf/azkaban-users.xml", "<azkaban-users/>")]).unwrap();
    assert!(config.engine.users_file.ends_with("conf/azkaban-users.xml"));
    assert!(!config.users_file_is_ours);
    assert!(resolve_text("", &[]).unwrap().users_file_is_ours);
}

#[test]
fn all_wrong_values_are_told_at_once() {
    let problems = resolve_text(
        "jetty.use.ssl=true\ndefault.timezone.id=Mars/Olympus\nuser.manager.xml.file=nowhere.xml\n\
         executor.global.properties=conf/global.properties\njob.max.Xms=\njob.max.Xmx=lots\n\
         azkaban.concurrent.runs.oneflow.whitelist=p,f\nazkaban.trusted.proxies=10.0.0.0/99\n\
         azkaban.default.servlet.path=index\n",
        &[("conf/global.properties", "x\na=\\u1\n")],
    )
    .unwrap_err();
    assert_eq!(
        problems,
        [
            "BASE/conf/global.properties:2: Malformed \\uxxxx encoding.",
            "azkaban.properties:1: jetty.use.ssl=true: TLS needs a certificate: set jetty.keystore, or \
             azkaban.tls.certificate and azkaban.tls.key",
            "azkaban.properties:2: default.timezone.id=Mars/Olympus: no such time zone; expected a name such as Europe/Berlin \
             or UTC",
            "azkaban.properties:3: user.manager.xml.file=nowhere.xml: there is no file BASE/nowhere.xml",
            "azkaban.properties:5: job.max.Xms=: must not have an empty value. Remove the property to use default or specify \
             a valid value.",
            "azkaban.properties:6: job.max.Xmx=lots: expected an amount of memory such as 512M or 2G",
            "azkaban.properties:7: azkaban.concurrent.runs.oneflow.whitelist=p,f: 'p,f' is not of the form \
             project,flow,number",
            "azkaban.properties:8: azkaban.trusted.proxies=10.0.0.0/99: '10.0.0.0/99' is neither an IP address nor a range \
             such as 10.0.0.0/8",
            "azkaban.properties:9: azkaban.default.servlet.path=index: expected a path that begins with /",
        ]
    );
}

#[test]
fn notes_name_unknown_keys_and_keys_without_effect() {
    let mut settings = Settings::new();
    let text =
        b"jetty.port=1\nmail.max.attachment.size.mb=1\nmysql.driverclassname=y\nviewer.plugins=z\nazkaban.nmae=Test\nmine=1\n";
    settings.add_file("p", text).unwrap();
    let notes = notes(&settings);
    assert_eq!(
        notes.unknown,
        ["p:5: unknown key azkaban.nmae (did you mean azkaban.name?)", "p:6: unknown key mine"]
    );
    assert_eq!(notes.without_effect, ["mail.max.attachment.size.mb", "mysql.driverclassname"]);
}

#[test]
fn mail_is_off_without_a_host_and_takes_azkabans_keys() {
    assert!(resolve_text("mail.sender=a@x\n", &[]).unwrap().engine.mail.is_none());
    let config = resolve_text(
        "azkaban.name=Prod\nmail.host=relay\nmail.port=587\nmail.user=me\nmail.password=secret\nmail.tls=true\n\
         mail.sender=Azkaban <a@example.org>\nmail.timeout.millis=5000\nazkaban.webserver.external_hostname=flows\n\
         azkaban.webserver.external_port=80\n",
        &[],
    )
    .unwrap();
    let mail = config.engine.mail.unwrap();
    assert_eq!((mail.host.as_str(), mail.port, mail.tls), ("relay", 587, true));
    assert_eq!(mail.login, Some(("me".to_owned(), "secret".to_owned())));
    assert_eq!(mail.timeout, Duration::from_secs(5));
    assert_eq!(config.engine.link_base, "http://flows:80");
    assert_eq!(config.engine.name, "Prod");

    let config = resolve_text("mail.host=relay\nmail.user=me\nmail.useAuth=false\njetty.hostname=h\n", &[]);
    let engine = config.unwrap().engine;
    let mail = engine.mail.unwrap();
    assert_eq!((mail.login, mail.sender.as_str()), (None, "azkaban@h"));
    assert_eq!((engine.link_base.as_str(), engine.name.as_str()), ("http://h:8081", "azkaban"));

    let problems = resolve_text("mail.sender=nobody\n", &[]).unwrap_err();
    assert_eq!(
        problems,
        [
            "azkaban.properties:1: mail.sender=nobody: expected an address such as a@example.com or Name <a@example.com>"
        ]
    );
}

#[test]
fn flows_may_run_for_ten_days_unless_the_limit_is_lifted() {
    let limit = |text: &str| resolve_text(text, &[]).unwrap().engine.max_flow_running;
    assert_eq!(limit(""), Some(Duration::from_secs(14_400 * 60)));
    assert_eq!(limit("azkaban.server.flow.max.running.minutes=3\n"), Some(Duration::from_secs(180)));
    for off in ["0", "-1"] {
        assert_eq!(limit(&format!("azkaban.server.flow.max.running.minutes={off}\n")), None);
    }
}

#[test]
fn callbacks_name_the_server_as_azkaban_does() {
    let server = |text: &str| resolve_text(text, &[]).unwrap().engine.callbacks.unwrap().server;
    assert_eq!(server("jetty.hostname=h\njetty.port=9\n"), "h:9");
    assert_eq!(
        server("azkaban.webserver.url=https://u@flows.example.org:8443/x\n"),
        "flows.example.org:8443"
    );
    assert_eq!(server("azkaban.webserver.url=https://flows.example.org\n"), "flows.example.org:-1");
    let off = resolve_text("azkaban.executor.jobcallback.enabled=false\n", &[]).unwrap();
    assert!(off.engine.callbacks.is_none());
}
