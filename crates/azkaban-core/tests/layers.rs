//! The input properties of nodes against the expectations of execution-and-scheduling §10.7, on the sample projects.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use azkaban_core::project::{LoadLimits, NodeKind, ProjectModel, SourceTree, load};
use azkaban_core::props::{InputLayers, LayeredProps, NodeLayers, Precedence, Props};

/// A sample project; `None`, with a message, where the samples are not at hand.
fn sample(name: &str) -> Option<ProjectModel> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/projects/azkaban").join(name);
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
        return None;
    }
    let mut tree = SourceTree::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(folder.join(&below)).unwrap() {
            let path = below.join(entry.unwrap().file_name());
            if folder.join(&path).is_dir() {
                folders.push(path);
            } else {
                tree.insert(path.to_str().unwrap(), fs::read(folder.join(&path)).unwrap()).unwrap();
            }
        }
    }
    Some(load(&tree, &LoadLimits::default()).unwrap().model)
}

fn props(entries: &[(&str, &str)]) -> Props {
    entries.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect()
}

fn by_path(entries: &[(&str, &[(&str, &str)])]) -> BTreeMap<String, Props> {
    entries.iter().map(|&(path, entries)| (path.to_owned(), props(entries))).collect()
}

/// One execution of which all outputs are known.
struct Execution {
    model: ProjectModel,
    flow: &'static str,
    parameters: Props,
    runtime: BTreeMap<String, Props>,
    outputs: BTreeMap<String, Props>,
    precedence: Precedence,
}

impl Execution {
    /// The input of the node with this nested id.
    fn input(&self, path: &str) -> LayeredProps {
        let mut flow = &self.model.flows[self.flow];
        let mut around = String::new();
        let mut upstream = Vec::new();
        for id in path.split(':') {
            let job = &flow.nodes[id];
            let mut merged = Props::new();
            for dependency in &job.depends_on {
                merged
                    .extend(self.outputs.get(&format!("{around}{dependency}")).cloned().unwrap_or_default());
            }
            upstream.push((job, merged, format!("{around}{id}")));
            around.push_str(id);
            around.push(':');
            if let NodeKind::Flow(inner) = &job.kind {
                flow = &self.model.flows[inner];
            }
        }
        let mut nodes: Vec<_> = upstream
            .iter()
            .map(|(job, outputs, path)| NodeLayers {
                job,
                override_props: None,
                upstream_outputs: outputs,
                runtime: self.runtime.get(path),
            })
            .collect();
        let node = nodes.pop().unwrap();
        let layers = InputLayers {
            model: &self.model,
            flow: self.flow,
            common: &props(&[("azkaban.flow.flowid", self.flow)]),
            flow_parameters: &self.parameters,
            enclosing: &nodes,
            node,
            memory_check: true,
            precedence: self.precedence,
        };
        layers.build()
    }

    /// Compares a node's `props1`, `props2`, …: `-` is not asserted, `.` is absent.
    fn check(&self, path: &str, expected: &str) {
        let input = self.input(path).values;
        for (at, expected) in expected.split_whitespace().enumerate() {
            let key = format!("props{}", at + 1);
            let value = input.get(&key).map_or(".", String::as_str);
            assert!(expected == "-" || value == expected, "{path}: {key} is {value}, not {expected}");
        }
    }
}

fn runtime() -> BTreeMap<String, Props> {
    by_path(&[
        ("job2", &[("job-prop-2", "job2-val-2"), ("props6", "job2-val-6")]),
        (
            "innerflow",
            &[("props6", "innerflow-val-6"), ("props4", "innerflow-val-4"), ("props10", "innerflow-val-10")],
        ),
        ("innerflow:job4", &[("props4", "innerflow-job4-val-4"), ("props5", "innerflow-job4-val-5")]),
        ("job3", &[("prop-job3", "should-be-set-only-for-job3")]),
    ])
}

const PARAMETERS: [(&str, &str); 3] =
    [("props5", "execflow5"), ("props6", "execflow6"), ("props7", "execflow7")];
const JOB4_OUTPUTS: [(&str, &str); 2] = [("props6", "g4job6"), ("props9", "g4job9")];
const SAMPLES: [&str; 2] = ["execpropstest", "loadpropsflowyamltest"];

#[test]
fn own_keys_win_over_flow_parameters_by_default() {
    for model in SAMPLES.into_iter().filter_map(sample) {
        let mut runtime = runtime();
        runtime.get_mut("innerflow:job4").unwrap().insert("runtime1".to_owned(), "runtime1-job4".to_owned());
        let mut parameters = props(&PARAMETERS);
        parameters.extend(props(&[("runtime1", "runtime1-ROOT"), ("runtime2", "runtime2-ROOT")]));
        let outputs = by_path(&[
            (
                "job2",
                &[
                    ("props4", "g2job4"),
                    ("props5", "g2job5"),
                    ("props6", "g2job6"),
                    ("props7", "g2job7"),
                    ("props10", "g2job10"),
                ],
            ),
            ("innerflow:job1", &[("props4", "g1job4"), ("props10", "g1job10")]),
            ("innerflow", &JOB4_OUTPUTS),
        ]);
        let precedence = Precedence::JobOverFlowParameters;
        let execution = Execution { model, flow: "job3", parameters, runtime, outputs, precedence };
        execution.check("job2", "shared1 job2 moo3 shared4 execflow5 job2-val-6 job7 shared8 - .");
        execution.check(
            "innerflow:job1",
            "job1 job2 moo3 innerflow-val-4 innerflow5 innerflow-val-6 g2job7 job8 - innerflow-val-10",
        );
        execution.check(
            "innerflow:job4",
            "shared1 shared2 moo3 innerflow-job4-val-4 innerflow-job4-val-5 innerflow-val-6 g2job7 job8 job9 g1job10",
        );
        execution.check("job3", "shared1 shared2 job3 moo4 execflow5 g4job6 execflow7 - g4job9 .");
        for (path, runtime1) in [
            ("job2", "runtime1-ROOT"),
            ("innerflow:job1", "runtime1-ROOT"),
            ("innerflow:job4", "runtime1-job4"),
            ("job3", "runtime1-ROOT"),
        ] {
            let input = execution.input(path).values;
            assert_eq!((&*input["runtime1"], &*input["runtime2"]), (runtime1, "runtime2-ROOT"), "{path}");
            assert_eq!(input.contains_key("job-prop-2"), path == "job2", "{path}");
            assert_eq!(input.contains_key("prop-job3"), path == "job3", "{path}");
            assert_eq!(input["azkaban.flow.flowid"], "job3");
        }
    }
}

#[test]
fn flow_parameters_and_runtime_properties_win_in_eager_mode() {
    for model in SAMPLES.into_iter().filter_map(sample) {
        let outputs = by_path(&[
            ("job2", &[("props6", "g2job6"), ("props8", "g2job8"), ("props10", "g2job10")]),
            ("innerflow:job1", &[("props1", "g1job1"), ("props10", "g1job10")]),
            ("innerflow", &JOB4_OUTPUTS),
        ]);
        let (parameters, precedence) = (props(&PARAMETERS), Precedence::RuntimeOverJob);
        let execution =
            Execution { model, flow: "job3", parameters, runtime: runtime(), outputs, precedence };
        execution.check("job2", "shared1 job2 moo3 shared4 execflow5 job2-val-6 execflow7 shared8 - .");
        execution.check(
            "innerflow:job1",
            "job1 job2 moo3 innerflow-val-4 execflow5 innerflow-val-6 execflow7 job8 - innerflow-val-10",
        );
        execution.check(
            "innerflow:job4",
            "g1job1 shared2 moo3 innerflow-job4-val-4 innerflow-job4-val-5 innerflow-val-6 execflow7 job8 job9 \
             innerflow-val-10",
        );
        execution.check("job3", "shared1 shared2 job3 moo4 execflow5 execflow6 execflow7 - g4job9 .");
    }
}

#[test]
fn outputs_flow_into_and_out_of_embedded_flows() {
    let Some(model) = sample("embedded2") else { return };
    let inner_flow: [(&str, &str); 2] = [("output1.jobb", "test1"), ("output2.jobb", "test2")];
    let outputs = by_path(&[
        ("joba", &[("output.joba", "joba"), ("output.override", "joba")]),
        ("jobb:innerJobA", &[("output.jobb.innerJobA", "jobb.innerJobA")]),
        ("jobb:innerJobB", &[("output.jobb.innerJobB", "jobb.innerJobB")]),
        ("jobb:innerJobC", &[("output.jobb.innerJobC", "jobb.innerJobC")]),
        ("jobb:innerFlow", &inner_flow),
        ("jobb", &inner_flow),
        ("jobc", &[("output.jobc", "jobc")]),
    ]);
    let execution = Execution {
        model,
        flow: "jobf",
        parameters: props(&[("param4", "override.4")]),
        runtime: BTreeMap::new(),
        outputs,
        precedence: Precedence::default(),
    };
    let check = |path: &str, expected: &[(&str, &str)]| {
        let input = execution.input(path).values;
        for (key, value) in expected {
            assert_eq!(input.get(*key).map(String::as_str), Some(*value), "{path}: {key}");
        }
    };
    for path in ["joba", "joba1"] {
        check(
            path,
            &[
                ("param2", "test1.2"),
                ("param3", "test1.3"),
                ("param4", "override.4"),
                ("param5", "test2.5"),
                ("param6", "test2.6"),
                ("param7", "test2.7"),
                ("param8", "test2.8"),
            ],
        );
    }
    check("joba", &[("param1", "joba.1")]);
    check("joba1", &[("param1", "test1.1")]);
    check(
        "jobb",
        &[
            ("param4", "override.4"),
            ("testprops", "moo"),
            ("output.override", "jobb"),
            ("output.joba", "joba"),
        ],
    );
    check("jobb:innerJobA", &[("param1", "test1.1"), ("output.joba", "joba"), ("output.override", "jobb")]);
    check("jobb:innerJobB", &[("testprops", "moo"), ("output.jobb.innerJobA", "jobb.innerJobA")]);
    check(
        "jobb:innerFlow",
        &[("output.jobb.innerJobB", "jobb.innerJobB"), ("output.jobb.innerJobC", "jobb.innerJobC")],
    );
    check("jobe", &[("output1.jobb", "test1"), ("output.jobc", "jobc")]);

    let shared = |path: &str| execution.input(path).values.contains_key("param5");
    assert!(shared("jobb:innerJobA") && !shared("jobb"), "a flow node has no shared properties of its own");
}
