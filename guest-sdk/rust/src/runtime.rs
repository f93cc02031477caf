//! What the futures of a run share: the executor, the waits, the outcomes, the scopes, what was changed.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    panic::Location,
    rc::Rc,
};

use crate::{
    attributes::Upserted,
    bindings::{dalsegno::workflow::types::Request, exports::dalsegno::workflow::guest::Activation},
    buffer::SignalBuffer,
    executor::{Executor, TaskId},
    failure::Failure,
    handlers::Handlers,
    handling::Handling,
    host::{Host, Operation},
    info::History,
    payload::Payload,
    scope::Scope,
    scoped::Scoped,
    waits::{WaitId, Waits},
};

/// What an operation came to.
pub(crate) type Outcome = Result<Option<Payload>, Failure>;

thread_local! {
    static CURRENT: RefCell<Option<Rc<Runtime>>> = const { RefCell::new(None) };
}

/// The run that the present code belongs to.
///
/// # Panics
/// Outside of a workflow.
#[track_caller]
pub(crate) fn current() -> Rc<Runtime> {
    try_current().expect("this works only inside a workflow")
}

/// The run that the present code belongs to, if there is one.
pub(crate) fn try_current() -> Option<Rc<Runtime>> {
    CURRENT.with_borrow(Clone::clone)
}

/// The shared state of one run.
pub(crate) struct Runtime {
    host: Box<dyn Host>,
    executor: Executor,
    waits: Waits,
    operations: RefCell<BTreeMap<Operation, Pending>>,
    signals: SignalBuffer,
    handlers: Handlers,
    upserted: RefCell<Upserted>,
    root: Scope,
    scope: RefCell<Scope>,
    handling: RefCell<Option<Rc<Handling>>>,
    time_us: Cell<u64>,
    history: RefCell<History>,
    call_sites: Cell<bool>,
    conditions_met: Cell<u64>,
    bug: RefCell<Option<Failure>>,
    applying: Cell<bool>,
    closed: Cell<bool>,
}

/// An operation that a future holds.
#[derive(Default)]
struct Pending {
    outcome: Option<Outcome>,
    wait: Option<WaitId>,
}

impl Runtime {
    /// Makes the runtime of the only run of this thread.
    pub(crate) fn install(host: Box<dyn Host>) -> Rc<Self> {
        let root = Scope::root();
        let runtime = Rc::new(Self {
            host,
            executor: Executor::default(),
            waits: Waits::default(),
            operations: RefCell::default(),
            signals: SignalBuffer::default(),
            handlers: Handlers::default(),
            upserted: RefCell::default(),
            scope: RefCell::new(root.clone()),
            handling: RefCell::default(),
            root,
            time_us: Cell::new(0),
            history: RefCell::default(),
            call_sites: Cell::new(false),
            conditions_met: Cell::new(0),
            bug: RefCell::default(),
            applying: Cell::new(false),
            closed: Cell::new(false),
        });
        CURRENT.set(Some(runtime.clone()));
        runtime
    }

    pub(crate) fn host(&self) -> &dyn Host {
        &*self.host
    }

    pub(crate) fn waits(&self) -> &Waits {
        &self.waits
    }

    /// The task that is polled.
    pub(crate) fn task(&self) -> TaskId {
        self.executor.current()
    }

    /// The tasks that have not ended.
    pub(crate) fn tasks(&self) -> Vec<(TaskId, String)> {
        self.executor.names()
    }

    /// The time of the activation, in microseconds since the Unix epoch.
    pub(crate) fn time_us(&self) -> u64 {
        self.time_us.get()
    }

    /// How long the history is.
    pub(crate) fn history(&self) -> History {
        self.history.borrow().clone()
    }

    /// Begins an activation.
    pub(crate) fn begin(&self, activation: &Activation) {
        self.time_us.set(activation.time_us);
        self.history.replace(History {
            events: activation.history_events,
            bytes: activation.history_bytes,
            continue_as_new_suggested: activation.continue_as_new_suggested,
            reasons: activation.reasons.clone(),
        });
        self.call_sites.set(self.host.wants_call_sites());
    }

    /// Tells the host the line of the next call, if it wants to know.
    pub(crate) fn call_site(&self, location: &Location<'_>) {
        if self.call_sites.get() {
            self.host.call_site(&[location.to_string()]);
        }
    }

    /// The same, of a function that makes its call at once.
    #[track_caller]
    pub(crate) fn call_site_of_caller(&self) {
        self.call_site(Location::caller());
    }

    /// Looks at, or adds to, what the run has changed of its memo and search attributes.
    pub(crate) fn upserted<R>(&self, with: impl FnOnce(&mut Upserted) -> R) -> R {
        with(&mut self.upserted.borrow_mut())
    }

    /// Adds a task that runs in the present scope.
    pub(crate) fn spawn(self: &Rc<Self>, name: &str, future: impl Future<Output = ()> + 'static) {
        let scoped = Scoped::new(self.clone(), self.scope(), future);
        self.executor.spawn(name, Box::pin(scoped));
    }

    /// Adds a handler: a task that runs in the root scope, and begins at once. So handlers begin in the order of their
    /// events, those that never wait among them.
    pub(crate) fn spawn_handler(self: &Rc<Self>, name: &str, future: impl Future<Output = ()> + 'static) {
        let scoped = Scoped::new(self.clone(), self.root.clone(), future);
        self.executor.spawn_first(name, Box::pin(scoped));
        while !self.is_closed() && self.executor.poll_handler() {}
    }

    /// The asynchronous handlers that are at work.
    pub(crate) fn handlers(&self) -> &Handlers {
        &self.handlers
    }

    /// The signals that nobody has taken.
    pub(crate) fn signals(&self) -> &SignalBuffer {
        &self.signals
    }

    /// Runs until everything waits, or the run is closed.
    ///
    /// # Errors
    /// The code has a bug that ends the activation.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        loop {
            self.drain()?;
            let met = self.conditions_met.get();
            // Each condition looks again when its task is polled. Those that another one's task made true
            // are seen in the next round; a round that meets none is the last.
            if self.is_closed() || !self.waits.wake_conditions() {
                return Ok(());
            }
            self.drain()?;
            if self.conditions_met.get() == met {
                return Ok(());
            }
        }
    }

    fn drain(&self) -> Result<(), Failure> {
        loop {
            if let Some(failure) = self.bug.take() {
                return Err(failure);
            }
            if self.is_closed() || !self.executor.poll_one() {
                return Ok(());
            }
        }
    }

    /// Says that a condition which had to wait holds now.
    pub(crate) fn condition_met(&self) {
        self.conditions_met.set(self.conditions_met.get() + 1);
    }

    /// Ends the activation: the code is wrong, and the run goes on when it is repaired.
    pub(crate) fn report_bug(&self, failure: Failure) {
        self.bug.borrow_mut().get_or_insert(failure);
    }

    /// The scope of the present code.
    pub(crate) fn scope(&self) -> Scope {
        self.scope.borrow().clone()
    }

    /// Changes the scope of the present code; returns the former one.
    pub(crate) fn enter(&self, scope: Scope) -> Scope {
        self.scope.replace(scope)
    }

    /// The call that the present code handles.
    pub(crate) fn handling(&self) -> Option<Rc<Handling>> {
        self.handling.borrow().clone()
    }

    /// Changes the call that the present code handles; returns the former one.
    pub(crate) fn enter_handling(&self, handling: Option<Rc<Handling>>) -> Option<Rc<Handling>> {
        self.handling.replace(handling)
    }

    /// True once the run was asked to cancel.
    pub(crate) fn cancel_requested(&self) -> bool {
        self.root.is_cancelled()
    }

    /// Cancels all that no shield protects.
    pub(crate) fn cancel(&self, reason: &str) {
        self.cancel_scope(&self.root, reason);
    }

    /// Cancels a scope and wakes who waits in it.
    pub(crate) fn cancel_scope(&self, scope: &Scope, reason: &str) {
        scope.cancel(reason).into_iter().for_each(|id| self.waits.wake(id));
    }

    /// Expects an outcome, for a future that is there or follows.
    pub(crate) fn expect(&self, operation: Operation) {
        self.operations.borrow_mut().entry(operation).or_default();
    }

    /// Says who waits for an outcome.
    pub(crate) fn set_wait(&self, operation: Operation, wait: Option<WaitId>) {
        if let Some(pending) = self.operations.borrow_mut().get_mut(&operation) {
            pending.wait = wait;
        }
    }

    /// An outcome arrives. Nobody waits if its future was dropped.
    pub(crate) fn resolve(&self, operation: Operation, outcome: Outcome) {
        let wait = {
            let mut operations = self.operations.borrow_mut();
            let Some(pending) = operations.get_mut(&operation) else {
                return;
            };
            pending.outcome = Some(outcome);
            pending.wait.take()
        };
        if let Some(wait) = wait {
            self.waits.wake(wait);
        }
    }

    /// Takes an outcome that arrived.
    pub(crate) fn take_outcome(&self, operation: Operation) -> Option<Outcome> {
        let mut operations = self.operations.borrow_mut();
        let outcome = operations.get_mut(&operation)?.outcome.take()?;
        operations.remove(&operation);
        Some(outcome)
    }

    /// Expects an outcome no longer. True: it has not arrived.
    pub(crate) fn forget(&self, operation: Operation) -> bool {
        let pending = self.operations.borrow_mut().remove(&operation);
        pending.is_some_and(|pending| pending.outcome.is_none())
    }

    /// Keeps a signal until someone asks for its name.
    pub(crate) fn buffer_signal(&self, signal: Request) {
        let name = signal.name.clone();
        self.signals.push(signal);
        self.waits.wake_signal(&name);
    }

    /// True while events of the activation are left.
    pub(crate) fn is_applying(&self) -> bool {
        self.applying.get()
    }

    /// Says whether events of the activation are left.
    pub(crate) fn set_applying(&self, applying: bool) {
        self.applying.set(applying);
    }

    /// True once the run completed, failed, was cancelled, or continued as new.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Marks the run as closed. From now on nothing is asked of the host, not even by dropped futures.
    pub(crate) fn close(&self) {
        self.closed.set(true);
    }

    /// Drops all tasks of a closed run.
    pub(crate) fn clear(&self) {
        self.executor.clear();
    }
}
