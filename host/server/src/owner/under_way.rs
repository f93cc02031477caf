//! What is under way in a host: turns, commits, deliveries, attempts, requests.
//!
//! Only a test host counts it, because it skips time when there is nothing. Everything that may still change a run
//! holds a [`Busy`], and whoever hands work on lets go of its own only after the next one holds one.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{runtime::Handle, sync::Notify};

/// The count of what is under way; by default nobody counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnderWay(Option<Arc<Count>>);

#[derive(Debug, Default)]
struct Count {
    things: AtomicUsize,
    /// Told when nothing is under way any more, and when somebody is to look again.
    changed: Notify,
}

/// Something under way, until it is dropped; by default nothing is.
#[derive(Debug, Default)]
pub(crate) struct Busy(Option<Arc<Count>>);

/// A pause of something under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Pause(Option<Arc<Count>>);

/// Work that is left to a task.
pub(super) struct Work {
    pub(super) runtime: Handle,
    pub(super) busy: Busy,
}

impl UnderWay {
    /// One that counts.
    pub(crate) fn counted() -> Self {
        Self(Some(Arc::default()))
    }

    pub(crate) fn begin(&self) -> Busy {
        Busy(self.0.as_ref().map(Count::add))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.as_ref().map_or(0, |count| count.things.load(Ordering::SeqCst))
    }

    /// Lets whoever waits for a change look again.
    pub(crate) fn look_again(&self) {
        if let Some(count) = &self.0 {
            count.changed.notify_one();
        }
    }

    /// Waits until nothing is under way any more, or there is a reason to look again. One waits at a time.
    pub(crate) async fn changed(&self) {
        match &self.0 {
            Some(count) => count.changed.notified().await,
            None => std::future::pending().await,
        }
    }
}

impl Count {
    fn add(self: &Arc<Self>) -> Arc<Self> {
        self.things.fetch_add(1, Ordering::SeqCst);
        self.clone()
    }

    fn subtract(&self) {
        if self.things.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.changed.notify_one();
        }
    }
}

impl Busy {
    /// Does not count for as long as the pause is there.
    ///
    /// **Invariant:** the pause ends before this does.
    pub(crate) fn pause(&self) -> Pause {
        let count = self.0.clone();
        if let Some(count) = &count {
            count.subtract();
        }
        Pause(count)
    }
}

impl Work {
    /// Does it, and counts it until it is done.
    pub(super) fn spawn(self, work: impl Future<Output = ()> + Send + 'static) {
        let Self { runtime, busy } = self;
        runtime.spawn(async move {
            work.await;
            drop(busy);
        });
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(count) = &self.0 {
            count.subtract();
        }
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if let Some(count) = &self.0 {
            count.add();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn what_pauses_does_not_count() {
        let under_way = UnderWay::counted();
        let busy = under_way.begin();
        let pause = busy.pause();
        assert_eq!(under_way.count(), 0);
        drop(pause);
        assert_eq!(under_way.count(), 1);
        drop(busy);
        assert_eq!(under_way.count(), 0);
    }

    #[test]
    fn the_last_to_end_is_told() {
        let under_way = UnderWay::counted();
        let (first, second) = (under_way.begin(), under_way.begin());
        drop(first);
        assert_eq!(under_way.changed().now_or_never(), None);
        drop(second);
        assert_eq!(under_way.changed().now_or_never(), Some(()));
    }

    #[test]
    fn a_host_that_serves_does_not_count() {
        let under_way = UnderWay::default();
        let busy = under_way.begin();
        assert_eq!(under_way.count(), 0);
        drop(busy.pause());
    }
}
