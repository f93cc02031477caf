//! When runs have to be looked at.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::Arc,
    time::Duration,
};

use dalsegno_engine::{Millis, Timestamp, ids::RunId};
use dalsegno_store::{RunKey, RunRow, WakeCursor};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Owner;

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

/// The wake-ups within the horizon, and those of runs that only memory knows.
#[derive(Default)]
pub(crate) struct Wakes {
    heap: Mutex<BinaryHeap<Reverse<(Timestamp, RunKey)>>>,
    earlier: Notify,
}

impl Wakes {
    /// Wakes a run at a time, if that is within the horizon or the run would be forgotten otherwise.
    pub(crate) fn arm(&self, run: &RunKey, at: Timestamp, now: Timestamp, at_rest: bool) {
        if at_rest && at > now.plus(HORIZON) {
            return;
        }
        self.push(run.clone(), at);
    }

    fn push(&self, run: RunKey, at: Timestamp) {
        let mut heap = self.heap.lock();
        let first = heap.peek().is_none_or(|Reverse((first, _))| at < *first);
        heap.push(Reverse((at, run)));
        drop(heap);
        if first {
            self.earlier.notify_one();
        }
    }

    fn take_due(&self, now: Timestamp) -> (Vec<RunKey>, Option<Timestamp>) {
        let mut heap = self.heap.lock();
        let mut due = Vec::new();
        while let Some(Reverse((at, _))) = heap.peek()
            && *at <= now
        {
            due.extend(heap.pop().map(|Reverse((_, run))| run));
        }
        (due, heap.peek().map(|Reverse((at, _))| *at))
    }
}

/// Fires wake-ups for as long as the host owns the runs.
pub(crate) async fn fire(owner: Arc<Owner>) {
    loop {
        let now = owner.clock.now();
        let (due, next) = owner.wakes.take_due(now);
        due.into_iter().for_each(|run| wake(&owner, run));
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

fn wake(owner: &Arc<Owner>, run: RunKey) {
    if !owner.wake_resident(&run) {
        let owner = owner.clone();
        tokio::spawn(async move { owner.wake_stored(&run).await });
    }
}

/// Brings runs whose time comes from the store: at first all that are due, then window after window.
pub(crate) async fn scan(owner: Arc<Owner>) {
    let mut after = WakeCursor { wake_at: Timestamp::MIN, run_id: RunId::new(NO_RUN) };
    loop {
        let until = owner.clock.now().plus(HORIZON);
        let wait = match scan_window(&owner, &mut after, until).await {
            Ok(()) => {
                // What the next scan is to find was set later, by runs that armed themselves.
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

async fn scan_window(
    owner: &Arc<Owner>,
    after: &mut WakeCursor,
    until: Timestamp,
) -> Result<(), dalsegno_store::StoreError> {
    loop {
        let page = owner.store.due_runs(until, Some(after), SCAN_PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        *after = WakeCursor { wake_at: last.wake_at.unwrap_or(until), run_id: last.key.run_id.clone() };
        let full = page.len() == SCAN_PAGE as usize;
        for row in page {
            take(owner, row).await;
        }
        if !full {
            return Ok(());
        }
    }
}

/// A run with work that only its owner's memory holds is taken over at once, any other when it is due.
async fn take(owner: &Arc<Owner>, row: RunRow) {
    match row.wake_at {
        Some(Timestamp::MIN) => owner.wake_stored(&row.key).await,
        Some(at) => owner.wakes.push(row.key, at),
        None => {}
    }
}
