//! The imports of the contract, one file per interface. They convert, and ask the engine.
//!
//! An error of these functions ends the call of the guest as a trap that carries a [`Stop`].

mod activities;
mod children;
mod run;
mod runs;
mod telemetry;
mod timers;
mod updates;

use wasmtime::component::{HasSelf, Linker};

use crate::{
    bindings::{Workflow, types},
    context::Context,
};

impl types::Host for Context {}

pub(crate) fn add_to_linker(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    Workflow::add_to_linker::<_, HasSelf<_>>(linker, |context| context)
}
