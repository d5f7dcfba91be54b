//! What differs between databases. Everything else in this crate is SQL that SQLite, PostgreSQL and MySQL share, with
//! `?` for parameters.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Params, ffi};

use crate::error::Fault;

/// Statements kept prepared per connection; more than this crate has, so that none is ever prepared twice.
const STATEMENT_CACHE: usize = 128;

/// How long a statement waits for a lock that another connection holds, for example a checkpoint.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Pages of the write-ahead log after which a commit also copies them into the database.
const CHECKPOINT_PAGES: u32 = 2_000;

/// The connection that writes, of which there is one.
///
/// `synchronous=FULL` syncs the log at each commit: an acknowledged commit survives a loss of power.
pub(crate) fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare_connection(&connection)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    Ok(connection)
}

/// A connection that only reads. It sees what was committed before each of its transactions began.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare_connection(&connection)?;
    Ok(connection)
}

fn prepare_connection(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // Else a statement whose plan may depend on its parameters is prepared again each time they are bound, which costs
    // more than running it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "temp_store", "memory")
}

/// Copies the write-ahead log into the database and empties it, as far as readers allow.
pub(crate) fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// Starts a transaction that may write at once.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

/// `INSERT` that overwrites `values` of the row with the same `key`.
pub(crate) fn upsert(table: &str, key: &[&str], values: &[&str]) -> String {
    let columns = [key, values].concat();
    let marks = vec!["?"; columns.len()].join(", ");
    let updates: Vec<String> = values.iter().map(|column| format!("{column} = excluded.{column}")).collect();
    let action =
        if updates.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {}", updates.join(", ")) };
    format!(
        "INSERT INTO {table} ({}) VALUES ({marks}) ON CONFLICT ({}) DO {action}",
        columns.join(", "),
        key.join(", ")
    )
}

/// Runs an `INSERT` into a table whose `id` the database assigns, and returns that id.
pub(crate) fn insert_returning_id(
    connection: &Connection,
    insert: &str,
    params: impl Params,
) -> rusqlite::Result<i64> {
    connection.prepare_cached(insert)?.insert(params)
}

/// Whether an `INSERT` failed because its key exists.
pub(crate) fn is_duplicate(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_extended_error_code(),
        Some(ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_UNIQUE)
    )
}

/// Which kind of failure an error is.
pub(crate) fn fault(error: &rusqlite::Error) -> Fault {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Fault::Full,
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly) => Fault::Io,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Fault::Corrupt,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fault::Busy,
        _ => Fault::Other,
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn an_upsert_names_its_key_and_overwrites_the_rest() {
        assert_eq!(
            upsert("t", &["a", "b"], &["c"]),
            "INSERT INTO t (a, b, c) VALUES (?, ?, ?) ON CONFLICT (a, b) DO UPDATE SET c = excluded.c"
        );
        assert_eq!(upsert("t", &["a"], &[]), "INSERT INTO t (a) VALUES (?) ON CONFLICT (a) DO NOTHING");
    }

    #[test]
    fn commits_are_synced_and_readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let writer = open_writer(&path).unwrap();
        let pragma = |name: &str| writer.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(pragma("synchronous"), 2, "FULL");
        let mode: String = writer.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
        writer.execute_batch("CREATE TABLE t (a TEXT)").unwrap();
        let error = open_reader(&path).unwrap().execute("INSERT INTO t VALUES ('x')", []).unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly));
    }

    #[test]
    fn a_statement_is_prepared_once_whatever_is_bound() {
        let folder = tempfile::tempdir().unwrap();
        let writer = open_writer(&folder.path().join("test.db")).unwrap();
        writer
            .execute_batch("CREATE TABLE t (a INTEGER, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID")
            .unwrap();
        let mut statement = writer.prepare("SELECT b FROM t WHERE a = ? ORDER BY b").unwrap();
        for a in 0..3 {
            assert!(!statement.exists([a]).unwrap());
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
