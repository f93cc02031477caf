//! The reference of the conformance suite: `README.md` says what each workflow does, `tests/conformance` what comes
//! of it, in every language.

mod activities;
mod bugs;
mod cancellation;
mod chains;
mod children;
mod data;
mod giving_up;
mod options;
mod other_runs;
mod signals;
mod surroundings;
mod timers;
mod updates;

use std::time::Duration;

use activities::{
    activities_in_parallel, activities_in_sequence, activity_attempts_used_up, activity_cancelled,
    activity_cancelled_and_awaited, activity_fails, activity_failure_caught, activity_options,
    activity_retried, activity_times_out, activity_type_not_retried, chain, local_activities,
};
use bugs::{bug, cause_chain, hangs};
use cancellation::{InnerScope, OuterScope, cancel_caught, cancel_uncaught, cancel_with_clean_up};
use chains::{carried_signal, continued, patches, retried_workflow};
use children::{
    ChildWaits, child_abandoned, child_cancelled, child_executed, child_fails, child_failure,
    child_failure_caught, child_greets, child_id_taken, child_signalled, info_of_child,
};
use dalsegno_sdk::{Activity, Failure, FromPayload, activity};
use data::{Unicode, attributes, bytes, large_payload, many_arguments, mirror, nothing};
use giving_up::{cancel_becomes_failure, cancel_several};
use options::{child_options, continue_as_new_options, local_activity_options};
use other_runs::{external_missing, messenger};
use signals::{
    AllHandlersFinished, AsyncSignalHandler, DynamicHandlers, SignalFails, Signals, buffered_signal,
};
use surroundings::{draws, info_known};
use timers::{Condition, race, timeout, timer, timer_cancelled, timers_in_order_of_firing};
use updates::{Queries, Updates};

dalsegno_sdk::workflows![
    activities_in_sequence,
    activities_in_parallel,
    activity_fails,
    activity_failure_caught,
    activity_retried,
    activity_attempts_used_up,
    activity_type_not_retried,
    activity_options,
    activity_times_out,
    activity_cancelled,
    activity_cancelled_and_awaited,
    chain,
    local_activities,
    local_activity_options,
    timer,
    timers_in_order_of_firing,
    timer_cancelled,
    race,
    timeout,
    Condition,
    Signals,
    AsyncSignalHandler,
    AllHandlersFinished,
    buffered_signal,
    SignalFails,
    DynamicHandlers,
    Queries,
    Updates,
    child_greets,
    child_fails,
    ChildWaits,
    child_executed,
    child_failure,
    child_failure_caught,
    child_cancelled,
    child_signalled,
    child_abandoned,
    child_id_taken,
    child_options,
    messenger,
    external_missing,
    cancel_uncaught,
    cancel_caught,
    cancel_with_clean_up,
    InnerScope,
    OuterScope,
    cancel_several,
    cancel_becomes_failure,
    continued,
    continue_as_new_options,
    carried_signal,
    retried_workflow,
    patches,
    draws,
    large_payload,
    Unicode,
    many_arguments,
    nothing,
    mirror,
    bytes,
    attributes,
    info_known,
    info_of_child,
    cause_chain,
    bug,
    hangs,
];

/// The time limit of an activity's attempt, unless it is another.
const START_TO_CLOSE: Duration = Duration::from_secs(60);

/// A timer that never fires in a test.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// An activity with no options.
#[track_caller]
fn call<T: FromPayload>(name: &str) -> Activity<T> {
    activity(name).start_to_close(START_TO_CLOSE)
}

/// Waits for the signal `go`.
async fn go() -> Result<(), Failure> {
    dalsegno_sdk::signals("go").next().await
}

/// What is returned for something that was cancelled; any other end is an error of the test.
fn cancelled<T>(ended: Result<T, Failure>) -> Result<&'static str, Failure> {
    match ended {
        Err(failure) if failure.is_cancelled() => Ok("cancelled"),
        Err(failure) => Err(failure),
        Ok(_) => Err(Failure::application("NotCancelled", "it came to its end")),
    }
}
