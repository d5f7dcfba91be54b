//! Between columns and the types of core.

use azkaban_core::permission::{Permission, PermissionSet};
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;
use rusqlite::Row;

use crate::error::{Error, Result};

/// The terminal statuses of an execution, for `IN (…)`.
pub(crate) const TERMINAL: &str = "50, 60, 65, 70";

pub(crate) fn millis(time: Option<UnixMillis>) -> Option<i64> {
    time.map(|t| t.0)
}

pub(crate) fn read_time(row: &Row<'_>, column: usize) -> Result<UnixMillis> {
    Ok(UnixMillis(row.get(column)?))
}

pub(crate) fn read_time_opt(row: &Row<'_>, column: usize) -> Result<Option<UnixMillis>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(UnixMillis))
}

pub(crate) fn read_status(row: &Row<'_>, column: usize) -> Result<Status> {
    let code: i64 = row.get(column)?;
    Status::from_code(code)
        .ok_or_else(|| Error::Unreadable { what: "status", message: format!("{code} is no status") })
}

/// The value of a JSON column.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(what: &'static str, text: &[u8]) -> Result<T> {
    serde_json::from_slice(text).map_err(|error| Error::Unreadable { what, message: error.to_string() })
}

/// The text for a JSON column.
pub(crate) fn to_json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Unwritable { what, message: error.to_string() })
}

/// Checks that `text` is JSON before it goes into a JSON column, so that a reader never meets anything else.
pub(crate) fn check_json(what: &'static str, text: &str) -> Result<()> {
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map(drop)
        .map_err(|error| Error::Unwritable { what, message: error.to_string() })
}

/// Azkaban's flag of a permission (config-and-security §6.1).
fn flag(permission: Permission) -> i64 {
    match permission {
        Permission::Read => 0x1,
        Permission::Write => 0x2,
        Permission::Execute => 0x4,
        Permission::Schedule => 0x8,
        Permission::Metrics => 0x10,
        Permission::UploadProjects => 0x8000,
        Permission::Admin => 0x800_0000,
        Permission::CreateProjects => 0x4000_0000,
    }
}

/// The flags of a set, ORed.
pub(crate) fn permission_flags(set: &PermissionSet) -> i64 {
    set.iter().map(flag).fold(0, |all, one| all | one)
}

/// The set of some flags; unknown ones are ignored.
pub(crate) fn permission_set(flags: i64) -> PermissionSet {
    Permission::ALL.into_iter().filter(|p| flags & flag(*p) != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_statuses_are_those_of_core() {
        let codes: Vec<String> = Status::ALL
            .into_iter()
            .filter(|s| s.is_terminal_for_execution())
            .map(|s| s.code().to_string())
            .collect();
        assert_eq!(codes.join(", "), TERMINAL);
    }

    #[test]
    fn permission_flags_are_azkabans_and_round_trip() {
        let check = |permissions: &[Permission], flags: i64| {
            let set: PermissionSet = permissions.iter().copied().collect();
            assert_eq!(permission_flags(&set), flags, "{permissions:?}");
            assert_eq!(permission_set(flags), set, "{permissions:?}");
        };
        check(&[], 0);
        check(&[Permission::Read, Permission::Execute], 5);
        check(&[Permission::Admin], 134_217_728);
        check(&[Permission::Admin, Permission::Read], 134_217_728);
        check(&[Permission::CreateProjects], 1_073_741_824);
        assert_eq!(permission_set(0x800_0001), PermissionSet::admin());
    }
}
