//! A guest whose code is a Rust future, with an executor that polls until nothing moves.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use dalsegno_engine::{
    Calls, Failure, Payload, Timestamp,
    calls::CallError,
    failure::FailureKind,
    guest::{Activation, ActivationError, ActivationErrorKind, Guest, GuestEvent, Request, Shown},
    ids::Operation,
};

use super::{Ctx, Outcome, ctx::Resumed};

type Task<T> = Pin<Box<dyn Future<Output = T>>>;

/// The code of a workflow.
#[derive(Clone)]
pub(crate) struct Workflow(Rc<dyn Fn(Ctx) -> Task<Outcome>>);

impl Workflow {
    pub(crate) fn new<F: Future<Output = Outcome> + 'static>(code: impl Fn(Ctx) -> F + 'static) -> Self {
        Self(Rc::new(move |ctx| Box::pin(code(ctx))))
    }

    /// A guest at its beginning.
    pub(crate) fn guest(&self) -> ScriptedGuest {
        ScriptedGuest {
            workflow: self.clone(),
            main: None,
            tasks: Vec::new(),
            shared: Rc::default(),
            seen: Vec::new(),
            faults: Rc::default(),
        }
    }
}

/// Errors that the next live activations end with, whatever the code does.
pub(crate) type Faults = Rc<RefCell<VecDeque<ActivationError>>>;

/// One run's code, somewhere in the middle.
pub(crate) struct ScriptedGuest {
    workflow: Workflow,
    main: Option<Task<Outcome>>,
    tasks: Vec<Task<()>>,
    shared: Rc<RefCell<Shared>>,
    /// Every activation since the beginning, apart from whether it was a replay.
    pub(crate) seen: Vec<Activation>,
    pub(crate) faults: Faults,
}

/// What the executor and the workflow have in common.
#[derive(Default)]
pub(super) struct Shared {
    calls: Calls,
    pub(super) time: Timestamp,
    pub(super) shown: Shown,
    pub(super) input: Vec<Payload>,
    pub(super) outcomes: BTreeMap<Operation, Resumed>,
    pub(super) signals: VecDeque<Request>,
    updates: VecDeque<Request>,
    pub(super) cancel_requested: Option<String>,
    pub(super) spawned: Vec<Task<()>>,
    /// Something became ready since the last look.
    pub(super) progressed: bool,
    pub(super) closed: bool,
    error: Option<ActivationError>,
}

impl Shared {
    /// Makes a call; one that fails ends the activation.
    pub(super) fn call<T>(&mut self, call: impl FnOnce(&mut Calls) -> Result<T, CallError>) -> Option<T> {
        if self.error.is_some() {
            return None;
        }
        self.progressed = true;
        match call(&mut self.calls) {
            Ok(value) => Some(value),
            Err(error) => {
                let kind = match error {
                    CallError::Diverged => ActivationErrorKind::Nondeterminism,
                    CallError::Limit(_) => ActivationErrorKind::Environmental,
                    CallError::Invalid(_) | CallError::ReadOnly(_) => ActivationErrorKind::Bug,
                };
                let backtrace = "scripted::call".to_owned();
                self.error = Some(ActivationError { kind, message: error.to_string(), backtrace });
                None
            }
        }
    }

    pub(super) fn trap(&mut self, message: &str) {
        let (message, backtrace) = (message.to_owned(), "scripted::trap".to_owned());
        self.error.get_or_insert(ActivationError { kind: ActivationErrorKind::Bug, message, backtrace });
    }

    pub(super) fn take_signal(&mut self, name: &str) -> Option<Vec<Payload>> {
        let place = self.signals.iter().position(|signal| signal.name == name)?;
        self.signals.remove(place).map(|signal| signal.input)
    }

    pub(super) fn take_update(&mut self) -> Option<Request> {
        self.updates.pop_front()
    }

    fn take(&mut self, event: GuestEvent) {
        match event {
            GuestEvent::Started(started) => {
                self.input = started.input.clone();
                self.signals = started.origin.carried_signals.iter().cloned().collect();
            }
            GuestEvent::Resumed { operation, outcome } => {
                assert!(self.outcomes.insert(operation, outcome).is_none(), "{operation} resumed twice");
            }
            GuestEvent::Signalled(request) => self.signals.push_back(request),
            GuestEvent::CancelRequested(reason) => self.cancel_requested = Some(reason),
            GuestEvent::UpdateAccepted(request) => self.updates.push_back(request),
        }
    }
}

impl ScriptedGuest {
    /// Polls the tasks in the order of their start, and then the main routine, until nothing moves.
    fn run(&mut self) {
        loop {
            self.shared.borrow_mut().progressed = false;
            self.tasks.retain_mut(|task| poll(task).is_pending());
            let outcome = self.main.as_mut().map(poll);
            let mut shared = self.shared.borrow_mut();
            self.tasks.append(&mut shared.spawned);
            if let Some(Poll::Ready(outcome)) = outcome {
                self.main = None;
                close(&mut shared, outcome);
            }
            if !shared.progressed || shared.closed || shared.error.is_some() {
                return;
            }
        }
    }
}

fn poll<T>(task: &mut Task<T>) -> Poll<T> {
    task.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn close(shared: &mut Shared, outcome: Outcome) {
    shared.closed = true;
    let stopped = shared.cancel_requested.is_some();
    shared.call(|calls| match outcome {
        Ok(result) => calls.complete(Some(result)),
        Err(Failure { kind: FailureKind::Cancelled { details }, .. }) if stopped => calls.cancelled(details),
        Err(failure) => calls.fail(failure),
    });
}

impl Guest for ScriptedGuest {
    fn activate(&mut self, activation: &Activation, calls: &mut Calls) -> Result<(), ActivationError> {
        assert_eq!(activation.number, self.seen.len() as u64 + 1, "activations come in order");
        self.seen.push(Activation { replaying: false, ..activation.clone() });
        {
            let mut shared = self.shared.borrow_mut();
            shared.calls = std::mem::take(calls);
            (shared.time, shared.shown) = (activation.time, activation.shown.clone());
            activation.events.iter().for_each(|event| shared.take(event.clone()));
        }
        if activation.number == 1 {
            self.main = Some(self.workflow.0(Ctx::new(self.shared.clone())));
        }
        self.run();
        let mut shared = self.shared.borrow_mut();
        *calls = std::mem::take(&mut shared.calls);
        let fault = if activation.replaying { None } else { self.faults.borrow_mut().pop_front() };
        shared.error.take().or(fault).map_or(Ok(()), Err)
    }

    fn stack_trace(&mut self) -> Option<String> {
        Some(format!("scripted::main with {} tasks", self.tasks.len()))
    }
}
