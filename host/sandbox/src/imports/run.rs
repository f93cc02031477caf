//! `run`: the run itself.

use super::unsupported;
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
        _input: Vec<Payload>,
        _options: ContinueAsNewOptions,
    ) -> wasmtime::Result<()> {
        unsupported("run.continue-as-new")
    }

    fn patched(&mut self, _id: String) -> wasmtime::Result<bool> {
        unsupported("run.patched")
    }

    fn deprecate_patch(&mut self, _id: String) -> wasmtime::Result<()> {
        unsupported("run.deprecate-patch")
    }

    fn get_version(&mut self, _change_id: String, _minimum: i32, _maximum: i32) -> wasmtime::Result<i32> {
        unsupported("run.get-version")
    }

    fn upsert_search_attributes(
        &mut self,
        _attributes: Vec<(String, Option<Payload>)>,
    ) -> wasmtime::Result<()> {
        unsupported("run.upsert-search-attributes")
    }

    fn set_memo(&mut self, _fields: Vec<(String, Option<Payload>)>) -> wasmtime::Result<()> {
        unsupported("run.set-memo")
    }

    fn set_details(&mut self, details: String) -> wasmtime::Result<()> {
        self.recorder.push(Telemetry::Details(details));
        Ok(())
    }
}
