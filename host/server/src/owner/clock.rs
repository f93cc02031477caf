//! The time of the host: the database's at the last renewal, and the time that has passed since.

use std::time::Duration;

use dalsegno_engine::Timestamp;
use parking_lot::Mutex;
use rustix::time::{ClockId, clock_gettime};

/// Counts while the machine is suspended too, and is set by nobody.
#[cfg(target_os = "linux")]
const SINCE_BOOT: ClockId = ClockId::Boottime;
/// Set by nobody.
#[cfg(not(target_os = "linux"))]
const SINCE_BOOT: ClockId = ClockId::Monotonic;

/// A clock that never goes backwards, whatever the machine's clock does.
#[derive(Debug)]
pub(crate) struct Clock {
    base: Mutex<Base>,
}

/// A time of the database, and when it was that.
#[derive(Debug, Clone, Copy)]
struct Base {
    time: Timestamp,
    since_boot: Duration,
}

impl Clock {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { base: Mutex::new(Base { time: now, since_boot: since_boot() }) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.base.lock().now()
    }

    /// Goes on to a time that has not come yet.
    pub(crate) fn skip_to(&self, time: Timestamp) {
        let mut base = self.base.lock();
        *base = Base { time: base.now().max(time), since_boot: since_boot() };
    }

    /// Follows the clock of a database server forwards. The clock of an embedded database is the machine's, which
    /// anybody may set: what it jumps must not fire timers.
    pub(crate) fn sync(&self, database: Timestamp) {
        self.skip_to(database);
    }
}

impl Base {
    fn now(&self) -> Timestamp {
        let elapsed = since_boot().saturating_sub(self.since_boot).as_micros();
        let elapsed = u64::try_from(elapsed).unwrap_or(u64::MAX);
        Timestamp::from_micros(self.time.as_micros().saturating_add(elapsed))
    }
}

fn since_boot() -> Duration {
    let now = clock_gettime(SINCE_BOOT);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use dalsegno_engine::Millis;

    use super::*;

    #[test]
    fn it_follows_the_database_forwards_only() {
        let start = Timestamp::from_micros(1_000_000);
        let clock = Clock::new(start);
        let later = start.plus(Millis::from_secs(3600));
        clock.sync(later);
        assert!(clock.now() >= later);
        clock.sync(start);
        assert!(clock.now() >= later);
    }
}
