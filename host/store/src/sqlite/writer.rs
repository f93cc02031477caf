//! The one connection that writes.
//!
//! **Invariant:** what is begun on it is ended by the task that began it, whatever becomes of the caller; so nobody
//! finds a transaction open that is not his.

use std::{pin::Pin, sync::Arc};

use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::timeout,
};

use super::{connect::Place, error::store_error};
use crate::{CommitError, StoreError, limits, pool::bounded};

type Work<'c, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>>;

/// The connection, and how to make it anew.
pub(super) struct Writer {
    place: Place,
    connection: Arc<Mutex<Option<SqliteConnection>>>,
}

/// An error after which the connection may be in a bad state.
pub(super) trait Trouble: From<StoreError> + Send + 'static {
    fn is_trouble(&self) -> bool;
}

impl Trouble for StoreError {
    fn is_trouble(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl Trouble for CommitError {
    fn is_trouble(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl Writer {
    pub(super) fn new(place: Place, connection: SqliteConnection) -> Self {
        Self { place, connection: Arc::new(Mutex::new(Some(connection))) }
    }

    /// Runs something that leaves no transaction open, to its end, even if the caller does not wait for it.
    pub(super) async fn run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: Trouble,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T, E> + Send + 'static,
    {
        let place = self.place.clone();
        let slot = self.connection.clone();
        let result = timeout(limits::CALL_TIMEOUT, async move {
            let slot = slot.lock_owned().await;
            tokio::spawn(on_connection(place, slot, work)).await
        });
        match result.await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => Err(unavailable(panic.to_string())),
            Err(_) => Err(unavailable(format!("no answer within {} s", limits::CALL_TIMEOUT.as_secs()))),
        }
    }

    pub(super) async fn close(&self) {
        let Ok(mut slot) = timeout(limits::CALL_TIMEOUT, self.connection.lock()).await else { return };
        if let Some(connection) = slot.take() {
            // Everything that was committed is safe without it.
            let _ = bounded(limits::CALL_TIMEOUT, connection.close()).await;
        }
    }
}

async fn on_connection<T, E, F>(
    place: Place,
    mut slot: OwnedMutexGuard<Option<SqliteConnection>>,
    work: F,
) -> Result<T, E>
where
    E: Trouble,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T, E>,
{
    let mut connection = match slot.take() {
        Some(connection) => connection,
        None => place.writer().connect().await.map_err(|error| E::from(store_error(error)))?,
    };
    let result = work(&mut connection).await;
    let trouble = result.as_ref().is_err_and(Trouble::is_trouble);
    // In memory there is nothing but this connection.
    if !trouble || matches!(place, Place::Memory) {
        *slot = Some(connection);
    }
    result
}

fn unavailable<E: Trouble>(problem: String) -> E {
    E::from(StoreError::Unavailable(problem))
}
