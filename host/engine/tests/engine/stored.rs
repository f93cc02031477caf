//! The stored form of transitions, and histories that contradict themselves.

use dalsegno_engine::{
    Failure, Millis, Payload, State, Timestamp, Transition,
    event::{EventAttributes as E, UpdateOutcome},
    failure::{FailureKind, RetryState},
    guest::Shown,
    history::{BadTransition, ENGINE_SEMANTICS},
    ids::RunId,
    message::MessageBody,
    retry::RetryPolicy,
};
use proptest::prelude::*;
use rstest::rstest;
use serde::{Deserialize, Serialize};

use crate::kit::started;

#[test]
fn a_policy_stored_when_it_had_fewer_fields_takes_the_defaults() {
    #[derive(Serialize)]
    struct Older {
        initial_interval: u64,
        backoff_coefficient: f64,
    }
    let bytes = rmp_serde::to_vec(&Older { initial_interval: 5, backoff_coefficient: 3.0 }).expect("data");
    let policy: RetryPolicy = rmp_serde::from_slice(&bytes).expect("the rest has defaults");
    let expected =
        RetryPolicy { initial_interval: Millis(5), backoff_coefficient: 3.0, ..RetryPolicy::default() };
    assert_eq!(policy, expected);
}

/// What adding a field to an event does, here to a copy of one.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Newer {
    TimerFired {
        operation: u64,
        #[serde(default)]
        late_by: Option<u64>,
    },
}

#[test]
fn a_field_added_at_the_end_with_a_default_leaves_old_events_readable() {
    let old = rmp_serde::to_vec(&E::TimerFired { operation: 7 }).expect("data");
    let read: Newer = rmp_serde::from_slice(&old).expect("the new field has a default");
    assert_eq!(read, Newer::TimerFired { operation: 7, late_by: None });
}

#[test]
fn an_event_with_a_field_too_many_is_not_read_as_if_it_had_none() {
    let newer = rmp_serde::to_vec(&Newer::TimerFired { operation: 7, late_by: Some(1) }).expect("data");
    assert!(rmp_serde::from_slice::<E>(&newer).is_err(), "an older host must not lose what it does not know");
}

#[test]
fn a_transition_of_a_newer_format_says_so() {
    let mut bytes = start().encode();
    bytes[0] = 2;
    assert!(matches!(Transition::decode(&bytes), Err(BadTransition::Format(2))));
    assert!(matches!(Transition::decode(&[]), Err(BadTransition::Damaged(_))));
}

proptest! {
    #[test]
    fn damaged_bytes_never_panic(
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        kept in any::<prop::sample::Index>(),
    ) {
        let mut bytes = start().encode();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        bytes.truncate(kept.index(bytes.len()) + 1);
        if let Ok(transition) = Transition::decode(&bytes) {
            let _ = State::fold([(&transition, bytes.len())]);
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let mut with_format = vec![1];
        with_format.extend(&bytes);
        let _ = Transition::decode(&bytes);
        let _ = MessageBody::decode(&bytes);
        let _ = UpdateOutcome::decode(&bytes);
        let _ = Transition::decode(&with_format);
    }
}

const TIME: Timestamp = Timestamp::from_micros(1_000);

fn transition(first_event_id: u64, activation: u64, inputs: Vec<E>, commands: Vec<E>) -> Transition {
    let activated = Some(Shown::default());
    Transition { first_event_id, time: TIME, activation, activated, inputs, commands }
}

fn start() -> Transition {
    let timer = E::TimerStarted { operation: 1, start_to_fire: Millis(1), summary: None };
    transition(1, 1, vec![E::WorkflowExecutionStarted(started().into())], vec![timer])
}

fn fired(operation: u64) -> E {
    E::TimerFired { operation }
}

fn closed() -> E {
    E::WorkflowExecutionCompleted { result: None }
}

fn accepted() -> E {
    let (name, input, headers) = ("set".to_owned(), Vec::new(), Vec::new());
    E::WorkflowExecutionUpdateAccepted { update_id: "u1".to_owned(), name, input, headers }
}

fn answered() -> E {
    let outcome = UpdateOutcome::Completed(Payload::json("1"));
    E::WorkflowExecutionUpdateCompleted { update_id: "u1".to_owned(), outcome }
}

fn started_event() -> E {
    E::WorkflowExecutionStarted(started().into())
}

#[rstest]
#[case::a_gap(transition(4, 2, vec![fired(1)], vec![]), "the next transition begins at 4")]
#[case::an_overlap(transition(2, 2, vec![fired(1)], vec![]), "the next transition begins at 2")]
#[case::back_in_time(Transition { time: Timestamp::MIN, ..transition(3, 2, vec![fired(1)], vec![]) }, "before that of")]
#[case::another_activation(transition(3, 3, vec![fired(1)], vec![]), "activation 3")]
#[case::no_events(transition(3, 2, vec![], vec![]), "without events")]
#[case::a_command_as_input(transition(3, 2, vec![closed()], vec![]), "mixed up")]
#[case::an_input_as_command(transition(3, 2, vec![], vec![fired(1)]), "mixed up")]
#[case::commands_without_activation(
    Transition { activated: None, ..transition(3, 2, vec![fired(1)], vec![closed()]) },
    "without an activation"
)]
#[case::a_second_start(transition(3, 2, vec![started_event()], vec![]), "WorkflowExecutionStarted stands there")]
#[case::nothing_pending(transition(3, 2, vec![fired(2)], vec![]), "operation 2, which is not pending")]
#[case::twice(transition(3, 2, vec![fired(1), fired(1)], vec![]), "operation 1, which is not pending")]
#[case::of_another_kind(
    transition(3, 2, vec![E::ActivityTaskCompleted { operation: 1, result: None, attempt: 1 }], vec![]),
    "does not fit operation 1"
)]
#[case::an_operation_left_out(
    transition(3, 2, vec![fired(1)], vec![E::TimerStarted { operation: 3, start_to_fire: Millis(1), summary: None }]),
    "2 is the next"
)]
#[case::an_update_that_was_not_accepted(transition(3, 2, vec![fired(1)], vec![answered()]), "`u1` is not under way")]
#[case::an_update_answered_twice(
    transition(3, 2, vec![accepted()], vec![answered(), answered()]),
    "`u1` is not under way"
)]
#[case::a_child_that_was_not_started(
    transition(3, 2, vec![E::ChildWorkflowExecutionTerminated { operation: 1, run_id: RunId::new("r") }], vec![]),
    "does not fit operation 1"
)]
#[case::an_answer_to_nothing(
    transition(3, 2, vec![E::ExternalWorkflowExecutionSignaled { operation: 1 }], vec![]),
    "does not fit operation 1"
)]
#[case::after_the_end(transition(3, 2, vec![fired(1)], vec![closed(), closed()]), "follows the end")]
fn a_history_that_contradicts_itself_is_found_out(#[case] second: Transition, #[case] problem: &str) {
    let error = State::fold([(&start(), 0), (&second, 0)]).expect_err("it contradicts itself");
    assert!(error.to_string().contains(problem), "{error}");
    let mut guest = crate::kit::Workflow::new(|ctx: crate::kit::Ctx| async move {
        ctx.timer(1).await?;
        std::future::pending().await
    })
    .guest();
    let mut replay = dalsegno_engine::replay::Replay::default();
    replay.step(&start(), 0, &mut guest).expect("it is sound");
    replay.step(&second, 0, &mut guest).expect_err("it contradicts itself");
}

#[test]
fn a_history_begins_with_a_start() {
    let error = State::fold([(&transition(1, 1, vec![fired(1)], vec![]), 0)]).expect_err("no start");
    assert_eq!((error.event_id, error.problem.as_str()), (1, "TimerFired stands there"));
}

#[test]
fn a_history_of_newer_rules_is_not_touched() {
    let mut start = started();
    start.engine_semantics = ENGINE_SEMANTICS + 1;
    let first = transition(1, 1, vec![E::WorkflowExecutionStarted(start.into())], vec![]);
    let error = State::fold([(&first, 0)]).expect_err("its rules are unknown");
    let newer = format!("rules {}", ENGINE_SEMANTICS + 1);
    assert!(error.problem.contains(&newer), "{error}");
}

#[test]
fn a_chain_of_causes_of_the_longest_length_comes_back() {
    let mut failure = Failure::application("Root", "0");
    for _ in 1..dalsegno_engine::failure::FAILURE_CAUSES_MAX {
        failure = Failure::new("outer", FailureKind::Server {}).caused_by(failure);
    }
    let failed =
        E::WorkflowExecutionFailed { failure, retry_state: RetryState::RetryPolicyNotSet, new_run_id: None };
    let second = transition(3, 2, vec![fired(1)], vec![failed]);
    assert_eq!(Transition::decode(&second.encode()).expect("just encoded"), second);
    let text = second.commands[0].attributes_json();
    assert_eq!(text["failure"]["message"], "outer");
}
