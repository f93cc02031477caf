//! A host made of two lists, and a run on it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    Failure, Payload, Workflow,
    bindings::{
        dalsegno::workflow::types::{Failure as ContractFailure, Request},
        exports::dalsegno::workflow::guest::{Activation, Event, Resumption, Start},
    },
    host::{ActivityOptions, Host, Level, Operation, RunInfo, TimerOptions},
    run::Run,
    workflow::WorkflowType,
};

#[derive(Default)]
struct Notes {
    calls: RefCell<Vec<String>>,
    log: RefCell<Vec<String>>,
    operations: Cell<Operation>,
    /// Whether cancelling an activity waits for its end.
    cancel_waits: Cell<bool>,
    call_sites: Cell<bool>,
}

struct Recorder(Rc<Notes>);

impl Recorder {
    fn note(&self, call: String) {
        self.0.calls.borrow_mut().push(call);
    }

    fn next(&self) -> Operation {
        self.0.operations.set(self.0.operations.get() + 1);
        self.0.operations.get()
    }
}

fn text(payloads: &[Payload]) -> String {
    let texts = payloads.iter().map(|payload| String::from_utf8_lossy(&payload.data).into_owned());
    texts.collect::<Vec<_>>().join(", ")
}

impl Host for Recorder {
    fn schedule_activity(&self, name: &str, input: &[Payload], _: &ActivityOptions) -> Operation {
        self.note(format!("schedule {name}({})", text(input)));
        self.next()
    }

    fn cancel_activity(&self, operation: Operation) -> bool {
        self.note(format!("cancel activity {operation}"));
        !self.0.cancel_waits.get()
    }

    fn start_timer(&self, duration_ms: u64, _: &TimerOptions) -> Operation {
        self.note(format!("timer {duration_ms} ms"));
        self.next()
    }

    fn cancel_timer(&self, operation: Operation) -> bool {
        self.note(format!("cancel timer {operation}"));
        true
    }

    fn complete(&self, result: &Payload) {
        self.note(format!("complete {}", text(std::slice::from_ref(result))));
    }

    fn fail(&self, failure: &ContractFailure) {
        self.note(format!("fail {}", Failure::from_contract(failure.clone())));
    }

    fn cancelled(&self, details: &[Payload]) {
        self.note(format!("cancelled {}", text(details)).trim_end().to_owned());
    }

    fn info(&self) -> RunInfo {
        unreachable!("no test asks")
    }

    fn random_bytes(&self, _: u32) -> Vec<u8> {
        unreachable!("no test asks")
    }

    fn fail_update(&self, id: &str, failure: &ContractFailure) {
        self.note(format!("fail update {id}: {}", Failure::from_contract(failure.clone())));
    }

    fn log(&self, _: Level, message: &str, _: &[(String, String)]) {
        self.0.log.borrow_mut().push(message.to_owned());
    }

    fn count(&self, _: &str, _: u64, _: &[(String, String)]) {}

    fn record(&self, _: &str, _: f64, _: &[(String, String)]) {}

    fn wants_call_sites(&self) -> bool {
        self.0.call_sites.get()
    }

    fn call_site(&self, frames: &[String]) {
        self.note(format!("at {}", frames.join(", ")));
    }
}

/// A run of one workflow. Each method is one activation.
pub(super) struct Rig {
    run: Run,
    notes: Rc<Notes>,
    name: String,
}

impl Rig {
    /// A run that has not started.
    pub(super) fn new<W: Workflow>() -> Self {
        let notes = Rc::new(Notes::default());
        let run = Run::new(Box::new(Recorder(notes.clone())), vec![WorkflowType::of::<W>()]);
        Self { run, notes, name: W::definition().0.name }
    }

    /// A run that has started with these arguments, a JSON array.
    pub(super) fn started<W: Workflow>(arguments: Value) -> Self {
        let rig = Self::new::<W>();
        rig.activate([rig.start(arguments)]).unwrap();
        rig
    }

    /// Cancelling an activity waits for its end.
    pub(super) fn cancelling_waits(self) -> Self {
        self.notes.cancel_waits.set(true);
        self
    }

    /// The host asks for the place of each call.
    pub(super) fn wanting_call_sites(self) -> Self {
        self.notes.call_sites.set(true);
        self
    }

    pub(super) fn start(&self, arguments: Value) -> Event {
        Event::Started(Start {
            workflow_type: self.name.clone(),
            input: input(arguments),
            headers: Vec::new(),
            seed: vec![0; 32],
            carried_signals: Vec::new(),
        })
    }

    pub(super) fn activate(&self, events: impl IntoIterator<Item = Event>) -> Result<(), Failure> {
        self.run.activate(Activation {
            number: 1,
            time_us: 1_000_000,
            replaying: false,
            history_events: 0,
            history_bytes: 0,
            continue_as_new_suggested: false,
            reasons: Vec::new(),
            events: events.into_iter().collect(),
        })
    }

    /// An activity's result, or a timer that fires if it is null.
    pub(super) fn resume(&self, operation: Operation, result: impl Serialize) {
        self.activate([resumed(operation, result)]).unwrap();
    }

    pub(super) fn fail(&self, operation: Operation, failure: Failure) {
        let outcome = Err(failure.into_contract());
        self.activate([Event::Resumed(Resumption { operation, outcome })]).unwrap();
    }

    pub(super) fn signal(&self, name: &str, arguments: Value) {
        self.activate([signalled(name, arguments)]).unwrap();
    }

    pub(super) fn cancel(&self, reason: &str) {
        self.activate([Event::CancelRequested(reason.to_owned())]).unwrap();
    }

    pub(super) fn query(&self, name: &str, arguments: Value) -> Result<Value, Failure> {
        Ok(self.run.query(&request(name, arguments))?.decode()?)
    }

    /// What the host was asked since the last time.
    pub(super) fn calls(&self) -> Vec<String> {
        self.notes.calls.take()
    }

    pub(super) fn log(&self) -> Vec<String> {
        self.notes.log.take()
    }
}

pub(super) fn resumed(operation: Operation, result: impl Serialize) -> Event {
    let outcome = Ok(Some(Payload::json(&result).unwrap()));
    Event::Resumed(Resumption { operation, outcome })
}

pub(super) fn signalled(name: &str, arguments: Value) -> Event {
    Event::Signalled(request(name, arguments))
}

fn request(name: &str, arguments: Value) -> Request {
    Request { id: String::new(), name: name.to_owned(), input: input(arguments), headers: Vec::new() }
}

fn input(arguments: Value) -> Vec<Payload> {
    let Value::Array(arguments) = arguments else {
        return vec![Payload::json(&json!(arguments)).unwrap()];
    };
    arguments.iter().map(|argument| Payload::json(argument).unwrap()).collect()
}
