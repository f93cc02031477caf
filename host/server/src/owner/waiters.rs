//! Clients that wait for something of a run to become durable.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use dalsegno_engine::{Failure, Payload, Status, event::UpdateOutcome, ids::RunId, run::Refusal};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::under_way::{Busy, UnderWay};

/// The end of a run.
#[derive(Debug, Clone)]
pub(crate) struct Closed {
    pub(crate) run_id: RunId,
    pub(crate) status: Status,
    pub(crate) outcome: Result<Option<Payload>, Failure>,
    /// The run in which it goes on.
    pub(crate) successor: Option<RunId>,
}

impl Closed {
    /// What whoever asks something of the run is told.
    pub(crate) fn refusal(&self) -> Refusal {
        match self.successor {
            None => Refusal::Closed(self.status),
            Some(_) => Refusal::Continued(self.status),
        }
    }
}

/// Who waits, by run.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    runs: Mutex<HashMap<RunId, Waiting>>,
    numbers: AtomicU64,
    under_way: UnderWay,
}

/// What somebody waits for, under way until who waits has gone on.
type Told<T> = (T, Busy);
/// By which he is told.
type Tell<T> = oneshot::Sender<Told<T>>;

#[derive(Debug, Default)]
struct Waiting {
    closed: BTreeMap<u64, Tell<Arc<Closed>>>,
    changed: BTreeMap<u64, Tell<()>>,
    updated: BTreeMap<u64, (String, Tell<Arc<UpdateOutcome>>)>,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.closed.is_empty() && self.changed.is_empty() && self.updated.is_empty()
    }
}

/// Somebody who waits, and is forgotten when dropped.
pub(crate) struct Waiter<'a, T> {
    waiters: &'a Waiters,
    run: RunId,
    number: u64,
    told: oneshot::Receiver<Told<T>>,
    busy: Busy,
}

impl<T> Waiter<'_, T> {
    /// What it waits for. `None`: the run is gone.
    pub(crate) async fn told(&mut self) -> Option<T> {
        let (told, busy) = (&mut self.told).await.ok()?;
        self.busy = busy;
        Some(told)
    }
}

impl<T> Drop for Waiter<'_, T> {
    fn drop(&mut self) {
        self.waiters.forget_one(&self.run, self.number);
    }
}

impl Waiters {
    pub(crate) fn new(under_way: UnderWay) -> Self {
        Self { under_way, ..Self::default() }
    }

    /// Waits for the run to close.
    pub(crate) fn closed(&self, run: &RunId) -> Waiter<'_, Arc<Closed>> {
        self.wait(run, |waiting, number, tell| drop(waiting.closed.insert(number, tell)))
    }

    /// Waits for the run to have new events.
    pub(crate) fn changed(&self, run: &RunId) -> Waiter<'_, ()> {
        self.wait(run, |waiting, number, tell| drop(waiting.changed.insert(number, tell)))
    }

    /// Waits for the outcome of an update.
    pub(crate) fn updated(&self, run: &RunId, update_id: &str) -> Waiter<'_, Arc<UpdateOutcome>> {
        let update_id = update_id.to_owned();
        self.wait(run, |waiting, number, tell| drop(waiting.updated.insert(number, (update_id, tell))))
    }

    fn wait<T>(&self, run: &RunId, add: impl FnOnce(&mut Waiting, u64, Tell<T>)) -> Waiter<'_, T> {
        let (tell, told) = oneshot::channel();
        let mut runs = self.runs.lock();
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        add(runs.entry(run.clone()).or_default(), number, tell);
        Waiter { waiters: self, run: run.clone(), number, told, busy: Busy::default() }
    }

    fn forget_one(&self, run: &RunId, number: u64) {
        let mut runs = self.runs.lock();
        let Some(waiting) = runs.get_mut(run) else { return };
        waiting.closed.remove(&number);
        waiting.changed.remove(&number);
        waiting.updated.remove(&number);
        if waiting.is_empty() {
            runs.remove(run);
        }
    }

    /// Tells all who wait for a run that it is gone.
    pub(crate) fn forget(&self, run: &RunId) {
        self.runs.lock().remove(run);
    }

    pub(crate) fn tell_changed(&self, run: &RunId) {
        let mut runs = self.runs.lock();
        if let Some(waiting) = runs.get_mut(run) {
            for tell in std::mem::take(&mut waiting.changed).into_values() {
                let _ = tell.send(((), self.under_way.begin()));
            }
        }
    }

    pub(crate) fn tell_updated(&self, run: &RunId, update_id: &str, outcome: &Arc<UpdateOutcome>) {
        let mut runs = self.runs.lock();
        let Some(waiting) = runs.get_mut(run) else { return };
        let meant = waiting.updated.extract_if(.., |_, (waits_for, _)| waits_for == update_id);
        for (_, (_, tell)) in meant {
            let _ = tell.send((outcome.clone(), self.under_way.begin()));
        }
    }

    pub(crate) fn tell_closed(&self, closed: &Arc<Closed>) {
        let waiting = self.runs.lock().remove(&closed.run_id);
        if let Some(waiting) = waiting {
            for tell in waiting.closed.into_values() {
                let _ = tell.send((closed.clone(), self.under_way.begin()));
            }
            for tell in waiting.changed.into_values() {
                let _ = tell.send(((), self.under_way.begin()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stops_waiting_leaves_nothing_behind() {
        let (waiters, run) = (Waiters::default(), RunId::new("r"));
        let (first, second) = (waiters.closed(&run), waiters.changed(&run));
        drop(first);
        waiters.tell_changed(&run);
        assert_eq!(waiters.runs.lock().len(), 1);
        drop(second);
        assert!(waiters.runs.lock().is_empty());
    }

    #[test]
    fn who_waits_anew_after_a_run_is_gone_is_not_forgotten_with_the_others() {
        let (waiters, run) = (Waiters::default(), RunId::new("r"));
        let before = waiters.changed(&run);
        waiters.forget(&run);
        let mut after = waiters.changed(&run);
        drop(before);
        waiters.tell_changed(&run);
        assert!(after.told.try_recv().is_ok());
    }
}
