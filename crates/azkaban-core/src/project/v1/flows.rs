//! From jobs to flows: dependencies by name, roots, and what each root needs (projects-and-jobs §2.4).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::super::emails::{Emails, split_list};
use super::super::limits::Budget;
use super::super::{Flow, JobNode, LoadError, Report};
use super::walk::LoadedJob;
use crate::props::Props;

/// The jobs' dependencies, by the jobs' places.
#[derive(Debug)]
pub(super) struct Network {
    /// Those that exist, per job, in the order of declaration.
    pub(super) dependencies: Vec<Vec<usize>>,
    /// The jobs that are flows: those that no other depends on, and those that ask to be.
    pub(super) roots: Vec<usize>,
}

impl Network {
    /// Looks the dependencies of all jobs up; reports those that cannot be.
    pub(super) fn resolve(
        jobs: &[LoadedJob],
        dropped: &BTreeSet<String>,
        budget: &mut Budget,
        report: &mut Report,
    ) -> Result<Self, LoadError> {
        let places: HashMap<&str, usize> =
            jobs.iter().enumerate().map(|(place, job)| (&*job.node.id, place)).collect();
        let mut needed = vec![false; jobs.len()];
        let mut dependencies = Vec::with_capacity(jobs.len());
        // Whose list a dependency was last seen in, to leave out repetitions.
        let mut seen_in = vec![usize::MAX; jobs.len()];
        for (place, job) in jobs.iter().enumerate() {
            let id = &job.node.id;
            let mut found = Vec::new();
            for name in job.get("dependencies").into_iter().flat_map(split_list) {
                budget.dependency()?;
                match places.get(name) {
                    None if dropped.contains(name) => {
                        report.error(format!("{id} has ambiguous dependency {name}"));
                    }
                    None => report.error(format!("{id} cannot find dependency {name}")),
                    Some(&dependency) => {
                        needed[dependency] = true;
                        if dependency == place {
                            report.error(format!("{id} has a self cycle"));
                        } else if std::mem::replace(&mut seen_in[dependency], place) != place {
                            found.push(dependency);
                        }
                    }
                }
            }
            dependencies.push(found);
        }
        let asks =
            |job: &LoadedJob| job.get("root.node").is_some_and(|v| v.trim().eq_ignore_ascii_case("true"));
        let roots = (0..jobs.len()).filter(|&place| !needed[place] || asks(&jobs[place])).collect();
        Ok(Self { dependencies, roots })
    }
}

/// Makes a flow of each root: the root and all it needs, directly or not.
pub(super) fn build(
    jobs: Vec<LoadedJob>,
    network: &Network,
    budget: &mut Budget,
) -> Result<BTreeMap<String, Flow>, LoadError> {
    let ids: Vec<String> = jobs.iter().map(|job| job.node.id.clone()).collect();
    let emails: Vec<Emails> =
        network.roots.iter().map(|&root| Emails::from_props(|key| jobs[root].get(key))).collect();
    let nodes: Vec<Arc<JobNode>> = jobs
        .into_iter()
        .zip(&network.dependencies)
        .map(|(mut job, dependencies)| {
            job.node.depends_on = dependencies.iter().map(|&place| ids[place].clone()).collect();
            Arc::new(job.node)
        })
        .collect();
    let mut member_of = vec![usize::MAX; nodes.len()];
    let mut flows = BTreeMap::new();
    for (&root, emails) in network.roots.iter().zip(emails) {
        let mut members = Vec::new();
        let mut stack = vec![root];
        member_of[root] = root;
        while let Some(place) = stack.pop() {
            budget.node()?;
            members.push((ids[place].clone(), Arc::clone(&nodes[place])));
            for &dependency in &network.dependencies[place] {
                if std::mem::replace(&mut member_of[dependency], root) != root {
                    stack.push(dependency);
                }
            }
        }
        let flow = Flow {
            id: ids[root].clone(),
            embedded: false,
            nodes: members.into_iter().collect(),
            config: Props::new(),
            null_keys: BTreeSet::new(),
            source: String::new(),
            success_emails: emails.success,
            failure_emails: emails.failure,
            override_emails: emails.overridden,
            failure_action: None,
            condition: None,
            trigger: None,
        };
        flows.insert(flow.id.clone(), flow);
    }
    Ok(flows)
}
