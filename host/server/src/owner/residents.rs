//! Guests in memory, bounded in bytes: the one used longest ago is evicted first.

use std::sync::{Arc, Weak};

use dalsegno_engine::ids::RunId;
use lru::LruCache;
use parking_lot::Mutex;

use super::{
    Owner,
    handle::{GuestSlot, RunHandle},
};
use crate::telemetry::metrics::Metrics;

/// The guests in memory.
pub(crate) struct Residents {
    bytes_max: usize,
    guests: Mutex<Guests>,
    metrics: Arc<Metrics>,
}

struct Guests {
    by_use: LruCache<RunId, (Weak<RunHandle>, usize)>,
    bytes: usize,
}

impl Residents {
    pub(crate) fn new(bytes_max: usize, metrics: Arc<Metrics>) -> Self {
        Self { bytes_max, guests: Mutex::new(Guests { by_use: LruCache::unbounded(), bytes: 0 }), metrics }
    }

    /// A guest has been used, and takes up so much.
    pub(crate) fn used(&self, handle: &Arc<RunHandle>, bytes: usize) {
        let mut guests = self.guests.lock();
        handle.linger(false);
        let before = guests.by_use.put(handle.key.run_id.clone(), (Arc::downgrade(handle), bytes));
        guests.bytes = guests.bytes + bytes - before.map_or(0, |(_, bytes)| bytes);
        self.measure(&guests);
    }

    /// A guest is not in memory any more.
    pub(crate) fn forget(&self, run: &RunId) {
        let mut guests = self.guests.lock();
        if let Some((_, bytes)) = guests.by_use.pop(run) {
            guests.bytes -= bytes;
        }
        self.measure(&guests);
    }

    /// The guests to evict, so that the others fit.
    fn beyond_limit(&self) -> Vec<Arc<RunHandle>> {
        let mut guests = self.guests.lock();
        let mut beyond = Vec::new();
        while guests.bytes > self.bytes_max
            && let Some((_, (handle, bytes))) = guests.by_use.pop_lru()
        {
            guests.bytes -= bytes;
            beyond.extend(handle.upgrade());
        }
        self.measure(&guests);
        beyond
    }

    pub(crate) fn is_over(&self) -> bool {
        self.guests.lock().bytes > self.bytes_max
    }

    fn measure(&self, guests: &Guests) {
        self.metrics.resident_guests.set(i64::try_from(guests.by_use.len()).unwrap_or(i64::MAX));
        self.metrics.resident_bytes.set(i64::try_from(guests.bytes).unwrap_or(i64::MAX));
    }
}

/// Evicts guests until the rest fits. A run that waits for nothing in memory goes with its guest.
pub(crate) fn evict(owner: &Owner) {
    for handle in owner.residents.beyond_limit() {
        handle.linger(true);
        // One that is at work is counted again at the end of its turn.
        let Some(mut live) = handle.live.try_lock() else { continue };
        // What is not stored yet could not be replayed.
        if matches!(live.guest, GuestSlot::Resident(_)) && live.held.is_none() {
            live.guest = GuestSlot::Absent;
            owner.metrics.evictions.inc();
        }
        drop(live);
        let_go(owner, &handle);
    }
}

/// Drops a run from memory whose guest was evicted, once nothing keeps it there any more.
pub(crate) fn let_go(owner: &Owner, handle: &Arc<RunHandle>) {
    if !handle.lingers() {
        return;
    }
    // One that is at work is looked at again at the end of its turn.
    let Some(live) = handle.live.try_lock() else { return };
    if live.held.is_none() && live.run.is_at_rest() && handle.retire_if_idle() {
        owner.registry.remove(handle);
        if let Some(at) = live.summary.as_ref().and_then(|stored| stored.wake_at) {
            owner.wakes.dropped(&handle.key, at);
        }
    }
}
