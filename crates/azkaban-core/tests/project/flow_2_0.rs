//! `.flow` files (projects-and-jobs §3).

use azkaban_core::options::FailureAction;
use azkaban_core::project::{FlowTrigger, LoadError, LoadLimits, Loaded, NodeKind, load};
use azkaban_core::props::Props;

use crate::common::{check_errors, loaded, shape, tree};

const PROJECT: (&str, &str) = ("p.project", "azkaban-flow-version: 2.0");

fn load_flow(text: &str) -> Loaded {
    loaded(&tree([PROJECT, ("f.flow", text)]))
}

fn check(text: &str, errors: &[&str]) {
    check_errors(&[PROJECT, ("f.flow", text)], errors);
}

/// The one error of a file, after `Error loading flow yaml file f.flow:`.
fn check_file(text: &str, problem: &str) {
    let errors = load_flow(text).report.errors;
    let found: Vec<_> =
        errors.iter().map(|e| e.strip_prefix("Error loading flow yaml file f.flow:")).collect();
    assert_eq!(found, [Some(problem)], "{text}: {errors:?}");
}

/// Like [`check_file`], for problems whose whole text is the parser's.
fn check_parser(text: &str, part: &str) {
    let loaded = load_flow(text);
    assert!(loaded.model.flows.is_empty());
    let errors: Vec<_> = loaded.report.errors.into_iter().collect();
    assert!(
        errors.len() == 1
            && errors[0].starts_with("Error loading flow yaml file f.flow:")
            && errors[0].contains(part),
        "{text}: {errors:?}"
    );
}

/// The config of a job `a` whose config is this block.
fn config(block: &str) -> Props {
    let indented = block.replace('\n', "\n      ");
    let loaded = load_flow(&format!("nodes:\n  - name: a\n    type: noop\n    config:\n      {indented}\n"));
    assert!(loaded.report.errors.is_empty(), "{block}: {:?}", loaded.report.errors);
    let mut props = loaded.model.flows["f"].nodes["a"].props.clone();
    assert_eq!(props.remove("type").as_deref(), Some("noop"));
    props
}

fn check_value(text: &str, expected: &str) {
    assert_eq!(config(&format!("k: {text}")).get("k").map(String::as_str), Some(expected), "{text}");
}

#[test]
fn scalars_keep_the_text_of_the_file() {
    for text in
        ["010", "1_000", "1.50", "yes", "2001-01-02", "0x1F", "3", "true", "a:b", "a#b", "é", "12:30:45"]
    {
        check_value(text, text);
    }
    check_value("'quo''ted'", "quo'ted");
    check_value(r#""tab\t\u00e9""#, "tab\té");
    check_value("\"\"", "");
    check_value("text  # a comment", "text");
    check_value("several\n  words", "several words");
    check_value("!!str 010", "010");
    check_value("|\n  one\n   two\n", "one\n two\n");
    check_value("|-\n  one\n  two\n", "one\ntwo");
    check_value(">\n  one\n  two\n\n  three\n", "one two\nthree\n");
    assert_eq!(config("1: one\n~: nothing").into_keys().collect::<Vec<_>>(), ["1", "null"]);
    assert_eq!(config("a: 1\na: 2")["a"], "2");
}

#[test]
fn a_block_that_ends_with_the_file_gets_no_line_break() {
    for (block, expected) in [
        ("|\n  é", "é"),
        (">\n  one\n  two", "one two"),
        ("|-\n  x", "x"),
        ("|\n  x\n", "x\n"),
        ("|+\n  x\n\n ", "x\n\n"),
        (">\n  x\n  ", "x\n"),
    ] {
        let loaded = load_flow(&format!("nodes: [{{name: a, type: noop}}]\nconfig:\n k: {block}"));
        assert_eq!(loaded.model.flows["f"].config["k"], expected, "{block:?}");
    }
}

#[test]
fn null_values_are_empty_and_remembered() {
    let loaded = load_flow(
        "config: {n: }\nnodes:\n- name: a\n  type: noop\n  config: {a: , b: ~, c: null, d: \"\", e: 'null', Xmx: , b2: ~, b2: x}\n",
    );
    let flow = &loaded.model.flows["f"];
    let node = &flow.nodes["a"];
    assert_eq!(node.null_keys.iter().collect::<Vec<_>>(), ["Xmx", "a", "b", "c"]);
    assert_eq!(node.props.iter().filter(|(_, v)| v.is_empty()).count(), 5);
    assert_eq!((&*node.props["e"], &*node.props["b2"]), ("null", "x"));
    assert_eq!(flow.null_keys.iter().collect::<Vec<_>>(), ["n"]);
    assert!(loaded.report.errors.is_empty());
}

#[test]
fn anchors_aliases_and_merges() {
    let loaded = load_flow(
        "config: &c {x: 1, y: &y two}\n\
         nodes:\n\
         - &a {name: a, type: noop, config: {<<: *c, x: mine}}\n\
         - {<<: *a, name: b, dependsOn: [a]}\n\
         - {<<: [{type: noop}, *a], name: d, config: {<<: [{x: first}, {x: second, z: z}], y: *y}}\n",
    );
    assert!(loaded.report.errors.is_empty(), "{:?}", loaded.report.errors);
    assert_eq!(shape(&loaded), ["f: a() b(a) d()"]);
    let nodes = &loaded.model.flows["f"].nodes;
    let config = |id: &str| {
        let props = nodes[id].props.iter().filter(|(k, _)| *k != "type");
        props.map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(config("a"), "x=mine y=two");
    assert_eq!(config("b"), "x=mine y=two");
    assert_eq!(config("d"), "x=first y=two z=z");
}

#[test]
fn byte_order_marks_choose_the_encoding() {
    const TEXT: &str = "nodes:\n- {name: é, type: noop}\n";
    let utf16 = |mark: u16, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(mark).chain(TEXT.encode_utf16()).flat_map(unit).collect()
    };
    let utf8 = [b"\xef\xbb\xbf", TEXT.as_bytes()].concat();
    for bytes in [utf8, utf16(0xfeff, u16::to_le_bytes), utf16(0xfeff, u16::to_be_bytes)] {
        let mut tree = tree([PROJECT]);
        tree.insert("f.flow", bytes).unwrap();
        assert_eq!(shape(&loaded(&tree)), ["f: é()"]);
    }
    let mut tree = tree([PROJECT]);
    tree.insert("f.flow", b"nodes:\n- {name: \xe9}".to_vec()).unwrap();
    let errors = loaded(&tree).report.errors;
    assert!(
        errors.first().unwrap().ends_with("the text is not valid UTF-8 in line 2, column 10"),
        "{errors:?}"
    );
}

#[test]
fn what_is_no_flow_file_is_refused_with_the_parsers_words() {
    check_parser(
        "nodes:\n- name: a\n  typ: noop\n",
        "Unable to find property 'typ' of a node in line 3, column 3",
    );
    check_parser("nodes: []\ncolour: red\n", "Cannot create property=colour");
    check_parser("trigger: {when: now}\nnodes: []", "Unable to find property 'when' of a trigger");
    check_parser(
        "nodes: [{name: a, type: noop, config: {k: {a: b}}}]",
        "the value of 'k' must be a single value",
    );
    check_parser(
        "nodes: [{name: a, type: noop, config: {k: [a]}}]",
        "the value of 'k' must be a single value",
    );
    check_parser("nodes: [{name: a, type: noop, config: text}]", "config must be a mapping");
    check_parser("nodes: [{name: a, type: noop, dependsOn: b}]", "dependsOn must be a list");
    check_parser("nodes: [{name: a, type: noop, dependsOn: [~]}]", "an entry of dependsOn is empty");
    check_parser("nodes: [{name: [a], type: noop}]", "name must be a single value");
    check_parser("nodes: {name: a}", "nodes must be a list");
    check_parser("nodes: [a]", "a node must be a mapping");
    check_parser("- a", "a node must be a mapping");
    check_parser("text", "a node must be a mapping");
    check_parser("nodes:\n\t- name: a\n", "tab");
    check_parser("nodes: []\n---\nnodes: []\n", "expected a single document in the stream");
    check_parser("nodes:\n- name: a\n  type: command\n  config:\n    command: echo a: b\n", "in line 5");
    check_parser("nodes: [{name: a, type: noop, condition: !x}]", "tags are not allowed");
    check_parser("nodes: !!javax.script.ScriptEngineManager []", "tags are not allowed");
    check_parser("nodes: [{name: a, type: !!int 3}]", "tags are not allowed");
    check_parser("nodes: *unknown", "unknown anchor");
    check_parser("&a nodes: [*b]", "unknown anchor");
    check_parser("nodes: &n [{name: a, type: flow, nodes: *n}]", "alias inside the node that it stands for");
    check_parser("nodes: [\u{0}]", "special characters are not allowed: U+0000 in line 1, column 9");
    check_parser("nodes: [", "in line 2");
}

#[test]
fn checks_of_the_top_level_have_one_message() {
    const MESSAGE: &str = "Failed to validate nodeBean for f.flow. Duplicate nodes found or dependency undefined or ROOT used as a name.";
    for nodes in [
        "[{name: a, type: noop}, {name: a, type: noop}]",
        "[{name: a, type: noop, dependsOn: [b]}]",
        "[{name: ROOT, type: noop}]",
    ] {
        check(&format!("nodes: {nodes}"), &[MESSAGE]);
    }
}

#[test]
fn other_checks_say_what_is_wrong() {
    for empty in ["", "# nothing\n", "---\n", "~"] {
        check_file(empty, "Failed to load flow file f.flow. Node bean is null .");
    }
    check_file("config: {a: b}", "the flow has no nodes");
    check_file("nodes:", "the flow has no nodes");
    check_file("nodes: [{type: noop}]", "a node has no name");
    check_file("nodes: [~]", "a node has no name");
    check_file("nodes: [{name: a}]", "node 'a' has no type");
    check_file("nodes: [{name: a, type: flow}]", "node 'a' is of type flow and has no nodes");
    check_file(
        "nodes: [{name: a/b, type: noop}]",
        "node name 'a/b' must not contain '/', ':' or control characters",
    );
    let inside = |nodes: &str, problem: &str| {
        check_file(&format!("nodes: [{{name: s, type: flow, nodes: {nodes}}}]"), problem);
    };
    inside("[{name: a}]", "node 'a' of flow 's' has no type");
    inside(
        "[{name: 'a:b', type: noop}]",
        "node name 'a:b' of flow 's' must not contain '/', ':' or control characters",
    );
    inside("[{name: a, type: noop}, {name: a, type: noop}]", "flow 's' has several nodes of the name 'a'");
    inside("[{name: ROOT, type: noop}]", "flow 's' has a node of the name ROOT, which is not allowed");
    inside(
        "[{name: a, type: noop, dependsOn: [s]}]",
        "node 'a' of flow 's' depends on 's', which is not in the flow",
    );
    check_errors(
        &[PROJECT, ("a:b.flow", "nodes: []")],
        &[
            "Error loading flow yaml file a:b.flow:flow name 'a:b' must not contain '/', ':' or control characters",
        ],
    );
}

#[test]
fn one_broken_file_does_not_hide_the_others() {
    let loaded = check_errors(
        &[
            PROJECT,
            ("a.flow", "nodes: [{name: x, type: noop}]"),
            ("b/a.flow", "nodes: [{name: y, type: noop}]"),
            ("c.flow", "nodes: ["),
            ("__MACOSX/._a.flow", "\0\0"),
            ("ignored.job", "dependencies=none"),
        ],
        &[
            "Duplicate flows found in the project with name a",
            "Error loading flow yaml file c.flow:while parsing a node, did not find expected node content in line 2, column 1",
        ],
    );
    assert_eq!(shape(&loaded), ["a: x()"]);
}

#[test]
fn cycles_are_errors_on_every_level() {
    check("nodes: [{name: a, type: noop, dependsOn: [a]}]", &["Cycles found at a>>a"]);
    check(
        "nodes: [{name: s, type: flow, nodes: [{name: a, type: noop, dependsOn: [b]}, {name: b, type: noop, dependsOn: [a]}]}]",
        &["Cycles found at a>>b"],
    );
}

#[test]
fn embedded_flows_become_flows_of_their_own() {
    let loaded = load_flow(
        "name: other\n\
         type: noop\n\
         config: {failure.action: CANCEL_ALL, notify.emails: 'N@x.org', type: odd, param.override.k: v}\n\
         nodes:\n\
         - name: sub\n\
        \x20 type: flow\n\
        \x20 condition: one_success\n\
        \x20 dependsOn: [a, a]\n\
        \x20 config: {failure.emails: s@x.org, type: odd}\n\
        \x20 nodes:\n\
        \x20 - {name: a, type: noop}\n\
        \x20 - {name: deep, type: flow, nodes: [], dependsOn: [a]}\n\
         - {name: a, type: 5, config: {type: odd, failure.emails: no@x.org}}\n",
    );
    assert!(loaded.report.errors.is_empty(), "{:?}", loaded.report.errors);
    assert_eq!(shape(&loaded), ["f: a() sub(a)", "f:sub: a() deep(a)", "f:sub:deep:"]);
    let model = &loaded.model;
    assert_eq!(model.listed_flows().map(|f| &*f.id).collect::<Vec<_>>(), ["f"]);
    let (root, sub) = (&model.flows["f"], &model.flows["f:sub"]);
    assert_eq!(root.failure_action, Some(FailureAction::CancelAll));
    assert_eq!(
        (&root.success_emails, &root.failure_emails),
        (&vec!["n@x.org".to_owned()], &vec!["n@x.org".to_owned()])
    );
    assert_eq!((&*root.config["type"], &*root.config["param.override.k"]), ("flow", "v"));
    assert_eq!((root.condition.as_deref(), sub.condition.as_deref()), (None, Some("one_success")));
    assert!(sub.embedded && sub.failure_action.is_none() && sub.success_emails.is_empty());
    assert_eq!(sub.failure_emails, ["s@x.org"]);
    let node = &root.nodes["sub"];
    assert_eq!((&node.kind, &*node.source), (&NodeKind::Flow("f:sub".to_owned()), "f.flow"));
    assert_eq!((&*node.props["type"], &node.props), ("flow", &sub.config));
    assert_eq!((root.nodes["a"].job_type(), &*root.nodes["a"].props["type"]), ("5", "5"));
}

#[test]
fn failure_actions_that_are_not_known_are_the_default() {
    for (text, action) in [
        ("finish_currently_running", FailureAction::FinishCurrentlyRunning),
        ("cancel_all", FailureAction::CancelAll),
        ("finish_all_possible", FailureAction::FinishAllPossible),
        ("whatever", FailureAction::FinishCurrentlyRunning),
    ] {
        let loaded = load_flow(&format!("config: {{failure.action: {text}}}\nnodes: []"));
        assert_eq!(loaded.model.flows["f"].failure_action, Some(action), "{text}");
    }
}

#[test]
fn properties_of_jobs_are_checked_under_the_id_of_their_flow() {
    check(
        "nodes: [{name: s, type: flow, nodes: [{name: j, type: noop, config: {Xmx: 3G, Xms: '${x}'}}]}]",
        &["f:s:j: Xmx value has exceeded the allowed limit (max Xmx = 2G)"],
    );
    check(
        "nodes: [{name: j, type: noop, config: {job.notification.success.1.url: u, job.notification.success.1.method: PUT}}]",
        &["Unsupported request method: PUT Only POST and GET are supported"],
    );
}

#[test]
fn conditions_see_the_nodes_of_their_own_flow() {
    let with = |condition: &str, errors: &[&str]| {
        check(
            &format!(
                "nodes:\n- {{name: a, type: noop}}\n- {{name: c, type: noop, dependsOn: [a], condition: \"{condition}\"}}\n\
                 - {{name: d, type: noop, dependsOn: [c]}}\n- {{name: e, type: noop, dependsOn: [d]}}\n- {{name: f, type: noop}}\n\
                 - {{name: s, type: flow, nodes: [{{name: in, type: noop}}]}}\n"
            ),
            errors,
        );
    };
    for fine in ["${a:x} == 1", "${f:x} == 1", "${c:x} == 1", "all_done"] {
        with(fine, &[]);
    }
    const START: &str = "Invalid condition for c:";
    with("${e:x} == 1", &[&format!("{START} should not define condition on its descendant node e.")]);
    with("${in:x} == 1", &[&format!("{START} in doesn't exist in the flow.")]);
    with("", &[&format!("{START} operand is an empty string.")]);
}

#[test]
fn the_trigger_is_kept_with_the_root_flow() {
    let trigger = |text: &str| load_flow(&format!("{text}\nnodes: []")).model.flows["f"].trigger.clone();
    let found = trigger(
        "trigger:\n  maxWaitMins: 5\n  schedule: {type: cron, value: 0 0 1 ? * *}\n  triggerDependencies:\n\
        \x20 - {name: d1, type: kafka, params: {topic: t, n: 1}}\n  - {name: d2, type: kafka}\n",
    );
    let FlowTrigger { cron, max_wait_minutes, dependencies } = found.unwrap();
    assert_eq!((&*cron, max_wait_minutes, dependencies.len()), ("0 0 1 ? * *", Some(5), 2));
    assert_eq!(
        (&*dependencies[0].name, &*dependencies[0].kind, dependencies[0].params.len()),
        ("d1", "kafka", 2)
    );
    const SCHEDULE: &str = "schedule: {type: cron, value: 0 0 1 ? * *}";
    let wait = |minutes: &str| {
        trigger(&format!("trigger: {{maxWaitMins: {minutes}, {SCHEDULE}}}")).unwrap().max_wait_minutes
    };
    assert_eq!((wait("20_000"), wait("9999999999")), (Some(14_400), Some(14_400)));
    assert_eq!(wait("~"), None);
    assert_eq!(trigger("trigger:"), None);
}

#[test]
fn triggers_are_checked_wherever_they_are() {
    let check_trigger = |trigger: &str, problem: &str| {
        check_file(&format!("trigger: {trigger}\nnodes: []"), problem);
        check_file(&format!("nodes: [{{name: a, type: noop, trigger: {trigger}}}]"), problem);
    };
    check_trigger("{maxWaitMins: 5}", "flow trigger schedule must not be null");
    check_trigger("{schedule: {value: 0 0 1 ? * *}}", "flow trigger schedule type must be cron");
    check_trigger("{schedule: {type: daily, value: 0 0 1 ? * *}}", "flow trigger schedule type must be cron");
    for value in ["", ", value: 0 0 1 * * *", ", value: never"] {
        check_trigger(
            &format!("{{schedule: {{type: cron{value}}}}}"),
            "flow trigger schedule value must be a valid cron expression",
        );
    }
    check_trigger(
        "{schedule: {type: cron, value: '* 0 1 ? * *'}}",
        "interval of flow trigger schedule has to be larger than 1 min",
    );
    check_trigger(
        "{schedule: {type: cron, value: 0 0 1 ? * *, zone: UTC}}",
        "flow trigger schedule must contain type and value only",
    );
    let check_dependencies = |minutes: &str, dependencies: &str, problem: &str| {
        check_trigger(
            &format!(
                "{{{minutes} schedule: {{type: cron, value: 0 0 1 ? * *}}, triggerDependencies: [{dependencies}]}}"
            ),
            problem,
        );
    };
    check_dependencies(
        "",
        "{name: a, type: t}",
        "max wait min cannot be null unless no dependency is defined",
    );
    check_dependencies("maxWaitMins: 0,", "", "max wait min must be at least 1 min(s)");
    check_dependencies("maxWaitMins: 5,", "{type: t}", "dependency name is required");
    check_dependencies("maxWaitMins: 5,", "{name: a}", "dependency type is required for a");
    check_dependencies(
        "maxWaitMins: 5,",
        "{name: a, type: t}, {name: a, type: u}",
        "duplicate dependency.name a found, dependency.name should be unique",
    );
    check_dependencies(
        "maxWaitMins: 5,",
        "{name: a, type: t, params: {x: y}}, {name: b, type: t, params: {x: y}}",
        "duplicate dependencyconfig b found, dependency config should be unique",
    );
    check_parser("trigger: {maxWaitMins: soon}\nnodes: []", "maxWaitMins must be an integer");
}

#[test]
fn aliases_cannot_blow_a_file_up() {
    let mut text = "nodes: &x0 [{name: a, type: noop}]\n".to_owned();
    for level in 1..40 {
        let below = format!("*x{}", level - 1);
        text += &format!(
            "nodes: &x{level} [{{name: a, type: flow, nodes: {below}}}, {{name: b, type: flow, nodes: {below}}}]\n"
        );
    }
    let limits = LoadLimits { max_alias_bytes: 1 << 20, ..LoadLimits::default() };
    let files = tree([PROJECT, ("f.flow", &text)]);
    let loaded = load(&files, &limits).unwrap();
    let error = loaded.report.errors.first().unwrap();
    assert!(error.contains("aliases repeat too much of the file"), "{error}");
    let limits = LoadLimits { max_nodes: 1000, ..LoadLimits::default() };
    assert_eq!(load(&files, &limits), Err(LoadError::TooManyNodes { limit: 1000 }));
}

#[test]
fn depth_and_size_are_bounded() {
    let nested = |depth: usize| {
        format!("{}nodes: []{}", "nodes: [{name: a, type: flow, ".repeat(depth), "}]".repeat(depth))
    };
    check(&nested(50), &[]);
    check_parser(&nested(51), "flows are embedded more than 50 deep");
    check_parser(&"nodes: [{".repeat(10_000), "recursion limit exceeded");
    let limits = LoadLimits { max_flow_file_mb: 1, ..LoadLimits::default() };
    let large = format!("nodes: []\n#{}", "x".repeat(1 << 20));
    let error = load(&tree([PROJECT, ("f.flow", &large)]), &limits).unwrap_err();
    assert_eq!(error.to_string(), "Flow file length exceeds 1 MB limit.");
}
