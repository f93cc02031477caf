//! Taking and giving up shards.

use dalsegno_engine::time::Millis;
use sqlx::{Row, SqliteConnection};

use super::{error::store_error, writer::Writer};
use crate::{Claim, Fence, StoreError, convert::Reader, limits::HOST_ROWS_KEPT, store::lease_micros};

const HOLDER: &str = include_str!("../../queries/sqlite/claim_holder.sql");
const RAISE_EPOCH: &str = include_str!("../../queries/sqlite/raise_epoch.sql");
const CLAIM: &str = include_str!("../../queries/sqlite/claim.sql");
const RELEASE: &str = include_str!("../../queries/sqlite/release.sql");

pub(super) async fn claim(
    writer: &Writer,
    host_id: &str,
    address: &str,
    lease: Millis,
) -> Result<Claim, StoreError> {
    let (host_id, address) = (host_id.to_owned(), address.to_owned());
    writer
        .run(move |connection| {
            Box::pin(async move {
                execute(connection, "BEGIN IMMEDIATE").await?;
                let result = claim_within(connection, &host_id, &address, lease).await;
                end(connection, result).await
            })
        })
        .await
}

async fn claim_within(
    connection: &mut SqliteConnection,
    host_id: &str,
    address: &str,
    lease: Millis,
) -> Result<Claim, StoreError> {
    let query = sqlx::query(HOLDER).bind(host_id.to_owned()).bind(address.to_owned());
    let row = query.fetch_one(&mut *connection).await.map_err(store_error)?;
    let mut row = Reader::new(&row);
    let now = row.time()?;
    if let (Some(address), Some(until)) = (row.maybe_text()?, row.maybe_time()?) {
        return Ok(Claim::Held { address, until, now });
    }
    let row = sqlx::query(RAISE_EPOCH).fetch_one(&mut *connection).await.map_err(store_error)?;
    let epoch: i64 = row.try_get(0).map_err(store_error)?;
    sqlx::query(CLAIM)
        .bind(host_id.to_owned())
        .bind(address.to_owned())
        .bind(epoch)
        .bind(crate::convert::micros(now))
        .bind(lease_micros(lease))
        .bind(i64::try_from(HOST_ROWS_KEPT.as_micros()).unwrap_or(i64::MAX))
        .execute(&mut *connection)
        .await
        .map_err(store_error)?;
    Ok(Claim::Granted { fence: Fence { host_id: host_id.to_owned(), epoch }, now })
}

pub(super) async fn release(writer: &Writer, fence: &Fence) -> Result<(), StoreError> {
    let Fence { host_id, epoch } = fence.clone();
    writer
        .run(move |connection| {
            Box::pin(async move {
                execute(connection, "BEGIN IMMEDIATE").await?;
                let query = sqlx::query(RELEASE).bind(host_id).bind(epoch);
                let result = query.execute(&mut *connection).await.map(drop).map_err(store_error);
                end(connection, result).await
            })
        })
        .await
}

/// Commits what went well; else rolls back.
async fn end<T>(connection: &mut SqliteConnection, result: Result<T, StoreError>) -> Result<T, StoreError> {
    let result = match result {
        Ok(value) => execute(connection, "COMMIT").await.map(|()| value),
        Err(error) => Err(error),
    };
    if result.is_err() {
        // Fails if SQLite rolled back itself, which is what is wanted.
        let _ = execute(connection, "ROLLBACK").await;
    }
    result
}

async fn execute(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::query(sql).execute(connection).await.map(drop).map_err(store_error)
}
