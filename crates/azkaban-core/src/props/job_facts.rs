//! Properties that the server writes over those of an attempt of a job (projects-and-jobs §5.5, job scope; layer 12).

use super::LayeredProps;
use crate::ids::{ExecutionId, NodePath};

/// What is known of an attempt when it starts.
#[derive(Debug, Clone)]
pub struct JobFacts<'a> {
    /// The execution.
    pub execution: ExecutionId,
    /// The project's name.
    pub project_name: &'a str,
    /// Id of the flow that the job is a node of; inside an embedded flow that flow's.
    pub parent_flow: &'a str,
    /// The job's nested id.
    pub path: &'a NodePath,
    /// The job's id in its flow.
    pub job: &'a str,
    /// 0 for the first attempt.
    pub attempt: u32,
    /// Ids of the nodes it depends on.
    pub in_nodes: &'a [&'a str],
    /// Ids of the nodes that depend on it.
    pub out_nodes: &'a [&'a str],
    /// Absolute path of the log.
    pub log_file: &'a str,
    /// Absolute path where the job may leave an attachment.
    pub attachment_file: &'a str,
    /// Base of links to the web server, without a slash at the end; without it there are no links.
    pub web_url: Option<&'a str>,
    /// The user that the job acts for.
    pub effective_user: &'a str,
    /// The job's directory: the `working.dir` of a job that sets none.
    pub job_directory: &'a str,
    /// Options for every Java job (`azkaban.jobs.java.opts`).
    pub java_options: Option<&'a str>,
}

impl JobFacts<'_> {
    /// Writes the properties over those of `input`.
    pub fn inject(&self, input: &mut LayeredProps) {
        let (execution, job, path) = (self.execution, self.job, self.path.as_str());
        input.set("azkaban.job.id", job);
        input.set("azkaban.job.attempt", &self.attempt.to_string());
        if path != job {
            input.set("azkaban.flow.nested.path", path);
        }
        input.set("azkaban.job.innodes", &self.in_nodes.join(","));
        input.set("azkaban.job.outnodes", &self.out_nodes.join(","));
        input.set("azkaban.job.log.file", self.log_file);
        input.set("azkaban.job.attachment.file", self.attachment_file);
        let retry = if self.attempt > 0 { format!("{}.", self.attempt) } else { String::new() };
        input.set("azkaban.job.metadata.file", &format!("_job.{execution}.{retry}{job}.meta"));
        if let Some(url) = self.web_url {
            self.inject_links(input, url);
        }
        self.inject_java_arguments(input);
        input.set("user.to.proxy", self.effective_user);
        if !input.values.contains_key("working.dir") {
            input.set("working.dir", self.job_directory);
        }
    }

    fn inject_links(&self, input: &mut LayeredProps, url: &str) {
        let (project, flow) = (self.project_name, self.parent_flow);
        let execution = format!("{url}/executor?execid={}", self.execution);
        let job = format!("{execution}&job={}", self.path);
        let workflow = format!("{url}/manager?project={project}&flow={flow}");
        input.set("azkaban.url", url);
        input.set("azkaban.webserverhost", host(url));
        input.set("azkaban.link.attempt.url", &format!("{job}&attempt={}", self.attempt));
        input.set("azkaban.link.job.url", &format!("{workflow}&job={}", self.job));
        input.set("azkaban.link.execution.url", &execution);
        input.set("azkaban.link.jobexec.url", &job);
        input.set("azkaban.link.workflow.url", &workflow);
    }

    fn inject_java_arguments(&self, input: &mut LayeredProps) {
        let mut arguments = format!(
            "'-Dazkaban.flowid={}' '-Dazkaban.execid={}' '-Dazkaban.jobid={}'",
            self.parent_flow, self.execution, self.job
        );
        let own = input.values.get("jvm.args").map(String::as_str);
        for more in [own, self.java_options].into_iter().flatten().filter(|more| !more.is_empty()) {
            arguments.push(' ');
            arguments.push_str(more);
        }
        input.set("jvm.args", &arguments);
    }
}

/// The host of a URL.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.find(']') {
        Some(end) => &host[..=end],
        None => host.split(':').next().unwrap_or(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts<'a>(path: &'a NodePath, web_url: Option<&'a str>) -> JobFacts<'a> {
        JobFacts {
            execution: ExecutionId(12),
            project_name: "testProject",
            parent_flow: "innerFlow",
            path,
            job: "innerJobA",
            attempt: 0,
            in_nodes: &["x", "y"],
            out_nodes: &[],
            log_file: "/logs/a.log",
            attachment_file: "/logs/a.attach",
            web_url,
            effective_user: "ann",
            job_directory: "/exec/12",
            java_options: Some("-ea"),
        }
    }

    fn check(input: &LayeredProps, expected: &[(&str, &str)]) {
        for (key, value) in expected {
            assert_eq!(input.values.get(*key).map(String::as_str), Some(*value), "{key}");
        }
    }

    #[test]
    fn a_job_of_an_embedded_flow_knows_where_it_is() {
        let mut input = LayeredProps::default();
        input.set("azkaban.job.id", "forged");
        input.set("jvm.args", "-Xss1m");
        let path = NodePath::from("jobb:innerJobA");
        facts(&path, Some("https://azkaban.example:8443")).inject(&mut input);
        check(
            &input,
            &[
                ("azkaban.job.id", "innerJobA"),
                ("azkaban.job.attempt", "0"),
                ("azkaban.flow.nested.path", "jobb:innerJobA"),
                ("azkaban.job.innodes", "x,y"),
                ("azkaban.job.outnodes", ""),
                ("azkaban.job.log.file", "/logs/a.log"),
                ("azkaban.job.attachment.file", "/logs/a.attach"),
                ("azkaban.job.metadata.file", "_job.12.innerJobA.meta"),
                ("azkaban.url", "https://azkaban.example:8443"),
                ("azkaban.webserverhost", "azkaban.example"),
                ("azkaban.link.execution.url", "https://azkaban.example:8443/executor?execid=12"),
                (
                    "azkaban.link.jobexec.url",
                    "https://azkaban.example:8443/executor?execid=12&job=jobb:innerJobA",
                ),
                (
                    "azkaban.link.attempt.url",
                    "https://azkaban.example:8443/executor?execid=12&job=jobb:innerJobA&attempt=0",
                ),
                (
                    "azkaban.link.workflow.url",
                    "https://azkaban.example:8443/manager?project=testProject&flow=innerFlow",
                ),
                (
                    "azkaban.link.job.url",
                    "https://azkaban.example:8443/manager?project=testProject&flow=innerFlow&job=innerJobA",
                ),
                (
                    "jvm.args",
                    "'-Dazkaban.flowid=innerFlow' '-Dazkaban.execid=12' '-Dazkaban.jobid=innerJobA' -Xss1m -ea",
                ),
                ("user.to.proxy", "ann"),
                ("working.dir", "/exec/12"),
            ],
        );
    }

    #[test]
    fn a_retry_without_a_web_server_has_no_links() {
        let mut input = LayeredProps::default();
        input.set("working.dir", "/own");
        let path = NodePath::from("innerJobA");
        JobFacts { attempt: 2, ..facts(&path, None) }.inject(&mut input);
        check(&input, &[("azkaban.job.metadata.file", "_job.12.2.innerJobA.meta"), ("working.dir", "/own")]);
        for absent in ["azkaban.url", "azkaban.link.job.url", "azkaban.flow.nested.path"] {
            assert!(!input.values.contains_key(absent), "{absent}");
        }
    }

    #[test]
    fn hosts() {
        for (url, expected) in [
            ("http://h/x", "h"),
            ("http://u:p@h:1", "h"),
            ("http://[::1]:8081/", "[::1]"),
            ("h:80", "h"),
            ("", ""),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }
}
