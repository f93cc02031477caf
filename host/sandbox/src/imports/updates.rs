//! `updates`: answers to accepted updates.

use super::unsupported;
use crate::{
    bindings::{
        types::{Failure, Payload},
        updates::Host,
    },
    context::Context,
};

impl Host for Context {
    fn complete(&mut self, _update_id: String, _result: Option<Payload>) -> wasmtime::Result<()> {
        unsupported("updates.complete")
    }

    fn fail(&mut self, _update_id: String, _failure: Failure) -> wasmtime::Result<()> {
        unsupported("updates.fail")
    }
}
