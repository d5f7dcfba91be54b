//! What the pages show (config-and-security §3.1).

use super::{Key, Kind, Section, honoured, ignored, silent};

pub(super) const SECTION: Section = Section { title: "Name, time zone and pages", text: "", keys: KEYS };

const KEYS: &[Key] = &[
    honoured("azkaban.name", Kind::Text, Some(""), "name of this installation, shown on every page"),
    honoured("azkaban.label", Kind::Text, Some(""), "second line of the name"),
    honoured("azkaban.color", Kind::Text, Some("#FF0000"), "accent colour of the pages"),
    honoured(
        "default.timezone.id",
        Kind::Text,
        None,
        "time zone of all times shown, logged and scheduled, such as `America/Los_Angeles`; else the machine's zone",
    ),
    honoured(
        "azkaban.depth",
        Kind::Integer { min: 0, max: 1000 },
        Some("2"),
        "levels of embedded flows that a graph opens with; told to the pages",
    ),
    honoured(
        "azkaban.password.placeholder",
        Kind::Text,
        Some("Password"),
        "text in the empty password field of the login page",
    ),
    honoured(
        "azkaban.display.execution_page_size",
        Kind::Integer { min: 1, max: 10_000 },
        Some("16"),
        "rows of a page of the history",
    ),
    honoured(
        "azkaban.locked.flow.error.message",
        Kind::Text,
        Some("Flow %s in project %s is locked."),
        "text on the page of a flow that is locked without a message: the first `%s` is the flow, the second the project",
    ),
    honoured(
        "accesslog.raw.useragent",
        Kind::Boolean,
        Some("false"),
        "the whole user agent in the access log, instead of `browser` or `not-browser`",
    ),
    honoured(
        "azkaban.server.external.analyzer.*",
        Kind::Text,
        None,
        "links on the page of an execution: `topics` lists them, `TOPIC.label` and `TOPIC.url` make one; `${url}`, `${exec_id}` and \
         `${webserver_host}` are filled in",
    ),
    honoured(
        "azkaban.server.job.external.analyzer.*",
        Kind::Text,
        None,
        "links on the page of a job's execution, likewise; also `${job_id}`",
    ),
    ignored("azkaban.server.external.analyzer.timeout.ms", "links are shown without being asked for first"),
    ignored("azkaban.server.external.hadoop_cluster_url", "Hadoop links"),
    ignored("azkaban.server.external.resource_manager_job_url", "Hadoop links"),
    ignored("azkaban.server.external.history_server_job_url", "Hadoop links"),
    ignored("azkaban.server.external.spark_history_server_job_url", "Hadoop links"),
    ignored("azkaban.pid.filename", "file shown by `/status`; a process supervisor knows the process id"),
    ignored("web.resource.dir", "the pages and their files are inside the program"),
    ignored("velocity.dev.mode", "reloading of page templates"),
    ignored("cache.directory", "folder of Azkaban's caches"),
    silent("azkaban.temp.dir", "not read by Azkaban"),
    silent("viewer.plugins", "not read by Azkaban"),
    silent("project.manager.class", "not read by Azkaban"),
    silent("project.global.properties", "not read by Azkaban"),
];
