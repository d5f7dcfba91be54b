//! The active projects in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use azkaban_core::ids::ProjectId;

use super::Project;
use crate::events::{Events, News, project_change};

/// Active projects by name, without regard to case, and by id.
#[derive(Default)]
pub(super) struct Index {
    maps: RwLock<Maps>,
    /// Whom changes are told.
    pub(super) events: OnceLock<Arc<Events>>,
}

#[derive(Default)]
struct Maps {
    by_key: BTreeMap<String, Arc<Project>>,
    keys: HashMap<ProjectId, String>,
}

impl Index {
    pub(super) fn by_name(&self, name: &str) -> Option<Arc<Project>> {
        self.maps.read().unwrap_or_else(PoisonError::into_inner).by_key.get(&name.to_lowercase()).cloned()
    }

    pub(super) fn by_id(&self, id: ProjectId) -> Option<Arc<Project>> {
        let maps = self.maps.read().unwrap_or_else(PoisonError::into_inner);
        maps.keys.get(&id).and_then(|key| maps.by_key.get(key)).cloned()
    }

    pub(super) fn all(&self) -> Vec<Arc<Project>> {
        self.maps.read().unwrap_or_else(PoisonError::into_inner).by_key.values().cloned().collect()
    }

    /// Puts a project as it is now: in, or out if it is deleted.
    pub(super) fn put(&self, project: Arc<Project>) {
        let mut maps = self.maps.write().unwrap_or_else(PoisonError::into_inner);
        let key = maps.keys.remove(&project.id);
        let before = key.and_then(|key| maps.by_key.remove(&key));
        if project.active {
            let key = project.name.to_lowercase();
            maps.keys.insert(project.id, key.clone());
            maps.by_key.insert(key, Arc::clone(&project));
        }
        if let Some(events) = self.events.get()
            && let Some(change) = project_change(before.as_deref(), &project)
        {
            events.tell(|| News::Project { project, change });
        }
    }
}
