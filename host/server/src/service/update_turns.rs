//! Updates of one run are decided one at a time: each validator sees what the update before it led to.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use dalsegno_engine::ids::RunId;
use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

/// The runs whose updates are being decided.
#[derive(Debug, Default)]
pub(super) struct UpdateTurns {
    runs: Mutex<HashMap<RunId, Weak<tokio::sync::Mutex<()>>>>,
}

impl UpdateTurns {
    /// Waits until no other update of the run is being decided.
    pub(super) async fn take(&self, run: &RunId) -> OwnedMutexGuard<()> {
        self.of(run).lock_owned().await
    }

    fn of(&self, run: &RunId) -> Arc<tokio::sync::Mutex<()>> {
        let mut runs = self.runs.lock();
        if let Some(turn) = runs.get(run).and_then(Weak::upgrade) {
            return turn;
        }
        runs.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        runs.insert(run.clone(), Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_run_waits_for_itself_only() {
        let turns = UpdateTurns::default();
        let (a, b) = (RunId::new("a"), RunId::new("b"));
        let first = turns.take(&a).await;
        let _other = turns.take(&b).await;
        let second = tokio::time::timeout(Duration::from_millis(10), turns.take(&a)).await;
        assert!(second.is_err());
        drop(first);
        let _second = turns.take(&a).await;
    }

    #[tokio::test]
    async fn what_is_over_leaves_nothing_behind() {
        let turns = UpdateTurns::default();
        for run in ["a", "b", "c"] {
            drop(turns.take(&RunId::new(run)).await);
        }
        assert_eq!(turns.runs.lock().len(), 1);
    }
}
