//! The serialised form of a [`ProjectModel`]: jobs once, flows by reference to them.
//!
//! In Flow 1.0 a job may be part of thousands of flows; written out per flow, a small archive could grow without bound.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Flow, FlowFormat, FlowTrigger, JobNode, ProjectModel, PropertyFile};
use crate::options::FailureAction;
use crate::props::Props;

#[derive(Serialize, Deserialize)]
struct StoredModel<'a> {
    format: FlowFormat,
    jobs: Vec<Arc<JobNode>>,
    flows: Vec<StoredFlow<'a>>,
    #[serde(default, skip_serializing_if = "is_empty_map")]
    property_files: Cow<'a, BTreeMap<String, PropertyFile>>,
    #[serde(default, skip_serializing_if = "is_empty_map")]
    parameter_overrides: Cow<'a, Props>,
}

#[derive(Serialize, Deserialize)]
struct StoredFlow<'a> {
    id: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    embedded: bool,
    /// Places in `jobs`.
    nodes: Vec<usize>,
    #[serde(default, skip_serializing_if = "is_empty_map")]
    config: Cow<'a, Props>,
    #[serde(default, skip_serializing_if = "is_empty_set")]
    null_keys: Cow<'a, BTreeSet<String>>,
    source: Cow<'a, str>,
    success_emails: Cow<'a, [String]>,
    failure_emails: Cow<'a, [String]>,
    override_emails: Cow<'a, [String]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure_action: Option<FailureAction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    condition: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trigger: Option<Cow<'a, FlowTrigger>>,
}

fn is_empty_map<V>(map: &BTreeMap<String, V>) -> bool {
    map.is_empty()
}

fn is_empty_set(set: &BTreeSet<String>) -> bool {
    set.is_empty()
}

impl Serialize for ProjectModel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut jobs = Vec::new();
        let mut places: HashMap<*const JobNode, usize> = HashMap::new();
        let mut flows = Vec::with_capacity(self.flows.len());
        for flow in self.flows.values() {
            let nodes = flow.nodes.values().map(|node| {
                *places.entry(Arc::as_ptr(node)).or_insert_with(|| {
                    jobs.push(Arc::clone(node));
                    jobs.len() - 1
                })
            });
            flows.push(StoredFlow {
                nodes: nodes.collect(),
                id: Cow::Borrowed(&flow.id),
                embedded: flow.embedded,
                config: Cow::Borrowed(&flow.config),
                null_keys: Cow::Borrowed(&flow.null_keys),
                source: Cow::Borrowed(&flow.source),
                success_emails: Cow::Borrowed(&flow.success_emails),
                failure_emails: Cow::Borrowed(&flow.failure_emails),
                override_emails: Cow::Borrowed(&flow.override_emails),
                failure_action: flow.failure_action,
                condition: flow.condition.as_deref().map(Cow::Borrowed),
                trigger: flow.trigger.as_ref().map(Cow::Borrowed),
            });
        }
        let stored = StoredModel {
            format: self.format,
            jobs,
            flows,
            property_files: Cow::Borrowed(&self.property_files),
            parameter_overrides: Cow::Borrowed(&self.parameter_overrides),
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ProjectModel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = StoredModel::deserialize(deserializer)?;
        let jobs = stored.jobs;
        let flow = |stored: StoredFlow<'_>| {
            let nodes = stored.nodes.into_iter().map(|place| {
                let node = jobs
                    .get(place)
                    .ok_or_else(|| D::Error::custom("a flow names a job that is not there"))?;
                Ok((node.id.clone(), Arc::clone(node)))
            });
            Ok(Flow {
                nodes: nodes.collect::<Result<_, D::Error>>()?,
                id: stored.id.into_owned(),
                embedded: stored.embedded,
                config: stored.config.into_owned(),
                null_keys: stored.null_keys.into_owned(),
                source: stored.source.into_owned(),
                success_emails: stored.success_emails.into_owned(),
                failure_emails: stored.failure_emails.into_owned(),
                override_emails: stored.override_emails.into_owned(),
                failure_action: stored.failure_action,
                condition: stored.condition.map(Cow::into_owned),
                trigger: stored.trigger.map(Cow::into_owned),
            })
        };
        let flows = stored.flows.into_iter().map(|f| flow(f).map(|f| (f.id.clone(), f)));
        Ok(Self {
            format: stored.format,
            flows: flows.collect::<Result<_, D::Error>>()?,
            property_files: stored.property_files.into_owned(),
            parameter_overrides: stored.parameter_overrides.into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::{NodeKind, TriggerDependency};

    fn job(id: &str) -> Arc<JobNode> {
        Arc::new(JobNode {
            id: id.to_owned(),
            kind: NodeKind::Job("noop".to_owned()),
            depends_on: vec![],
            condition: None,
            source: format!("{id}.job"),
            props_source: None,
            props: Props::from([("text".to_owned(), format!("the text of {id}"))]),
            null_keys: BTreeSet::from(["empty".to_owned()]),
        })
    }

    fn flow(id: &str, nodes: &[&Arc<JobNode>]) -> (String, Flow) {
        let flow = Flow {
            id: id.to_owned(),
            embedded: id.contains(':'),
            nodes: nodes.iter().map(|n| (n.id.clone(), Arc::clone(n))).collect(),
            config: Props::from([("k".to_owned(), "v".to_owned())]),
            null_keys: BTreeSet::from(["n".to_owned()]),
            source: "f.flow".to_owned(),
            success_emails: vec!["s@example.com".to_owned()],
            failure_emails: vec!["f@example.com".to_owned()],
            override_emails: vec!["o@example.com".to_owned()],
            failure_action: Some(FailureAction::CancelAll),
            condition: Some("all_done".to_owned()),
            trigger: Some(FlowTrigger {
                cron: "0 0 1 ? * *".to_owned(),
                max_wait_minutes: Some(5),
                dependencies: vec![TriggerDependency {
                    name: "d".to_owned(),
                    kind: "t".to_owned(),
                    params: Props::new(),
                }],
            }),
        };
        (flow.id.clone(), flow)
    }

    #[test]
    fn a_model_survives_and_shared_jobs_stay_shared_and_are_written_once() {
        let shared = job("shared");
        let model = ProjectModel {
            flows: BTreeMap::from([flow("a", &[&shared, &job("x")]), flow("a:b", &[&shared])]),
            property_files: BTreeMap::from([(
                "p.properties".to_owned(),
                PropertyFile { inherits: None, props: Props::new() },
            )]),
            parameter_overrides: Props::from([("param.override.k".to_owned(), "v".to_owned())]),
            ..ProjectModel::empty(FlowFormat::V1)
        };
        let json = serde_json::to_string(&model).unwrap();
        assert_eq!(json.matches("the text of shared").count(), 1, "{json}");
        let back: ProjectModel = serde_json::from_str(&json).unwrap();
        assert_eq!(back, model);
        assert!(Arc::ptr_eq(&back.flows["a"].nodes["shared"], &back.flows["a:b"].nodes["shared"]));
    }

    #[test]
    fn a_stored_flow_with_a_job_that_is_not_there_is_an_error() {
        let json = serde_json::to_string(&ProjectModel {
            flows: BTreeMap::from([flow("a", &[&job("x")])]),
            ..ProjectModel::empty(FlowFormat::V2)
        });
        let broken = json.unwrap().replace("\"nodes\":[0]", "\"nodes\":[1]");
        assert!(serde_json::from_str::<ProjectModel>(&broken).is_err());
    }
}
