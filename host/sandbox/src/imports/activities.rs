//! `activities`: work outside the sandbox.

use crate::{
    bindings::{activities::*, types::Payload},
    context::Context,
    convert,
    stop::Stop,
};

impl Host for Context {
    fn schedule(
        &mut self,
        activity_type: String,
        input: Vec<Payload>,
        options: Options,
    ) -> wasmtime::Result<Operation> {
        let ask = convert::activity::from_guest(activity_type, input, options);
        Ok(self.calls.schedule_activity(ask).map_err(Stop::Call)?)
    }

    fn schedule_local(
        &mut self,
        activity_type: String,
        input: Vec<Payload>,
        options: LocalOptions,
    ) -> wasmtime::Result<Operation> {
        let ask = convert::activity::from_guest_local(activity_type, input, options);
        Ok(self.calls.schedule_activity(ask).map_err(Stop::Call)?)
    }

    fn cancel(&mut self, operation: Operation) -> wasmtime::Result<bool> {
        Ok(self.calls.cancel_activity(operation).map_err(Stop::Call)?)
    }
}
