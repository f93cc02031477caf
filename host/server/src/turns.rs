//! What is done one at a time for each run, say, or module.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

/// Whose turn it is, by what must be alone.
#[derive(Debug)]
pub(crate) struct Turns<K> {
    taken: Mutex<HashMap<K, Weak<tokio::sync::Mutex<()>>>>,
}

impl<K> Default for Turns<K> {
    fn default() -> Self {
        Self { taken: Mutex::default() }
    }
}

impl<K: Clone + Eq + Hash> Turns<K> {
    /// Waits until nobody else has the turn.
    pub(crate) async fn take(&self, key: &K) -> OwnedMutexGuard<()> {
        self.of(key).lock_owned().await
    }

    fn of(&self, key: &K) -> Arc<tokio::sync::Mutex<()>> {
        let mut taken = self.taken.lock();
        if let Some(turn) = taken.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        taken.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        taken.insert(key.clone(), Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_key_waits_for_itself_only() {
        let turns = Turns::default();
        let first = turns.take(&"a").await;
        let _other = turns.take(&"b").await;
        let second = tokio::time::timeout(Duration::from_millis(10), turns.take(&"a")).await;
        assert!(second.is_err());
        drop(first);
        let _second = turns.take(&"a").await;
    }

    #[tokio::test]
    async fn what_is_over_leaves_nothing_behind() {
        let turns = Turns::default();
        for key in ["a", "b", "c"] {
            drop(turns.take(&key).await);
        }
        assert_eq!(turns.taken.lock().len(), 1);
    }
}
