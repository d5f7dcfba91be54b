//! The sample projects of the conformance suite, which lies beside the workspace (projects-and-jobs §10.1, §10.2).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use azkaban_core::project::{FlowFormat, LoadError, LoadLimits, Loaded, SourceTree, load};

use crate::common::edges;

fn samples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/projects/azkaban");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no sample projects at {}", folder.display());
    None
}

fn read(root: &Path) -> SourceTree {
    let mut tree = SourceTree::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inside = path.strip_prefix(root).unwrap().to_str().unwrap();
                tree.insert(inside, std::fs::read(&path).unwrap()).unwrap();
            }
        }
    }
    tree
}

fn load_sample(name: &str) -> Option<Result<Loaded, LoadError>> {
    Some(load(&read(&samples()?.join(name)), &LoadLimits::default()))
}

/// The flows as `id nodes/dependencies`, the number of distinct jobs and of property files, and the errors.
fn check(name: &str, flows: &[&str], jobs: usize, property_files: usize, errors: &[&str]) {
    let Some(loaded) = load_sample(name) else { return };
    let Loaded { model, report } = loaded.unwrap();
    let found: Vec<String> =
        model.flows.values().map(|f| format!("{} {}/{}", f.id, f.nodes.len(), edges(f))).collect();
    assert_eq!(found, flows, "flows of {name}");
    let nodes = model.flows.values().flat_map(|f| f.nodes.values().map(move |n| (f, n)));
    // In Flow 1.0 several flows may share a job.
    let distinct: BTreeSet<_> = nodes
        .map(|(f, n)| if model.format == FlowFormat::V2 { (&f.id, &n.id) } else { (&n.source, &n.id) })
        .collect();
    assert_eq!(distinct.len(), jobs, "jobs of {name}");
    assert_eq!(model.property_files.len(), property_files, "property files of {name}");
    assert_eq!(report.errors.iter().collect::<Vec<_>>(), errors, "errors of {name}");
    assert!(report.warnings.is_empty(), "warnings of {name}: {:?}", report.warnings);
}

#[test]
fn flow_1_0_samples() {
    let exec1 = ["job-pass 1/0", "job-retry 1/0", "job-retry-fail 1/0", "job10 10/12", "job2d 2/1"];
    check("exectest1", &exec1, 14, 2, &[]);
    check("exectest2", &["failflow 8/9"], 8, 0, &[]);
    check("embedded", &["innerFlow 4/4", "jobe 5/6"], 9, 0, &[]);
    check(
        "embedded2",
        &["innerFlow 4/4", "innerFlow2 2/1", "jobf 7/8", "jobg 7/8", "pipeline1_2 2/1", "pipelineFlow 6/6"],
        21,
        2,
        &[],
    );
    check("embedded3", &["innerFlow 4/4", "innerFlow2 2/1", "jobe 5/6"], 10, 0, &[]);
    check(
        "embedded_bad",
        &["innerFlow 4/4", "jobe 5/6", "selfreference 1/0"],
        10,
        0,
        &[
            "Embedded flow cycle found in innerFlow->jobe",
            "Embedded flow cycle found in jobe->innerFlow",
            "Embedded flow cycle found in selfreference->selfreference",
        ],
    );
    check("execpropstest", &["job3 3/2", "job4 2/1"], 5, 3, &[]);
    check("animal", &["animals 23/38"], 23, 0, &[]);
}

#[test]
fn flow_2_0_samples() {
    check("basicflowyamltest", &["basic_flow 4/3"], 4, 0, &[]);
    check("multipleflowyamltest", &["basic_flow 4/3", "basic_flow2 3/2"], 7, 0, &[]);
    check("recursivedirectoryyamltest", &["basic_flow 3/2", "basic_flow2 4/3"], 7, 0, &[]);
    check(
        "embeddedflowyamltest",
        &[
            "embedded_flow 4/3",
            "embedded_flow:embedded_flow1 4/3",
            "embedded_flow:embedded_flow1:embedded_flow2 2/1",
        ],
        10,
        0,
        &[],
    );
    check(
        "multipleembeddedflowyamltest",
        &[
            "embedded_flow 4/3",
            "embedded_flow:embedded_flow1 4/3",
            "embedded_flow:embedded_flow1:embedded_flow2 2/1",
            "embedded_flow_b 4/3",
            "embedded_flow_b:embedded_flow1 4/3",
            "embedded_flow_b:embedded_flow1:embedded_flow2 2/1",
        ],
        20,
        0,
        &[],
    );
    check(
        "embedded4",
        &[
            "valid_dag_2 7/7",
            "valid_dag_2:local_emb_2 1/0",
            "valid_dag_2:valid_dag_3 5/4",
            "valid_dag_2:valid_dag_4 3/2",
            "valid_dag_2:valid_dag_5 4/3",
            "valid_dag_2:valid_dag_5:valid_dag_6 5/4",
        ],
        25,
        0,
        &[],
    );
    check("noflowyamltest", &[], 0, 0, &[]);
    for name in [
        "basicflowwithoutendnode",
        "basicyamlshelltest",
        "embeddedflowwithoutendnode",
        "loadpropsflowyamltest",
    ] {
        let Some(loaded) = load_sample(name) else { return };
        let Loaded { model, report } = loaded.unwrap();
        assert!(!model.flows.is_empty() && report.errors.is_empty(), "{name}: {:?}", report.errors);
    }
}

#[test]
fn broken_flow_2_0_samples() {
    const NOT_VALID: &str = "Duplicate nodes found or dependency undefined or ROOT used as a name.";
    for file in ["duplicate_nodename", "dependency_undefined"] {
        let name = file.replace("_nodename", "nodenames").replace('_', "") + "yamltest";
        check(&name, &[], 0, 0, &[&format!("Failed to validate nodeBean for {file}.flow. {NOT_VALID}")]);
    }
    // Which dependency of the cycle is named is not said; it is always the same one.
    check("cyclefoundyamltest", &["cycle_found 4/4"], 4, 0, &["Cycles found at shell_bash>>shell_pwd"]);
    check(
        "invalidjobpropsyamltest",
        &["invalid_jobprops 3/2"],
        3,
        0,
        &["invalid_jobprops:shell_pwd: Xms value has exceeded the allowed limit (max Xms = 1G)"],
    );
}

#[test]
fn samples_with_conditions() {
    let Some(loaded) = load_sample("conditionalflowyamltest") else { return };
    let Loaded { model, report } = loaded.unwrap();
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    assert_eq!(
        model.flows.keys().collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6, 8].map(|n| format!("conditional_flow{n}")).iter().collect::<Vec<_>>()
    );
    let flow = &model.flows["conditional_flow6"];
    assert_eq!((flow.nodes.len(), edges(flow)), (4, 4));
    assert_eq!(flow.nodes["jobD"].condition.as_deref(), Some("one_success && ${jobA:props} == 'foo'"));

    let Some(loaded) = load_sample("invalidconditionalflowyamltest") else { return };
    let Loaded { model, report } = loaded.unwrap();
    assert_eq!(model.flows.len(), 5);
    assert_eq!(
        report.errors.iter().collect::<Vec<_>>(),
        [
            "Invalid condition for jobA: should not define condition on its descendant node jobD.",
            "Invalid condition for jobB: cannot combine more than one conditionOnJobStatus macros.",
            "Invalid condition for jobB: cannot resolve the condition. Please check the syntax for supported conditions.",
            "Invalid condition for jobB: jobC doesn't exist in the flow.",
            "Invalid condition for jobB: operand is an empty string.",
        ]
    );
}

#[test]
fn samples_that_are_no_project_at_all() {
    for (name, error) in [
        ("duplicateprojectyamltest", LoadError::DuplicateProjectFiles),
        ("noflowversiontest", LoadError::FlowVersionMissing),
        ("invalidflowversiontest", LoadError::FlowVersionInvalid),
    ] {
        let Some(loaded) = load_sample(name) else { return };
        assert_eq!(loaded, Err(error), "{name}");
    }
}
