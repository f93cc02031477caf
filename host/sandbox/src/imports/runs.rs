//! `runs`: other runs, by workflow id.

use crate::{
    bindings::{runs::*, types::Payload},
    context::Context,
    convert,
    stop::Stop,
};

impl Host for Context {
    fn signal(
        &mut self,
        target: Target,
        name: String,
        input: Vec<Payload>,
        options: SignalOptions,
    ) -> wasmtime::Result<Operation> {
        let to = self.address(target)?;
        let input = convert::payload::list_from_guest(input);
        let headers = convert::payload::headers_from_guest(options.headers);
        let operation = self.calls.signal_external(to, name, input, headers, options.child_only);
        Ok(operation.map_err(Stop::Call)?)
    }

    fn cancel(&mut self, target: Target, reason: String) -> wasmtime::Result<Operation> {
        let to = self.address(target)?;
        Ok(self.calls.cancel_external(to, reason).map_err(Stop::Call)?)
    }
}

impl Context {
    fn address(&self, target: Target) -> wasmtime::Result<dalsegno_engine::message::Address> {
        let Target { namespace, workflow_id, run_id } = target;
        Ok(self.calls.address(namespace, workflow_id, run_id).map_err(Stop::Call)?)
    }
}
