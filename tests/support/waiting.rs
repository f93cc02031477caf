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
    let patience = Patience::new(limit);
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) => patience.look_again(what, &seen.to_string()).await,
        }
    }
}

/// A deadline, for loops of a test's own.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    begun: Instant,
    limit: Duration,
}

impl Patience {
    /// From now on.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self { begun: Instant::now(), limit }
    }

    /// Comes back when it is time to look again.
    ///
    /// # Panics
    /// If the time is up, with what was seen last.
    pub async fn look_again(&self, what: &str, seen: &str) {
        assert!(self.begun.elapsed() <= self.limit, "{what}: not within {:?}; {seen}", self.limit);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Lets some time go by before a fault, which may come at any time. Nothing is waited for.
pub async fn at_some_time(dice: &mut Dice, latest: Duration) {
    let millis = u64::try_from(latest.as_millis()).unwrap_or(u64::MAX);
    tokio::time::sleep(Duration::from_millis(dice.between(0, millis))).await;
}
