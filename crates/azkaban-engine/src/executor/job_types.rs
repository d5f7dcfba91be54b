//! What a job type runs (projects-and-jobs §7.2): resolved properties in, commands out.

use std::path::Path;

use azkaban_core::command;
use azkaban_core::props::Props;

/// What is to be done for one attempt of a job.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing: it succeeds at once.
    Nothing,
    /// These commands, one after another until one fails.
    Commands(Vec<Vec<String>>),
}

/// Why a job cannot be run; the text goes into its log.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JobTypeError {
    /// No such type here.
    #[error("Failed to build job executor for job {job}: job type '{job_type}' is not known to this server")]
    Unknown {
        /// The job's id.
        job: String,
        /// The type it asks for.
        job_type: String,
    },
    /// A key that the type needs is absent.
    #[error("Job set up failed: Missing required property '{0}'")]
    MissingProperty(&'static str),
    /// A Java job without anything to run from.
    #[error("No classpath defined and no .jar files found in job directory. Can't run java command.")]
    NoClasspath,
    /// A command without a program.
    #[error("Job set up failed: '{0}' names no program")]
    EmptyCommand(String),
}

/// What `job` of type `job_type` does.
///
/// `cwd` is only read by Java jobs without a `classpath`: the jars in it are theirs (§7.2).
pub(crate) fn work(job: &str, job_type: &str, props: &Props, cwd: &Path) -> Result<Work, JobTypeError> {
    match job_type {
        "noop" => Ok(Work::Nothing),
        "command" => commands(&command::commands(props).ok_or(JobTypeError::MissingProperty("command"))?),
        "javaprocess" => commands(&[java_command(props, cwd)?]),
        other => Err(JobTypeError::Unknown { job: job.to_owned(), job_type: other.to_owned() }),
    }
}

fn commands(texts: &[impl AsRef<str>]) -> Result<Work, JobTypeError> {
    let split = |text: &str| match command::split(text) {
        words if words.is_empty() => Err(JobTypeError::EmptyCommand(text.to_owned())),
        words => Ok(words),
    };
    texts.iter().map(|text| split(text.as_ref())).collect::<Result<_, _>>().map(Work::Commands)
}

/// `java <jvm> -Xms<x> -Xmx<x> -cp <cp> <java.class> <main.args>` (§7.2). Unlike Azkaban, an unset native library path is
/// left out rather than printed as `null` (§11).
fn java_command(props: &Props, cwd: &Path) -> Result<String, JobTypeError> {
    let get = |key: &str| props.get(key).map(|v| v.trim()).filter(|v| !v.is_empty());
    let class = get("java.class").ok_or(JobTypeError::MissingProperty("java.class"))?;
    let java = match get("job.run.on.java11") {
        Some(v) if v.eq_ignore_ascii_case("true") => get("java11.binary.path").unwrap_or("java11"),
        _ => "java",
    };
    let mut words = vec![java.to_owned()];
    words.extend(get("global.jvm.args").map(str::to_owned));
    words.extend(get("azkaban.job.cluster.nativelib").map(|lib| format!("-Djava.library.path={lib}")));
    words.extend(get("jvm.args").map(str::to_owned));
    words.push(format!("-Xms{}", get("Xms").unwrap_or("64M")));
    words.push(format!("-Xmx{}", get("Xmx").unwrap_or("256M")));
    words.push(format!("-cp {}", classpath(props, cwd)?));
    words.push(class.to_owned());
    words.extend(get("main.args").map(str::to_owned));
    Ok(words.join(" "))
}

fn classpath(props: &Props, cwd: &Path) -> Result<String, JobTypeError> {
    let list = |key: &str| -> Vec<String> {
        let text = props.get(key).map(String::as_str).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    };
    let mut items = list("global.classpaths");
    let own = list("classpath");
    items.extend(if own.is_empty() { jars_in(cwd) } else { own });
    items.extend(list("azkaban.job.cluster.classpaths"));
    if items.is_empty() { Err(JobTypeError::NoClasspath) } else { Ok(items.join(":")) }
}

fn jars_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(|e| e.ok()?.file_name().into_string().ok());
    let mut jars: Vec<String> = names.filter(|name| name.ends_with(".jar")).collect();
    jars.sort();
    jars
}

#[cfg(test)]
mod tests {
    use super::*;

    fn props(pairs: &[(&str, &str)]) -> Props {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn check(job_type: &str, pairs: &[(&str, &str)], expected: Result<&[&str], &str>) {
        let got = work("j", job_type, &props(pairs), Path::new("/nonexistent"));
        match (got, expected) {
            (Ok(Work::Commands(commands)), Ok(expected)) => {
                let joined: Vec<String> = commands.iter().map(|words| words.join("|")).collect();
                assert_eq!(joined, expected);
            }
            (Ok(Work::Nothing), Ok(expected)) => assert!(expected.is_empty()),
            (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected),
            (got, expected) => panic!("{got:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn commands_run_in_order_until_the_first_gap() {
        check(
            "command",
            &[("command", "echo 'a b'"), ("command.1", "two"), ("command.3", "never")],
            Ok(&["echo|a b", "two"]),
        );
        check("command", &[], Err("Job set up failed: Missing required property 'command'"));
        check("command", &[("command", " '' ")], Err("Job set up failed: ' '' ' names no program"));
    }

    #[test]
    fn java_jobs_become_one_java_command() {
        check(
            "javaprocess",
            &[
                ("java.class", "x.Main"),
                ("classpath", "a.jar, lib/b.jar"),
                ("jvm.args", "-Da='b c'"),
                ("main.args", "1 2"),
            ],
            Ok(&["java|-Da=b c|-Xms64M|-Xmx256M|-cp|a.jar:lib/b.jar|x.Main|1|2"]),
        );
        check(
            "javaprocess",
            &[("java.class", "x.Main")],
            Err("No classpath defined and no .jar files found in job directory. Can't run java command."),
        );
    }

    #[test]
    fn an_unknown_type_says_so() {
        check(
            "nosuch",
            &[],
            Err("Failed to build job executor for job j: job type 'nosuch' is not known to this server"),
        );
        check("noop", &[], Ok(&[]));
    }
}
