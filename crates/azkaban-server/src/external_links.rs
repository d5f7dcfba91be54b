//! Links that an administrator puts on the pages of executions and jobs (`azkaban.server.external.analyzer.*` and
//! `azkaban.server.job.external.analyzer.*`, config-and-security §3.1).

use serde::Serialize;

use crate::legacy::query_text;

/// The links of both kinds of pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ExternalLinks {
    /// On the page of an execution.
    pub execution: Vec<ExternalLink>,
    /// On the page of a job's execution.
    pub job: Vec<ExternalLink>,
}

/// A link with places to fill in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExternalLink {
    /// What it says.
    pub label: String,
    /// Where it leads: `${url}`, `${exec_id}`, `${job_id}` and `${webserver_host}` are filled in.
    pub url: String,
}

impl ExternalLink {
    /// The address for a page. `base` is what this server's addresses begin with, such as `https://flows.example.org:8443`.
    pub(crate) fn fill(&self, base: &str, execution: &str, job: Option<&str>) -> String {
        let mut page = format!("{base}/executor?execid={execution}");
        if let Some(job) = job {
            page.push_str("&job=");
            page.push_str(&query_text(job));
        }
        let host = base.split_once("://").map_or(base, |(_, rest)| rest);
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        self.url
            .replace("${exec_id}", execution)
            .replace("${webserver_host}", host)
            .replace("${job_id}", &query_text(job.unwrap_or_default()))
            .replace("${url}", &query_text(&page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_in() {
        let fill = |url: &str, job| {
            let link = ExternalLink { label: "x".to_owned(), url: url.to_owned() };
            link.fill("https://flows.example.org:8443", "7", job)
        };
        assert_eq!(
            fill("http://dr/search?u=${url}&h=${webserver_host}", None),
            "http://dr/search?u=https%3A%2F%2Fflows.example.org%3A8443%2Fexecutor%3Fexecid%3D7&h=flows.example.org"
        );
        assert_eq!(fill("http://dr/${exec_id}/${job_id}", Some("a:b&c")), "http://dr/7/a%3Ab%26c");
        assert_eq!(fill("http://dr/${other}", None), "http://dr/${other}");
        // What a job is called is not looked at again.
        assert!(fill("http://dr/${job_id}", Some("${url}")).ends_with("/%24%7Burl%7D"));
    }
}
