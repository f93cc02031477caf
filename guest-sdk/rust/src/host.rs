//! What the SDK asks of its host: the contract's imports behind a trait, so that tests run without one.

use crate::bindings::dalsegno::workflow::{activities, run, telemetry, timers, types, updates};

pub(crate) use activities::Options as ActivityOptions;
pub(crate) use run::RunInfo;
pub(crate) use telemetry::Level;
pub(crate) use timers::Options as TimerOptions;

/// A number that the host gave to something with an outcome.
pub(crate) type Operation = types::Operation;

/// The imports that the SDK uses, one method each. See `wit/host.wit` for what they mean.
pub(crate) trait Host {
    fn schedule_activity(&self, name: &str, input: &[types::Payload], options: &ActivityOptions)
    -> Operation;
    fn cancel_activity(&self, operation: Operation) -> bool;
    fn start_timer(&self, duration_ms: u64, options: &TimerOptions) -> Operation;
    fn cancel_timer(&self, operation: Operation) -> bool;
    fn complete(&self, result: &types::Payload);
    fn fail(&self, failure: &types::Failure);
    fn cancelled(&self, details: &[types::Payload]);
    fn info(&self) -> RunInfo;
    fn random_bytes(&self, length: u32) -> Vec<u8>;
    fn fail_update(&self, id: &str, failure: &types::Failure);
    fn log(&self, level: Level, message: &str, fields: &[(String, String)]);
    fn count(&self, name: &str, value: u64, tags: &[(String, String)]);
    fn record(&self, name: &str, value: f64, tags: &[(String, String)]);
    fn wants_call_sites(&self) -> bool;
    fn call_site(&self, frames: &[String]);
}

/// The host that runs this component.
pub(crate) struct Imports;

impl Host for Imports {
    fn schedule_activity(
        &self,
        name: &str,
        input: &[types::Payload],
        options: &ActivityOptions,
    ) -> Operation {
        activities::schedule(name, input, options)
    }

    fn cancel_activity(&self, operation: Operation) -> bool {
        activities::cancel(operation)
    }

    fn start_timer(&self, duration_ms: u64, options: &TimerOptions) -> Operation {
        timers::start(duration_ms, options)
    }

    fn cancel_timer(&self, operation: Operation) -> bool {
        timers::cancel(operation)
    }

    fn complete(&self, result: &types::Payload) {
        run::complete(Some(result));
    }

    fn fail(&self, failure: &types::Failure) {
        run::fail(failure);
    }

    fn cancelled(&self, details: &[types::Payload]) {
        run::cancelled(details);
    }

    fn info(&self) -> RunInfo {
        run::info()
    }

    fn random_bytes(&self, length: u32) -> Vec<u8> {
        run::random_bytes(length)
    }

    fn fail_update(&self, id: &str, failure: &types::Failure) {
        updates::fail(id, failure);
    }

    fn log(&self, level: Level, message: &str, fields: &[(String, String)]) {
        telemetry::log(level, message, fields);
    }

    fn count(&self, name: &str, value: u64, tags: &[(String, String)]) {
        telemetry::count(name, value, tags);
    }

    fn record(&self, name: &str, value: f64, tags: &[(String, String)]) {
        telemetry::record(name, value, tags);
    }

    fn wants_call_sites(&self) -> bool {
        telemetry::wants_call_sites()
    }

    fn call_site(&self, frames: &[String]) {
        telemetry::call_site(frames);
    }
}
