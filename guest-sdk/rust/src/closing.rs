//! The end of a run: how it closes, once, and what is said of the work that it leaves.

use std::collections::BTreeMap;

use crate::{
    failure::Failure,
    host::{ContinueAsNewOptions, Level},
    payload::Payload,
    runtime::Runtime,
};

/// Closes the run with what came of it.
pub(crate) fn finish(runtime: &Runtime, result: Result<Payload, Failure>) {
    if runtime.is_closed() {
        return;
    }
    warn_of_handlers(runtime);
    for (name, number) in runtime.signals().numbers() {
        warn(runtime, &format!("the run closes without having taken {number} signals named `{name}`"));
    }
    match result {
        Ok(result) => runtime.host().complete(&result),
        Err(failure) => match failure.cancelled_details() {
            Some(details) if runtime.cancel_requested() => runtime.host().cancelled(details),
            _ => runtime.host().fail(&failure.into_contract()),
        },
    }
    runtime.close();
}

/// Closes the run, and starts the next one with the signals that nobody took.
pub(crate) fn continue_as_new(runtime: &Runtime, input: &[Payload], options: &mut ContinueAsNewOptions) {
    // A handler that continues as new has come to its end.
    if let Some(handling) = runtime.handling() {
        handling.end_work(runtime);
    }
    warn_of_handlers(runtime);
    options.carried_signals = runtime.signals().take_all();
    runtime.host().continue_as_new(input, options);
    runtime.close();
}

/// True if the failure is what the request to cancel comes to.
pub(crate) fn is_answer_to_cancel(runtime: &Runtime, failure: &Failure) -> bool {
    failure.is_cancelled() && runtime.cancel_requested()
}

fn warn_of_handlers(runtime: &Runtime) {
    let mut unfinished = BTreeMap::<_, usize>::new();
    for name in runtime.handlers().to_warn_of() {
        *unfinished.entry(name).or_default() += 1;
    }
    for (name, number) in unfinished {
        warn(runtime, &format!("the run closes while {number} handlers of {name} are at work"));
    }
}

fn warn(runtime: &Runtime, message: &str) {
    runtime.host().log(Level::Warn, message, &[]);
}
