//! Ordinary workflows run, answer and replay.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[expect(dead_code, reason = "each test uses a part")]
mod support;

use dalsegno_engine::{
    divergence::Divergence,
    replay::{Replay, ReplayError},
};
use support::TestSandbox;

#[test]
fn a_module_says_what_it_holds() {
    let test = TestSandbox::new();
    let definitions = test.module("hello").definitions().unwrap();
    assert_eq!(definitions.workflows.len(), 1);
    let hello = &definitions.workflows[0];
    assert_eq!(hello.queries[0].name, "state");
    assert!(!definitions.sdk_name.is_empty() && !definitions.sdk_version.is_empty());
}

#[test]
fn a_workflow_runs_to_its_result() {
    let test = TestSandbox::new();
    let mut hello = test.start("hello", "hello", &["\"World\""]);
    hello.finish().unwrap();
    assert_eq!(hello.result(), "\"Hello, World!\"");
}

#[test]
fn a_query_sees_the_workflow_where_it_is() {
    let test = TestSandbox::new();
    let mut hello = test.start("hello", "hello", &["\"World\""]);
    hello.turn().unwrap();
    assert_eq!(hello.query("state"), "\"waiting\"");
    assert!(hello.stack_trace().unwrap().contains("timer"), "{:?}", hello.stack_trace());
    hello.finish().unwrap();
    assert_eq!(hello.query("state"), "\"done\"");
}

#[test]
fn a_history_replays_in_a_fresh_guest() {
    let test = TestSandbox::new();
    let mut chain = test.start("chain", "chain", &["{\"steps\": 20}"]);
    chain.finish().unwrap();
    assert_eq!(chain.result(), "20");
    let mut replay = Replay::default();
    let mut guest = chain.fresh_guest();
    for transition in &chain.transitions {
        replay.step(transition, 100, &mut guest).unwrap();
    }
    assert_eq!(replay.into_state().events, chain.run.state().events);
}

#[test]
fn a_query_for_an_unknown_name_is_a_failure_and_not_a_trap() {
    let test = TestSandbox::new();
    let mut hello = test.start("hello", "hello", &["\"World\""]);
    hello.turn().unwrap();
    let answer = hello.guest.query(support::START, &support::request("no such query"));
    assert!(answer.unwrap().unwrap_err().message.contains("no such query"));
    assert_eq!(hello.query("state"), "\"waiting\"");
}

/// Replays the history of `diverging-base` with another version of it.
fn diverge(package: &str) -> Divergence {
    let test = TestSandbox::new();
    let mut base = test.start("diverging-base", "diverging", &[]);
    base.finish().unwrap();
    base.signal("go", "null");
    base.finish().unwrap();
    assert!(base.run.state().is_closed());
    let mut guest = test.start(package, "diverging", &[]).guest;
    let mut replay = Replay::default();
    let mut steps = base.transitions.iter().map(|transition| replay.step(transition, 1, &mut guest));
    match steps.find_map(Result::err) {
        Some(ReplayError::Diverged(divergence)) => divergence,
        other => panic!("{package}: {other:?}"),
    }
}

#[test]
fn a_divergence_inside_a_call_names_the_guests_function() {
    for package in ["diverging-added", "diverging-changed", "diverging-reordered"] {
        let divergence = diverge(package);
        let backtrace = &divergence.backtrace;
        let function = format!("<{}::diverging as ", package.replace('-', "_"));
        assert!(backtrace.contains(&function), "{package}: {divergence}\n{backtrace}");
        assert!(!backtrace.contains("<function"), "glue is no frame of the guest: {backtrace}");
        assert!(!backtrace.contains("_ZN") && !backtrace.contains("_R"), "mangled: {backtrace}");
    }
}

#[test]
fn closing_too_early_is_a_divergence_inside_the_call() {
    let divergence = diverge("diverging-removed");
    assert!(divergence.actual.is_some() && divergence.backtrace.contains("complete"), "{divergence}");
}

#[test]
fn a_missing_command_shows_what_the_guest_waits_for() {
    let divergence = diverge("diverging-missing");
    assert!(divergence.actual.is_none());
    assert!(divergence.backtrace.contains("never"), "{}", divergence.backtrace);
}
