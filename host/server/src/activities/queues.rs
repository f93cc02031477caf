//! Task queues of native activities: how many attempts run at once.

use std::{collections::HashMap, sync::Arc};

use dalsegno_engine::ids::TaskQueue;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Attempts beside workflows that run at once.
const BESIDE_MAX: usize = 1_000;

/// The limit of each task queue.
pub(crate) struct Queues {
    concurrency: HashMap<String, usize>,
    default_concurrency: usize,
    permits: Mutex<HashMap<TaskQueue, Arc<Semaphore>>>,
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
        if let Some(found) = permits.get(queue) {
            return found.clone();
        }
        let limit = self.concurrency.get(queue.as_str()).copied().unwrap_or(self.default_concurrency);
        let made = Arc::new(Semaphore::new(limit.clamp(1, Semaphore::MAX_PERMITS)));
        permits.insert(queue.clone(), made.clone());
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
