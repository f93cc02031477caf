//! SQLite: one connection writes, a few read.
//!
//! A write is a task of its own, so that it ends whatever becomes of the caller ([`writer`]). In memory there is one
//! connection for all, because the database is that connection.

use async_trait::async_trait;
use dalsegno_engine::time::Millis;
use sqlx::{Sqlite, sqlite::SqliteRow};

use crate::{
    Claim, CommitError, Fence, ItemOutcome, LastBatch, OpenError, StoreError,
    changes::Changes,
    dialect::Backend,
    limits::SQLITE_READERS_MAX,
    pool::Pool,
    queries::{self, Queries},
    values::{Value, arguments},
};

mod claim;
mod commit;
mod connect;
mod error;
mod migrate;
mod statements;
mod writer;

/// A SQLite database.
pub(crate) struct SqliteStore {
    writer: writer::Writer,
    /// None in memory.
    readers: Option<Pool<Sqlite>>,
}

impl SqliteStore {
    /// Opens what stands behind `sqlite:` in the address.
    pub(crate) async fn open(file: &str) -> Result<Self, OpenError> {
        let place = connect::Place::parse(file)?;
        let mut connection = connect::first(&place).await?;
        migrate::run(&mut connection).await?;
        let readers = place.reader().map(|options| Pool::new(options, SQLITE_READERS_MAX));
        Ok(Self { writer: writer::Writer::new(place, connection), readers })
    }
}

#[async_trait]
impl Backend for SqliteStore {
    type Row = SqliteRow;
    const NAME: &'static str = "sqlite";
    const HAS_OWN_CLOCK: bool = false;
    const QUERIES: &'static Queries = &queries::SQLITE;

    async fn read(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<SqliteRow>, StoreError> {
        match &self.readers {
            Some(readers) => readers.rows(sql, values).await.map_err(error::store_error),
            None => self.write(sql, values).await,
        }
    }

    async fn write(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<SqliteRow>, StoreError> {
        let arguments = arguments::<Sqlite>(values).map_err(error::store_error)?;
        self.writer
            .run(move |connection| {
                Box::pin(async move {
                    let query = sqlx::query_with(sql, arguments);
                    query.fetch_all(connection).await.map_err(error::store_error)
                })
            })
            .await
    }

    async fn claim(&self, host_id: &str, address: &str, lease: Millis) -> Result<Claim, StoreError> {
        claim::claim(&self.writer, host_id, address, lease).await
    }

    async fn release(&self, fence: &Fence) -> Result<(), StoreError> {
        claim::release(&self.writer, fence).await
    }

    async fn last_batch(&self, fence: &Fence) -> Result<LastBatch, CommitError> {
        commit::last_batch(&self.writer, fence).await
    }

    async fn commit(
        &self,
        fence: &Fence,
        number: u64,
        changes: Changes,
    ) -> Result<Vec<ItemOutcome>, CommitError> {
        commit::commit(&self.writer, fence, number, changes).await
    }

    async fn close(&self) {
        if let Some(readers) = &self.readers {
            readers.close(SQLITE_READERS_MAX).await;
        }
        self.writer.close().await;
    }
}
