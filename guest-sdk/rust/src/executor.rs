//! The executor: polls tasks in the order in which they were woken, and does nothing else.
//!
//! Invariant: the order of polls depends on the order of spawns and wakes alone, so a run repeats it.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    mem,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// Counted from 1 in the order of spawning.
pub(crate) type TaskId = u64;

/// The code of a task.
pub(crate) type TaskFuture = Pin<Box<dyn Future<Output = ()>>>;

/// All tasks of a run.
#[derive(Default)]
pub(crate) struct Executor {
    tasks: RefCell<BTreeMap<TaskId, Task>>,
    queue: Arc<Queue>,
    spawned: Cell<TaskId>,
    current: Cell<TaskId>,
}

struct Task {
    name: String,
    /// None while it is polled.
    future: Option<TaskFuture>,
}

/// Which tasks to poll. Shared with wakers, which have to be `Send`.
#[derive(Default)]
struct Queue(Mutex<Lanes>);

#[derive(Default)]
struct Lanes {
    /// Handlers that have not run yet; they come before all else.
    handlers: VecDeque<Arc<Wakeup>>,
    ready: VecDeque<Arc<Wakeup>>,
}

/// Puts its task into the queue, once until it is polled.
struct Wakeup {
    task: TaskId,
    queued: AtomicBool,
    queue: Arc<Queue>,
}

impl Queue {
    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        // Nothing can panic while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pop_handler(&self) -> Option<Arc<Wakeup>> {
        self.lanes().handlers.pop_front()
    }

    fn pop_ready(&self) -> Option<Arc<Wakeup>> {
        self.lanes().ready.pop_front()
    }
}

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::Relaxed) {
            self.queue.lanes().ready.push_back(self.clone());
        }
    }
}

impl Executor {
    /// Adds a task behind all that are ready.
    pub(crate) fn spawn(&self, name: impl Into<String>, future: TaskFuture) {
        let wakeup = self.insert(name.into(), future);
        self.queue.lanes().ready.push_back(wakeup);
    }

    /// Adds a task before all that are ready, behind those added in this way.
    pub(crate) fn spawn_first(&self, name: impl Into<String>, future: TaskFuture) {
        let wakeup = self.insert(name.into(), future);
        self.queue.lanes().handlers.push_back(wakeup);
    }

    fn insert(&self, name: String, future: TaskFuture) -> Arc<Wakeup> {
        let task = self.spawned.get() + 1;
        self.spawned.set(task);
        self.tasks.borrow_mut().insert(task, Task { name, future: Some(future) });
        Arc::new(Wakeup { task, queued: AtomicBool::new(true), queue: self.queue.clone() })
    }

    /// Polls the next ready task. False: none is ready.
    pub(crate) fn poll_one(&self) -> bool {
        let wakeup = self.queue.pop_handler().or_else(|| self.queue.pop_ready());
        wakeup.map(|wakeup| self.poll(wakeup)).is_some()
    }

    /// Polls the next handler that has not run yet. False: there is none.
    pub(crate) fn poll_handler(&self) -> bool {
        self.queue.pop_handler().map(|wakeup| self.poll(wakeup)).is_some()
    }

    fn poll(&self, wakeup: Arc<Wakeup>) {
        wakeup.queued.store(false, Ordering::Relaxed);
        let task = wakeup.task;
        // The future is outside of the map while it is polled: it may spawn.
        let future = self.tasks.borrow_mut().get_mut(&task).and_then(|task| task.future.take());
        // Woken again after its end.
        let Some(mut future) = future else { return };
        self.current.set(task);
        let poll = future.as_mut().poll(&mut Context::from_waker(&Waker::from(wakeup)));
        self.current.set(0);
        match poll {
            Poll::Ready(()) => drop(self.tasks.borrow_mut().remove(&task)),
            Poll::Pending => {
                if let Some(task) = self.tasks.borrow_mut().get_mut(&task) {
                    task.future = Some(future);
                }
            }
        }
    }

    /// Drops every task.
    pub(crate) fn clear(&self) {
        let tasks = mem::take(&mut *self.tasks.borrow_mut());
        drop(tasks);
    }

    /// The task that is polled; 0 between polls.
    pub(crate) fn current(&self) -> TaskId {
        self.current.get()
    }

    /// The tasks that have not ended, in the order of spawning.
    pub(crate) fn names(&self) -> Vec<(TaskId, String)> {
        self.tasks.borrow().iter().map(|(id, task)| (*id, task.name.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, rc::Rc};

    use super::*;

    type Log = Rc<RefCell<Vec<&'static str>>>;

    fn note(log: &Log, word: &'static str) -> TaskFuture {
        let log = log.clone();
        Box::pin(async move { log.borrow_mut().push(word) })
    }

    fn drain(executor: &Executor) {
        while executor.poll_one() {}
    }

    #[test]
    fn tasks_run_in_the_order_of_spawning_and_handlers_before_them() {
        let (executor, log) = (Executor::default(), Log::default());
        executor.spawn("main", note(&log, "main"));
        executor.spawn_first("signal a", note(&log, "a"));
        executor.spawn_first("signal b", note(&log, "b"));
        drain(&executor);
        assert_eq!(*log.borrow(), ["a", "b", "main"]);
        assert!(executor.names().is_empty());
    }

    #[test]
    fn a_task_woken_twice_is_polled_once() {
        let (executor, polls) = (Executor::default(), Rc::new(Cell::new(0)));
        let waker = Rc::new(RefCell::new(Waker::noop().clone()));
        let (counted, kept) = (polls.clone(), waker.clone());
        executor.spawn(
            "waits",
            Box::pin(poll_fn(move |context| {
                counted.set(counted.get() + 1);
                *kept.borrow_mut() = context.waker().clone();
                Poll::Pending
            })),
        );
        drain(&executor);
        waker.borrow().wake_by_ref();
        waker.borrow().wake_by_ref();
        drain(&executor);
        assert_eq!(polls.get(), 2);
        assert_eq!(executor.names(), [(1, "waits".to_owned())]);
    }

    #[test]
    fn a_wake_after_the_end_does_nothing() {
        let executor = Executor::default();
        let waker = Rc::new(RefCell::new(Waker::noop().clone()));
        let kept = waker.clone();
        executor.spawn(
            "ends",
            Box::pin(poll_fn(move |context| {
                *kept.borrow_mut() = context.waker().clone();
                Poll::Ready(())
            })),
        );
        drain(&executor);
        waker.borrow().wake_by_ref();
        drain(&executor);
    }
}
