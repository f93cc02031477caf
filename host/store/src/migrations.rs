//! The migrations of both backends, in order, and what is to be done with them.
//!
//! **Invariant:** a migration that was ever released is never changed; there are only further ones.

use crate::OpenError;

/// One change of the tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

macro_rules! migrations {
    ($constant:ident, $backend:literal, $($version:literal => $name:literal),* $(,)?) => {
        pub(crate) const $constant: &[Migration] = &[$(Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/../../migrations/", $backend, "/", $name, ".sql"
            )),
        }),*];
    };
}

migrations!(POSTGRES, "postgres",
    1 => "0001_tables",
    2 => "0002_ownership",
    3 => "0003_commit",
);
migrations!(SQLITE, "sqlite",
    1 => "0001_tables",
    2 => "0002_commit",
);

/// The statements that a backend keeps account with.
pub(crate) struct Account {
    /// Waits for other hosts that migrate, and makes the table of migrations.
    pub(crate) lock: &'static str,
    /// Tells the versions that are applied.
    pub(crate) applied: &'static str,
    /// Adds one.
    pub(crate) record: &'static str,
}

pub(crate) const POSTGRES_ACCOUNT: Account = Account {
    lock: include_str!("../queries/postgres/migrations_lock.sql"),
    applied: include_str!("../queries/postgres/applied_migrations.sql"),
    record: include_str!("../queries/postgres/record_migration.sql"),
};
pub(crate) const SQLITE_ACCOUNT: Account = Account {
    lock: include_str!("../queries/sqlite/migrations_lock.sql"),
    applied: include_str!("../queries/sqlite/applied_migrations.sql"),
    record: include_str!("../queries/sqlite/record_migration.sql"),
};

/// The migrations that are not applied yet.
///
/// # Errors
/// [`OpenError::Migration`]: a newer host has been here, or one with other migrations.
pub(crate) fn pending<'m>(known: &'m [Migration], applied: &[i64]) -> Result<&'m [Migration], OpenError> {
    let newest = known.last().map_or(0, |migration| migration.version);
    match applied.last() {
        Some(&version) if version > newest => Err(OpenError::Migration(format!(
            "its tables have version {version}, and this host knows version {newest}: it belongs to a newer host; \
             use that one, or another database"
        ))),
        _ if !applied.iter().eq(known.iter().take(applied.len()).map(|migration| &migration.version)) => {
            Err(OpenError::Migration(format!(
                "its migrations are {applied:?}, which no version of this host made"
            )))
        }
        _ => Ok(&known[applied.len()..]),
    }
}
