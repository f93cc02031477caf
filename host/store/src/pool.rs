//! A few connections, for statements that are transactions of their own.
//!
//! Why not the driver's pool: it asks the server whether a connection lives before and after each use, which doubles
//! the time of a read, and a connection that died silently keeps its place for ever. Here a connection is taken out,
//! used, and put back only if all went well; whoever is dropped half-way takes his connection along. A connection
//! that went stale is found by the first use after, which is then made again on a new one.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use sqlx::{ConnectOptions, Connection};
use tokio::{sync::Semaphore, time::timeout};

use crate::{dialect::Dialect, limits, values::Value};

type Options<DB> = <<DB as sqlx::Database>::Connection as Connection>::Options;

/// Connections to one database.
pub(crate) struct Pool<DB: Dialect> {
    options: Options<DB>,
    idle: Mutex<Vec<DB::Connection>>,
    places: Semaphore,
}

impl<DB: Dialect> Pool<DB> {
    pub(crate) fn new(options: Options<DB>, connections_max: usize) -> Self {
        Self { options, idle: Mutex::default(), places: Semaphore::new(connections_max) }
    }

    /// Runs a statement, within [`limits::CALL_TIMEOUT`]; twice if the connection turned out to be stale.
    pub(crate) async fn rows(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<DB::Row>, sqlx::Error> {
        bounded(limits::CALL_TIMEOUT, self.rows_unbounded(sql, values)).await
    }

    async fn rows_unbounded(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<DB::Row>, sqlx::Error> {
        let _place = self.places.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        if let Some(connection) = self.take() {
            let result = self.rows_on(connection, sql, values).await;
            if !result.as_ref().is_err_and(is_lost) {
                return result;
            }
            self.forget_idle();
        }
        let connection = bounded(limits::CONNECT_TIMEOUT, self.options.connect()).await?;
        self.rows_on(connection, sql, values).await
    }

    async fn rows_on(
        &self,
        mut connection: DB::Connection,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<DB::Row>, sqlx::Error> {
        let result = DB::fetch(&mut connection, sql, values).await;
        if !result.as_ref().is_err_and(is_lost) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        result
    }

    fn take(&self) -> Option<DB::Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// What took one connection along, a restart of the server mostly, took the others too.
    fn forget_idle(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Closes all connections, after what is under way. None is opened any more.
    pub(crate) async fn close(&self, connections_max: usize) {
        let all = u32::try_from(connections_max).unwrap_or(u32::MAX);
        let _all = timeout(limits::CALL_TIMEOUT, self.places.acquire_many(all)).await;
        self.places.close();
        while let Some(connection) = self.take() {
            // Whether the other side hears of it makes no difference.
            let _ = timeout(limits::CONNECT_TIMEOUT, connection.close()).await;
        }
    }
}

/// Gives up on what takes too long.
pub(crate) async fn bounded<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match timeout(limit, work).await {
        Ok(result) => result,
        Err(_) => Err(sqlx::Error::Io(std::io::Error::new(
            std::io::ErrorKind::TimedOut,
            format!("no answer within {} s", limit.as_secs()),
        ))),
    }
}

/// Whether a connection is of no use after this error: the server did not answer, or said farewell.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // Postgres: class 08 connection exceptions, 57P01 to 57P05 shutdowns and terminations.
            code.len() == 5 && (code.starts_with("08") || code.starts_with("57P"))
        }),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Encode(_) | sqlx::Error::RowNotFound => false,
        _ => true,
    }
}
