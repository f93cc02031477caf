//! `timers`: durable timers.

use dalsegno_engine::time::Millis;

use crate::{bindings::timers::*, context::Context, stop::Stop};

impl Host for Context {
    fn start(&mut self, duration_ms: u64, options: Options) -> wasmtime::Result<Operation> {
        let started = self.calls.start_timer(Millis(duration_ms), options.summary);
        Ok(started.map_err(Stop::Call)?)
    }

    fn cancel(&mut self, operation: Operation) -> wasmtime::Result<bool> {
        Ok(self.calls.cancel_timer(operation).map_err(Stop::Call)?)
    }
}
