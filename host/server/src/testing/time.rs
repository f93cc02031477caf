//! Skipping time.
//!
//! **Invariant:** the clock jumps only while nothing is under way: no turn is queued or made, no step waits for its
//! commit or for what follows it, no message between runs is carried, no run is read from the store, no attempt of an
//! activity runs or waits for somebody to make it, and no request is being answered, but for those that only wait. It
//! jumps to the first time at which an open run has something to do, and no further than a call of `sleep` asks for.
//!
//! Whether it may jump is a balance: below zero (locked) never; at zero, as at the start, while a client waits for
//! the end of a run or of an update; above zero always. A `sleep` is an order, and jumps whatever the balance.
//! Source: Temporal, its test server; there the balance is a count of locks.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use dalsegno_engine::Timestamp;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::owner::{
    Owner,
    handle::RunHandle,
    message::Message,
    under_way::{Busy, Pause, UnderWay},
};

/// Wait before looking again at runs that have just been woken.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

tokio::task_local! {
    /// The request that a task of a test host answers.
    static REQUEST: Request;
}

/// A request of a client.
struct Request {
    busy: Busy,
    time: Arc<TestTime>,
}

/// Whether and how far the clock may jump.
pub(crate) struct TestTime {
    under_way: UnderWay,
    state: Mutex<State>,
    numbers: AtomicU64,
}

#[derive(Default)]
struct State {
    /// Unlocks less locks.
    balance: i64,
    /// Clients that wait for an end.
    waiting: usize,
    /// Calls of `sleep`, by the time at which they end.
    sleeps: BTreeMap<(Timestamp, u64), oneshot::Sender<()>>,
}

/// A client that waits for an end.
struct Waits {
    _pause: Pause,
    time: Arc<TestTime>,
}

impl TestTime {
    pub(crate) fn new(under_way: UnderWay) -> Self {
        Self { under_way, state: Mutex::default(), numbers: AtomicU64::new(0) }
    }

    /// Unlocks less locks.
    pub(crate) fn balance(&self) -> i64 {
        self.state.lock().balance
    }

    /// Changes the balance: 1 unlocks, -1 locks.
    pub(crate) fn shift(&self, by: i64) {
        let mut state = self.state.lock();
        state.balance = state.balance.saturating_add(by);
        drop(state);
        self.under_way.look_again();
    }

    /// Skips time up to this one, and waits until all that happens meanwhile has been done.
    pub(crate) async fn sleep(&self, until: Timestamp) {
        let (tell, told) = oneshot::channel();
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        self.state.lock().sleeps.insert((until, number), tell);
        self.under_way.look_again();
        // Nobody forgets a sleep but who has ended it.
        let _ = rests(told).await;
    }

    /// Answers a request: it is under way until its answer is there.
    pub(crate) async fn answering<T>(self: &Arc<Self>, answer: impl Future<Output = T>) -> T {
        let request = Request { busy: self.under_way.begin(), time: self.clone() };
        REQUEST.scope(request, answer).await
    }

    /// Tells the sleeps that end now.
    fn end_sleeps(&self, now: Timestamp) {
        let mut state = self.state.lock();
        while let Some(first) = state.sleeps.first_entry()
            && first.key().0 <= now
        {
            // A client may have hung up.
            let _ = first.remove().send(());
        }
    }

    /// How far the clock may jump, if runs have nothing to do before `next`.
    fn target(&self, next: Option<Timestamp>) -> Option<Timestamp> {
        let mut state = self.state.lock();
        state.sleeps.retain(|_, sleep| !sleep.is_closed());
        let asked = state.sleeps.first_key_value().map(|((until, _), _)| *until);
        let is_free = state.balance > 0 || (state.balance == 0 && state.waiting > 0);
        match (next, asked) {
            (Some(next), None) => is_free.then_some(next),
            (Some(next), Some(asked)) => Some(next.min(asked)),
            (None, asked) => asked,
        }
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.time.state.lock().waiting -= 1;
    }
}

/// Waits for the end of a run or of an update, as a client does: a test host may skip time meanwhile.
pub(crate) async fn waits<T>(end: impl Future<Output = T>) -> T {
    let waits = REQUEST.try_with(|request| {
        request.time.state.lock().waiting += 1;
        Waits { _pause: request.busy.pause(), time: request.time.clone() }
    });
    let ended = end.await;
    drop(waits);
    ended
}

/// Waits for something to do: that keeps no test host from skipping time, and is no reason to.
pub(crate) async fn rests<T>(something: impl Future<Output = T>) -> T {
    let pause = REQUEST.try_with(|request| request.busy.pause());
    let came = something.await;
    drop(pause);
    came
}

/// Skips time for as long as the host owns the runs.
pub(crate) async fn skip(owner: Arc<Owner>, time: Arc<TestTime>) {
    loop {
        tokio::select! {
            () = time.under_way.changed() => {}
            () = owner.stopped.cancelled() => return,
        }
        while time.under_way.count() == 0 && go_on(&owner, &time) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// Jumps if that is allowed; nothing is under way. False: there is nothing to do until something changes.
fn go_on(owner: &Arc<Owner>, time: &TestTime) -> bool {
    let runs = owner.registry.all();
    let now = owner.clock.now();
    let next = runs.iter().filter_map(|run| run.live.lock().next_wake()).min();
    if next.is_some_and(|next| next <= now) {
        wake(owner, &runs, now);
        return true;
    }
    time.end_sleeps(now);
    let Some(target) = time.target(next) else { return false };
    owner.clock.skip_to(target);
    owner.wakes.look_again();
    wake(owner, &runs, target);
    true
}

/// Wakes the runs that are due.
fn wake(owner: &Arc<Owner>, runs: &[Arc<RunHandle>], now: Timestamp) {
    for run in runs {
        if run.live.lock().next_wake().is_some_and(|at| at <= now) {
            owner.send(run, Message::Wake);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const SOON: Timestamp = Timestamp::from_micros(1_000);
    const LATER: Timestamp = Timestamp::from_micros(2_000);

    fn time() -> Arc<TestTime> {
        Arc::new(TestTime::new(UnderWay::counted()))
    }

    #[test]
    fn time_is_skipped_while_a_client_waits_for_an_end() {
        let time = time();
        assert_eq!(time.target(Some(SOON)), None);
        let waiting = time.answering(waits(async { time.target(Some(SOON)) }));
        assert_eq!(waiting.now_or_never(), Some(Some(SOON)));
        assert_eq!(time.target(Some(SOON)), None);
    }

    #[test]
    fn a_lock_holds_whoever_waits_and_an_unlock_frees_whoever_does_not() {
        let time = time();
        time.shift(-1);
        let waiting = time.answering(waits(async { time.target(Some(SOON)) }));
        assert_eq!(waiting.now_or_never(), Some(None));
        time.shift(1);
        time.shift(1);
        assert_eq!(time.target(Some(SOON)), Some(SOON));
    }

    #[test]
    fn a_request_is_under_way_but_for_its_waiting() {
        let time = time();
        let count = || time.under_way.count();
        let answer = time.answering(async {
            let before = count();
            (before, waits(async { count() }).await, rests(async { count() }).await, count())
        });
        assert_eq!(answer.now_or_never(), Some((1, 0, 0, 1)));
        assert_eq!(count(), 0);
    }

    #[test]
    fn a_sleep_is_an_order_and_a_bound() {
        let time = time();
        time.shift(-1);
        let mut sleep = Box::pin(time.sleep(SOON));
        assert_eq!(sleep.as_mut().now_or_never(), None);
        assert_eq!(time.target(None), Some(SOON));
        assert_eq!(time.target(Some(LATER)), Some(SOON));
        time.end_sleeps(SOON);
        assert_eq!(sleep.now_or_never(), Some(()));
        assert_eq!(time.target(Some(LATER)), None);
    }

    #[test]
    fn a_sleep_that_nobody_waits_for_is_forgotten() {
        let time = time();
        assert_eq!(time.sleep(SOON).now_or_never(), None);
        assert_eq!(time.target(Some(LATER)), None);
    }
}
