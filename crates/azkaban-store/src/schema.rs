//! Migrations: numbered, each applied once, in order, in a transaction of its own.

use rusqlite::{Connection, OptionalExtension};

use crate::error::{Error, Result};

/// One step of the schema. A released step is never edited; a change is a new step.
pub(crate) struct Migration {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

/// Every step, in order. Other databases have steps of the same numbers.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "projects", sql: include_str!("../migrations/sqlite/0001_projects.sql") },
    Migration {
        version: 2,
        name: "executions",
        sql: include_str!("../migrations/sqlite/0002_executions.sql"),
    },
    Migration { version: 3, name: "sessions", sql: include_str!("../migrations/sqlite/0003_sessions.sql") },
    Migration {
        version: 4,
        name: "server_state",
        sql: include_str!("../migrations/sqlite/0004_server_state.sql"),
    },
    Migration { version: 5, name: "audit", sql: include_str!("../migrations/sqlite/0005_audit.sql") },
    Migration { version: 6, name: "schedules", sql: include_str!("../migrations/sqlite/0006_schedules.sql") },
    Migration {
        version: 7,
        name: "session_seal",
        sql: include_str!("../migrations/sqlite/0007_session_seal.sql"),
    },
    Migration { version: 8, name: "outbox", sql: include_str!("../migrations/sqlite/0008_outbox.sql") },
    Migration {
        version: 9,
        name: "request_keys",
        sql: include_str!("../migrations/sqlite/0009_request_keys.sql"),
    },
    Migration {
        version: 10,
        name: "schedule_next",
        sql: include_str!("../migrations/sqlite/0010_schedule_next.sql"),
    },
    Migration {
        version: 11,
        name: "api_tokens",
        sql: include_str!("../migrations/sqlite/0011_api_tokens.sql"),
    },
    Migration {
        version: 12,
        name: "bookmarks_and_views",
        sql: include_str!("../migrations/sqlite/0012_bookmarks_and_views.sql"),
    },
    Migration {
        version: 13,
        name: "schedule_undo",
        sql: include_str!("../migrations/sqlite/0013_schedule_undo.sql"),
    },
];

/// Brings the database to the last of `migrations`.
///
/// # Errors
/// [`Error::NewerSchema`] if the database has steps that are not among them; then nothing is changed.
pub(crate) fn migrate(connection: &mut Connection, migrations: &[Migration]) -> Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    )?;
    let found = version(connection)?;
    let known = migrations.last().map_or(0, |m| m.version);
    if found > known {
        return Err(Error::NewerSchema { found, known });
    }
    for migration in migrations.iter().filter(|m| m.version > found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration.sql)?;
        transaction.execute(
            "INSERT INTO schema_migration (version, name) VALUES (?, ?)",
            (migration.version, migration.name),
        )?;
        transaction.commit()?;
        tracing::debug!(version = migration.version, name = migration.name, "migrated the database");
    }
    Ok(())
}

/// Whether a database that is only read has a version that this release knows, from `needed` on.
///
/// # Errors
/// [`Error::NewerSchema`] or [`Error::OlderSchema`].
pub(crate) fn check(connection: &Connection, needed: i64) -> Result<()> {
    let found = version(connection)?;
    let known = MIGRATIONS.last().map_or(0, |m| m.version);
    match found {
        found if found > known => Err(Error::NewerSchema { found, known }),
        found if found < needed => Err(Error::OlderSchema { found, needed }),
        _ => Ok(()),
    }
}

fn version(connection: &Connection) -> Result<i64> {
    let version: Option<Option<i64>> =
        connection.query_row("SELECT MAX(version) FROM schema_migration", [], |row| row.get(0)).optional()?;
    Ok(version.flatten().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(connection: &Connection) -> Vec<(String, String, Option<String>)> {
        let mut statement =
            connection.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(|row| row.unwrap()).collect()
    }

    #[test]
    fn numbers_have_no_gaps() {
        let numbers: Vec<i64> = MIGRATIONS.iter().map(|m| m.version).collect();
        assert_eq!(numbers, (1..=MIGRATIONS.len() as i64).collect::<Vec<_>>());
    }

    #[test]
    fn a_fresh_schema_equals_a_stepwise_migrated_one() {
        let mut fresh = Connection::open_in_memory().unwrap();
        migrate(&mut fresh, MIGRATIONS).unwrap();

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("steps.db");
        for steps in 1..=MIGRATIONS.len() {
            let mut stepped = Connection::open(&path).unwrap();
            migrate(&mut stepped, &MIGRATIONS[..steps]).unwrap();
            assert_eq!(version(&stepped).unwrap(), steps as i64);
        }
        let stepped = Connection::open(&path).unwrap();
        assert_eq!(schema(&stepped), schema(&fresh));
        assert!(schema(&fresh).len() > 15);
    }

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, MIGRATIONS).unwrap();
        let before = schema(&connection);
        migrate(&mut connection, MIGRATIONS).unwrap();
        assert_eq!(schema(&connection), before);
    }

    #[test]
    fn a_newer_schema_is_refused_and_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, MIGRATIONS).unwrap();
        connection.execute("INSERT INTO schema_migration VALUES (99, 'later')", []).unwrap();
        let error = migrate(&mut connection, MIGRATIONS).unwrap_err();
        assert_eq!(error, Error::NewerSchema { found: 99, known: MIGRATIONS.len() as i64 });
        assert!(error.to_string().contains("schema version 99"), "{error}");
    }

    #[test]
    fn a_failing_step_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        let broken = [Migration {
            version: 1,
            name: "broken",
            sql: "CREATE TABLE a (b TEXT); CREATE TABLE a (c TEXT);",
        }];
        migrate(&mut connection, &broken).unwrap_err();
        assert_eq!(version(&connection).unwrap(), 0);
        assert!(schema(&connection).iter().all(|(_, name, _)| name != "a"));
    }
}
