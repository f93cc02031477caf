//! Workflows that harm their host, or try: each fails alone, and its error says why and what to do.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[expect(dead_code, reason = "each test uses a part")]
mod support;

use std::time::Duration;

use dalsegno_engine::guest::{ActivationError, ActivationErrorKind};
use support::TestSandbox;

/// The error that ends this workflow of the guest `hostile`.
fn error_of(workflow_type: &str) -> ActivationError {
    let test = TestSandbox::with(|config| {
        config.memory_bytes_max = 64 << 20;
        // Short where it is what is tested; else long enough for an unoptimised host on a busy machine.
        let seconds = if workflow_type == "loop-forever" { 1 } else { 60 };
        config.activation_deadline = Duration::from_secs(seconds);
    });
    let mut hostile = test.start("hostile", workflow_type, &[]);
    let error = hostile.finish().expect_err("it does harm");
    // The host and other guests go on.
    let mut hello = test.start("hello", "hello", &["\"World\""]);
    hello.finish().unwrap();
    // What failed is in an unknown state, and is refused.
    let again = hostile.guest.query(support::START, &support::request("state")).unwrap_err();
    assert!(again.message.contains("cannot be used again"), "{again}");
    error
}

#[track_caller]
fn is_bug(workflow_type: &str, says: &[&str]) -> ActivationError {
    let error = error_of(workflow_type);
    assert_eq!(error.kind, ActivationErrorKind::Bug, "{error:?}");
    for part in says {
        assert!(error.message.contains(part), "{error:?} does not say {part}");
    }
    error
}

#[track_caller]
fn is_environmental(workflow_type: &str, says: &[&str]) -> ActivationError {
    let error = error_of(workflow_type);
    assert_eq!(error.kind, ActivationErrorKind::Environmental, "{error:?}");
    for part in says {
        assert!(error.message.contains(part), "{error:?} does not say {part}");
    }
    error
}

#[test]
fn a_panic_is_a_bug_with_its_message_and_the_place() {
    let error = is_bug("trap", &["this workflow always panics", "machine.rs"]);
    assert!(error.backtrace.contains("hostile::machine::trap"), "{}", error.backtrace);
    let first = error.backtrace.lines().next().unwrap_or_default();
    assert!(!first.contains("panicking"), "the run-time library comes first: {}", error.backtrace);
}

#[test]
fn an_unreachable_instruction_is_a_bug() {
    let error = is_bug("unreachable", &["unreachable"]);
    assert!(error.backtrace.contains("unreachable"), "{}", error.backtrace);
}

#[test]
fn a_division_by_zero_is_a_bug() {
    is_bug("divide-by-zero", &["divide by zero"]);
}

#[test]
fn an_access_out_of_bounds_is_a_bug() {
    is_bug("out-of-bounds", &["out of bounds memory access"]);
}

#[test]
fn an_endless_loop_is_environmental() {
    let error = is_environmental("loop-forever", &["computed for too long", "activities"]);
    assert!(error.backtrace.contains("loop_forever"), "{}", error.backtrace);
}

#[test]
fn an_endless_recursion_is_environmental() {
    let error = is_environmental("recursion", &["stack of 512 KiB"]);
    assert!(error.backtrace.contains("deeper"), "{}", error.backtrace);
}

#[test]
fn a_memory_bomb_is_environmental() {
    is_environmental("memory-bomb", &["67108864 bytes of memory"]);
}

#[test]
fn a_million_commands_are_a_bug() {
    is_bug("million-commands", &["pending operations"]);
}

#[test]
fn payloads_that_are_too_large_are_bugs() {
    let test = TestSandbox::new();
    for (mebibytes, says) in [("64", "more than 16 MiB to the host"), ("3", "2097152 are allowed")] {
        let error = test.start("hostile", "big-payload", &[mebibytes]).finish().unwrap_err();
        assert_eq!(error.kind, ActivationErrorKind::Bug, "{error:?}");
        assert!(error.message.contains(says), "{error:?}");
        assert!(error.message.contains("pass a reference"), "{error:?}");
    }
}

#[test]
fn an_activity_without_a_time_limit_is_a_bug() {
    is_bug("no-timeout", &["no time limit"]);
}

#[test]
fn a_socket_is_a_bug_that_names_activities() {
    let error = is_bug("socket", &["wasi:sockets", "`http` activity"]);
    assert!(error.backtrace.contains("hostile::system::socket"), "{}", error.backtrace);
}

#[test]
fn a_blocking_sleep_is_a_bug_that_names_durable_timers() {
    let error = is_bug("blocking-sleep", &["blocking wait", "durable timer"]);
    assert!(error.backtrace.contains("hostile::system::blocking_sleep"), "{}", error.backtrace);
}

#[test]
fn a_file_of_the_system_is_not_found() {
    let test = TestSandbox::new();
    let mut file = test.start("hostile", "file", &[]);
    file.finish().unwrap();
    assert!(matches!(&file.run.state().outcome, Some(Err(_))), "{:?}", file.run.state().outcome);
}

#[test]
fn a_flood_of_log_lines_is_cut_and_counted() {
    let test = TestSandbox::with(|config| config.activation_deadline = Duration::from_secs(60));
    let mut flood = test.start("hostile", "log-flood", &[]);
    flood.finish().unwrap();
    let telemetry = flood.guest.take_telemetry();
    assert_eq!(telemetry.len(), dalsegno_sandbox::limits::TELEMETRY_ENTRIES_MAX + 1);
    let last = format!("{:?}", telemetry.last());
    assert!(last.contains("999000 more entries were dropped"), "{last}");
}
