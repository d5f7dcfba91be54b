//! `.job` and `.properties` files (projects-and-jobs §2).

use azkaban_core::project::{LoadError, LoadLimits, NodeKind, load};

use crate::common::{check_errors, loaded, shape, tree};

#[test]
fn each_dependency_that_is_not_there_is_an_error() {
    let check = |files: &[(&str, &str)], errors: &[&str]| drop(check_errors(files, errors));
    check(&[("b.job", "type=noop\ndependencies=zzz")], &["b cannot find dependency zzz"]);
    check(&[("b.job", "type=noop\ndependencies=b")], &["b has a self cycle"]);
    check(&[("b.job", "command=echo")], &["Job doesn't have type set 'b'."]);
    check(&[("x/b.job", "type=noop"), ("y/b.job", "type=noop")], &["Duplicate job names found 'b'."]);
    check(
        &[("b.job", "type=flow\nflow.name=nope"), ("c.job", "type=flow")],
        &["Flow b depends on nope but can't be found.", "Flow c depends on null but can't be found."],
    );
    check(
        &[
            ("x/b.job", "type=noop"),
            ("y/b.job", "command=no type"),
            ("z/b.job", "type=noop"),
            ("a.job", "type=noop\ndependencies=b"),
        ],
        &["Duplicate job names found 'b'.", "a has ambiguous dependency b"],
    );
    check(&[("ROOT.job", "type=noop")], &["ROOT is not allowed as a name. Pick some other name."]);
    check(
        &[("a:b.job", "type=noop")],
        &["Job name 'a:b' is not allowed: names must not contain '/', ':' or control characters."],
    );
    check(
        &[("a.job", "type=noop\nXms=2G\nXmx=${max}")],
        &["a: Xms value has exceeded the allowed limit (max Xms = 1G)"],
    );
    check(
        &[("a.job", "type=noop\njob.notification.started.0.url=http://x")],
        &["Sequence number starts at 1, not 0"],
    );
}

#[test]
fn cycles_are_errors_whether_or_not_a_flow_reaches_them() {
    let check = |files: &[(&str, &str)], errors: &[&str]| drop(check_errors(files, errors));
    check(
        &[("a.job", "type=noop\ndependencies=b"), ("b.job", "type=noop\ndependencies=a")],
        &["Cyclical dependency found at a>>b"],
    );
    check(
        &[
            ("a.job", "type=noop\ndependencies=c"),
            ("b.job", "type=noop\ndependencies=a"),
            ("c.job", "type=noop\ndependencies=b"),
            ("root.job", "type=noop\ndependencies=b"),
        ],
        &["Cyclical dependency found at b>>c"],
    );
}

#[test]
fn what_makes_the_project_unreadable_stops_loading() {
    let check = |files: &[(&str, &str)], text: &str| {
        let error = load(&tree(files.iter().copied()), &LoadLimits::default()).unwrap_err();
        assert_eq!(error.to_string(), text);
        error
    };
    let error = check(&[("d/a.job", "type=noop\nx=\\u12")], "Malformed \\uxxxx encoding.");
    assert_eq!(error, LoadError::MalformedEscape { path: "d/a.job".to_owned(), line: 2 });
    check(&[("p.properties", "\\uz")], "Malformed \\uxxxx encoding.");
    check(&[("a.job", "type=noop\nXmx=lotsG")], "For input string: \"lots\"");
}

#[test]
fn flows_are_the_jobs_that_nobody_depends_on_and_those_that_ask() {
    let loaded = check_errors(
        &[
            ("a.job", "type=noop"),
            ("b.job", "type=noop\nroot.node= True \ndependencies=a"),
            ("c.job", "type=noop\ndependencies= b ,, a,b "),
            ("d.job", "type=noop\ndependencies=a"),
            ("deep/er/e.f.job", "type=noop"),
            ("ignored.flow", "- no: yaml: at all"),
            (".hidden.job", "type=noop"),
        ],
        &[],
    );
    assert_eq!(shape(&loaded), ["b: a() b(a)", "c: a() b(a) c(b, a)", "d: a() d(a)", "e.f: e.f()"]);
    assert!(loaded.model.listed_flows().count() == 4);
}

#[test]
fn embedded_flows_are_other_flows_of_the_project() {
    let loaded = check_errors(
        &[
            ("inner.job", "type=noop"),
            ("outer.job", "type=flow\nflow.name=inner"),
            ("outermost.job", "type=flow\nflow.name=outer"),
        ],
        &[],
    );
    let flow = &loaded.model.flows["outermost"];
    assert_eq!(flow.nodes["outermost"].kind, NodeKind::Flow("outer".to_owned()));
    assert_eq!(flow.nodes["outermost"].job_type(), "flow");
    assert!(!loaded.model.flows["inner"].embedded);
}

#[test]
fn flows_that_embed_each_other_are_errors_those_that_only_lead_there_are_not() {
    check_errors(
        &[
            ("a.job", "type=flow\nflow.name=b"),
            ("b.job", "type=flow\nflow.name=a"),
            ("c.job", "type=flow\nflow.name=a"),
            ("d.job", "type=flow\nflow.name=d"),
        ],
        &[
            "Embedded flow cycle found in a->b",
            "Embedded flow cycle found in b->a",
            "Embedded flow cycle found in d->d",
        ],
    );
}

#[test]
fn properties_are_inherited_by_name_then_by_directory() {
    let loaded = check_errors(
        &[
            ("b.properties", "own=b"),
            ("a.properties", "type=command\nshared=a"),
            ("sub/c.properties", "condition=all_done\nretries=none"),
            ("sub/.hidden.properties", "type=hidden"),
            ("sub/deep/x.job", "command=x"),
            ("y.job", "type=noop\ndependencies=x"),
        ],
        &[],
    );
    let files = &loaded.model.property_files;
    let inherits: Vec<_> = files.iter().map(|(path, file)| (&**path, file.inherits.as_deref())).collect();
    assert_eq!(
        inherits,
        [
            ("a.properties", None),
            ("b.properties", Some("a.properties")),
            ("sub/c.properties", Some("b.properties"))
        ]
    );
    assert_eq!(files["a.properties"].props.len(), 2);
    let x = &loaded.model.flows["y"].nodes["x"];
    assert_eq!((&*x.source, x.props_source.as_deref()), ("sub/deep/x.job", Some("sub/c.properties")));
    assert_eq!(x.kind, NodeKind::Job("command".to_owned()));
    assert_eq!(x.condition.as_deref(), Some("all_done"));
    assert_eq!(x.props.keys().collect::<Vec<_>>(), ["command"]);
    let y = &loaded.model.flows["y"].nodes["y"];
    assert_eq!((y.props_source.as_deref(), &y.condition), (Some("b.properties"), &None));
    let warnings: Vec<_> = loaded.report.warnings.iter().collect();
    assert_eq!(warnings, ["x: retries is not a number and counts as 0: 'none'"]);
}

#[test]
fn mails_are_those_of_the_root_job_inherited_ones_included() {
    let loaded = check_errors(
        &[
            ("p.properties", "failure.emails=All@Example.com"),
            ("a.job", "type=noop\nsuccess.emails=not@example.com"),
            (
                "b.job",
                "type=noop\ndependencies=a\nnotify.emails=n@example.com\noverride.emails=o@example.com",
            ),
        ],
        &[],
    );
    let flow = &loaded.model.flows["b"];
    assert_eq!(flow.success_emails, ["n@example.com"]);
    assert_eq!(flow.failure_emails, ["all@example.com", "n@example.com"]);
    assert_eq!(flow.override_emails, ["o@example.com"]);
}

#[test]
fn parameter_overrides_are_read_from_the_root_only() {
    let loaded = check_errors(
        &[
            ("param_override.properties", "param.override.k=v\nother=x"),
            ("sub/param_override.properties", "param.override.k=w"),
            ("a.job", "type=noop"),
        ],
        &[],
    );
    let overrides: Vec<_> = loaded.model.parameter_overrides.iter().collect();
    assert_eq!(overrides, [(&"param.override.k".to_owned(), &"v".to_owned())]);
    assert_eq!(loaded.model.property_files.len(), 2);
}

#[test]
fn conditions_may_name_any_job_of_the_project() {
    let check = |condition: &str, errors: &[&str]| {
        let job = format!("type=noop\ndependencies=a\ncondition={condition}");
        check_errors(&[("a.job", "type=noop"), ("b.job", &job), ("sub/c.job", "type=noop")], errors);
    };
    check("one_success && ${a:x} == 1", &[]);
    check("${c:x} == 1", &[]);
    check("${d:x} == 1", &["Invalid condition for b: d doesn't exist in the flow."]);
    check("&& all_done", &["Invalid condition fo b: operand is an empty string."]);
    check("", &[]);
}

#[test]
fn levels_are_the_longest_distances() {
    let loaded = check_errors(
        &[
            ("a.job", "type=noop"),
            ("b.job", "type=command\ndependencies=a"),
            ("c.job", "type=noop\ndependencies=b,a"),
            ("d.job", "type=noop"),
            ("e.job", "type=noop\ndependencies=d,c"),
        ],
        &[],
    );
    let flow = &loaded.model.flows["e"];
    let views: Vec<_> = flow
        .nodes_with_levels()
        .into_iter()
        .map(|v| format!("{} {} {:?} {:?}", v.node.id, v.level, v.dependencies, v.dependents))
        .collect();
    assert_eq!(
        views,
        [
            r#"a 0 [] ["b", "c"]"#,
            r#"b 1 ["a"] ["c"]"#,
            r#"c 2 ["a", "b"] ["e"]"#,
            r#"d 0 [] ["e"]"#,
            r#"e 3 ["c", "d"] []"#,
        ]
    );
    assert_eq!(flow.job_types().into_iter().collect::<Vec<_>>(), ["command", "noop"]);
}

#[test]
fn an_archive_without_jobs_is_a_project_without_flows() {
    for files in [&[][..], &[("readme.txt", "hello")], &[("a.flow", "nodes: [")]] {
        let loaded = check_errors(files, &[]);
        assert!(loaded.model.flows.is_empty() && loaded.report.warnings.is_empty());
    }
}

#[test]
fn limits_hold_for_the_project_as_a_whole() {
    let files = |n: usize| {
        let jobs = (0..n).map(|i| (format!("{i}.job"), "type=noop\ndependencies=base".to_owned()));
        tree(jobs.chain([("base.job".to_owned(), "type=noop".to_owned())]))
    };
    let limits = LoadLimits { max_nodes: 100, max_dependencies: 60, ..LoadLimits::default() };
    assert!(load(&files(50), &limits).is_ok());
    assert_eq!(load(&files(51), &limits), Err(LoadError::TooManyNodes { limit: 100 }));
    assert_eq!(load(&files(61), &limits), Err(LoadError::TooManyDependencies { limit: 60 }));
}

#[test]
fn embedding_that_doubles_at_every_level_is_refused_before_it_is_expanded() {
    let mut files = vec![("f0.job".to_owned(), "type=noop".to_owned())];
    for level in 1..=60 {
        let below = level - 1;
        files.push((format!("l{level}.job"), format!("type=flow\nflow.name=f{below}")));
        files
            .push((format!("f{level}.job"), format!("type=flow\nflow.name=f{below}\ndependencies=l{level}")));
    }
    let errors = loaded(&tree(files)).report.errors;
    assert!(errors.contains("Flow f20 has more than 200000 nodes with its embedded flows."), "{errors:?}");
    assert!(errors.contains("Flow f51 has embedded flows more than 50 deep."));
    assert!(!errors.iter().any(|e| e.starts_with("Flow f10 ")));
}
