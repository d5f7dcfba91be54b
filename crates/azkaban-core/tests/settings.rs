//! Settings as a server reads them: precedence, problems with their place, unknown keys.

use std::path::{Path, PathBuf};
use std::time::Duration;

use azkaban_core::settings::{Origin, Reader, Settings};

fn settings(files: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::new();
    for (name, text) in files {
        settings.add_file(name, text.as_bytes()).unwrap();
    }
    settings
}

#[test]
fn a_later_file_wins_and_an_option_wins_over_files() {
    let mut settings = settings(&[
        ("azkaban.private.properties", "jetty.port=1\nazkaban.name=private\n"),
        ("azkaban.properties", "azkaban.name=public\n"),
    ]);
    settings.set("jetty.port", "3", Origin::option("--port"));
    let mut reader = Reader::new(&settings);
    assert_eq!(reader.text("azkaban.name"), Some("public"));
    assert_eq!(reader.integer("jetty.port"), Some(3));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn unset_keys_have_the_defaults_of_the_table() {
    let settings = Settings::new();
    let mut reader = Reader::new(&settings);
    assert_eq!(reader.integer("jetty.port"), Some(8081));
    assert_eq!(reader.millis("session.time.to.live"), Duration::from_hours(10));
    assert_eq!(reader.size("job.log.chunk.size"), 5 << 20);
    assert_eq!(reader.count("azkaban.session.max_number_per_ip_per_user"), None);
    assert!(reader.boolean("creator.default.proxy"));
    assert_eq!(reader.path("azkaban.project.dir", Path::new("/x")), None);
}

#[test]
fn relative_paths_count_from_the_base() {
    let settings = settings(&[(
        "p",
        "azkaban.project.dir=projects\nazkaban.execution.dir= /var/x \nproject.temp.dir=\n",
    )]);
    let mut reader = Reader::new(&settings);
    let base = Path::new("/home/azkaban");
    assert_eq!(reader.path("azkaban.project.dir", base), Some(PathBuf::from("/home/azkaban/projects")));
    assert_eq!(reader.path("azkaban.execution.dir", base), Some(PathBuf::from("/var/x")));
    assert_eq!(reader.path("project.temp.dir", base), None);
}

#[test]
fn every_wrong_value_is_told_with_file_line_and_key() {
    let settings = settings(&[(
        "conf/azkaban.properties",
        "# comment\njetty.port = eighty\n\nlockdown.create.projects=yes\nmax.num.sessions=0\n\
         job.log.chunk.size=5 miles\nsession.time.to.live=-1\ndefault.timezone.id=Mars\n",
    )]);
    let mut reader = Reader::new(&settings);
    assert_eq!(reader.integer("jetty.port"), Some(8081), "a wrong value reads as the default");
    reader.boolean("lockdown.create.projects");
    reader.count("max.num.sessions");
    reader.size("job.log.chunk.size");
    reader.millis("session.time.to.live");
    reader.reject("default.timezone.id", "no such time zone");
    let problems: Vec<String> = reader.finish().unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "conf/azkaban.properties:2: jetty.port=eighty: expected a whole number from 0 to 65535",
            "conf/azkaban.properties:4: lockdown.create.projects=yes: expected true or false",
            "conf/azkaban.properties:5: max.num.sessions=0: expected a whole number of at least 1",
            "conf/azkaban.properties:6: job.log.chunk.size=5 miles: expected a size such as 512KB, 5MB or 1G",
            "conf/azkaban.properties:7: session.time.to.live=-1: expected a whole number, 0 or more",
            "conf/azkaban.properties:8: default.timezone.id=Mars: no such time zone",
        ]
    );
}

#[test]
fn a_malformed_line_is_told_with_its_place() {
    let mut settings = Settings::new();
    let problem = settings.add_file("azkaban.properties", b"a=1\nb=\\u12\n").unwrap_err();
    assert_eq!(problem.to_string(), "azkaban.properties:2: Malformed \\uxxxx encoding.");
    assert!(settings.get("a").is_none(), "nothing of the file is taken");
}

#[test]
fn unknown_keys_are_told_once_each_with_what_was_probably_meant() {
    let settings = settings(&[
        ("one", "my.own.key=1\nazkaban.kubernetes.namespace=x\nmail.host=h\nazkaban.execution.dri=x\n"),
        ("two", "my.own.key=2\n"),
    ]);
    let unknown: Vec<_> = settings
        .unknown()
        .map(|(key, value, near)| (key.to_owned(), value.origin.to_string(), near))
        .collect();
    assert_eq!(
        unknown,
        [
            ("azkaban.execution.dri".to_owned(), "one:4".to_owned(), Some("azkaban.execution.dir")),
            ("my.own.key".to_owned(), "two:1".to_owned(), None),
        ]
    );
}

#[test]
fn control_characters_of_a_value_do_not_reach_the_terminal() {
    let settings = settings(&[("p", "jetty.port=\\u001b[31m\n")]);
    let mut reader = Reader::new(&settings);
    reader.integer("jetty.port");
    let problems = reader.finish().unwrap_err();
    assert!(problems[0].to_string().starts_with("p:1: jetty.port=\\u{1b}[31m: "), "{}", problems[0]);
}
