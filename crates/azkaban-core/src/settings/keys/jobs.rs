//! Running flows and jobs, their logs (config-and-security §3.6, §3.7).

use super::{Key, Kind, Section, at_least, honoured, ignored};

const THREADS: Kind = Kind::Integer { min: 1, max: 100_000 };

pub(super) const SECTION: Section = Section { title: "Flows, jobs and their logs", text: "", keys: KEYS };

const KEYS: &[Key] = &[
    honoured("executor.flow.threads", THREADS, Some("30"), "flows that run at once; others wait"),
    honoured(
        "flow.num.job.threads",
        THREADS,
        Some("10"),
        "jobs of one flow that run at once; also a flow parameter",
    ),
    honoured(
        "azkaban.max.concurrent.runs.oneflow",
        at_least(1),
        Some("30"),
        "executions of one flow that may be there at once",
    ),
    honoured(
        "azkaban.concurrent.runs.oneflow.whitelist",
        Kind::Text,
        None,
        "exceptions from that limit: `project,flow,number;project,flow,number`",
    ),
    honoured(
        "azkaban.executor.runtimeProps.override.eager",
        Kind::Boolean,
        Some("false"),
        "properties given at run time go before those of the jobs",
    ),
    honoured(
        "executor.global.properties",
        Kind::Path,
        Some("none"),
        "property file below every job's properties",
    ),
    honoured(
        "job.log.chunk.size",
        Kind::Size,
        Some("5MB"),
        "size at which a job's log goes on in a new file",
    ),
    honoured(
        "job.log.backup.index",
        Kind::Integer { min: 0, max: 1000 },
        Some("4"),
        "full log files kept of a job besides the current one",
    ),
    honoured(
        "azkaban.job.kill.grace.ms",
        Kind::Millis,
        Some("30000"),
        "time between TERM and KILL when a job is stopped (ours; fixed in Azkaban)",
    ),
    honoured(
        "azkaban.jobtype.plugin.dir",
        Kind::Path,
        Some("plugins/jobtypes"),
        "job type plugins, see [job-types.md](job-types.md); read again when they change",
    ),
    honoured(
        "azkaban.jobtype.jars.dir",
        Kind::Path,
        Some("lib"),
        "folder with Azkaban's own jars, which the job types `java` and `hadoopJava` need (ours; Azkaban takes them from itself)",
    ),
    honoured(
        "jobcallback.max_count",
        Kind::Integer { min: 0, max: 1000 },
        Some("3"),
        "HTTP callbacks of a job for one status that are looked at; checked at upload",
    ),
    honoured(
        "jobcallback.max.body.length",
        at_least(0),
        Some("4096"),
        "longest body of a callback, in characters; checked at upload",
    ),
    honoured(
        "azkaban.flow.retry.limit",
        Kind::Integer { min: 0, max: 1000 },
        Some("2"),
        "upper bound of the flow parameter `flow.max.retries`; checked when a flow is executed",
    ),
    honoured(
        "azkaban.server.flow.max.running.minutes",
        at_least(-1),
        Some("14400"),
        "flows that run for longer are killed; 0 or -1 lets them run",
    ),
    ignored(
        "azkaban.admin.alert.email",
        "who is told of executors that do not answer; there are none apart from the server",
    ),
    honoured("azkaban.executor.jobcallback.enabled", Kind::Boolean, Some("true"), "HTTP callbacks of jobs"),
    ignored(
        "jobcallback.connection.request.timeout",
        "callbacks do not wait for a connection to become free",
    ),
    honoured(
        "jobcallback.connection.timeout",
        Kind::Millis,
        Some("3000"),
        "longest wait for the connection of a callback",
    ),
    honoured(
        "jobcallback.socket.timeout",
        Kind::Millis,
        Some("3000"),
        "longest wait for the answer to a callback once it is connected",
    ),
    honoured(
        "jobcallback.response.wait.timeout",
        Kind::Millis,
        Some("5000"),
        "longest time of a callback as a whole; then it is tried again",
    ),
    honoured(
        "jobcallback.thread.pool.size",
        Kind::Integer { min: 1, max: 1000 },
        Some("10"),
        "callbacks under way at once",
    ),
    ignored("azkaban.plugin.load.override.props", "overriding of plugin properties"),
    ignored(
        "azkaban.jobs.java.opts",
        "options of every Java job; works in `commonprivate.properties` of the plugins",
    ),
    honoured(
        "execution.logs.retention.ms",
        Kind::Millis,
        Some("0"),
        "logs of executions that ended longer ago are deleted; 0 keeps all (Azkaban's default is 30 days)",
    ),
    honoured(
        "execution.logs.cleanup.interval.seconds",
        at_least(1),
        Some("3600"),
        "how often old logs are looked for",
    ),
    honoured(
        "execution.logs.cleanup.record.limit",
        Kind::Integer { min: 1, max: 100_000 },
        Some("1000"),
        "executions whose logs one step deletes; there is a second between steps",
    ),
    ignored("azkaban.logging.kafka.enabled", "logs to Kafka"),
    ignored("azkaban.logging.kafka.class", "logs to Kafka"),
    ignored("azkaban.logging.kafka.brokers", "logs to Kafka"),
    ignored("azkaban.job.logging.kafka.topic", "logs to Kafka"),
    ignored("azkaban.flow.logging.kafka.topic", "logs to Kafka"),
    ignored("azkaban.logging.kafka.schema.registry.url", "logs to Kafka"),
    ignored("azkaban.offline.logs.loader.enabled", "second source of logs"),
    ignored("azkaban.offline.logs.loader.class", "second source of logs"),
    ignored("azkaban.security.credential", "credentials of Hadoop jobs"),
    ignored("azkaban.oauth.credential", "credentials of Hadoop jobs"),
    ignored("azkaban.security.user.group", "credentials of Hadoop jobs"),
    ignored("azkaban.csr.keystore.location", "credentials of Hadoop jobs"),
];
