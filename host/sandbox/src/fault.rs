//! Why a call of a guest failed: its bug, the environment, or another history.

use dalsegno_engine::{
    calls::CallError,
    guest::{ActivationError, ActivationErrorKind},
};
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};

use crate::{backtrace, context::Context, limits, stop::Stop, text};

/// What wasmtime says when a call would carry too much out of a guest; its type is private.
const CALL_TOO_LARGE: &str = "fuel allocated for hostcalls has been exhausted";

/// Reads an error of wasmtime.
pub(crate) fn explain(error: &wasmtime::Error, context: &mut Context) -> ActivationError {
    let (kind, message) = classify(error, context);
    failed(kind, &message, &place(error, context))
}

/// Where the guest stood. Its own words count if it said them just before, which frames of an interpreter show as well
/// as a call that the engine refuses.
fn place(error: &wasmtime::Error, context: &Context) -> String {
    let frames = error.downcast_ref::<WasmBacktrace>();
    let is_told = frames.is_some_and(backtrace::is_of_interpreter)
        || matches!(error.downcast_ref::<Stop>(), Some(Stop::Call(_)));
    match &context.call_sites {
        Some(told) if is_told && !told.is_empty() => told.join("\n"),
        _ => frames.map(backtrace::render).unwrap_or_default(),
    }
}

/// A failed activation. Both texts may come from the guest.
pub(crate) fn failed(kind: ActivationErrorKind, message: &str, backtrace: &str) -> ActivationError {
    ActivationError {
        kind,
        message: text::line(message, limits::MESSAGE_BYTES_MAX),
        backtrace: text::lines(backtrace, limits::BACKTRACE_BYTES_MAX),
    }
}

fn classify(error: &wasmtime::Error, context: &mut Context) -> (ActivationErrorKind, String) {
    use ActivationErrorKind::{Bug, Environmental, Nondeterminism};

    if let Some(stop) = error.downcast_ref::<Stop>() {
        let kind = match stop {
            Stop::Call(CallError::Diverged) => Nondeterminism,
            Stop::Memory(_) | Stop::Table(_) => Environmental,
            Stop::Call(_) | Stop::Forbidden { .. } | Stop::Exited | Stop::Spent => Bug,
        };
        let said = if *stop == Stop::Exited { panic_message(context) } else { None };
        return (kind, said.unwrap_or_else(|| stop.to_string()));
    }
    if let Some(full) = error.downcast_ref::<PoolConcurrencyLimitError>() {
        return (Environmental, format!("the host has no room for another guest: {full}"));
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => (Environmental, stack_overflow()),
        Some(Trap::Interrupt) => (Environmental, deadline()),
        Some(Trap::OutOfFuel | Trap::AllocationTooLarge) => (Environmental, root(error)),
        Some(trap) => (Bug, panic_message(context).unwrap_or_else(|| trapped(*trap))),
        None if root(error).contains(CALL_TOO_LARGE) => (Bug, call_too_large()),
        None => (Bug, format!("the workflow broke a rule of WebAssembly components: {}", root(error))),
    }
}

/// What the code said before it gave up.
fn panic_message(context: &mut Context) -> Option<String> {
    context.stdio.last_words()
}

fn trapped(trap: Trap) -> String {
    let what = trap.to_string();
    format!("the workflow trapped: {}", what.trim_start_matches("wasm trap: "))
}

fn stack_overflow() -> String {
    let max = limits::STACK_BYTES_MAX >> 10;
    format!("the workflow used up its stack of {max} KiB: is there a recursion without an end?")
}

fn deadline() -> String {
    "the workflow computed for too long in one activation: is there a loop without an end? Long \
     computations belong in activities"
        .to_owned()
}

fn call_too_large() -> String {
    let max = limits::CALL_BYTES_MAX >> 20;
    format!(
        "the workflow passed more than {max} MiB to the host in one call: keep large values elsewhere \
         and pass a reference"
    )
}

fn root(error: &wasmtime::Error) -> String {
    error.root_cause().to_string()
}
