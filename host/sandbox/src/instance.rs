//! A guest: the code of one run, between two activations.

use dalsegno_engine::{
    Calls, Failure, Payload, Timestamp,
    guest::{Activation, ActivationError, ActivationErrorKind, Guest, Request, RunInfo},
};
use wasmtime::Store;

use crate::{
    bindings::{Workflow, types},
    context::Context,
    convert, fault, limits,
    module::Module,
    random::{self, Domain},
    stop::Stop,
    telemetry::Telemetry,
};

/// The query that every SDK answers: what each task of the workflow waits for.
const STACK_TRACE: &str = "__stack_trace";

/// The code of one run.
///
/// It computes on the thread that calls, which needs [`limits::STACK_BYTES_MAX`] of stack beside its own,
/// and never waits. After an error it has to be dropped: it refuses every further call.
pub struct Instance {
    store: Store<Context>,
    workflow: Workflow,
    module: Module,
    spent: bool,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("module", self.module.digest()).finish_non_exhaustive()
    }
}

impl Instance {
    pub(crate) fn new(module: &Module, run: Option<RunInfo>) -> Result<Self, ActivationError> {
        let runtime = module.runtime();
        let context = Context::new(module.digest().clone(), run, runtime.config.memory_bytes_max);
        let mut store = Store::new(&runtime.engine, context);
        store.limiter(|context| &mut context.memory);
        store.set_hostcall_fuel(limits::CALL_BYTES_MAX);
        store.set_max_component_handles(limits::HANDLES_MAX);
        store.set_epoch_deadline(runtime.deadline_ticks());
        match module.pre().instantiate(&mut store) {
            Ok(workflow) => Ok(Self { store, workflow, module: module.clone(), spent: false }),
            Err(error) => Err(fault::explain(&error, store.data_mut())),
        }
    }

    /// Calls the guest, with everything around it.
    fn call<R>(
        &mut self,
        time: Timestamp,
        call: impl FnOnce(&mut Store<Context>, &Workflow) -> wasmtime::Result<R>,
    ) -> Result<R, ActivationError> {
        if self.spent {
            return Err(fault::explain(&Stop::Spent.into(), self.store.data_mut()));
        }
        let ticks = self.module.runtime().deadline_ticks();
        self.store.set_epoch_deadline(ticks);
        let context = self.store.data_mut();
        context.time = time;
        context.stdio.begin();
        let result = call(&mut self.store, &self.workflow);
        let Context { stdio, recorder, .. } = self.store.data_mut();
        stdio.flush(recorder);
        result.map_err(|error| {
            self.spent = true;
            fault::explain(&error, self.store.data_mut())
        })
    }

    /// Calls the guest on a random stream of its own, unable to ask for anything.
    fn ask<R>(
        &mut self,
        time: Timestamp,
        domain: Domain,
        call: impl FnOnce(&mut Store<Context>, &Workflow) -> wasmtime::Result<R>,
    ) -> Result<R, ActivationError> {
        let context = self.store.data_mut();
        context.calls = Calls::read_only();
        context.recorder.muted = false;
        let stream = random::stream_for(context.seed(), domain);
        let own = std::mem::replace(&mut context.random, stream);
        let result = self.call(time, call);
        self.store.data_mut().random = own;
        result
    }

    /// Answers a query. Nothing outside the guest changes; its own memory may, so drop it afterwards.
    ///
    /// # Errors
    /// [`ActivationError`]: the query trapped, or asked for something.
    pub fn query(
        &mut self,
        time: Timestamp,
        request: &Request,
    ) -> Result<Result<Payload, Failure>, ActivationError> {
        let request = convert::payload::request_to_guest(request);
        let answer = self.ask(time, Domain::Query, |store, workflow| {
            workflow.dalsegno_workflow_guest().call_query(store, &request)
        })?;
        match answer {
            Ok(payload) => Ok(Ok(convert::payload::from_guest(payload))),
            Err(failure) => read_failure(failure).map(Err),
        }
    }

    /// Decides on an update before it is accepted. Nothing outside the guest changes; its own memory may,
    /// so drop it afterwards.
    ///
    /// # Errors
    /// [`ActivationError`]: the validator trapped, or asked for something.
    pub fn validate_update(
        &mut self,
        time: Timestamp,
        request: &Request,
    ) -> Result<Result<(), Failure>, ActivationError> {
        let request = convert::payload::request_to_guest(request);
        let answer = self.ask(time, Domain::Validator, |store, workflow| {
            workflow.dalsegno_workflow_guest().call_validate_update(store, &request)
        })?;
        match answer {
            Ok(()) => Ok(Ok(())),
            Err(failure) => read_failure(failure).map(Err),
        }
    }

    /// What the module holds.
    pub(crate) fn definitions(&mut self) -> Result<crate::ModuleDefinition, ActivationError> {
        let definitions = self.call(Timestamp::MIN, |store, workflow| {
            workflow.dalsegno_workflow_guest().call_definitions(store)
        })?;
        Ok(convert::definition::from_guest(definitions))
    }

    /// Bytes this guest keeps from other uses: of its linear memory, and what the host has beside it.
    ///
    /// An estimate, since wasmtime does not tell which memory a guest has touched.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.store.data().memory.own_bytes() + limits::OVERHEAD_BYTES
    }

    /// What the guest said since this was last asked; nothing of what it said while replaying.
    pub fn take_telemetry(&mut self) -> Vec<Telemetry> {
        self.store.data_mut().recorder.take()
    }

    /// Lets the guest say where it stands, from the next activation on: to explain a divergence or another
    /// failure, in languages whose WebAssembly frames name the interpreter only.
    pub fn want_call_sites(&mut self, wanted: bool) {
        self.store.data_mut().call_sites = wanted.then(Vec::new);
    }
}

impl Guest for Instance {
    fn activate(&mut self, activation: &Activation, calls: &mut Calls) -> Result<(), ActivationError> {
        let guest_activation = convert::activation::to_guest(activation);
        let context = self.store.data_mut();
        context.calls = std::mem::take(calls);
        context.recorder.muted = activation.replaying;
        let result = self.call(activation.time, |store, workflow| {
            workflow.dalsegno_workflow_guest().call_activate(store, &guest_activation)
        });
        *calls = std::mem::take(&mut self.store.data_mut().calls);
        result?.map_err(|failure| {
            self.spent = true;
            failed(failure)
        })
    }

    fn stack_trace(&mut self) -> Option<String> {
        let request = Request { name: STACK_TRACE.to_owned(), ..Request::default() };
        let time = self.store.data().time;
        let payload = self.query(time, &request).ok()?.ok()?;
        match payload.as_json().map(serde_json::from_str) {
            Some(Ok(text)) => Some(text),
            _ => String::from_utf8(payload.data.into()).ok(),
        }
    }
}

/// The guest itself says that its activation failed.
fn failed(failure: types::Failure) -> ActivationError {
    match read_failure(failure) {
        Ok(failure) => fault::failed(ActivationErrorKind::Bug, &failure.message, &failure.stack_trace),
        Err(error) => error,
    }
}

fn read_failure(failure: types::Failure) -> Result<Failure, ActivationError> {
    convert::failure::from_guest(failure).map_err(|message| {
        let message = format!("the workflow answered with an impossible failure: {message}");
        fault::failed(ActivationErrorKind::Bug, &message, "")
    })
}
