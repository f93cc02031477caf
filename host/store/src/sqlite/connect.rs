//! Where a SQLite database is, and what each connection is set to.

use std::path::{Path, PathBuf};

use sqlx::{
    ConnectOptions, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{OpenError, limits, pool::bounded};

/// A file, or the memory of one connection.
#[derive(Debug, Clone)]
pub(super) enum Place {
    File(PathBuf),
    Memory,
}

impl Place {
    /// Reads what stands behind `sqlite:`.
    pub(super) fn parse(file: &str) -> Result<Self, OpenError> {
        if file == ":memory:" {
            return Ok(Self::Memory);
        }
        let path = PathBuf::from(file.strip_prefix("//").unwrap_or(file));
        let address = |problem: String| Err(OpenError::Address { url: format!("sqlite:{file}"), problem });
        if path.as_os_str().is_empty() {
            return address("it names no file".to_owned());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return address(format!("there is no folder {}", folder.display()));
        }
        if path.is_dir() {
            return address("it is a folder".to_owned());
        }
        Ok(Self::File(path))
    }

    /// The connection that writes.
    pub(super) fn writer(&self) -> SqliteConnectOptions {
        match self {
            // The log is synced at each commit; the file, when the log is moved into it.
            Self::File(path) => in_file(path)
                .create_if_missing(true)
                .pragma("wal_autocheckpoint", limits::SQLITE_CHECKPOINT_PAGES.to_string()),
            Self::Memory => common(SqliteConnectOptions::new().in_memory(true)),
        }
    }

    /// Connections that read, beside the one that writes.
    pub(super) fn reader(&self) -> Option<SqliteConnectOptions> {
        match self {
            Self::File(path) => Some(in_file(path).pragma("query_only", "on")),
            Self::Memory => None,
        }
    }
}

fn in_file(path: &Path) -> SqliteConnectOptions {
    common(SqliteConnectOptions::new().filename(path))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
}

fn common(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .foreign_keys(true)
        .busy_timeout(limits::SQLITE_BUSY_TIMEOUT)
        .pragma("cache_size", format!("-{}", limits::SQLITE_CACHE_KIB))
        .pragma("temp_store", "memory")
        .disable_statement_logging()
}

/// The first connection, which makes the file.
pub(super) async fn first(place: &Place) -> Result<SqliteConnection, OpenError> {
    bounded(limits::CALL_TIMEOUT, place.writer().connect()).await.map_err(|error| match place {
        Place::File(path) => OpenError::Unavailable(format!("{}: {error}", path.display())),
        Place::Memory => OpenError::Unavailable(error.to_string()),
    })
}
