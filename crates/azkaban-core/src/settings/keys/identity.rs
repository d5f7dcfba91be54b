//! What the pages show (config-and-security §3.1).

use super::{Key, Kind, Section, honoured, ignored, later, silent};

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
    later("azkaban.depth", "levels of embedded flows that a graph opens with"),
    later("azkaban.password.placeholder", "text in the password field of the login page"),
    honoured(
        "azkaban.display.execution_page_size",
        Kind::Integer { min: 1, max: 10_000 },
        Some("16"),
        "rows of a page of the history",
    ),
    later("azkaban.locked.flow.error.message", "text on the page of a locked flow"),
    honoured(
        "accesslog.raw.useragent",
        Kind::Boolean,
        Some("false"),
        "the whole user agent in the access log, instead of `browser` or `not-browser`",
    ),
    later("azkaban.server.external.analyzer.*", "links on the page of an execution"),
    later("azkaban.server.job.external.analyzer.*", "links on the page of a job"),
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
