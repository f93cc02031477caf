//! The exports of a module of workflows.

use std::{cell::OnceCell, marker::PhantomData, panic, rc::Rc, sync::Once};

use crate::{
    bindings::{
        dalsegno::workflow::types::{Failure as ContractFailure, Payload, Request},
        exports::dalsegno::workflow::guest::{Activation, Guest, ModuleDefinition},
    },
    host::{Host, Imports, Level},
    logging,
    run::Run,
    workflow::WorkflowType,
};

/// The workflow types of a module. Implemented by [`workflows!`](crate::workflows), not by hand.
pub trait Module {
    /// All of them.
    fn workflow_types() -> Vec<WorkflowType>;
}

/// A module as a component. Exported by [`workflows!`](crate::workflows).
#[derive(Debug)]
pub struct Component<M>(PhantomData<M>);

thread_local! {
    static RUN: OnceCell<Rc<Run>> = const { OnceCell::new() };
}

impl<M: Module> Component<M> {
    fn run() -> Rc<Run> {
        prepare();
        RUN.with(|run| run.get_or_init(|| Rc::new(Run::new(Box::new(Imports), M::workflow_types()))).clone())
    }
}

impl<M: Module> Guest for Component<M> {
    fn definitions() -> ModuleDefinition {
        prepare();
        let workflows = M::workflow_types().iter().map(|workflow| (workflow.definition)().0).collect();
        ModuleDefinition {
            sdk_name: env!("CARGO_PKG_NAME").to_owned(),
            sdk_version: env!("CARGO_PKG_VERSION").to_owned(),
            workflows,
            extensions: Vec::new(),
        }
    }

    fn activate(activation: Activation) -> Result<(), ContractFailure> {
        Self::run().activate(activation).map_err(crate::Failure::into_contract)
    }

    fn validate_update(request: Request) -> Result<(), ContractFailure> {
        Self::run().validate_update(&request).map_err(crate::Failure::into_contract)
    }

    fn query(request: Request) -> Result<Payload, ContractFailure> {
        Self::run().query(&request).map_err(crate::Failure::into_contract)
    }
}

/// Connects what is global in Rust with the host: panics and the `log` crate.
fn prepare() {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        logging::install();
        // The standard hook writes to stderr, from where the host takes the reason of the trap that follows.
        let standard = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            standard(panic);
            Imports.log(Level::Error, &panic.to_string(), &[]);
        }));
    });
}
