//! Where the state is kept (config-and-security §3.3).

use super::{Key, Section, ignored, later, silent};

pub(super) const SECTION: Section = Section {
    title: "Database",
    text: "All state is kept in an embedded SQLite database, `azkaban.db` of the data folder; no key is needed for it, and a database that the files name is not touched.",
    keys: KEYS,
};

const KEYS: &[Key] = &[
    later("database.type", "`mysql` or `h2`"),
    later("mysql.host", "MySQL"),
    later("mysql.port", "MySQL"),
    later("mysql.database", "MySQL"),
    later("mysql.user", "MySQL"),
    later("mysql.password", "MySQL"),
    later("mysql.numconnections", "MySQL"),
    ignored("mysql.driverclassname", "Java class"),
    ignored("h2.path", "file of the H2 database"),
    silent("h2.create.tables", "not read by Azkaban"),
    ignored("database.check.version", "the schema is always brought up to date at start"),
    ignored("database.auto.update.tables", "the schema is always brought up to date at start"),
    ignored("database.sql.scripts.dir", "the schema is inside the program"),
];
