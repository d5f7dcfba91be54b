//! `pig`: a script for the `pig` command line (projects-and-jobs §7.3).

use super::class::Class;
use super::command_line::CommandLine;
use super::hadoop;
use super::hive::{append, classpath, java_options};
use super::plan::{Job, Plan, PlanError, filled, items, needed, tool, with_prefix};
use super::plugins::JobType;
use crate::props::typed;

/// `pig -Dk=v … -param k=v … -param_file f … [-debug] [-logfile <file>] <pig.script>`
pub(super) fn plan(class: Class, job_type: &JobType, job: &Job<'_>) -> Result<Plan, PlanError> {
    let script = needed(job.props, "pig.script")?;
    let hadoop = class == Class::Pig;
    let mut line = CommandLine::of(tool(&job_type.private, "pig.home", "pig"));
    if hadoop {
        for (key, value) in hadoop::injected(job, true) {
            line.assignment("-D", &key, &value);
        }
    }
    let imports = items(job.props, "udf.import.list");
    if !imports.is_empty() {
        line.assignment("-D", "udf.import.list", &imports.join(":"));
    }
    let mut jars = items(job.props, "pig.additional.jars");
    if hadoop {
        jars.extend(items(job.props, "default.pig.additional.jars"));
        jars.extend(items(&job_type.private, "default.pig.additional.jars"));
    }
    if !jars.is_empty() {
        line.assignment("-D", "pig.additional.jars", &jars.join(":"));
    }
    if let Some(user) = filled(job.props, "hadoop.job.ugi") {
        line.assignment("-D", "hadoop.job.ugi", user);
    }
    for (key, value) in with_prefix(job.props, "param.").filter(|(key, _)| !key.starts_with("override.")) {
        line.push("-param");
        line.assignment("", key, value);
    }
    for file in items(job.props, "paramfile") {
        line.option("-param_file", file);
    }
    if typed::boolean(job.props, "debug", false) {
        line.push("-debug");
    }
    let mut plan = Plan::default();
    if hadoop {
        let log = format!("{}/piglogfile{}.log", job.cwd, job.file_tag);
        line.option("-logfile", log.clone());
        plan.props.insert("env.PIG_LOG_FILE".to_owned(), log);
    }
    line.push(script);
    plan.commands.push(line);
    append(&mut plan.props, job.props, "env.PIG_OPTS", " ", &java_options(job_type, job));
    append(&mut plan.props, job.props, "env.PIG_CLASSPATH", ":", &classpath(job));
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;
    use super::*;

    #[test]
    fn a_script_becomes_a_command_line_of_pig() {
        let plan = Case::of("pig")
            .job("pig.script", "src/a.pig")
            .job("param.day", "2026 01 01")
            .job("param.override.x", "no")
            .job("param.token", "t")
            .job("paramfile", "p1, p2")
            .job("udf.import.list", "a.b, c.d")
            .job("pig.additional.jars", "x.jar")
            .job("hadoop.job.ugi", "ann,users")
            .job("debug", "true")
            .job("Xmx", "2G")
            .job("classpath", "udf.jar")
            .private("default.pig.additional.jars", "/y.jar")
            .private("pig.home", "/opt/pig")
            .runs(&["/opt/pig/bin/pig|-Dudf.import.list=a.b:c.d|-Dpig.additional.jars=x.jar:/y.jar|-Dhadoop.job.ugi=ann,users|\
                     -param|day=2026 01 01|-param|token=t|-param_file|p1|-param_file|p2|-debug|-logfile|\
                     /exec/7/piglogfilej_7.log|src/a.pig"]);
        assert!(plan.commands[0].text.contains("-param token=[MASKED]"), "{}", plan.commands[0].text);
        assert_eq!(plan.props["env.PIG_LOG_FILE"], "/exec/7/piglogfilej_7.log");
        assert_eq!((&*plan.props["env.PIG_OPTS"], &*plan.props["env.PIG_CLASSPATH"]), ("-Xmx2G", "udf.jar"));
    }

    #[test]
    fn the_older_type_has_neither_log_nor_injected_configuration() {
        let mut old = super::super::testing::built_in("pig");
        old.class = Ok(Class::PigProcess);
        Case::with(old).job("pig.script", "a.pig").job("hadoop-inject.a", "b").runs(&["pig|a.pig"]);
        Case::of("pig").fails("Job set up failed: Missing required property 'pig.script'");
    }
}
