//! Values that many resources share.

use std::borrow::Cow;

use azkaban_core::permission::{Permission, PermissionSet};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The status of an execution or a node, by its name in Azkaban's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct StatusName(pub(crate) Status);

/// A permission, by its name in Azkaban's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct PermissionName(pub(crate) Permission);

fn names(all: impl Iterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(all)).into()
}

impl PartialSchema for StatusName {
    fn schema() -> RefOr<Schema> {
        names(Status::ALL.into_iter().map(Status::name))
    }
}

impl ToSchema for StatusName {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Status")
    }
}

impl PartialSchema for PermissionName {
    fn schema() -> RefOr<Schema> {
        names(Permission::ALL.into_iter().map(Permission::name))
    }
}

impl ToSchema for PermissionName {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Permission")
    }
}

/// The names of a set.
pub(crate) fn permission_names(set: &PermissionSet) -> Vec<PermissionName> {
    set.iter().map(PermissionName).collect()
}

/// Milliseconds of a time that may not be there.
pub(crate) fn millis(time: Option<UnixMillis>) -> Option<i64> {
    time.map(|time| time.0)
}
