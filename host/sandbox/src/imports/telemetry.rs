//! `telemetry`: what a guest says of itself.

use crate::{
    bindings::telemetry::{Host, Level as GuestLevel},
    context::Context,
    limits,
    telemetry::{Level, LogSource, Telemetry},
};

impl Host for Context {
    fn log(
        &mut self,
        level: GuestLevel,
        message: String,
        fields: Vec<(String, String)>,
    ) -> wasmtime::Result<()> {
        let level = match level {
            GuestLevel::Trace => Level::Trace,
            GuestLevel::Debug => Level::Debug,
            GuestLevel::Info => Level::Info,
            GuestLevel::Warn => Level::Warn,
            GuestLevel::Error => Level::Error,
        };
        self.recorder.push(Telemetry::Log { level, source: LogSource::Log, message, fields });
        Ok(())
    }

    fn count(&mut self, name: String, value: u64, tags: Vec<(String, String)>) -> wasmtime::Result<()> {
        self.recorder.push(Telemetry::Count { name, value, tags });
        Ok(())
    }

    fn record(&mut self, name: String, value: f64, tags: Vec<(String, String)>) -> wasmtime::Result<()> {
        self.recorder.push(Telemetry::Record { name, value, tags });
        Ok(())
    }

    fn wants_call_sites(&mut self) -> wasmtime::Result<bool> {
        Ok(self.call_sites.is_some())
    }

    fn call_site(&mut self, frames: Vec<String>) -> wasmtime::Result<()> {
        if let Some(call_site) = &mut self.call_sites {
            *call_site = frames;
            call_site.truncate(limits::BACKTRACE_FRAMES_MAX);
        }
        Ok(())
    }
}
