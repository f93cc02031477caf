//! What errors of Postgres mean to a host.

use crate::{CommitError, StoreError, pool::is_lost};

/// SQLSTATE that the commit function raises when the fence is lost.
const FENCE_LOST: &str = "DS001";

/// Of a read or a small write.
pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    if is_lost(&error) || is_passing(&error) {
        StoreError::Unavailable(error.to_string())
    } else {
        StoreError::Damaged(error.to_string())
    }
}

/// Of a commit: the data is bad if Postgres says so, by SQLSTATE class 22 (data), 23 (constraints) or 54 (limits).
/// Everything else may be over when it is tried again.
pub(super) fn commit_error(error: sqlx::Error) -> CommitError {
    match &error {
        sqlx::Error::Database(database) => match database.code().as_deref() {
            Some(FENCE_LOST) => CommitError::FenceLost,
            Some(code) if ["22", "23", "54"].iter().any(|class| code.starts_with(class)) => {
                CommitError::BadData(error.to_string())
            }
            _ => CommitError::Unavailable(error.to_string()),
        },
        sqlx::Error::Encode(_) => CommitError::BadData(error.to_string()),
        _ => CommitError::Unavailable(error.to_string()),
    }
}

/// Class 25 (a server that takes no writes), 40 (conflicts between transactions), 53 (resources), 55 (locks), 57
/// (cancelled), 58 (system).
fn is_passing(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    error
        .code()
        .is_some_and(|code| ["25", "40", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class)))
}
