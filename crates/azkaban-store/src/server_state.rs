//! What administrators have set at run time for the server as a whole: switches and notes, by name.

use std::sync::LazyLock;

use rusqlite::Connection;

use crate::convert::check_json;
use crate::dialect;
use crate::error::Result;
use crate::query::first;
use crate::store::Store;

static UPSERT: LazyLock<String> = LazyLock::new(|| dialect::upsert("server_state", &["name"], &["value"]));

impl Store {
    /// The JSON that is stored under a name. A point read.
    pub async fn server_state_get(&self, name: &str) -> Result<Option<String>> {
        self.read(|connection| {
            first(connection, "SELECT value FROM server_state WHERE name = ?", [name], |row| Ok(row.get(0)?))
        })
    }
}

/// Stores JSON under a name, whatever was there, or removes it.
pub(crate) fn set(connection: &Connection, name: &str, value: Option<&str>) -> Result<()> {
    match value {
        Some(value) => {
            check_json("server_state.value", value)?;
            connection.prepare_cached(&UPSERT)?.execute((name, value))?;
        }
        None => {
            connection.prepare_cached("DELETE FROM server_state WHERE name = ?")?.execute([name])?;
        }
    }
    Ok(())
}
