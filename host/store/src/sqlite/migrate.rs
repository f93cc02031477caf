//! Migrations of SQLite: all in one transaction, which is the lock too.

use sqlx::{Row, SqliteConnection};

use super::error::store_error;
use crate::{
    OpenError, StoreError, limits,
    migrations::{self, SQLITE, SQLITE_ACCOUNT as ACCOUNT},
    pool::bounded,
};

/// Brings the database to the version of this host.
pub(super) async fn run(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let result = bounded(limits::MIGRATION_TIMEOUT, async { Ok(apply(connection).await) }).await;
    let result = result.unwrap_or_else(|error| Err(failed(error)));
    if result.is_err() {
        // Fails if the transaction did not begin or is rolled back already, which is what is wanted.
        let _ = sqlx::raw_sql("ROLLBACK").execute(connection).await;
    }
    result
}

async fn apply(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    sqlx::raw_sql(ACCOUNT.lock).execute(&mut *connection).await.map_err(failed)?;
    let applied = sqlx::raw_sql(ACCOUNT.applied).fetch_all(&mut *connection).await.map_err(failed)?;
    let applied: Vec<i64> =
        applied.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(failed)?;
    for migration in migrations::pending(SQLITE, &applied)? {
        let wrong = |error| OpenError::Migration(format!("migration {}: {error}", migration.name));
        sqlx::raw_sql(migration.sql).execute(&mut *connection).await.map_err(wrong)?;
        sqlx::query(ACCOUNT.record)
            .bind(migration.version)
            .bind(migration.name)
            .persistent(false)
            .execute(&mut *connection)
            .await
            .map_err(wrong)?;
    }
    sqlx::raw_sql("COMMIT").execute(connection).await.map(drop).map_err(failed)
}

fn failed(error: sqlx::Error) -> OpenError {
    match store_error(error) {
        StoreError::Unavailable(problem) => OpenError::Unavailable(problem),
        StoreError::Damaged(problem) => OpenError::Migration(problem),
    }
}
