//! Postgres: every call is one statement and one round trip, hence a transaction that nobody can leave open.
//!
//! Commits have a connection of their own ([`commit`]); everything else shares a few ([`crate::pool`]).

use async_trait::async_trait;
use dalsegno_engine::time::Millis;
use sqlx::{Postgres, postgres::PgRow};

use crate::{
    Claim, CommitError, Fence, ItemOutcome, LastBatch, OpenError, OpenOptions, StoreError,
    changes::Changes,
    dialect::Backend,
    limits::POSTGRES_CONNECTIONS_MAX,
    pool::Pool,
    queries::{self, Queries},
    values::Value,
};

mod claim;
mod commit;
mod connect;
mod error;
mod migrate;
#[cfg(all(test, feature = "testing"))]
mod plans;

/// A Postgres database.
pub(crate) struct PostgresStore {
    pool: Pool<Postgres>,
    committer: commit::Committer,
}

impl PostgresStore {
    pub(crate) async fn open(url: &str, options: &OpenOptions) -> Result<Self, OpenError> {
        let connect = connect::options(url)?;
        let mut connection = connect::first(&connect).await?;
        if !options.allow_unsafe {
            connect::check_durability(&mut connection).await?;
        }
        drop(connection);
        migrate::run(&connect).await?;
        Ok(Self {
            pool: Pool::new(connect.clone(), POSTGRES_CONNECTIONS_MAX),
            committer: commit::Committer::new(connect),
        })
    }
}

#[async_trait]
impl Backend for PostgresStore {
    type Row = PgRow;
    const NAME: &'static str = "postgres";
    const HAS_OWN_CLOCK: bool = true;
    const QUERIES: &'static Queries = &queries::POSTGRES;

    async fn read(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<PgRow>, StoreError> {
        self.pool.rows(sql, values).await.map_err(error::store_error)
    }

    async fn write(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<PgRow>, StoreError> {
        self.read(sql, values).await
    }

    async fn claim(&self, host_id: &str, address: &str, lease: Millis) -> Result<Claim, StoreError> {
        claim::claim(self, host_id, address, lease).await
    }

    async fn release(&self, fence: &Fence) -> Result<(), StoreError> {
        claim::release(self, fence).await
    }

    async fn last_batch(&self, fence: &Fence) -> Result<LastBatch, CommitError> {
        self.committer.last_batch(fence).await
    }

    async fn commit(
        &self,
        fence: &Fence,
        number: u64,
        changes: Changes,
    ) -> Result<Vec<ItemOutcome>, CommitError> {
        self.committer.commit(fence, number, changes).await
    }

    async fn close(&self) {
        self.committer.close().await;
        self.pool.close(POSTGRES_CONNECTIONS_MAX).await;
    }
}
