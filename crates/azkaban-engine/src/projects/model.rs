//! What a version of a project means: its flows.

use std::sync::Arc;

use azkaban_core::ids::{ProjectId, ProjectVersion};
use azkaban_core::project::{FlowFormat, ProjectModel};
use azkaban_core::props::Props;

use super::Projects;
use crate::bounded::{BoundedCache, KeyedLocks};
use crate::error::Internal;

type Key = (ProjectId, ProjectVersion);

/// Loaded models.
pub(super) struct Models {
    pub(super) cache: BoundedCache<Key, Arc<ProjectModel>>,
    pub(super) loading: KeyedLocks<Key>,
}

impl Models {
    pub(super) fn keep(&self, key: Key, model: Arc<ProjectModel>) {
        let weight = weight(&model);
        self.cache.insert(key, model, weight);
    }
}

/// About how many bytes a model takes.
fn weight(model: &ProjectModel) -> usize {
    let props = |props: &Props| props.iter().map(|(key, value)| 64 + key.len() + value.len()).sum::<usize>();
    let flows = model.flows.values().map(|flow| {
        // In Flow 1.0 flows share their jobs; counting them once per flow errs on the safe side.
        let nodes = flow
            .nodes
            .values()
            .map(|node| 400 + 3 * node.id.len() + 32 * node.depends_on.len() + props(&node.props));
        500 + props(&flow.config) + nodes.sum::<usize>()
    });
    let files = model.property_files.values().map(|file| 200 + props(&file.props));
    flows.sum::<usize>() + files.sum::<usize>() + props(&model.parameter_overrides)
}

impl Projects {
    /// The model of a version; version 0 has no flows.
    pub(crate) async fn model(
        &self,
        id: ProjectId,
        version: ProjectVersion,
    ) -> Result<Arc<ProjectModel>, Internal> {
        let key = (id, version);
        let models = &self.shared.models;
        if let Some(model) = models.cache.get(&key) {
            return Ok(model);
        }
        if version.0 == 0 {
            return Ok(Arc::new(ProjectModel::empty(FlowFormat::V1)));
        }
        let _loading = models.loading.lock(key).await;
        if let Some(model) = models.cache.get(&key) {
            return Ok(model);
        }
        let model = self.shared.store.project_model_get(id, version).await.map_err(Internal::new)?;
        let model =
            Arc::new(model.ok_or_else(|| Internal::new(format!("project {id} has no version {version}")))?);
        models.keep(key, Arc::clone(&model));
        Ok(model)
    }

    /// The ids of a version's flows without those that are defined inside others, in order.
    pub(crate) async fn flow_ids(
        &self,
        id: ProjectId,
        version: ProjectVersion,
    ) -> Result<Vec<String>, Internal> {
        let model = self.model(id, version).await?;
        Ok(model.flows.values().filter(|flow| !flow.embedded).map(|flow| flow.id.clone()).collect())
    }
}
