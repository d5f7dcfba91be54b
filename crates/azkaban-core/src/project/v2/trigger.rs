//! Flow triggers (projects-and-jobs §3.6).

use std::collections::HashSet;

use super::super::{FlowTrigger, TriggerDependency};
use super::bean::{DependencyBean, TriggerBean};
use crate::schedule::Cron;

/// Longest wait for the dependencies, in minutes: ten days. Longer ones are cut to it.
const MAX_WAIT_MINUTES: u32 = 10 * 24 * 60;

/// Checks a trigger and brings it in its final form; the error is Azkaban's message.
pub(super) fn trigger(bean: &TriggerBean) -> Result<FlowTrigger, String> {
    let cron = schedule(bean)?;
    let dependencies = dependencies(&bean.dependencies)?;
    let max_wait_minutes = match bean.max_wait_minutes {
        None if !dependencies.is_empty() => {
            return Err("max wait min cannot be null unless no dependency is defined".to_owned());
        }
        Some(minutes) if minutes < 1 => return Err("max wait min must be at least 1 min(s)".to_owned()),
        minutes => minutes.map(|m| u32::try_from(m).unwrap_or(u32::MAX).min(MAX_WAIT_MINUTES)),
    };
    Ok(FlowTrigger { cron, max_wait_minutes, dependencies })
}

fn schedule(bean: &TriggerBean) -> Result<String, &'static str> {
    let schedule = bean.schedule.as_ref().ok_or("flow trigger schedule must not be null")?;
    if schedule.get("type").is_none_or(|kind| kind != "cron") {
        return Err("flow trigger schedule type must be cron");
    }
    let cron = schedule
        .get("value")
        .filter(|value| Cron::parse(value).is_ok())
        .ok_or("flow trigger schedule value must be a valid cron expression")?;
    if cron.split_whitespace().next() != Some("0") {
        return Err("interval of flow trigger schedule has to be larger than 1 min");
    }
    if schedule.len() != 2 {
        return Err("flow trigger schedule must contain type and value only");
    }
    Ok(cron.trim().to_owned())
}

fn dependencies(beans: &[DependencyBean]) -> Result<Vec<TriggerDependency>, String> {
    let mut dependencies = Vec::with_capacity(beans.len());
    let mut names = HashSet::new();
    let mut configs = HashSet::new();
    for DependencyBean { name, kind, params } in beans {
        let name = name.as_ref().ok_or("dependency name is required")?;
        let kind = kind.as_ref().ok_or_else(|| format!("dependency type is required for {name}"))?;
        if !names.insert(name) {
            return Err(format!("duplicate dependency.name {name} found, dependency.name should be unique"));
        }
        if !configs.insert((kind, params)) {
            return Err(format!(
                "duplicate dependencyconfig {name} found, dependency config should be unique"
            ));
        }
        dependencies.push(TriggerDependency {
            name: name.clone(),
            kind: kind.clone(),
            params: params.clone(),
        });
    }
    Ok(dependencies)
}
