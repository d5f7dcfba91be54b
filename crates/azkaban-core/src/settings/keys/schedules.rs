//! Schedules, triggers and plugins (config-and-security §3.7).

use super::{Key, Kind, Section, honoured, ignored, later};

pub(super) const SECTION: Section = Section { title: "Schedules and plugins", text: "", keys: KEYS };

const KEYS: &[Key] = &[
    honoured(
        "trigger.scan.interval",
        Kind::Millis,
        Some("60000"),
        "a fire of a schedule that is at most so late is not missed; on a server that runs, fires start at once",
    ),
    honoured(
        "azkaban.missed.schedule.manager.enabled",
        Kind::Boolean,
        Some("true"),
        "whether missed fires are made up for where their schedule says so (`backExecuteOnce`, `missedFires`); Azkaban's default is `false`",
    ),
    ignored("azkaban.missed.schedule.task.threads", "threads for missed schedules"),
    later("azkaban.server.schedule.enable_quartz", "flow triggers"),
    later("azkaban.dependency.plugin.dir", "dependencies of flow triggers"),
    ignored("org.quartz.*", "settings of Quartz"),
    ignored("trigger.plugin.dir", "trigger plugins"),
    ignored("viewer.plugin.dir", "viewer plugins"),
    ignored("alerter.plugin.dir", "alerter plugins"),
    ignored("azkaban.event.reporting.enabled", "events to another system"),
    ignored("azkaban.event.reporting.class", "events to another system"),
    ignored("azkaban.event.reporting.kafka.brokers", "events to another system"),
    ignored("azkaban.event.reporting.kafka.topic", "events to another system"),
    ignored("azkaban.event.reporting.kafka.schema.registry.url", "events to another system"),
    ignored("azkaban.event.reporting.propagateProperties", "events to another system"),
];
