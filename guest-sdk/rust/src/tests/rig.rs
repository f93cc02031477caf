//! A run on a host made of two lists.

use std::{cell::RefCell, rc::Rc};

use serde::Serialize;
use serde_json::{Value, json};

use super::recorder::{Notes, Recorder};
use crate::{
    Failure, Payload, Workflow,
    bindings::{
        dalsegno::workflow::types::Request,
        exports::dalsegno::workflow::guest::{Activation, ContinueAsNewReason, Event, Resumption, Start},
    },
    host::Operation,
    run::Run,
    workflow::WorkflowType,
};

/// A run of one workflow. Each method is one activation.
pub(super) struct Rig {
    run: Run,
    pub(super) notes: Rc<Notes>,
    name: String,
    reasons: RefCell<Vec<ContinueAsNewReason>>,
}

impl Rig {
    /// A run that has not started.
    pub(super) fn new<W: Workflow>() -> Self {
        let notes = Rc::new(Notes::default());
        let run = Run::new(Box::new(Recorder(notes.clone())), vec![WorkflowType::of::<W>()]);
        Self { run, notes, name: W::NAME.to_owned(), reasons: RefCell::default() }
    }

    /// A run that has started with these arguments, a JSON array.
    pub(super) fn started<W: Workflow>(arguments: Value) -> Self {
        let rig = Self::new::<W>();
        rig.activate([rig.start(arguments)]).unwrap();
        rig
    }

    /// Cancelling an activity or a child waits for its end.
    pub(super) fn cancelling_waits(self) -> Self {
        self.notes.cancel_waits.set(true);
        self
    }

    /// The host asks for the place of each call.
    pub(super) fn wanting_call_sites(self) -> Self {
        self.notes.call_sites.set(true);
        self
    }

    /// The run passed here before this patch was made.
    pub(super) fn without_patch(self, id: &str) -> Self {
        self.notes.unpatched.borrow_mut().insert(id.to_owned());
        self
    }

    /// From now on it is time to continue as new.
    pub(super) fn suggest(&self, reason: ContinueAsNewReason) {
        self.reasons.borrow_mut().push(reason);
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
            history_events: 40,
            history_bytes: 4_000,
            continue_as_new_suggested: !self.reasons.borrow().is_empty(),
            reasons: self.reasons.borrow().clone(),
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

    /// An update, if its validator accepts it.
    pub(super) fn update(&self, id: &str, name: &str, arguments: Value) -> Result<(), Failure> {
        self.update_with(Request { id: id.to_owned(), ..request(name, arguments) })
    }

    pub(super) fn update_with(&self, update: Request) -> Result<(), Failure> {
        self.run.validate_update(&update)?;
        self.activate([Event::UpdateAccepted(update)])
    }

    pub(super) fn cancel(&self, reason: &str) {
        self.activate([Event::CancelRequested(reason.to_owned())]).unwrap();
    }

    pub(super) fn query(&self, name: &str, arguments: Value) -> Result<Value, Failure> {
        self.query_with(&request(name, arguments))
    }

    pub(super) fn query_with(&self, query: &Request) -> Result<Value, Failure> {
        Ok(self.run.query(query)?.decode()?)
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

pub(super) fn request(name: &str, arguments: Value) -> Request {
    Request { id: String::new(), name: name.to_owned(), input: input(arguments), headers: Vec::new() }
}

fn input(arguments: Value) -> Vec<Payload> {
    let Value::Array(arguments) = arguments else {
        return vec![Payload::json(&json!(arguments)).unwrap()];
    };
    arguments.iter().map(|argument| Payload::json(argument).unwrap()).collect()
}
