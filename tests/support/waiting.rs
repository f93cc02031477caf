//! Waiting for a condition, never for a time.

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

use crate::dice::Dice;

/// How long a condition may take that is about to hold. Generous: unoptimised code on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until there is an answer, for [`PATIENCE`] at most.
///
/// # Panics
/// If it does not come, with what was seen instead.
pub async fn eventually<T, E: Display>(what: &str, look: impl AsyncFnMut() -> Result<T, E>) -> T {
    within(PATIENCE, what, look).await
}

/// Looks until there is an answer, for some time at most.
///
/// # Panics
/// If it does not come, with what was seen instead.
pub async fn within<T, E: Display>(
    limit: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let begun = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) if begun.elapsed() > limit => panic!("{what}: not within {limit:?}; {seen}"),
            Err(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

/// Lets some time go by before a fault, which may come at any time. Nothing is waited for.
pub async fn at_some_time(dice: &mut Dice, latest: Duration) {
    let millis = u64::try_from(latest.as_millis()).unwrap_or(u64::MAX);
    tokio::time::sleep(Duration::from_millis(dice.between(0, millis))).await;
}
