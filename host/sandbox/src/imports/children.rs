//! `children`: workflows started by this one.

use crate::{
    bindings::{children::*, types::Payload},
    context::Context,
    convert,
    stop::Stop,
};

impl Host for Context {
    fn start(
        &mut self,
        workflow_type: String,
        input: Vec<Payload>,
        options: Options,
    ) -> wasmtime::Result<Child> {
        let ask = convert::child::from_guest(workflow_type, input, options);
        let (started, closed) = self.calls.start_child(ask).map_err(Stop::Call)?;
        Ok(Child { started, closed })
    }

    fn cancel(&mut self, closed: Operation, reason: String) -> wasmtime::Result<bool> {
        Ok(self.calls.cancel_child(closed, reason).map_err(Stop::Call)?)
    }
}
