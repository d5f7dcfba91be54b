//! The bodies of the fuzz targets: what reads bytes from outside, with nothing around it.
//!
//! `fuzz/` runs them under cargo-fuzz; `tests/fuzz.rs` runs them on seeded inputs with every test run. Any outcome is fine as long as there is
//! one, soon, and without taking the machine's memory.

use azkaban_core::condition::{self, Condition, ValidationScope};
use azkaban_core::project::{self, FlowFormat, LoadLimits, SourceTree};
use azkaban_core::props::{self, Decoding, Props};
use azkaban_core::settings::{Reader, Settings};

/// A target with what its seeded inputs are made of.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, as `cargo fuzz run` takes it.
    pub name: &'static str,
    /// Reads one input.
    pub run: fn(&[u8]),
    /// Inputs to begin with.
    pub seeds: &'static [&'static str],
    /// Pieces that mean something in the format.
    pub words: &'static [&'static str],
}

/// Every target.
pub static TARGETS: &[Target] = &[
    Target {
        name: "properties",
        run: properties,
        seeds: &[
            "# c\na=b\\\n  c\nd:\\u00e9\ne f\n",
            "dir=${a}/$(1+1)\nexecutor.flow.threads=5\njetty.port=x\n",
        ],
        words: &["\\", "\\u", "=", ":", "\n", "\r\n", "${", "}", "a", "\u{feff}", "é"],
    },
    Target {
        name: "yaml_flow",
        run: yaml_flow,
        seeds: &[
            "config:\n  a: b\nnodes:\n  - name: x\n    type: command\n    config: {command: echo}\n  - name: y\n    type: flow\n    \
             dependsOn: [x]\n    condition: ${x:p} > 1 && one_success\n    nodes: [{name: z, type: noop}]\n",
            "trigger:\n  maxWaitMins: 5\n  schedule: {type: cron, value: 0 0 1 ? * *}\n  triggerDependencies:\n  - name: d\n    \
             type: t\n    params: &p {a: b}\nnodes: [{name: a, type: noop, config: *p}]\n",
        ],
        words: &[
            ": ",
            "- ",
            "\n  ",
            "[",
            "]",
            "{",
            "}",
            "&a ",
            "*a",
            "<<: ",
            "|\n",
            "!!x ",
            "\"",
            "'",
            "\t",
            "? ",
            "nodes:",
            "name: x",
            "dependsOn: [x]",
        ],
    },
    Target {
        name: "jobs",
        run: jobs,
        seeds: &[
            "type=command\ncommand=echo\ndependencies=b,c\n",
            "type=flow\nflow.name=b\nXms=1G\nretries=1\njob.notification.success.1.url=http://x\n",
        ],
        words: &[
            "dependencies=",
            "type=flow\n",
            "flow.name=",
            "a",
            "b",
            "c",
            ",",
            "\n",
            "condition=one_success\n",
            "\u{1}",
        ],
    },
    Target {
        name: "zip",
        run: zip,
        seeds: &[],
        words: &["PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "../", "/", "\0\0\0\0", "\u{7f}\u{7f}", "a.job"],
    },
    Target {
        name: "condition",
        run: condition,
        seeds: &["${a:b} == 'x' && !(${c:d} > 1.5) || all_done", "one_failed && ${a:b} != \"y\""],
        words: &[
            "(", ")", "!", "&&", "||", "==", "!=", ">", "<", ">=", "${a:b}", "'", "\"", "all_done", "1e999",
            " ",
        ],
    },
    Target {
        name: "expression",
        run: expression,
        seeds: &[
            "$(1 + 2 * (3 - 4) / 5)",
            "$(\"a\" + new(\"java.lang.String\", \"x\").length())",
            "${b}$(a == b ? 1 : 2)",
        ],
        words: &[
            "$(", "(", ")", "+", "-", "*", "/", "?", ":", "\"", "'", "new(", ".", ",", "${a}", "${b}",
            "${c}", "1e308", "and", "not ",
        ],
    },
    Target {
        name: "multipart",
        run: multipart,
        seeds: &[
            "--X\r\nContent-Disposition: form-data; name=\"ajax\"\r\n\r\nupload\r\n--X\r\nContent-Disposition: attachment; \
             name=\"file\"; filename=\"a.zip\"\r\nContent-Type: application/zip\r\n\r\nPK\r\n--X--\r\n",
        ],
        words: &[
            "--X",
            "--X--",
            "\r\n",
            "\r\n\r\n",
            "Content-Disposition: form-data; name=\"file\"; filename=\"",
            "\"",
            ";",
            "=",
            "\\",
            "-",
        ],
    },
    Target {
        name: "query",
        run: query,
        seeds: &[
            "ajax=executeFlow&project=p&flow=f&disabled=[\"a\",{\"id\":\"b\",\"children\":[\"c\"]}]&flowOverride[x]=1&runtimeProperty[ROOT][y]=2",
            "concurrentOption=pipeline&pipelineLevel=2&successEmails=a@b;c,d&failureAction=finishPossible&g[",
        ],
        words: &[
            "&",
            "=",
            "%",
            "%5B",
            "[",
            "]",
            "{\"id\":",
            "\"children\":[",
            "flowOverride[",
            "disabled=",
            "+",
            "%00",
            "%f0%9f%9a%80",
        ],
    },
];

/// Runs a target by its name.
///
/// # Panics
/// If there is none of this name, or it finds something wrong.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of this name");
    (target.run)(bytes);
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Property files: the grammar in both decodings, the server's settings, and resolving what came out.
fn properties(bytes: &[u8]) {
    if let Ok(read) = props::parse(bytes) {
        assert_eq!(
            props::parse(&props::write(&read, "again")).as_ref(),
            Ok(&read),
            "what is written reads back"
        );
        let _ = props::resolve(&read);
    }
    let _ = props::parse_with(bytes, Decoding::Latin1);
    let mut settings = Settings::new();
    if let Err(problem) = settings.add_file("fuzz", bytes) {
        let _ = problem.to_string();
    }
    let _ = settings.unknown().count();
    let mut reader = Reader::new(&settings);
    let _ = (
        reader.integer("jetty.port"),
        reader.size("job.log.chunk.size"),
        reader.boolean("lockdown.create.projects"),
    );
    let _ = reader.finish();
}

fn load(files: &[(&str, &[u8])]) {
    let mut tree = SourceTree::new();
    for (path, bytes) in files {
        if tree.insert(path, bytes.to_vec()).is_err() {
            return;
        }
    }
    let limits = LoadLimits {
        max_flow_nodes: 5_000,
        max_nodes: 20_000,
        max_dependencies: 50_000,
        ..LoadLimits::default()
    };
    match project::load(&tree, &limits) {
        Ok(loaded) => {
            assert_eq!(project::load(&tree, &limits).as_ref(), Ok(&loaded), "loading is deterministic")
        }
        Err(error) => drop(error.to_string()),
    }
}

/// A Flow 2.0 project with this flow file.
fn yaml_flow(bytes: &[u8]) {
    load(&[("p.project", b"azkaban-flow-version: 2.0\n"), ("f.flow", bytes)]);
}

/// A Flow 1.0 project whose job files are the parts of the input between lines of `--`.
fn jobs(bytes: &[u8]) {
    let text = text(bytes);
    let parts: Vec<&str> = text.split("--\n").collect();
    let names = ["a.job", "b.job", "c.job", "sub/d.job", "sub/x.properties", "y.properties"];
    let files: Vec<(&str, &[u8])> =
        names.iter().zip(parts).map(|(name, part)| (*name, part.as_bytes())).collect();
    load(&files);
}

/// The archive reader, with at most 1 MB unpacked.
fn zip(bytes: &[u8]) {
    azkaban_engine::fuzzing::unpack_untrusted(bytes, 1 << 20)
        .expect("temporary files can be made")
        .unwrap_or_default();
}

/// Conditions: validation in both formats and evaluation.
fn condition(bytes: &[u8]) {
    let text = text(bytes);
    for format in [FlowFormat::V1, FlowFormat::V2] {
        let scope = ValidationScope {
            format,
            node: "n",
            exists: &|job| job.len() < 3,
            is_descendant: &|job| job == "b",
        };
        let _ = condition::validate(&text, &scope);
    }
    if let Ok(parsed) = Condition::parse(&text) {
        let lookup = |job: &str, parameter: &str| (job != parameter).then(|| format!("{job}{parameter}"));
        let _ = (parsed.eval(&lookup), parsed.resolved_text(&lookup));
    }
}

/// Substitution and expressions of a value, with others that refer to each other.
fn expression(bytes: &[u8]) {
    let mut input = Props::new();
    input.insert("a".to_owned(), text(bytes));
    input.insert("b".to_owned(), "${a}${a}".to_owned());
    input.insert("c".to_owned(), "7".to_owned());
    if let Err(error) = props::resolve(&input) {
        let _ = error.to_string();
    }
}

/// A multipart body; the boundary is X or has to be found.
fn multipart(bytes: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for content_type in ["multipart/form-data; boundary=X", "multipart/mixed"] {
        runtime.block_on(azkaban_server::fuzzing::receive_multipart(content_type, bytes.to_vec()));
    }
}

/// A query string or urlencoded body, read as the options of an execution.
fn query(bytes: &[u8]) {
    azkaban_server::fuzzing::read_query(bytes);
}
