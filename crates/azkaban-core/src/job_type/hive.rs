//! `hive`: a script for the `hive` command line (projects-and-jobs §7.3).

use super::command_line::CommandLine;
use super::hadoop;
use super::plan::{Job, Plan, PlanError, filled, items, needed, tool, with_prefix};
use super::plugins::JobType;
use crate::command;
use crate::props::{Props, typed};

/// `hive -hiveconf k=v … [-hiveconf hive.root.logger=INFO,console] -hivevar k=v … -f <hive.script>`
pub(super) fn plan(job_type: &JobType, job: &Job<'_>) -> Result<Plan, PlanError> {
    let script = needed(job.props, "hive.script")?;
    let mut line = CommandLine::of(tool(&job_type.private, "hive.home", "hive"));
    for (key, value) in hadoop::injected(job, true) {
        line.push("-hiveconf");
        line.assignment("", &key, &value);
    }
    for (key, value) in with_prefix(job.props, "hiveconf.") {
        line.push("-hiveconf");
        line.assignment("", key, value);
    }
    if typed::boolean(job.props, "debug", false) {
        line.option("-hiveconf", "hive.root.logger=INFO,console");
    }
    for (key, value) in with_prefix(job.props, "hivevar.") {
        line.push("-hivevar");
        line.assignment("", key, value);
    }
    line.option("-f", script);
    let mut plan = Plan { commands: vec![line], ..Plan::default() };
    append(&mut plan.props, job.props, "env.HADOOP_CLIENT_OPTS", " ", &java_options(job_type, job));
    append(&mut plan.props, job.props, "env.HADOOP_CLASSPATH", ":", &classpath(job));
    Ok(plan)
}

/// The options of the Java machine, as Azkaban would give them to its own, without quotes: the scripts of the tools split them
/// again. Without `Xms` and `Xmx` the tool's own defaults hold.
pub(super) fn java_options(job_type: &JobType, job: &Job<'_>) -> Vec<String> {
    let mut words = Vec::new();
    for (props, key) in [
        (job.props, "global.jvm.args"),
        (job.props, "jvm.args"),
        (job.props, "jobtype.global.jvm.args"),
        (&job_type.private, "jobtype.global.jvm.args"),
        (job.props, "jobtype.jvm.args"),
        (&job_type.private, "jobtype.jvm.args"),
    ] {
        words.extend(filled(props, key).map(command::split).into_iter().flatten());
    }
    for (key, option) in [("Xms", "-Xms"), ("Xmx", "-Xmx")] {
        words.extend(filled(job.props, key).map(|amount| format!("{option}{amount}")));
    }
    words
}

/// The job's own jars.
pub(super) fn classpath(job: &Job<'_>) -> Vec<String> {
    let mut paths = items(job.props, "global.classpaths");
    paths.extend(items(job.props, "classpath"));
    paths
}

/// Sets a list-like variable of a job's environment to what the job gives it and `more`.
pub(super) fn append(into: &mut Props, job: &Props, key: &str, separator: &str, more: &[String]) {
    if more.is_empty() {
        return;
    }
    let own = filled(job, key).map(str::to_owned);
    let all: Vec<String> = own.into_iter().chain(more.iter().cloned()).collect();
    into.insert(key.to_owned(), all.join(separator));
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;

    #[test]
    fn a_script_becomes_a_command_line_of_hive() {
        let plan = Case::of("hive")
            .job("hive.script", "src/daily.q")
            .job("hiveconf.hive.exec.parallel", "true")
            .job("hiveconf.mapreduce.job.queuename", "my queue")
            .job("hivevar.day", "2026-01-01")
            .job("hivevar.password", "x")
            .job("debug", "true")
            .job("hadoop-inject.a.b", "c")
            .runs(&["hive|-hiveconf|a.b=c|-hiveconf|hive.exec.parallel=true|-hiveconf|mapreduce.job.queuename=my queue|\
                     -hiveconf|hive.root.logger=INFO,console|-hivevar|day=2026-01-01|-hivevar|password=x|-f|src/daily.q"]);
        assert_eq!(
            plan.commands[0].text,
            "hive -hiveconf a.b=c -hiveconf hive.exec.parallel=true -hiveconf 'mapreduce.job.queuename=my queue' -hiveconf \
             hive.root.logger=INFO,console -hivevar day=2026-01-01 -hivevar password=[MASKED] -f src/daily.q"
        );
        assert!(plan.props.is_empty());
    }

    #[test]
    fn memory_and_jars_go_to_the_tool_through_its_environment() {
        let plan = Case::of("hive")
            .private("hive.home", "/opt/hive/")
            .job("hive.script", "a.q")
            .job("jvm.args", "'-Dazkaban.execid=7' -Dx=1")
            .job("Xmx", "1G")
            .job("classpath", "udf.jar")
            .job("env.HADOOP_CLASSPATH", "/conf")
            .runs(&["/opt/hive/bin/hive|-f|a.q"]);
        assert_eq!(plan.props["env.HADOOP_CLIENT_OPTS"], "-Dazkaban.execid=7 -Dx=1 -Xmx1G");
        assert_eq!(plan.props["env.HADOOP_CLASSPATH"], "/conf:udf.jar");
    }

    #[test]
    fn hive_is_told_where_the_job_comes_from() {
        let plan = Case::of("hive")
            .job("hive.script", "a.q")
            .job("azkaban.flow.execid", "7")
            .job("azkaban.flow.projectname", "p")
            .job("azkaban.flow.flowid", "f")
            .plan()
            .unwrap();
        let argv = &plan.commands[0].argv;
        assert!(
            argv.contains(&"azkaban.flow.execid=7".to_owned())
                && argv.contains(&"yarn.workflow.id=p$f".to_owned()),
            "{argv:?}"
        );
    }

    #[test]
    fn a_script_is_needed() {
        Case::of("hive").fails("Job set up failed: Missing required property 'hive.script'");
    }
}
