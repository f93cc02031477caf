//! Commits: one call of a function of the database, on a connection that does nothing else.
//!
//! **Invariant:** a connection on which a call was given up, by an error or because its future was dropped, is never
//! used again. What was still on its way there is not stored once the next connection began: beginning raises the
//! number of the committing connection in the host's row, which each commit compares, and waits for the row's lock.

use sqlx::{
    ConnectOptions, PgConnection, Postgres,
    postgres::{PgArguments, PgConnectOptions, PgRow},
};
use tokio::{sync::Mutex, time::timeout};

use super::{
    connect::farewell,
    error::{commit_error, store_error},
};
use crate::{
    CommitError, Fence, ItemOutcome, LastBatch, changes::Changes, convert::Reader, dialect::Dialect, limits,
    pool::bounded, values::Value,
};

use arguments::arguments;

mod arguments;

const BEGIN: &str = include_str!("../../queries/postgres/begin_committing.sql");
const COMMIT: &str = include_str!("../../queries/postgres/commit.sql");
const LAST_BATCH: &str = include_str!("../../queries/postgres/last_batch.sql");

/// The connection that commits.
pub(super) struct Committer {
    options: PgConnectOptions,
    session: Mutex<Option<Session>>,
}

/// A connection that has begun to commit under a fence.
struct Session {
    connection: PgConnection,
    fence: Fence,
    number: i64,
}

impl Committer {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self { options, session: Mutex::new(None) }
    }

    pub(super) async fn last_batch(&self, fence: &Fence) -> Result<LastBatch, CommitError> {
        let work = async {
            let (mut slot, mut session) = self.session(fence).await?;
            let values = [fence.host_id.as_str().into(), fence.epoch.into(), session.number.into()];
            let row = session.row(LAST_BATCH, &values).await?;
            let last = Reader::new(&row).last_batch()?;
            *slot = Some(session);
            Ok(last)
        };
        timeout(limits::CALL_TIMEOUT, work).await.unwrap_or_else(|_| Err(no_answer()))
    }

    pub(super) async fn commit(
        &self,
        fence: &Fence,
        number: u64,
        changes: Changes,
    ) -> Result<Vec<ItemOutcome>, CommitError> {
        let number = i64::try_from(number).map_err(|_| CommitError::BadData("batch number".to_owned()))?;
        let work = async {
            let (mut slot, mut session) = self.session(fence).await?;
            let arguments = arguments(fence, session.number, number, &changes).map_err(commit_error)?;
            let result = session.call(arguments).await;
            // A refusal leaves the connection as it was; after everything else it is given up.
            if matches!(result, Ok(_) | Err(CommitError::BadData(_))) {
                *slot = Some(session);
            }
            Ok(Reader::new(&result?).outcomes()?)
        };
        timeout(limits::CALL_TIMEOUT, work).await.unwrap_or_else(|_| Err(no_answer()))
    }

    /// Takes the session out of its slot, or begins one. The caller puts it back when he is through.
    async fn session(
        &self,
        fence: &Fence,
    ) -> Result<(tokio::sync::MutexGuard<'_, Option<Session>>, Session), CommitError> {
        let mut slot = self.session.lock().await;
        let session = match slot.take().filter(|session| session.fence == *fence) {
            Some(session) => session,
            None => Session::begin(&self.options, fence).await?,
        };
        Ok((slot, session))
    }

    pub(super) async fn close(&self) {
        let Ok(mut slot) = timeout(limits::CALL_TIMEOUT, self.session.lock()).await else { return };
        if let Some(session) = slot.take() {
            farewell(session.connection).await;
        }
    }
}

impl Session {
    async fn begin(options: &PgConnectOptions, fence: &Fence) -> Result<Self, CommitError> {
        let connection = bounded(limits::CONNECT_TIMEOUT, options.connect()).await.map_err(commit_error)?;
        let mut session = Self { connection, fence: fence.clone(), number: 0 };
        let row = session.row(BEGIN, &[fence.host_id.as_str().into(), fence.epoch.into()]).await?;
        session.number = Reader::new(&row).int()?;
        Ok(session)
    }

    /// The one row that the fence guards.
    async fn row(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<PgRow, CommitError> {
        let rows = Postgres::fetch(&mut self.connection, sql, values).await.map_err(store_error)?;
        rows.into_iter().next().ok_or(CommitError::FenceLost)
    }

    async fn call(&mut self, arguments: PgArguments) -> Result<PgRow, CommitError> {
        sqlx::query_with(COMMIT, arguments).fetch_one(&mut self.connection).await.map_err(commit_error)
    }
}

fn no_answer() -> CommitError {
    CommitError::Unavailable(format!("no answer within {} s", limits::CALL_TIMEOUT.as_secs()))
}
