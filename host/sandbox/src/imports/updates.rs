//! `updates`: answers to accepted updates.

use crate::{
    bindings::{
        types::{Failure, Payload},
        updates::Host,
    },
    context::Context,
    convert,
    stop::Stop,
};

impl Host for Context {
    fn complete(&mut self, update_id: String, result: Option<Payload>) -> wasmtime::Result<()> {
        let result = result.map(convert::payload::from_guest);
        Ok(self.calls.complete_update(update_id, result).map_err(Stop::Call)?)
    }

    fn fail(&mut self, update_id: String, failure: Failure) -> wasmtime::Result<()> {
        let failure = convert::failure::from_guest(failure).map_err(Stop::invalid)?;
        Ok(self.calls.fail_update(update_id, failure).map_err(Stop::Call)?)
    }
}
