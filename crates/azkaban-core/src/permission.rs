//! Permissions of users and groups on projects (config-and-security §6).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A right on a project, or of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Permission {
    /// See the project and its executions.
    Read,
    /// Upload and change it.
    Write,
    /// Execute and cancel its flows.
    Execute,
    /// Schedule its flows.
    Schedule,
    /// Roles only.
    Metrics,
    /// Roles only: upload although uploads are locked down.
    UploadProjects,
    /// Everything.
    Admin,
    /// Roles only: create although creation is locked down.
    CreateProjects,
}

impl Permission {
    /// Every permission, in the order in which Azkaban prints them.
    pub const ALL: [Permission; 8] = [
        Permission::Read,
        Permission::Write,
        Permission::Execute,
        Permission::Schedule,
        Permission::Metrics,
        Permission::UploadProjects,
        Permission::Admin,
        Permission::CreateProjects,
    ];

    /// The name in files and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Permission::Read => "READ",
            Permission::Write => "WRITE",
            Permission::Execute => "EXECUTE",
            Permission::Schedule => "SCHEDULE",
            Permission::Metrics => "METRICS",
            Permission::UploadProjects => "UPLOADPROJECTS",
            Permission::Admin => "ADMIN",
            Permission::CreateProjects => "CREATEPROJECTS",
        }
    }

    /// The permission of a name; names are case-sensitive (§5).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }
}

/// A set of permissions in which ADMIN absorbs all others (§6.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PermissionSet(BTreeSet<Permission>);

impl PermissionSet {
    /// The set of just ADMIN.
    pub fn admin() -> Self {
        [Permission::Admin].into_iter().collect()
    }

    /// Adds one; ADMIN clears the others, and nothing is added to ADMIN.
    pub fn insert(&mut self, permission: Permission) {
        if permission == Permission::Admin {
            self.0.clear();
        }
        if !self.0.contains(&Permission::Admin) {
            self.0.insert(permission);
        }
    }

    /// Whether the set grants `permission`, by itself or by ADMIN.
    pub fn grants(&self, permission: Permission) -> bool {
        self.0.contains(&permission) || self.0.contains(&Permission::Admin)
    }

    /// Whether the set names exactly this permission.
    pub fn contains(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    /// Nothing granted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order of [`Permission::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = Permission> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(items: I) -> Self {
        let mut set = Self::default();
        items.into_iter().for_each(|p| set.insert(p));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admin_absorbs_the_others_whatever_the_order() {
        let early: PermissionSet = [Permission::Admin, Permission::Read].into_iter().collect();
        let late: PermissionSet = [Permission::Read, Permission::Admin].into_iter().collect();
        assert_eq!(early, PermissionSet::admin());
        assert_eq!(late, PermissionSet::admin());
        assert!(late.grants(Permission::Execute));
    }
}
