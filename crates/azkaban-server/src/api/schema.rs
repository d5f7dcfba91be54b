//! Values that many resources share.

use std::borrow::Cow;

use azkaban_core::permission::{Permission, PermissionSet};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use serde::{Deserialize, Deserializer, Serialize};
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
/// A parameter of several values, separated by commas; empty ones do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Several<T>(pub(crate) Vec<T>);

impl<T> Default for Several<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::{Error, IntoDeserializer};
        let text = String::deserialize(deserializer)?;
        let values = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let read =
            |part: &str| T::deserialize(IntoDeserializer::<D::Error>::into_deserializer(part.to_owned()));
        let values: Vec<T> = values.map(read).collect::<Result<_, _>>()?;
        if values.len() > MAX_SEVERAL {
            return Err(D::Error::custom(format!("more than {MAX_SEVERAL} values")));
        }
        Ok(Self(values))
    }
}

/// Values of one parameter.
const MAX_SEVERAL: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_values_are_separated_by_commas() {
        let read = |text: &str| serde_json::from_value::<Several<StatusName>>(serde_json::json!(text));
        let names = |text: &str| read(text).unwrap().0.iter().map(|s| s.0.code()).collect::<Vec<_>>();
        assert_eq!(names("FAILED,KILLED, ,READY"), [70, 60, 10]);
        assert!(names("").is_empty());
        assert!(read("FAILED,nonsense").is_err());
    }
}
