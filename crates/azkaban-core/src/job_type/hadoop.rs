//! What all Hadoop types share: the configuration that is injected into them, and delegation tokens (projects-and-jobs §7.3).

use std::borrow::Cow;

use super::plan::{Job, PlanError, with_prefix};
use super::plugins::JobType;
use crate::props::{Props, typed};

/// Properties of a job that Hadoop is told, for its logs and history.
const TOLD: [&str; 16] = [
    "azkaban.flow.execid",
    "azkaban.flow.flowid",
    "azkaban.flow.projectname",
    "azkaban.flow.projectversion",
    "azkaban.flow.projectlastchangedby",
    "azkaban.flow.projectlastchangeddate",
    "azkaban.flow.submituser",
    "azkaban.flow.executionsource",
    "azkaban.job.id",
    "azkaban.job.innodes",
    "azkaban.job.outnodes",
    "azkaban.link.workflow.url",
    "azkaban.link.job.url",
    "azkaban.link.execution.url",
    "azkaban.link.jobexec.url",
    "azkaban.link.attempt.url",
];
/// Properties that become tags of a MapReduce job.
const TAGS: [&str; 7] = [
    "azkaban.flow.execid",
    "azkaban.flow.flowid",
    "azkaban.flow.projectname",
    "azkaban.webserverhost",
    "azkaban.job.id",
    "azkaban.job.attempt",
    "azkaban.flow.nested.path",
];
/// Longest tag, in characters.
const LONGEST_TAG: usize = 250;

/// Refuses jobs that need a delegation token: only Azkaban's own Java classes can fetch one.
pub(super) fn check_tokens(job_type: &JobType, job: &Job<'_>) -> Result<(), PlanError> {
    let obtains = |props: &Props| typed::boolean(props, "obtain.binary.token", false);
    let needed = typed::boolean(&job_type.private, "azkaban.should.proxy", false)
        && (obtains(job.props) || obtains(&job_type.private));
    if !needed {
        return Ok(());
    }
    Err(PlanError::Other(format!(
        "job {} of type '{}' asks for a Hadoop delegation token (azkaban.should.proxy and obtain.binary.token are true), which \
         this server cannot fetch. Set obtain.binary.token=false and log in from the command, or by a ticket that is kept fresh \
         on this machine",
        job.id, job_type.name
    )))
}

/// What is injected into Hadoop's configuration: every `hadoop-inject.K`, what Hadoop is told of the job, and with `tags` those of
/// its MapReduce jobs.
pub(super) fn injected(job: &Job<'_>, tags: bool) -> Vec<(String, String)> {
    let mut all: Props =
        TOLD.iter().filter_map(|&key| Some((key.to_owned(), job.props.get(key)?.clone()))).collect();
    if let Some(workflow) = workflow(job.props) {
        all.insert("yarn.workflow.id".to_owned(), workflow);
    }
    if tags {
        all.insert("mapreduce.job.tags".to_owned(), tags_of(job.props));
    }
    all.extend(with_prefix(job.props, "hadoop-inject.").map(|(k, v)| (k.to_owned(), v.to_owned())));
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// `<project>$<flow>`
fn workflow(props: &Props) -> Option<String> {
    Some(format!("{}${}", props.get("azkaban.flow.projectname")?, props.get("azkaban.flow.flowid")?))
}

fn tags_of(props: &Props) -> String {
    let cut = |tag: String| tag.chars().take(LONGEST_TAG).collect::<String>();
    let told = TAGS.iter().filter_map(|&key| Some(cut(format!("{key}:{}", props.get(key)?))));
    let mut tags: Vec<String> = told.collect();
    let path = props.get("azkaban.flow.nested.path").map(String::as_str).unwrap_or_default();
    let around = path.rsplit_once(':').map(|(flows, _)| flows.split(':')).into_iter().flatten();
    tags.extend(around.enumerate().map(|(n, name)| cut(format!("azkaban.subflow.{}:{name}", n + 1))));
    tags.extend(workflow(props).map(|workflow| cut(format!("workflowid:{workflow}"))));
    tags.join(",")
}

/// A Hadoop configuration file of these properties.
pub(super) fn configuration_file(properties: &[(String, String)]) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<configuration>\n".to_owned();
    for (name, value) in properties {
        let (name, value) = (escaped(name), escaped(value));
        xml.push_str(&format!("  <property><name>{name}</name><value>{value}</value></property>\n"));
    }
    xml.push_str("</configuration>\n");
    xml
}

fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(|c: char| matches!(c, '&' | '<' | '>') || c.is_control()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            // XML has no way to write the other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;
    use super::*;

    fn props(pairs: &[(&str, &str)]) -> Props {
        pairs.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    #[test]
    fn tags_say_where_a_job_comes_from() {
        let long = "x".repeat(300);
        let props = props(&[
            ("azkaban.flow.execid", "7"),
            ("azkaban.flow.flowid", "f"),
            ("azkaban.flow.projectname", "p"),
            ("azkaban.job.id", &long),
            ("azkaban.flow.nested.path", "one:two:j"),
        ]);
        let cut = format!("azkaban.job.id:{}", &long[..235]);
        assert_eq!(
            tags_of(&props).split(',').collect::<Vec<_>>(),
            [
                "azkaban.flow.execid:7",
                "azkaban.flow.flowid:f",
                "azkaban.flow.projectname:p",
                &cut,
                "azkaban.flow.nested.path:one:two:j",
                "azkaban.subflow.1:one",
                "azkaban.subflow.2:two",
                "workflowid:p$f",
            ]
        );
    }

    #[test]
    fn configuration_files_are_xml() {
        let text = configuration_file(&[("a".to_owned(), "<&>\u{1}\r".to_owned())]);
        assert!(text.contains("<name>a</name><value>&lt;&amp;&gt;&#13;</value>"), "{text}");
    }

    #[test]
    fn jobs_that_need_a_token_are_refused() {
        let secure = || Case::of("hive").private("azkaban.should.proxy", "true").job("hive.script", "a.q");
        secure().runs(&["hive|-f|a.q"]);
        let error = secure().job("obtain.binary.token", "true").plan().unwrap_err().to_string();
        assert!(
            error.starts_with("Job set up failed: job j of type 'hive' asks for a Hadoop delegation token"),
            "{error}"
        );
    }
}
