//! The time of the host: the database's at the last renewal, and the monotonic clock since.

use std::time::Instant;

use dalsegno_engine::Timestamp;
use parking_lot::Mutex;

/// A clock that never goes backwards, whatever the machine's clock does.
#[derive(Debug)]
pub(crate) struct Clock {
    base: Mutex<(Timestamp, Instant)>,
}

impl Clock {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { base: Mutex::new((now, Instant::now())) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        at(&self.base.lock())
    }

    /// Follows the database's clock forwards.
    pub(crate) fn sync(&self, database: Timestamp) {
        let mut base = self.base.lock();
        *base = (at(&base).max(database), Instant::now());
    }
}

fn at(base: &(Timestamp, Instant)) -> Timestamp {
    let elapsed = u64::try_from(base.1.elapsed().as_micros()).unwrap_or(u64::MAX);
    Timestamp::from_micros(base.0.as_micros().saturating_add(elapsed))
}
