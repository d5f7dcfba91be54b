//! What the whole database holds, for tests that must see that something left no trace.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::error::Result;
use crate::query::{list, snapshot};
use crate::store::Store;

impl Store {
    /// Of every table its name and a number that is the same while its rows are.
    #[doc(hidden)]
    pub async fn contents(&self) -> Result<BTreeMap<String, u64>> {
        self.read_list(|connection| snapshot(connection, read)).await
    }
}

fn read(connection: &Connection) -> Result<BTreeMap<String, u64>> {
    let tables = list(
        connection,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'",
        [],
        |row| Ok(row.get::<_, String>(0)?),
    )?;
    let mut contents = BTreeMap::new();
    for table in tables {
        // Rows in any order give the same sum.
        let rows = list(connection, &format!("SELECT * FROM \"{table}\""), [], row_hash)?;
        contents.insert(table, rows.into_iter().fold(0u64, u64::wrapping_add));
    }
    Ok(contents)
}

fn row_hash(row: &Row<'_>) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    for column in 0..row.as_ref().column_count() {
        match row.get_ref(column)? {
            ValueRef::Null => 0u8.hash(&mut hasher),
            ValueRef::Integer(number) => number.hash(&mut hasher),
            ValueRef::Real(number) => number.to_bits().hash(&mut hasher),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.hash(&mut hasher),
        }
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AuditEntry, AuditOutcome, Change};
    use azkaban_core::time::UnixMillis;

    #[tokio::test]
    async fn a_table_keeps_its_number_until_a_row_changes() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("azkaban.db")).unwrap();
        let before = store.contents().await.unwrap();
        assert!(before.contains_key("project") && before.contains_key("execution_attempt"), "{before:?}");
        let entry = AuditEntry {
            at: UnixMillis(1),
            user: "ann".to_owned(),
            ip: String::new(),
            action: "login".to_owned(),
            outcome: AuditOutcome::Done,
            project: None,
            flow: None,
            execution: None,
            details: None,
        };
        store.commit(vec![Change::AuditInsert(entry)]).await.unwrap();
        let mut after = store.contents().await.unwrap();
        assert_ne!(after.remove("audit"), before.get("audit").copied());
        assert!(after.iter().all(|(table, number)| before.get(table) == Some(number)));
    }
}
