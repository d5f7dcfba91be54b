//! The beans and their attributes (config-and-security §15).

use std::collections::BTreeMap;

use azkaban_core::ids::ExecutionId;
use azkaban_core::time::UnixMillis;
use azkaban_engine::{Figures, JobCounts};
use serde_json::{Value, json};

use crate::app::App;

/// A bean with the values of this moment.
pub(crate) struct Bean {
    /// The class that Azkaban registers, which is the domain of the bean's name.
    pub(crate) class: &'static str,
    /// The rest of its name.
    pub(crate) name: &'static str,
    pub(crate) attributes: Vec<Attribute>,
}

/// An attribute of a bean.
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) value: Value,
}

impl Bean {
    /// `class:name=name`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}:name={}", self.class, self.name)
    }
}

impl Attribute {
    /// Its Java type.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Bool(_) => "boolean",
            Value::Number(_) => "long",
            Value::Array(_) => "java.util.List",
            Value::Object(_) => "java.util.Map",
            Value::Null | Value::String(_) => "java.lang.String",
        }
    }
}

/// Where the executor is: this very process.
pub(crate) fn host_port(app: &App) -> String {
    format!("localhost:{}", app.config.listen.port())
}

/// Every bean.
pub(crate) fn all(app: &App) -> Vec<Bean> {
    let (figures, now) = (app.engine.figures(), app.engine.now());
    let here = host_port(app);
    let one = |name, description, value| Attribute { name, description, value };
    let running = ids(&figures.running);
    let queued = ids(&figures.queued);
    let jobs = figures.all_jobs();
    vec![
        Bean {
            class: "azkaban.jmx.JmxJettyServer",
            name: "jetty",
            attributes: vec![
                one("Host", "Where the server listens", json!(app.config.listen.ip().to_string())),
                one("Port", "The port it listens on", json!(app.config.listen.port())),
                one("Running", "Whether it serves", json!(true)),
                one("StartTime", "When it started", json!(figures.started_at)),
                one("NumSessions", "Living sessions", json!(figures.sessions)),
            ],
        },
        Bean {
            class: "azkaban.jmx.JmxExecutorManager",
            name: "executorManager",
            attributes: vec![
                one("NumRunningFlows", "Flows that run", json!(figures.running.len())),
                one("RunningFlows", "Their execution ids", json!(running)),
                one("QueuedFlows", "Execution ids of flows that wait", json!(queued)),
                one("NumQueuedFlows", "Flows that wait", json!(figures.queued.len())),
                one("QueueProcessorActive", "Waiting flows are started", json!(figures.queue_open)),
                one("QueueProcessorThreadState", "State of what starts them", thread(figures.queue_open)),
                one("ExecutorThreadState", "State of what follows executions", thread(true)),
                one("ExecutorThreadStage", "What it does", json!("")),
                one("ThreadActive", "Whether it runs", json!(true)),
                one("LastThreadCheckTime", "When it was last seen alive", json!(now)),
                one("LastSuccessfulExecutorInfoRefresh", "When executors were last looked at", json!(now)),
                one("PrimaryExecutorHostPorts", "Executors", json!([here])),
                one("AvailableExecutorComparatorNames", "How executors could be compared", json!([])),
                one("AvailableExecutorFilterNames", "How executors could be chosen", json!([])),
            ],
        },
        Bean {
            class: "azkaban.jmx.JmxTriggerManager",
            name: "triggerManager",
            attributes: vec![
                one("NumTriggers", "Schedules", json!(figures.schedules)),
                one("TriggerSources", "What makes triggers", json!(["SimpleTimeTrigger"])),
                one("PrimaryTriggerHostPort", "Where they are looked at", json!(here)),
                one("AllTriggerHostPorts", "The same", json!([here])),
                one("RunnerThreadActive", "Whether they are looked at", json!(true)),
                one("LastRunnerThreadCheckTime", "When they were last looked at", json!(now)),
                one("ScannerIdleTime", "Milliseconds between looks; each is looked at when due", json!(0)),
                one("ScannerThreadStage", "What is done with them", json!("")),
            ],
        },
        Bean {
            class: "azkaban.execapp.jmx.JmxFlowRunnerManager",
            name: "flowRunnerManager",
            attributes: vec![
                one("NumRunningFlows", "Flows that run", json!(figures.running.len())),
                one("RunningFlows", "Their execution ids", json!(running)),
                one("NumQueuedFlows", "Flows that wait", json!(figures.queued.len())),
                one("QueuedFlows", "Their execution ids", json!(queued)),
                one("MaxNumRunningFlows", "Flows that may run at once", json!(figures.max_running)),
                one("MaxQueuedFlows", "Flows that may wait; there is no limit", json!(i32::MAX)),
                one("TotalNumExecutedFlows", "Flows that ended since the start", json!(finished(&figures))),
                one("ExecutorThreadPoolShutdown", "No more flows are taken", json!(false)),
                one("CleanerThreadActive", "What cleans up runs", json!(true)),
                one("CleanerThreadState", "State of what cleans up", thread(true)),
                one("LastCleanerThreadCheckTime", "When it was last seen alive", json!(now)),
                one("LastFlowStartTime", "When a flow was last started", millis(figures.last_dispatch)),
            ],
        },
        Bean {
            class: "azkaban.execapp.jmx.JmxJobMBeanManager",
            name: "jobJMXMBean",
            attributes: vec![
                one("NumRunningJobs", "Jobs that run", json!(figures.running_jobs)),
                one("TotalNumExecutedJobs", "Jobs that ended since the start", json!(ended(&jobs))),
                one("TotalFailedJobs", "Of these, failed or killed", json!(jobs.failed + jobs.killed)),
                one("TotalSucceededJobs", "Of these, succeeded", json!(jobs.succeeded)),
                one(
                    "TotalSucceededJobsByJobType",
                    "The same by job type",
                    by_type(&figures, |counts| counts.succeeded),
                ),
                one(
                    "TotalFailedJobsByJobType",
                    "The same by job type",
                    by_type(&figures, |counts| counts.failed + counts.killed),
                ),
            ],
        },
    ]
}

/// As Java prints a list.
fn ids(ids: &[ExecutionId]) -> String {
    let ids: Vec<String> = ids.iter().map(ExecutionId::to_string).collect();
    format!("[{}]", ids.join(", "))
}

/// There are no such threads here; what they would do is done whenever there is something to do.
fn thread(active: bool) -> Value {
    json!(if active { "RUNNABLE" } else { "TERMINATED" })
}

fn millis(time: Option<UnixMillis>) -> Value {
    json!(time.map_or(-1, |time| time.0))
}

fn finished(figures: &Figures) -> u64 {
    figures.finished.values().sum()
}

fn ended(counts: &JobCounts) -> u64 {
    counts.succeeded + counts.failed + counts.killed
}

fn by_type(figures: &Figures, count: impl Fn(&JobCounts) -> u64) -> Value {
    let counts: BTreeMap<&str, u64> =
        figures.jobs.iter().map(|(job_type, counts)| (job_type.as_str(), count(counts))).collect();
    json!(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_ids_read_as_javas() {
        assert_eq!(ids(&[]), "[]");
        assert_eq!(ids(&[ExecutionId(7), ExecutionId(12)]), "[7, 12]");
    }
}
