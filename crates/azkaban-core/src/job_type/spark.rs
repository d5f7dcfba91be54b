//! `spark`: an application for `spark-submit` (projects-and-jobs §7.3).

use regex::Regex;

use super::command_line::CommandLine;
use super::hadoop;
use super::plan::{Job, Machine, Plan, PlanError, filled, needed, with_prefix};
use super::plugins::JobType;
use crate::command;
use crate::props::Props;

/// Options whose value is passed on, in Azkaban's order. `conf.*` and `flag.*` are not of this form.
const BEFORE_CONF: [&str; 9] =
    ["master", "deploy-mode", "class", "name", "jars", "packages", "repositories", "py-files", "files"];
const AFTER_CONF: [&str; 5] =
    ["properties-file", "driver-memory", "driver-library-path", "driver-class-path", "executor-memory"];
const AFTER_FLAGS: [&str; 7] =
    ["executor-cores", "driver-cores", "queue", "num-executors", "archives", "principal", "keytab"];
/// Options of the driver's Java machine, also as a setting of the application.
const DRIVER_OPTIONS: &str = "driver-java-options";
const DRIVER_OPTIONS_CONF: &str = "spark.driver.extraJavaOptions";
/// Links that the driver is told.
const LINKS: [&str; 4] = [
    "azkaban.link.workflow.url",
    "azkaban.link.job.url",
    "azkaban.link.execution.url",
    "azkaban.link.attempt.url",
];

/// `spark-submit --driver-java-options … --master … <execution-jar> <params>`
pub(super) fn plan(job_type: &JobType, job: &Job<'_>, machine: &dyn Machine) -> Result<Plan, PlanError> {
    let mut plan = Plan::default();
    let program = program(job_type, job, machine, &mut plan.props)?;
    let mut line = CommandLine::of(program);
    let driver_options = driver_options(job_type, job);
    if !driver_options.is_empty() {
        line.option("--driver-java-options", driver_options);
    }
    for key in BEFORE_CONF {
        option(&mut line, job, key, machine);
    }
    for (key, value) in hadoop::injected(job, false) {
        line.push("--conf");
        line.assignment("", &format!("spark.hadoop.{key}"), &value);
    }
    for (key, value) in with_prefix(job.props, "conf.").filter(|(key, _)| *key != DRIVER_OPTIONS_CONF) {
        line.push("--conf");
        line.assignment("", key, value);
    }
    for key in AFTER_CONF {
        option(&mut line, job, key, machine);
    }
    if let Some(user) = filled(job.props, "proxy-user") {
        line.option("--proxy-user", user);
    }
    for (flag, value) in with_prefix(job.props, "flag.") {
        if value.trim().eq_ignore_ascii_case("true") {
            line.push(format!("--{flag}"));
        }
    }
    for key in AFTER_FLAGS {
        option(&mut line, job, key, machine);
    }
    line.push(execution_jar(job, machine)?);
    let params = job.props.get("params").map(String::as_str).unwrap_or_default();
    for param in params.split(' ').filter(|param| !param.is_empty()) {
        line.push(param);
    }
    plan.commands.push(line);
    Ok(plan)
}

fn option(line: &mut CommandLine, job: &Job<'_>, key: &str, machine: &dyn Machine) {
    if let Some(value) = filled(job.props, key) {
        let value = if key == "jars" { jars(value, job.cwd, machine) } else { value.to_owned() };
        line.option(&format!("--{key}"), value);
    }
}

/// The job's options of the driver, those of its settings, and the links.
fn driver_options(job_type: &JobType, job: &Job<'_>) -> String {
    let mut words: Vec<String> = Vec::new();
    // What Azkaban says to its own Java machine, in which the driver runs there.
    for (props, key) in [(job.props, "jvm.args"), (&job_type.private, "jobtype.jvm.args")] {
        words.extend(filled(props, key).map(command::split).into_iter().flatten());
    }
    words.extend(filled(job.props, DRIVER_OPTIONS).map(str::to_owned));
    words.extend(filled(job.props, &format!("conf.{DRIVER_OPTIONS_CONF}")).map(str::to_owned));
    words.extend(LINKS.iter().filter_map(|&key| Some(format!("-D{key}={}", filled(job.props, key)?))));
    words.join(" ")
}

/// The items of `jars`, those that end in `*` replaced by the jars that they stand for.
fn jars(value: &str, cwd: &str, machine: &dyn Machine) -> String {
    let mut paths = Vec::new();
    for item in value.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        match item.strip_suffix('*') {
            None => paths.push(item.to_owned()),
            Some(folder) => {
                let folder = inside(cwd, folder.trim_end_matches('/'));
                let jars = machine.files(&folder).into_iter().filter(|name| name.ends_with("jar"));
                paths.extend(jars.map(|name| format!("{folder}/{name}")));
            }
        }
    }
    paths.join(",")
}

/// The application: the one jar or Python file whose name begins with what `execution-jar` says (without its ending).
fn execution_jar(job: &Job<'_>, machine: &dyn Machine) -> Result<String, PlanError> {
    let given = needed(job.props, "execution-jar")?;
    let (folder, name) = match given.rsplit_once('/') {
        Some((folder, name)) => (inside(job.cwd, folder), name),
        None => (job.cwd.to_owned(), given),
    };
    let files = machine.files(&folder);
    if files.iter().any(|file| file == name) {
        return Ok(format!("{folder}/{name}"));
    }
    let beginning = name.strip_suffix(".jar").or(name.strip_suffix(".py")).unwrap_or(name);
    let is =
        |file: &&String| file.starts_with(beginning) && (file.ends_with(".jar") || file.ends_with(".py"));
    let found: Vec<&String> = files.iter().filter(is).collect();
    match found[..] {
        [file] => Ok(format!("{folder}/{file}")),
        _ => Err(PlanError::Other(format!(
            "execution-jar={given} of job {} stands for {} files in {folder}, not one",
            job.id,
            found.len()
        ))),
    }
}

fn inside(cwd: &str, path: &str) -> String {
    match path.strip_prefix("./").unwrap_or(path) {
        "" | "." => cwd.to_owned(),
        absolute if absolute.starts_with('/') => absolute.to_owned(),
        relative => format!("{cwd}/{relative}"),
    }
}

/// Which `spark-submit` runs, and what it finds in its environment.
fn program(
    job_type: &JobType,
    job: &Job<'_>,
    machine: &dyn Machine,
    props: &mut Props,
) -> Result<String, PlanError> {
    let private = &job_type.private;
    let own = |key: &str| filled(job.props, key).map(str::to_owned);
    let (home, conf) = match filled(job.props, "spark-version") {
        Some(version) => {
            let home = home_of_version(private, version, machine)?;
            (Some(home), filled(private, &format!("spark.{version}.conf")).map(str::to_owned))
        }
        None => {
            let home =
                filled(private, "spark.home").map(str::to_owned).or_else(|| machine.variable("SPARK_HOME"));
            (own("env.SPARK_HOME").or(home), filled(private, "spark.conf.dir").map(str::to_owned))
        }
    };
    let Some(home) = home else {
        if machine.has_program("spark-submit") {
            return Ok("spark-submit".to_owned());
        }
        return Err(PlanError::Spark("SPARK is not available on the azkaban machine.".to_owned()));
    };
    let home = home.trim_end_matches('/').to_owned();
    if !machine.files(&format!("{home}/bin")).iter().any(|name| name == "spark-submit") {
        return Err(PlanError::Spark("SPARK home dir does not exist.".to_owned()));
    }
    props.insert("env.SPARK_HOME".to_owned(), home.clone());
    let conf = own("env.SPARK_CONF_DIR").or(conf).unwrap_or_else(|| format!("{home}/conf"));
    props.insert("env.SPARK_CONF_DIR".to_owned(), conf);
    Ok(format!("{home}/bin/spark-submit"))
}

/// The folder of a version: named by the administrator, or found among all versions.
fn home_of_version(private: &Props, version: &str, machine: &dyn Machine) -> Result<String, PlanError> {
    if let Some(home) = filled(private, &format!("spark.{version}.home")) {
        return Ok(home.to_owned());
    }
    let unknown = || {
        let text = "SPARK version specified by User is not available.";
        PlanError::Spark(match filled(private, "spark.reference.document") {
            Some(document) => format!("{text} Available versions are mentioned at: {document}"),
            None => text.to_owned(),
        })
    };
    let base = filled(private, "spark.base.dir").ok_or_else(unknown)?.trim_end_matches('/');
    let prefix = filled(private, "spark.home.prefix").unwrap_or_default();
    let mut name = format!("{prefix}{version}");
    if let Some(pattern) = filled(private, "spark.version.regex.to.replace") {
        let with =
            private.get("spark.version.regex.to.replace.with").map(|with| with.trim()).unwrap_or_default();
        let pattern = Regex::new(pattern).map_err(|error| {
            PlanError::Other(format!("the type's spark.version.regex.to.replace is no pattern: {error}"))
        })?;
        name = format!("{prefix}{}", pattern.replace_all(version, with));
    }
    let folders = machine.folders(base);
    let exact = folders.iter().find(|folder| **folder == name);
    let found = exact.or_else(|| folders.iter().rfind(|folder| folder.starts_with(&name)));
    found.map(|folder| format!("{base}/{folder}")).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;

    const SPARK: &str = "/spark/bin/spark-submit";

    fn spark() -> Case {
        Case::of("spark")
            .private("spark.home", "/spark")
            .job("execution-jar", "app.jar")
            .files(&[SPARK, "/exec/7/app.jar"])
    }

    #[test]
    fn an_application_becomes_a_command_line_of_spark_submit() {
        let plan = spark()
            .files(&[SPARK, "/exec/7/app.jar", "/exec/7/lib/a.jar", "/exec/7/lib/b.jar", "/exec/7/lib/c.txt"])
            .job("master", "yarn")
            .job("deploy-mode", "cluster")
            .job("class", "x.Main")
            .job("name", "my app")
            .job("jars", "./lib/*, z.jar")
            .job("packages", "g:a:1")
            .job("files", "f.txt")
            .job("conf.spark.x", "1")
            .job("conf.spark.password", "p")
            .job("driver-memory", "1g")
            .job("executor-memory", "2g")
            .job("flag.verbose", "true")
            .job("flag.supervise", "false")
            .job("queue", "etl")
            .job("num-executors", "3")
            .job("params", "one two  three")
            .runs(&["/spark/bin/spark-submit|--master|yarn|--deploy-mode|cluster|--class|x.Main|--name|my app|--jars|\
                     /exec/7/lib/a.jar,/exec/7/lib/b.jar,z.jar|--packages|g:a:1|--files|f.txt|\
                     --conf|spark.password=p|--conf|spark.x=1|--driver-memory|1g|--executor-memory|2g|--verbose|--queue|etl|--num-executors|3|\
                     /exec/7/app.jar|one|two|three"]);
        assert!(
            plan.commands[0].text.contains("--conf spark.password=[MASKED]"),
            "{}",
            plan.commands[0].text
        );
        assert_eq!(
            (&*plan.props["env.SPARK_HOME"], &*plan.props["env.SPARK_CONF_DIR"]),
            ("/spark", "/spark/conf")
        );
    }

    #[test]
    fn the_driver_is_told_where_the_job_comes_from() {
        spark()
            .job("driver-java-options", "-Da=1")
            .job("conf.spark.driver.extraJavaOptions", "-Db=2")
            .job("azkaban.link.job.url", "http://az/manager?x")
            .job("jvm.args", "'-Dazkaban.execid=7'")
            .runs(&["/spark/bin/spark-submit|--driver-java-options|-Dazkaban.execid=7 -Da=1 -Db=2 \
                     -Dazkaban.link.job.url=http://az/manager?x|--conf|spark.hadoop.azkaban.link.job.url=http://az/manager?x|\
                     /exec/7/app.jar"]);
    }

    #[test]
    fn the_application_is_found_by_the_beginning_of_its_name() {
        let found = |jar: &str, files: &[&str]| {
            let files: Vec<&str> = [SPARK].iter().chain(files).copied().collect();
            let plan = spark().job("execution-jar", jar).files(&files).plan();
            plan.map(|plan| plan.commands[0].argv[1].clone()).map_err(|error| error.to_string())
        };
        assert_eq!(
            found("app.jar", &["/exec/7/app-1.2.jar", "/exec/7/other.jar"]).as_deref(),
            Ok("/exec/7/app-1.2.jar")
        );
        assert_eq!(found("lib/app", &["/exec/7/lib/app.py"]).as_deref(), Ok("/exec/7/lib/app.py"));
        assert_eq!(
            found("app.jar", &["/exec/7/app.jar", "/exec/7/app-2.jar"]).as_deref(),
            Ok("/exec/7/app.jar")
        );
        assert_eq!(
            found("app.jar", &["/exec/7/app-1.jar", "/exec/7/app-2.jar"]).unwrap_err(),
            "Job set up failed: execution-jar=app.jar of job j stands for 2 files in /exec/7, not one"
        );
        Case::of("spark")
            .private("spark.home", "/spark")
            .files(&[SPARK])
            .fails("Job set up failed: Missing required property 'execution-jar'");
    }

    #[test]
    fn versions_are_found_by_their_folders() {
        let program = |private: &[(&str, &str)], version: Option<&str>, files: &[&str]| {
            let files: Vec<&str> = ["/exec/7/app.jar"].iter().chain(files).copied().collect();
            let mut case = Case::of("spark").job("execution-jar", "app.jar").files(&files);
            for (key, value) in private {
                case = case.private(key, value);
            }
            if let Some(version) = version {
                case = case.job("spark-version", version);
            }
            case.plan().map(|plan| plan.commands[0].argv[0].clone()).map_err(|error| error.to_string())
        };
        let base = [("spark.base.dir", "/opt"), ("spark.home.prefix", "spark-")];
        let many = ["/opt/spark-2.4.0/bin/spark-submit", "/opt/spark-3.5.1/bin/spark-submit"];
        assert_eq!(program(&base, Some("3.5"), &many).as_deref(), Ok("/opt/spark-3.5.1/bin/spark-submit"));
        assert_eq!(
            program(&[("spark.3.home", "/s3")], Some("3"), &["/s3/bin/spark-submit"]).as_deref(),
            Ok("/s3/bin/spark-submit")
        );
        let replaced = [
            base[0],
            base[1],
            ("spark.version.regex.to.replace", "-.*$"),
            ("spark.version.regex.to.replace.with", ""),
        ];
        assert_eq!(
            program(&replaced, Some("2.4.0-custom"), &many).as_deref(),
            Ok("/opt/spark-2.4.0/bin/spark-submit")
        );
        assert_eq!(program(&[], None, &["/usr/bin/spark-submit"]).as_deref(), Ok("spark-submit"));

        let unknown = "SPARK version specified by User is not available.";
        assert_eq!(program(&base, Some("9"), &many).unwrap_err(), unknown);
        let document = [base[0], ("spark.reference.document", "http://wiki")];
        assert_eq!(
            program(&document, Some("9"), &many).unwrap_err(),
            format!("{unknown} Available versions are mentioned at: http://wiki")
        );
        assert_eq!(program(&[], None, &[]).unwrap_err(), "SPARK is not available on the azkaban machine.");
        assert_eq!(
            program(&[("spark.home", "/none")], None, &[]).unwrap_err(),
            "SPARK home dir does not exist."
        );
    }
}
