//! One run: applies events, runs the executor, answers.

use std::{cell::OnceCell, rc::Rc};

use crate::{
    bindings::{
        dalsegno::workflow::types::Request,
        exports::dalsegno::workflow::guest::{Activation, Event, Start},
    },
    closing::{finish, is_answer_to_cancel},
    failure::Failure,
    handling::{Handler, Handling},
    host::Host,
    inspect,
    payload::Payload,
    runtime::Runtime,
    signals::failure_of_signal,
    workflow::{Definition, Handled, Instance, WorkflowType},
};

/// The run that this component lives for.
pub(crate) struct Run {
    runtime: Rc<Runtime>,
    types: Vec<WorkflowType>,
    begun: OnceCell<Begun>,
}

struct Begun {
    definition: fn() -> Definition,
    /// None if the arguments did not fit.
    instance: Option<Box<dyn Instance>>,
}

impl Begun {
    fn unknown_update(&self, name: &str) -> Failure {
        inspect::unknown_update(&(self.definition)(), name)
    }
}

impl Run {
    /// A run that has not begun.
    pub(crate) fn new(host: Box<dyn Host>, types: Vec<WorkflowType>) -> Self {
        Self { runtime: Runtime::install(host), types, begun: OnceCell::new() }
    }

    /// Delivers events, then runs until everything waits.
    ///
    /// # Errors
    /// The code has a bug; the host discards what this activation asked for.
    pub(crate) fn activate(&self, activation: Activation) -> Result<(), Failure> {
        self.runtime.begin(&activation);
        self.runtime.set_applying(true);
        for event in activation.events {
            if !self.runtime.is_closed() {
                self.apply(event)?;
            }
        }
        self.runtime.set_applying(false);
        self.runtime.run()?;
        if self.runtime.is_closed() {
            self.runtime.clear();
        }
        Ok(())
    }

    fn apply(&self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Started(start) => return self.start(start),
            Event::Resumed(resumption) => {
                let outcome = resumption.outcome.map_err(Failure::from_contract);
                self.runtime.resolve(resumption.operation, outcome);
            }
            Event::Signalled(signal) => return self.signal(signal),
            Event::UpdateAccepted(update) => self.update(&update),
            Event::CancelRequested(reason) => self.runtime.cancel(&reason),
            // Randomness is the host's, and names that a later host may send are ignored.
            Event::Reseeded(_) | Event::ModuleChanged(_) | Event::Extension(_) => {}
        }
        Ok(())
    }

    fn start(&self, start: Start) -> Result<(), Failure> {
        let name = &start.workflow_type;
        let found = self.types.iter().find(|candidate| candidate.name == name);
        let Some(workflow_type) = found else {
            let message = format!("this module has no workflow type `{name}`");
            return Err(Failure::application("UnknownWorkflowType", message));
        };
        let started = (workflow_type.start)(&start.input)
            .and_then(|instance| instance.run(&start.input).map(|main| (instance, main)));
        let instance = match started {
            Ok((instance, main)) => {
                let runtime = self.runtime.clone();
                self.runtime.spawn("run", async move { finish(&runtime, main.await) });
                Some(instance)
            }
            // Whoever starts a run with wrong arguments learns it as the run's result.
            Err(failure) => {
                finish(&self.runtime, Err(failure));
                None
            }
        };
        let begun = Begun { definition: workflow_type.definition, instance };
        assert!(self.begun.set(begun).is_ok(), "a run starts once");
        start.carried_signals.into_iter().try_for_each(|signal| self.signal(signal))
    }

    fn signal(&self, signal: Request) -> Result<(), Failure> {
        let begun = self.begun.get().expect("the first event starts the run");
        // A carried signal may come after one whose handler has failed the run.
        let Some(instance) = begun.instance.as_ref().filter(|_| !self.runtime.is_closed()) else {
            return Ok(());
        };
        let handling = Handling::of(&signal);
        match handling.within(&self.runtime, || instance.signal(&signal)) {
            Handled::Done(Ok(())) => {}
            Handled::Done(Err(failure)) => finish(&self.runtime, Err(failure)),
            Handled::Task(future, unfinished) => {
                let (runtime, name) = (self.runtime.clone(), format!("signal {}", signal.name));
                let work = runtime.handlers().begin(&name, unfinished);
                let handler = Handler::new(runtime.clone(), handling, future, work);
                let task = async move {
                    match handler.await {
                        // What a request to cancel comes to is for the main routine to say.
                        Err(failure) if !is_answer_to_cancel(&runtime, &failure) => {
                            finish(&runtime, Err(failure));
                        }
                        _ => {}
                    }
                };
                self.runtime.spawn_handler(&name, task);
            }
            // Nothing is lost: the run goes on with this signal when the code is repaired.
            Handled::BadArguments(failure) => return Err(failure_of_signal(&signal.name, failure)),
            Handled::Unknown => self.runtime.buffer_signal(signal),
        }
        Ok(())
    }

    /// Begins an update. Whatever comes of it is the caller's to know, not the run's.
    fn update(&self, update: &Request) {
        let begun = self.begun.get().expect("the first event starts the run");
        let Some(instance) = &begun.instance else {
            return;
        };
        let (runtime, id) = (self.runtime.clone(), update.id.clone());
        let handling = Handling::of_update(update);
        match handling.within(&runtime, || instance.update(update)) {
            Handled::Done(result) => answer_update(&runtime, &id, result),
            Handled::Task(future, unfinished) => {
                let name = format!("update {}", update.name);
                let work = runtime.handlers().begin(&name, unfinished);
                let handler = Handler::new(runtime.clone(), handling, future, work);
                let task = async move { answer_update(&runtime, &id, handler.await) };
                self.runtime.spawn_handler(&name, task);
            }
            Handled::BadArguments(failure) => answer_update(&runtime, &id, Err(failure)),
            Handled::Unknown => answer_update(&runtime, &id, Err(begun.unknown_update(&update.name))),
        }
    }

    /// Decides whether an update is accepted.
    ///
    /// # Errors
    /// The validator's failure; `UnknownUpdate`; `BadArguments`.
    pub(crate) fn validate_update(&self, update: &Request) -> Result<(), Failure> {
        let begun = self.begun.get().ok_or_else(not_started)?;
        let instance = begun.instance.as_ref().ok_or_else(not_started)?;
        let decision = Handling::of_update(update).within(&self.runtime, || instance.validate(update));
        decision.unwrap_or_else(|| Err(begun.unknown_update(&update.name)))
    }

    /// Answers a query.
    ///
    /// # Errors
    /// The handler's failure; `UnknownQuery`; `BadArguments`.
    pub(crate) fn query(&self, query: &Request) -> Result<Payload, Failure> {
        let Some(begun) = self.begun.get() else {
            return Err(not_started());
        };
        match query.name.as_str() {
            inspect::STACK_TRACE => Ok(Payload::json(&inspect::stack_trace(&self.runtime))?),
            inspect::METADATA => Ok(Payload::json(&inspect::metadata(&(begun.definition)()))?),
            name => {
                let instance = begun.instance.as_ref().ok_or_else(not_started)?;
                let answer = Handling::of(query).within(&self.runtime, || instance.query(query));
                answer.unwrap_or_else(|| Err(inspect::unknown_query(&(begun.definition)(), name)))
            }
        }
    }
}

fn not_started() -> Failure {
    Failure::application("NotStarted", "the workflow has not begun, or not with these arguments")
        .non_retryable()
}

fn answer_update(runtime: &Runtime, id: &str, result: Result<Payload, Failure>) {
    if runtime.is_closed() {
        return;
    }
    match result {
        Ok(result) => runtime.host().complete_update(id, &result),
        Err(failure) => runtime.host().fail_update(id, &failure.into_contract()),
    }
}
