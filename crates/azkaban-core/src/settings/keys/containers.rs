//! Flows in containers (config-and-security §3.9).

use super::{Key, Section, ignored};

pub(super) const SECTION: Section = Section { title: "Containers", text: "", keys: KEYS };

const KEYS: &[Key] = &[
    ignored("azkaban.containerized.*", "dispatch to containers"),
    ignored("azkaban.kubernetes.*", "dispatch to Kubernetes"),
];
