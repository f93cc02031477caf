//! `runs`: other runs, by workflow id.

use super::unsupported;
use crate::{
    bindings::{runs::*, types::Payload},
    context::Context,
};

impl Host for Context {
    fn signal(
        &mut self,
        _target: Target,
        _name: String,
        _input: Vec<Payload>,
        _options: SignalOptions,
    ) -> wasmtime::Result<Operation> {
        unsupported("runs.signal")
    }

    fn cancel(&mut self, _target: Target, _reason: String) -> wasmtime::Result<Operation> {
        unsupported("runs.cancel")
    }
}
