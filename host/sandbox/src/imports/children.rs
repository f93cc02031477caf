//! `children`: workflows started by this one.

use super::unsupported;
use crate::{
    bindings::{children::*, types::Payload},
    context::Context,
};

impl Host for Context {
    fn start(
        &mut self,
        _workflow_type: String,
        _input: Vec<Payload>,
        _options: Options,
    ) -> wasmtime::Result<Child> {
        unsupported("children.start")
    }

    fn cancel(&mut self, _closed: Operation, _reason: String) -> wasmtime::Result<bool> {
        unsupported("children.cancel")
    }
}
