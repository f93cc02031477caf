//! One run: applies events, runs the executor, closes.

use std::{
    cell::{OnceCell, RefCell},
    rc::Rc,
};

use crate::{
    bindings::{
        dalsegno::workflow::types::Request,
        exports::dalsegno::workflow::guest::{Activation, Event, Start},
    },
    failure::Failure,
    host::{Host, Level},
    inspect,
    payload::Payload,
    runtime::Runtime,
    signals::failure_of_signal,
    workflow::{Definition, Handled, Instance, WorkflowType},
};

/// The run of this component's life.
pub(crate) struct Run {
    runtime: Rc<Runtime>,
    types: Vec<WorkflowType>,
    workflow: OnceCell<Workflow>,
    carried: RefCell<Vec<Request>>,
}

struct Workflow {
    definition: Definition,
    instance: Box<dyn Instance>,
}

impl Run {
    /// A run that has not started.
    pub(crate) fn new(host: Box<dyn Host>, types: Vec<WorkflowType>) -> Self {
        Self { runtime: Runtime::install(host), types, workflow: OnceCell::new(), carried: RefCell::default() }
    }

    /// Delivers events, then runs until everything waits.
    ///
    /// # Errors
    /// The code has a bug; the host discards what this activation asked for.
    pub(crate) fn activate(&self, activation: Activation) -> Result<(), Failure> {
        self.runtime.begin(activation.time_us);
        for event in activation.events {
            self.apply(event)?;
        }
        self.runtime.run()?;
        if self.runtime.is_closed() {
            self.runtime.clear();
        }
        Ok(())
    }
}
