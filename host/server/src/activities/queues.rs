//! Task queues of native activities: how many attempts run at once.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use dalsegno_engine::ids::TaskQueue;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Attempts beside workflows that run at once.
const BESIDE_MAX: usize = 1_000;

/// The limit of each task queue.
pub(crate) struct Queues {
    concurrency: HashMap<String, usize>,
    default_concurrency: usize,
    /// Of the queues that somebody waits in, or has a place of.
    permits: Mutex<HashMap<TaskQueue, Weak<Semaphore>>>,
    /// For attempts beside their workflows.
    beside: Arc<Semaphore>,
}

impl Queues {
    /// Limits by name, and one for every other queue.
    pub(crate) fn new(concurrency: HashMap<String, usize>, default_concurrency: usize) -> Self {
        let beside = Arc::new(Semaphore::new(BESIDE_MAX));
        Self { concurrency, default_concurrency, permits: Mutex::default(), beside }
    }

    /// Waits for a place beside a workflow.
    pub(crate) async fn place_beside(&self) -> OwnedSemaphorePermit {
        taken(self.beside.clone()).await
    }

    /// Waits for a place in a queue.
    pub(crate) async fn place(&self, queue: &TaskQueue) -> OwnedSemaphorePermit {
        taken(self.permits(queue)).await
    }

    fn permits(&self, queue: &TaskQueue) -> Arc<Semaphore> {
        let mut permits = self.permits.lock();
        if let Some(found) = permits.get(queue).and_then(Weak::upgrade) {
            return found;
        }
        permits.retain(|_, permits| permits.strong_count() > 0);
        let limit = self.concurrency.get(queue.as_str()).copied().unwrap_or(self.default_concurrency);
        let made = Arc::new(Semaphore::new(limit.clamp(1, Semaphore::MAX_PERMITS)));
        permits.insert(queue.clone(), Arc::downgrade(&made));
        made
    }
}

async fn taken(permits: Arc<Semaphore>) -> OwnedSemaphorePermit {
    match permits.acquire_owned().await {
        Ok(permit) => permit,
        // Invariant: no queue is ever closed.
        Err(_) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_queue_is_full_until_a_place_is_given_back() {
        let queues = Queues::new(HashMap::from([("one".to_owned(), 1)]), 2);
        let (one, other) = (TaskQueue::new("one"), TaskQueue::new("other"));
        let place = queues.place(&one).now_or_never();
        assert!(place.is_some() && queues.place(&other).now_or_never().is_some());
        let mut waiting = Box::pin(queues.place(&one));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(place);
        assert!(waiting.now_or_never().is_some());
    }

    #[test]
    fn queues_that_nobody_uses_are_forgotten() {
        let queues = Queues::new(HashMap::new(), 1);
        let place = queues.place(&TaskQueue::new("used")).now_or_never();
        for number in 0..10 {
            drop(queues.place(&TaskQueue::new(number.to_string())).now_or_never());
        }
        assert!(place.is_some() && queues.place(&TaskQueue::new("used")).now_or_never().is_none());
        assert_eq!(queues.permits.lock().len(), 2, "the one that is used, and the last one");
    }
}
