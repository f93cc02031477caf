//! What errors of SQLite mean to a host.

use crate::{CommitError, StoreError};

/// Primary result codes of SQLite.
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const TOOBIG: i32 = 18;
const CONSTRAINT: i32 = 19;
const MISMATCH: i32 = 20;
const PASSING: [i32; 6] = [5, 6, 8, 10, FULL, CANTOPEN];
/// Extended result codes of constraints.
const PRIMARY_KEY: i32 = 1555;
const TRIGGER: i32 = 1811;
const UNIQUE: i32 = 2067;

/// Why the rows of a batch do not fit what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conflict {
    /// `runs_open` has the workflow id already.
    OpenRun,
    /// Anything else: a key that is taken, a history that ends elsewhere.
    Other,
}

/// Of a read or a small write: busy, locked, read-only, input and output, full and cannot-open may pass.
pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    match extended_code(&error) {
        Some(code) if !PASSING.contains(&primary(code)) => StoreError::Damaged(error.to_string()),
        None if matches!(error, sqlx::Error::Encode(_) | sqlx::Error::ColumnDecode { .. }) => {
            StoreError::Damaged(error.to_string())
        }
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// Of a commit: the data is bad if SQLite says so.
pub(super) fn commit_error(error: sqlx::Error) -> CommitError {
    match extended_code(&error).map(primary) {
        Some(TOOBIG | CONSTRAINT | MISMATCH) => CommitError::BadData(error.to_string()),
        None if matches!(error, sqlx::Error::Encode(_)) => CommitError::BadData(error.to_string()),
        _ => CommitError::Unavailable(error.to_string()),
    }
}

/// The conflict that an error tells of, if it is one.
pub(super) fn conflict(error: &sqlx::Error) -> Option<Conflict> {
    match extended_code(error)? {
        UNIQUE => Some(Conflict::OpenRun),
        PRIMARY_KEY | TRIGGER => Some(Conflict::Other),
        _ => None,
    }
}

fn extended_code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// The low byte of a result code.
fn primary(code: i32) -> i32 {
    code & 0xff
}
