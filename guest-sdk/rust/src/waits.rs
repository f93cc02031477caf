//! Everything that awaits something: woken by kind, cancelled by scope, listed for people.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    fmt, mem,
    panic::Location,
    rc::Rc,
    task::{Context, Waker},
    time::Duration,
};

use crate::{
    executor::TaskId,
    failure::Failure,
    host::Operation,
    runtime::{self, Runtime},
    scope::Scope,
};

/// What is awaited.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Awaited {
    Activity(String, Operation),
    LocalActivity(String, Operation),
    /// The start of a child, by its type and workflow id.
    ChildStart(String, String, Operation),
    /// The end of a child.
    Child(String, String, Operation),
    /// The delivery of a signal to a workflow id.
    SignalTo(String, String, Operation),
    /// The delivery of a request to cancel to a workflow id.
    CancelOf(String, Operation),
    Timer(Duration, Operation),
    Condition,
    Signal(String),
    Cancellation,
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activity(name, operation) => write!(f, "activity {name} (operation {operation})"),
            Self::LocalActivity(name, operation) => {
                write!(f, "local activity {name} (operation {operation})")
            }
            Self::ChildStart(name, id, operation) => {
                write!(f, "start of child {name} `{id}` (operation {operation})")
            }
            Self::Child(name, id, operation) => write!(f, "child {name} `{id}` (operation {operation})"),
            Self::SignalTo(name, id, operation) => {
                write!(f, "signal {name} to `{id}` (operation {operation})")
            }
            Self::CancelOf(id, operation) => write!(f, "request to cancel `{id}` (operation {operation})"),
            Self::Timer(duration, operation) => write!(f, "timer of {duration:?} (operation {operation})"),
            Self::Condition => f.write_str("condition"),
            Self::Signal(name) => write!(f, "signal {name}"),
            Self::Cancellation => f.write_str("cancellation"),
        }
    }
}

/// Counted from 1 in the order in which they began to wait.
pub(crate) type WaitId = u64;

struct Wait {
    task: TaskId,
    awaited: Awaited,
    location: &'static Location<'static>,
    scope: Scope,
    waker: Waker,
}

/// All waits of a run.
#[derive(Default)]
pub(crate) struct Waits {
    entries: RefCell<BTreeMap<WaitId, Wait>>,
    /// Those of the entries that wait for a condition: they are few and asked for often.
    conditions: RefCell<BTreeSet<WaitId>>,
    /// Those that wait for a signal, by its name.
    signals: RefCell<BTreeMap<String, BTreeSet<WaitId>>>,
    begun: Cell<WaitId>,
}

impl Waits {
    /// Wakes one, if it still waits.
    pub(crate) fn wake(&self, id: WaitId) {
        let waker = self.entries.borrow().get(&id).map(|wait| wait.waker.clone());
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Wakes all that wait for a condition. False: there are none.
    pub(crate) fn wake_conditions(&self) -> bool {
        let conditions: Vec<_> = self.conditions.borrow().iter().copied().collect();
        conditions.iter().for_each(|id| self.wake(*id));
        !conditions.is_empty()
    }

    /// Wakes all that wait for a signal of this name.
    pub(crate) fn wake_signal(&self, name: &str) {
        let waiting = self.signals.borrow().get(name).cloned().unwrap_or_default();
        waiting.into_iter().for_each(|id| self.wake(id));
    }

    fn enter(&self, wait: Wait) -> WaitId {
        let id = self.begun.get() + 1;
        self.begun.set(id);
        wait.scope.begin_wait(id);
        match &wait.awaited {
            Awaited::Condition => drop(self.conditions.borrow_mut().insert(id)),
            Awaited::Signal(name) => {
                self.signals.borrow_mut().entry(name.clone()).or_default().insert(id);
            }
            _ => {}
        }
        self.entries.borrow_mut().insert(id, wait);
        id
    }

    /// It is polled again, perhaps by another task.
    fn renew(&self, id: WaitId, task: TaskId, mut waker: Waker) {
        if let Some(wait) = self.entries.borrow_mut().get_mut(&id) {
            wait.task = task;
            mem::swap(&mut wait.waker, &mut waker);
        }
    }

    fn leave(&self, id: WaitId) {
        self.conditions.borrow_mut().remove(&id);
        // Not inside of the borrow: a waker may hold a future, and dropping that one leaves too.
        let wait = self.entries.borrow_mut().remove(&id);
        let Some(wait) = wait else { return };
        wait.scope.end_wait(id);
        if let Awaited::Signal(name) = &wait.awaited {
            let mut signals = self.signals.borrow_mut();
            if let Some(waiting) = signals.get_mut(name) {
                waiting.remove(&id);
                if waiting.is_empty() {
                    signals.remove(name);
                }
            }
        }
    }

    /// What a task waits for, a line each.
    pub(crate) fn lines(&self, task: TaskId) -> Vec<String> {
        let entries = self.entries.borrow();
        let waits = entries.values().filter(|wait| wait.task == task);
        waits.map(|wait| format!("{}, at {}{}", wait.awaited, wait.location, wait.scope)).collect()
    }
}

/// The place in a future from which it waits. It is bound to the scope in which it is polled first.
pub(crate) struct Waiter {
    pub(crate) runtime: Rc<Runtime>,
    pub(crate) location: &'static Location<'static>,
    scope: Option<Scope>,
    id: Option<WaitId>,
}

impl Waiter {
    #[track_caller]
    pub(crate) fn new() -> Self {
        Self { runtime: runtime::current(), location: Location::caller(), scope: None, id: None }
    }

    /// Another one at the same place, not bound to a scope.
    pub(crate) fn renewed(&self) -> Self {
        Self { runtime: self.runtime.clone(), location: self.location, scope: None, id: None }
    }

    pub(crate) fn id(&self) -> Option<WaitId> {
        self.id
    }

    /// The scope of the first call.
    pub(crate) fn scope(&mut self) -> &Scope {
        self.scope.get_or_insert_with(|| self.runtime.scope())
    }

    /// A failure, if the scope is cancelled.
    pub(crate) fn check_cancelled(&mut self) -> Result<(), Failure> {
        match self.scope().reason() {
            Some(reason) => Err(Failure::cancelled_because(&reason)),
            None => Ok(()),
        }
    }

    /// Waits until woken.
    pub(crate) fn wait(&mut self, context: &Context<'_>, awaited: impl FnOnce() -> Awaited) {
        let (scope, runtime) = (self.scope().clone(), &self.runtime);
        let waker = context.waker().clone();
        if let Some(id) = self.id {
            return runtime.waits().renew(id, runtime.task(), waker);
        }
        let wait = Wait { task: runtime.task(), awaited: awaited(), location: self.location, scope, waker };
        self.id = Some(runtime.waits().enter(wait));
    }

    /// Waits no longer.
    pub(crate) fn leave(&mut self) {
        if let Some(id) = self.id.take() {
            self.runtime.waits().leave(id);
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.leave();
    }
}
