//! `hadoopShell`: commands, of which an administrator may forbid some (projects-and-jobs §7.3).

use regex::Regex;

use super::plan::{Job, Plan, PlanError, commands, filled};
use super::plugins::JobType;
use crate::props::Props;

pub(super) fn plan(job_type: &JobType, job: &Job<'_>) -> Result<Plan, PlanError> {
    let allowed = pattern(&job_type.private, "command.whitelist.regex")?;
    let forbidden = pattern(&job_type.private, "command.blacklist.regex")?;
    let mut plan = Plan::default();
    for line in commands(job.props)? {
        let restricted = allowed.as_ref().is_some_and(|pattern| !pattern.is_match(&line.text))
            // Also as it will run: `kin'i't` is `kinit`.
            || forbidden
                .as_ref()
                .is_some_and(|pattern| pattern.is_match(&line.text) || pattern.is_match(&line.argv.join(" ")));
        if restricted {
            plan.warnings.push(format!("Removing restricted command: {}", line.text));
        } else {
            plan.commands.push(line);
        }
    }
    if plan.commands.is_empty() {
        return Err(PlanError::Other(format!(
            "every command of job {} is restricted on this server",
            job.id
        )));
    }
    let server = filled(job.props, "hadoop.global.opts").or(filled(&job_type.private, "hadoop.global.opts"));
    if let Some(server) = server {
        let options =
            filled(job.props, "env.HADOOP_OPTS").map_or(server.to_owned(), |own| format!("{own} {server}"));
        plan.props.insert("env.HADOOP_OPTS".to_owned(), options);
    }
    Ok(plan)
}

/// A pattern that a whole command must match.
fn pattern(private: &Props, key: &str) -> Result<Option<Regex>, PlanError> {
    let Some(text) = filled(private, key) else { return Ok(None) };
    // Flags at the beginning hold for the group that they are put into.
    let whole = Regex::new(&format!("^(?s:{text})$"));
    whole.map(Some).map_err(|error| PlanError::Other(format!("the type's {key} is no pattern: {error}")))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;

    fn shell() -> Case {
        Case::of("hadoopShell").job("command", "hadoop fs -ls /").job("command.1", "KINIT -k")
    }

    #[test]
    fn restricted_commands_are_left_out() {
        shell().runs(&["hadoop|fs|-ls|/", "KINIT|-k"]);
        let plan = shell().private("command.blacklist.regex", "(?i).*kinit.*").runs(&["hadoop|fs|-ls|/"]);
        assert_eq!(plan.warnings, ["Removing restricted command: KINIT -k"]);
        shell().private("command.whitelist.regex", "hadoop .*|KINI").runs(&["hadoop|fs|-ls|/"]);
    }

    #[test]
    fn quotes_do_not_hide_a_command() {
        let quoted = Case::of("hadoopShell").job("command", "kin'i't -k");
        quoted
            .private("command.blacklist.regex", "(?i).*kinit.*")
            .fails("Job set up failed: every command of job j is restricted on this server");
    }

    #[test]
    fn a_command_of_several_lines_is_looked_at_as_a_whole() {
        Case::of("hadoopShell")
            .job("command", "sh -c 'ls\nkinit -k'")
            .private("command.blacklist.regex", "(?i).*kinit.*")
            .fails("Job set up failed: every command of job j is restricted on this server");
    }

    #[test]
    fn a_pattern_that_is_none_lets_nothing_run() {
        let error = shell().private("command.blacklist.regex", "(").plan().unwrap_err().to_string();
        assert!(
            error.starts_with("Job set up failed: the type's command.blacklist.regex is no pattern"),
            "{error}"
        );
    }

    #[test]
    fn the_servers_options_come_behind_the_jobs() {
        let options = |case: Case| case.plan().unwrap().props.get("env.HADOOP_OPTS").cloned();
        assert_eq!(options(shell()), None);
        let server = shell().job("hadoop.global.opts", "-Ds=1");
        assert_eq!(options(server).as_deref(), Some("-Ds=1"));
        let both = shell().private("hadoop.global.opts", "-Ds=1").job("env.HADOOP_OPTS", "-Dj=1");
        assert_eq!(options(both).as_deref(), Some("-Dj=1 -Ds=1"));
    }
}
