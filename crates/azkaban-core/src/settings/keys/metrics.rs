//! Metrics (config-and-security §3.8).

use super::{Key, Section, ignored, later};

pub(super) const SECTION: Section = Section { title: "Metrics", text: "", keys: KEYS };

const KEYS: &[Key] = &[
    later("azkaban.is.metrics.enabled", "metrics"),
    ignored("azkaban.metrics.reporter.name", "Java class"),
    ignored("azkaban.metrics.reporter.config.path", "settings of that class"),
    ignored(
        "azkaban.metrics.min_age_for_classifying_a_flow_aged_minutes",
        "when a waiting flow counts as aged",
    ),
    ignored("executor.metric.reports", "metrics of executors"),
    ignored("executor.metric.milisecinterval.*", "metrics of executors"),
    ignored("azkaban.metric.inmemory.interval", "metrics of executors"),
    ignored("azkaban.metric.inmemory.maxinstances", "metrics of executors"),
    ignored("azkaban.metric.inmemory.standardDeviationFactor", "metrics of executors"),
    ignored("azkaban.metric.ganglia.path", "metrics of executors"),
    ignored("jmx.attribute.processor.class", "Java class"),
];
