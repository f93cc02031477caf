//! Migrations of Postgres: all in one transaction, under a lock that other hosts wait for.

use sqlx::{ConnectOptions, Connection, PgConnection, Row, postgres::PgConnectOptions};

use crate::{
    OpenError, limits,
    migrations::{self, POSTGRES, POSTGRES_ACCOUNT as ACCOUNT},
    pool::bounded,
};

/// Brings the database to the version of this host.
pub(super) async fn run(options: &PgConnectOptions) -> Result<(), OpenError> {
    let options = options.clone().options([
        ("statement_timeout", limits::MIGRATION_TIMEOUT.as_millis().to_string()),
        ("lock_timeout", limits::MIGRATION_TIMEOUT.as_millis().to_string()),
    ]);
    let work = async {
        let mut connection = options.connect().await?;
        let result = apply(&mut connection).await;
        connection.close().await?;
        Ok(result)
    };
    bounded(limits::MIGRATION_TIMEOUT, work)
        .await
        .map_err(|error| OpenError::Unavailable(format!("while migrating: {error}")))?
}

async fn apply(connection: &mut PgConnection) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::Migration(error.to_string());
    let mut transaction = connection.begin().await.map_err(failed)?;
    sqlx::raw_sql(ACCOUNT.lock).execute(&mut *transaction).await.map_err(failed)?;
    let applied = sqlx::raw_sql(ACCOUNT.applied).fetch_all(&mut *transaction).await.map_err(failed)?;
    let applied: Vec<i64> =
        applied.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(failed)?;
    for migration in migrations::pending(POSTGRES, &applied)? {
        let wrong = |error| OpenError::Migration(format!("migration {}: {error}", migration.name));
        sqlx::raw_sql(migration.sql).execute(&mut *transaction).await.map_err(wrong)?;
        sqlx::query(ACCOUNT.record)
            .bind(migration.version)
            .bind(migration.name)
            .execute(&mut *transaction)
            .await
            .map_err(wrong)?;
    }
    transaction.commit().await.map_err(failed)
}
