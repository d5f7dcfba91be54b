//! Schedules, triggers and plugins (config-and-security §3.7).

use super::{Key, Section, ignored, later};

pub(super) const SECTION: Section = Section { title: "Schedules and plugins", text: "", keys: KEYS };

const KEYS: &[Key] = &[
    later("trigger.scan.interval", "how often schedules are looked at"),
    later("azkaban.missed.schedule.manager.enabled", "schedules missed while the server was down run once"),
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
