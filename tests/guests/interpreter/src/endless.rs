//! What ends only when it is cancelled.

use std::time::Duration;

use dalsegno_sdk::{Failure, activity, child, signals, sleep, workflow};
use futures::{
    FutureExt,
    future::{LocalBoxFuture, join_all},
};
use serde_json::Value;

use crate::program::Endless;

/// Longer than any test.
const LONG: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A way to wait for ever.
pub(crate) trait Endlessness {
    /// Waits; tells whether it was cancelled.
    fn wait(&self) -> LocalBoxFuture<'_, bool>;
}

impl Endlessness for Endless {
    fn wait(&self) -> LocalBoxFuture<'_, bool> {
        let waits = async move {
            match self {
                Self::Timer => sleep(LONG).await,
                Self::Activity => activity::<Value>("slow").start_to_close(LONG).await.map(drop),
                Self::Signal => signals::<()>("nobody-sends-this").next().await,
                Self::Child(id, inner) => child::<()>("endless-child").workflow_id(id).input(inner).await,
            }
        };
        waits.map(|ended| ended.is_err_and(|failure| failure.is_cancelled())).boxed_local()
    }
}

/// Waits for ever, until it is cancelled.
#[workflow]
pub(crate) async fn endless_child(endless: Vec<Endless>) -> Result<(), Failure> {
    let cancelled = join_all(endless.iter().map(Endlessness::wait)).await;
    if cancelled.into_iter().all(|cancelled| cancelled) {
        return Err(Failure::cancelled("cancelled as it was asked"));
    }
    Err(Failure::application("NotCancelled", "something ended otherwise"))
}
