//! `run`: the run itself.

use crate::{
    bindings::{
        run::*,
        types::{Failure, Payload},
    },
    context::Context,
    convert,
    stop::Stop,
    telemetry::Telemetry,
};

impl Host for Context {
    fn info(&mut self) -> wasmtime::Result<RunInfo> {
        let Some(info) = &self.run else {
            return Err(Stop::invalid("`run.info` was called without a run").into());
        };
        Ok(convert::run_info::to_guest(info, &self.module))
    }

    fn random_bytes(&mut self, length: u32) -> wasmtime::Result<Vec<u8>> {
        Ok(self.random_bytes(length.into())?)
    }

    fn complete(&mut self, result: Option<Payload>) -> wasmtime::Result<()> {
        let result = result.map(convert::payload::from_guest);
        Ok(self.calls.complete(result).map_err(Stop::Call)?)
    }

    fn fail(&mut self, failure: Failure) -> wasmtime::Result<()> {
        let failure = convert::failure::from_guest(failure).map_err(Stop::invalid)?;
        Ok(self.calls.fail(failure).map_err(Stop::Call)?)
    }

    fn cancelled(&mut self, details: Vec<Payload>) -> wasmtime::Result<()> {
        let details = convert::payload::list_from_guest(details);
        Ok(self.calls.cancelled(details).map_err(Stop::Call)?)
    }

    fn continue_as_new(
        &mut self,
        input: Vec<Payload>,
        options: ContinueAsNewOptions,
    ) -> wasmtime::Result<()> {
        let ask = convert::continuation::from_guest(input, options);
        Ok(self.calls.continue_as_new(ask).map_err(Stop::Call)?)
    }

    fn patched(&mut self, id: String) -> wasmtime::Result<bool> {
        Ok(self.calls.patched(id).map_err(Stop::Call)?)
    }

    fn deprecate_patch(&mut self, id: String) -> wasmtime::Result<()> {
        Ok(self.calls.deprecate_patch(id).map_err(Stop::Call)?)
    }

    fn get_version(&mut self, change_id: String, minimum: i32, maximum: i32) -> wasmtime::Result<i32> {
        Ok(self.calls.get_version(change_id, minimum, maximum).map_err(Stop::Call)?)
    }

    fn upsert_search_attributes(
        &mut self,
        attributes: Vec<(String, Option<Payload>)>,
    ) -> wasmtime::Result<()> {
        let changed = convert::payload::changes_from_guest(attributes);
        Ok(self.calls.upsert_search_attributes(&changed).map_err(Stop::Call)?)
    }

    fn set_memo(&mut self, fields: Vec<(String, Option<Payload>)>) -> wasmtime::Result<()> {
        let changed = convert::payload::changes_from_guest(fields);
        Ok(self.calls.set_memo(changed).map_err(Stop::Call)?)
    }

    fn set_details(&mut self, details: String) -> wasmtime::Result<()> {
        self.recorder.push(Telemetry::Details(details));
        Ok(())
    }
}
