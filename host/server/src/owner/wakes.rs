//! When runs have to be looked at.
//!
//! A run in memory arms itself for what comes within the horizon. What is further off is in the store, where a scan
//! finds it, window after window.
//!
//! **Invariant:** a stored wake-up time that no scan will come past any more is in the heap: a run whose time becomes
//! durable, or that is dropped from memory, sees to that.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    sync::{Arc, Weak},
    time::Duration,
};

use dalsegno_engine::{Millis, Timestamp, ids::RunId};
use dalsegno_store::{RunKey, RunRow, StoreError, WakeCursor};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{Owner, handle::RunHandle, message::Message};

/// Wake-ups further off than this stay in the store only.
const HORIZON: Millis = Millis::from_secs(30);
/// How often the store is asked for wake-ups that come within the horizon.
const SCAN_EVERY: Duration = Duration::from_secs(10);
/// Runs of one page of a scan.
const SCAN_PAGE: u32 = 1_000;
/// Before every run id.
const NO_RUN: &str = "00000000-0000-0000-0000-000000000000";
/// Wait after a scan that failed.
const SCAN_RETRY: Duration = Duration::from_secs(1);

/// The wake-ups within the horizon.
#[derive(Default)]
pub(crate) struct Wakes {
    heap: Mutex<BinaryHeap<Reverse<Wake>>>,
    earlier: Notify,
    /// The end of the last window that a scan has begun to read.
    scanned: Mutex<Timestamp>,
}

/// One wake-up; ordered by time.
struct Wake {
    at: Timestamp,
    sleeper: Sleeper,
}

/// Who is woken.
enum Sleeper {
    /// A run as long as it is in memory.
    InMemory(Weak<RunHandle>),
    /// A run wherever it is.
    Stored(RunKey),
}

impl Ord for Wake {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at)
    }
}

impl PartialOrd for Wake {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Wake {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Wake {}

impl Wakes {
    /// Whether a time is too far off for the heap.
    pub(crate) fn is_beyond_horizon(at: Timestamp, now: Timestamp) -> bool {
        at > now.plus(HORIZON)
    }

    /// When to wake a run that has to be looked at by `at`. `None`: a scan finds it in time. One that is not at rest
    /// has another time in the store, and looks for itself again at the horizon.
    pub(crate) fn time_to_arm(at: Timestamp, now: Timestamp, at_rest: bool) -> Option<Timestamp> {
        match Self::is_beyond_horizon(at, now) {
            true if at_rest => None,
            true => Some(now.plus(HORIZON)),
            false => Some(at),
        }
    }

    /// Wakes a run at this time if it is in memory then.
    pub(crate) fn arm(&self, run: &Arc<RunHandle>, at: Timestamp) {
        self.push(at, Sleeper::InMemory(Arc::downgrade(run)));
    }

    /// Wakes a run at this time, wherever it is then.
    pub(super) fn arm_stored(&self, run: RunKey, at: Timestamp) {
        self.push(at, Sleeper::Stored(run));
    }

    /// A wake-up time has become durable, perhaps too late for a scan to find it.
    pub(crate) fn became_durable(&self, run: &Arc<RunHandle>, at: Timestamp) {
        if self.is_scanned(at) {
            self.arm(run, at);
        }
    }

    /// A run is dropped from memory; the store has its wake-up time.
    pub(crate) fn dropped(&self, run: &RunKey, at: Timestamp) {
        if self.is_scanned(at) {
            self.arm_stored(run.clone(), at);
        }
    }

    /// Looks again at once: time was skipped.
    pub(crate) fn look_again(&self) {
        self.earlier.notify_one();
    }

    fn is_scanned(&self, at: Timestamp) -> bool {
        at <= *self.scanned.lock()
    }

    fn push(&self, at: Timestamp, sleeper: Sleeper) {
        let mut heap = self.heap.lock();
        let first = heap.peek().is_none_or(|Reverse(first)| at < first.at);
        heap.push(Reverse(Wake { at, sleeper }));
        drop(heap);
        if first {
            self.earlier.notify_one();
        }
    }

    fn take_due(&self, now: Timestamp) -> (Vec<Sleeper>, Option<Timestamp>) {
        let mut heap = self.heap.lock();
        let mut due = Vec::new();
        while let Some(Reverse(wake)) = heap.peek()
            && wake.at <= now
        {
            due.extend(heap.pop().map(|Reverse(wake)| wake.sleeper));
        }
        (due, heap.peek().map(|Reverse(wake)| wake.at))
    }
}

/// Fires wake-ups for as long as the host owns the runs.
pub(crate) async fn fire(owner: Arc<Owner>) {
    loop {
        let now = owner.clock.now();
        let (due, next) = owner.wakes.take_due(now);
        due.into_iter().for_each(|sleeper| wake(&owner, sleeper));
        let wait = next.map_or(SCAN_EVERY, |next| micros_until(next, now)).min(SCAN_EVERY);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = owner.wakes.earlier.notified() => {}
            () = owner.stopped.cancelled() => return,
        }
    }
}

fn micros_until(next: Timestamp, now: Timestamp) -> Duration {
    Duration::from_micros(next.as_micros().saturating_sub(now.as_micros()))
}

fn wake(owner: &Arc<Owner>, sleeper: Sleeper) {
    match sleeper {
        // One that is gone has closed, or was armed again when it was dropped.
        Sleeper::InMemory(handle) => {
            if let Some(handle) = handle.upgrade() {
                owner.send(&handle, Message::Wake);
            }
        }
        Sleeper::Stored(run) => {
            if !owner.wake_resident(&run) {
                let owner = owner.clone();
                owner.work().spawn(async move { Box::pin(owner.wake_stored(&run)).await });
            }
        }
    }
}

/// Brings runs whose time comes from the store: at first all that are due, then window after window.
pub(crate) async fn scan(owner: Arc<Owner>) {
    let mut after = WakeCursor { wake_at: Timestamp::MIN, run_id: RunId::new(NO_RUN) };
    loop {
        let until = owner.clock.now().plus(HORIZON);
        // Invariant: before reading, so that what becomes durable is either read, or sees that it was too late.
        *owner.wakes.scanned.lock() = until;
        let wait = match scan_window(&owner, &mut after, until).await {
            Ok(()) => {
                after = WakeCursor { wake_at: until, run_id: RunId::new(NO_RUN) };
                SCAN_EVERY
            }
            Err(error) => {
                tracing::warn!(%error, "runs that are due could not be read; trying again");
                SCAN_RETRY
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = owner.stopped.cancelled() => return,
        }
    }
}

async fn scan_window(owner: &Arc<Owner>, after: &mut WakeCursor, until: Timestamp) -> Result<(), StoreError> {
    loop {
        let page = owner.store.due_runs(until, Some(after), SCAN_PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        *after = WakeCursor { wake_at: last.wake_at.unwrap_or(until), run_id: last.key.run_id.clone() };
        let full = page.len() == SCAN_PAGE as usize;
        for row in page {
            take(owner, row);
        }
        if !full {
            return Ok(());
        }
    }
}

/// A run with work that only its owner's memory holds is taken over at once, any other when it is due.
fn take(owner: &Arc<Owner>, row: RunRow) {
    if let Some(at) = row.wake_at {
        owner.wakes.arm_stored(row.key, at);
    }
}

#[cfg(test)]
mod tests {
    use dalsegno_engine::ids::{Namespace, WorkflowId};

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000);

    fn key(run: &str) -> RunKey {
        RunKey {
            namespace: Namespace::new("default"),
            workflow_id: WorkflowId::new("w"),
            run_id: RunId::new(run),
        }
    }

    fn due(wakes: &Wakes, now: Timestamp) -> Vec<String> {
        let names = wakes.take_due(now).0.into_iter().map(|sleeper| match sleeper {
            Sleeper::InMemory(_) => "in memory".to_owned(),
            Sleeper::Stored(run) => run.run_id.to_string(),
        });
        names.collect()
    }

    #[test]
    fn wakes_come_in_the_order_of_time_and_none_early() {
        let wakes = Wakes::default();
        for (run, seconds) in [("c", 3), ("a", 1), ("b", 2)] {
            wakes.arm_stored(key(run), NOW.plus(Millis::from_secs(seconds)));
        }
        assert_eq!(due(&wakes, NOW), Vec::<String>::new());
        assert_eq!(due(&wakes, NOW.plus(Millis::from_secs(2))), ["a", "b"]);
        assert_eq!(wakes.take_due(NOW).1, Some(NOW.plus(Millis::from_secs(3))));
    }

    #[test]
    fn a_run_that_is_dropped_is_left_to_the_scan_only_if_one_will_come_past() {
        let wakes = Wakes::default();
        *wakes.scanned.lock() = NOW.plus(HORIZON);
        wakes.dropped(&key("scanned already"), NOW.plus(HORIZON));
        wakes.dropped(&key("to be scanned"), NOW.plus(Millis(HORIZON.0 + 1)));
        assert_eq!(due(&wakes, NOW.plus(Millis::from_secs(60))), ["scanned already"]);
    }

    #[test]
    fn a_busy_run_arms_itself_again_at_the_horizon() {
        let far = NOW.plus(Millis::from_secs(7 * 24 * 3600));
        assert_eq!(Wakes::time_to_arm(far, NOW, true), None);
        assert_eq!(Wakes::time_to_arm(far, NOW, false), Some(NOW.plus(HORIZON)));
        assert_eq!(Wakes::time_to_arm(NOW, NOW, true), Some(NOW));
    }
}
