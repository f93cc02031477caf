//! Clients that wait for something of a run to become durable.

use std::{collections::HashMap, sync::Arc};

use dalsegno_engine::{Failure, Payload, Status, ids::RunId};
use parking_lot::Mutex;
use tokio::sync::oneshot;

/// The end of a run.
#[derive(Debug, Clone)]
pub(crate) struct Closed {
    pub(crate) run_id: RunId,
    pub(crate) status: Status,
    pub(crate) outcome: Result<Option<Payload>, Failure>,
}

#[derive(Debug, Default)]
struct Waiting {
    closed: Vec<oneshot::Sender<Arc<Closed>>>,
    changed: Vec<oneshot::Sender<()>>,
}

/// Who waits, by run. One that stops waiting is forgotten at the run's next change.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    runs: Mutex<HashMap<RunId, Waiting>>,
}

impl Waiters {
    /// Answers when the run has closed.
    pub(crate) fn closed(&self, run: &RunId) -> oneshot::Receiver<Arc<Closed>> {
        let (tell, told) = oneshot::channel();
        self.runs.lock().entry(run.clone()).or_default().closed.push(tell);
        told
    }

    /// Answers when the run has new events.
    pub(crate) fn changed(&self, run: &RunId) -> oneshot::Receiver<()> {
        let (tell, told) = oneshot::channel();
        self.runs.lock().entry(run.clone()).or_default().changed.push(tell);
        told
    }

    /// Forgets those who have gone.
    pub(crate) fn forget_gone(&self, run: &RunId) {
        let mut runs = self.runs.lock();
        if let Some(waiting) = runs.get_mut(run) {
            waiting.closed.retain(|tell| !tell.is_closed());
            waiting.changed.retain(|tell| !tell.is_closed());
            if waiting.closed.is_empty() && waiting.changed.is_empty() {
                runs.remove(run);
            }
        }
    }

    pub(crate) fn tell_changed(&self, run: &RunId) {
        let mut runs = self.runs.lock();
        if let Some(waiting) = runs.get_mut(run) {
            for tell in waiting.changed.drain(..) {
                let _ = tell.send(());
            }
        }
    }

    pub(crate) fn tell_closed(&self, closed: &Arc<Closed>) {
        let waiting = self.runs.lock().remove(&closed.run_id);
        if let Some(waiting) = waiting {
            for tell in waiting.closed {
                let _ = tell.send(closed.clone());
            }
            for tell in waiting.changed {
                let _ = tell.send(());
            }
        }
    }
}
