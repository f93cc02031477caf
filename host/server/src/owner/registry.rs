//! The runs in memory, and the last ones that closed.

use std::{collections::HashMap, num::NonZeroUsize, sync::Arc};

use dalsegno_engine::ids::{Namespace, WorkflowId};
use lru::LruCache;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::{handle::RunHandle, waiters::Closed};

/// Ends of runs that are remembered, so that whoever asks for a result at once need not read the store.
const RECENTLY_CLOSED_MAX: usize = 4_096;

type WorkflowKey = (Namespace, WorkflowId);

/// The open runs in memory: one for each workflow id at most.
pub(crate) struct Registry {
    open: Mutex<HashMap<WorkflowKey, Arc<RunHandle>>>,
    closed: Mutex<LruCache<WorkflowKey, Arc<Closed>>>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        let max = NonZeroUsize::new(RECENTLY_CLOSED_MAX).unwrap_or(NonZeroUsize::MIN);
        Self { open: Mutex::default(), closed: Mutex::new(LruCache::new(max)) }
    }

    /// The run of a workflow id. One that is just being dropped from memory is not there any more.
    pub(crate) fn get(&self, namespace: &Namespace, id: &WorkflowId) -> Option<Arc<RunHandle>> {
        let found = self.open.lock().get(&(namespace.clone(), id.clone())).cloned();
        found.filter(|handle| !handle.is_retired())
    }

    /// Ends when the run of a workflow id is gone, if it is being dropped from memory.
    pub(crate) fn leaving(&self, namespace: &Namespace, id: &WorkflowId) -> Option<CancellationToken> {
        let found = self.open.lock().get(&(namespace.clone(), id.clone())).cloned();
        found.and_then(|handle| handle.leaving())
    }

    /// The end of the newest run of a workflow id, if it was a short time ago.
    pub(crate) fn closed(&self, namespace: &Namespace, id: &WorkflowId) -> Option<Arc<Closed>> {
        self.closed.lock().get(&(namespace.clone(), id.clone())).cloned()
    }

    pub(crate) fn insert(&self, handle: Arc<RunHandle>) {
        let key = workflow_key(&handle);
        let mut open = self.open.lock();
        self.closed.lock().pop(&key);
        open.insert(key, handle);
    }

    /// Forgets a run, if it is still that one.
    pub(crate) fn remove(&self, handle: &Arc<RunHandle>) {
        let key = workflow_key(handle);
        let mut open = self.open.lock();
        if open.get(&key).is_some_and(|found| Arc::ptr_eq(found, handle)) {
            open.remove(&key);
        }
    }

    /// Forgets a run that has closed, for the run that follows it, or remembers its end unless there is a newer run.
    pub(crate) fn close(
        &self,
        handle: &Arc<RunHandle>,
        closed: Arc<Closed>,
        successor: Option<Arc<RunHandle>>,
    ) {
        let key = workflow_key(handle);
        let mut open = self.open.lock();
        if open.get(&key).is_none_or(|found| !Arc::ptr_eq(found, handle)) {
            return;
        }
        match successor {
            Some(successor) => drop(open.insert(key, successor)),
            None => {
                self.closed.lock().put(key.clone(), closed);
                open.remove(&key);
            }
        }
    }

    pub(crate) fn all(&self) -> Vec<Arc<RunHandle>> {
        self.open.lock().values().cloned().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.open.lock().len()
    }
}

fn workflow_key(handle: &RunHandle) -> WorkflowKey {
    (handle.key.namespace.clone(), handle.key.workflow_id.clone())
}
