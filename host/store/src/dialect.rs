//! What the two drivers have in common, for the code that both backends share.

use async_trait::async_trait;
use sqlx::Database;

use crate::{
    Claim, CommitError, Fence, ItemOutcome, LastBatch, StoreError,
    changes::Changes,
    queries::Queries,
    values::{Cells, Value},
};
use dalsegno_engine::time::Millis;

/// A driver: how statements are run on one of its connections.
#[async_trait]
pub(crate) trait Dialect: Database<Row: Cells> {
    /// Runs one prepared statement on a connection, which keeps it prepared.
    async fn fetch(
        connection: &mut Self::Connection,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Self::Row>, sqlx::Error>;
}

macro_rules! dialect {
    ($database:ty) => {
        #[async_trait]
        impl Dialect for $database {
            async fn fetch(
                connection: &mut Self::Connection,
                sql: &'static str,
                values: &[Value<'_>],
            ) -> Result<Vec<Self::Row>, sqlx::Error> {
                let arguments = crate::values::arguments::<Self>(values)?;
                sqlx::query_with(sql, arguments).fetch_all(connection).await
            }
        }
    };
}
dialect!(sqlx::Postgres);
dialect!(sqlx::Sqlite);

/// A backend: a database that is open. Everything else of a store is the same over both.
#[async_trait]
pub(crate) trait Backend: Send + Sync + 'static {
    type Row: Cells;
    const NAME: &'static str;
    /// Whether its clock is another than this machine's.
    const HAS_OWN_CLOCK: bool;
    const QUERIES: &'static Queries;

    /// Runs a statement that changes nothing.
    async fn read(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Self::Row>, StoreError>;

    /// Runs a statement that is a transaction of its own, and may be run twice.
    async fn write(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Self::Row>, StoreError>;

    async fn claim(&self, host_id: &str, address: &str, lease: Millis) -> Result<Claim, StoreError>;

    async fn release(&self, fence: &Fence) -> Result<(), StoreError>;

    async fn last_batch(&self, fence: &Fence) -> Result<LastBatch, CommitError>;

    /// Answers what became of each item, or nothing if all that have rows are stored.
    async fn commit(
        &self,
        fence: &Fence,
        number: u64,
        changes: Changes,
    ) -> Result<Vec<ItemOutcome>, CommitError>;

    async fn close(&self);
}
