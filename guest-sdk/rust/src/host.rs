//! What the SDK asks of its host: the contract's imports behind a trait, so that tests run without one.

use crate::bindings::dalsegno::workflow::{
    activities, children, run, runs, telemetry, timers, types, updates,
};

pub(crate) use activities::{LocalOptions as LocalActivityOptions, Options as ActivityOptions};
pub(crate) use children::{Child, Options as ChildOptions};
pub(crate) use run::{ContinueAsNewOptions, RunInfo};
pub(crate) use runs::{SignalOptions, Target};
pub(crate) use telemetry::Level;
pub(crate) use timers::Options as TimerOptions;

/// A number that the host gave to something with an outcome.
pub(crate) type Operation = types::Operation;

/// Named values, of which the absent ones are removed.
pub(crate) type Changes = [(String, Option<types::Payload>)];

/// The imports that the SDK uses, one method each. See `wit/host.wit` for what they mean.
pub(crate) trait Host {
    fn schedule_activity(&self, name: &str, input: &[types::Payload], options: &ActivityOptions)
    -> Operation;
    fn schedule_local_activity(
        &self,
        name: &str,
        input: &[types::Payload],
        options: &LocalActivityOptions,
    ) -> Operation;
    fn cancel_activity(&self, operation: Operation) -> bool;
    fn start_timer(&self, duration_ms: u64, options: &TimerOptions) -> Operation;
    fn cancel_timer(&self, operation: Operation) -> bool;
    fn start_child(&self, workflow_type: &str, input: &[types::Payload], options: &ChildOptions) -> Child;
    fn cancel_child(&self, closed: Operation, reason: &str) -> bool;
    fn signal_run(
        &self,
        target: &Target,
        name: &str,
        input: &[types::Payload],
        options: &SignalOptions,
    ) -> Operation;
    fn cancel_run(&self, target: &Target, reason: &str) -> Operation;
    fn complete(&self, result: &types::Payload);
    fn fail(&self, failure: &types::Failure);
    fn cancelled(&self, details: &[types::Payload]);
    fn continue_as_new(&self, input: &[types::Payload], options: &ContinueAsNewOptions);
    fn info(&self) -> RunInfo;
    fn random_bytes(&self, length: u32) -> Vec<u8>;
    fn patched(&self, id: &str) -> bool;
    fn deprecate_patch(&self, id: &str);
    fn get_version(&self, change_id: &str, minimum: i32, maximum: i32) -> i32;
    fn upsert_search_attributes(&self, attributes: &Changes);
    fn set_memo(&self, fields: &Changes);
    fn set_details(&self, details: &str);
    fn complete_update(&self, id: &str, result: &types::Payload);
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

    fn schedule_local_activity(
        &self,
        name: &str,
        input: &[types::Payload],
        options: &LocalActivityOptions,
    ) -> Operation {
        activities::schedule_local(name, input, options)
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

    fn start_child(&self, workflow_type: &str, input: &[types::Payload], options: &ChildOptions) -> Child {
        children::start(workflow_type, input, options)
    }

    fn cancel_child(&self, closed: Operation, reason: &str) -> bool {
        children::cancel(closed, reason)
    }

    fn signal_run(
        &self,
        target: &Target,
        name: &str,
        input: &[types::Payload],
        options: &SignalOptions,
    ) -> Operation {
        runs::signal(target, name, input, options)
    }

    fn cancel_run(&self, target: &Target, reason: &str) -> Operation {
        runs::cancel(target, reason)
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

    fn continue_as_new(&self, input: &[types::Payload], options: &ContinueAsNewOptions) {
        run::continue_as_new(input, options);
    }

    fn info(&self) -> RunInfo {
        run::info()
    }

    fn random_bytes(&self, length: u32) -> Vec<u8> {
        run::random_bytes(length)
    }

    fn patched(&self, id: &str) -> bool {
        run::patched(id)
    }

    fn deprecate_patch(&self, id: &str) {
        run::deprecate_patch(id);
    }

    fn get_version(&self, change_id: &str, minimum: i32, maximum: i32) -> i32 {
        run::get_version(change_id, minimum, maximum)
    }

    fn upsert_search_attributes(&self, attributes: &Changes) {
        run::upsert_search_attributes(attributes);
    }

    fn set_memo(&self, fields: &Changes) {
        run::set_memo(fields);
    }

    fn set_details(&self, details: &str) {
        run::set_details(details);
    }

    fn complete_update(&self, id: &str, result: &types::Payload) {
        updates::complete(id, Some(result));
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
