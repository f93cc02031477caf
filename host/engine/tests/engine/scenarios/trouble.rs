//! Activations that fail: commands discarded, inputs kept; tried again, then parked until released.

use dalsegno_engine::{
    Millis, Status, Timestamp,
    guest::ActivationErrorKind::{Bug, Environmental, Nondeterminism},
    limits,
    run::{Accepted, Input},
    trouble::Trouble,
};

use crate::kit::{Ctx, Outcome, json, scenario, signal};

/// Collects `add` until the activity `last` is done.
async fn collect(ctx: Ctx) -> Outcome {
    let mut all = vec![ctx.signal("add").await];
    ctx.activity("first").await?;
    all.push(ctx.signal("add").await);
    all.push(ctx.signal("add").await);
    ctx.activity("last").await?;
    Ok(json(&format!("[{}]", all.join(","))))
}

#[test]
fn a_failed_activation_keeps_its_inputs_and_discards_its_commands() {
    scenario(collect, |world| {
        world.break_activations(1, Bug, "oops");
        world.signal("add", "1");
        assert_eq!(world.story()[1], "WorkflowExecutionSignaled");
        assert!(world.in_flight.is_empty());
        assert_eq!(
            world.stored.summary.wake_at,
            Some(Timestamp::MIN),
            "an undelivered input needs the owner"
        );
        assert_eq!(world.run.next_wake(), Some(world.now.plus(Millis(5_000))));
        world.advance(5_000);
        assert_eq!(world.story()[2], "-> ActivityTaskScheduled");
        assert_eq!(world.in_flight.len(), 1);
        assert!(matches!(world.run.trouble(), Trouble::None));
    });
}

#[test]
fn inputs_of_failed_activations_are_delivered_later_in_order() {
    scenario(collect, |world| {
        world.signal("add", "1");
        world.break_activations(2, Environmental, "out of memory");
        world.signal("add", "2");
        world.complete("first", "0");
        world.signal("add", "3");
        assert_eq!(world.run.state().undelivered.len(), 3);
        world.advance(5_000);
        assert_eq!(world.errors.len(), 2);
        world.advance(10_000);
        world.complete("last", "0");
        assert_eq!(world.result(), "[1,2,3]");
    });
}

#[test]
fn an_activation_that_only_delivers_what_was_kept_has_an_event_of_its_own() {
    scenario(
        |ctx| async move {
            let seen = ctx.signal("add").await;
            ctx.signal("end").await;
            Ok(json(&seen))
        },
        |world| {
            world.break_activations(1, Bug, "oops");
            world.signal("add", "1");
            world.advance(5_000);
            let story =
                ["WorkflowExecutionStarted -> ", "WorkflowExecutionSignaled", "ActivationCompleted ->"];
            assert_eq!(world.story(), story.map(str::trim));
            world.signal("end", "1");
            assert_eq!(world.result(), "1");
        },
    );
}

#[test]
fn the_same_bug_twice_blocks_the_run() {
    scenario(collect, |world| {
        world.break_activations(2, Bug, "index out of bounds");
        world.signal("add", "1");
        assert!(world.run.trouble().blocked().is_none());
        world.advance(5_000);
        let blocked = world.stored.summary.blocked.clone().expect("the same bug twice");
        assert!(blocked.reason.contains("index out of bounds"));
        assert_eq!(blocked.since, world.now);
        assert_eq!(world.stored.summary.wake_at, None, "it waits for people");
        world.advance(86_400_000);
        assert_eq!(world.errors.len(), 2, "it burns nothing");
        assert_eq!(world.status(), Status::Running);
    });
}

#[test]
fn different_bugs_are_tried_again_with_growing_backoff() {
    scenario(collect, |world| {
        for name in ["one", "two", "three", "four"] {
            world.break_activations(1, Bug, name);
        }
        world.signal("add", "1");
        for seconds in [5, 10, 20, 40] {
            assert_eq!(world.run.next_wake(), Some(world.now.plus(Millis(seconds * 1_000))));
            world.advance(seconds * 1_000);
        }
        assert_eq!((world.errors.len(), world.in_flight.len()), (4, 1));
    });
}

#[test]
fn trouble_with_the_environment_is_given_more_chances() {
    scenario(collect, |world| {
        let times = limits::ENVIRONMENTAL_FAILURES_MAX;
        world.break_activations(times as usize, Environmental, "too slow");
        world.signal("add", "1");
        for seconds in [5, 10] {
            assert!(world.run.trouble().blocked().is_none());
            world.advance(seconds * 1_000);
        }
        assert!(world.run.trouble().blocked().is_some());
    });
}

#[test]
fn nondeterminism_blocks_at_once() {
    scenario(collect, |world| {
        world.break_activations(1, Nondeterminism, "event 3 differs");
        world.signal("add", "1");
        assert!(world.run.trouble().blocked().is_some());
    });
}

#[test]
fn a_blocked_run_takes_everything_and_delivers_it_when_released() {
    scenario(collect, |world| {
        world.signal("add", "1");
        world.break_activations(2, Bug, "oops");
        world.signal("add", "2");
        world.advance(5_000);
        assert!(world.run.trouble().blocked().is_some());
        world.complete("first", "0");
        world.signal("add", "3");
        world.take_over();
        assert!(world.run.trouble().blocked().is_some(), "a new owner does not forget it");
        assert_eq!(world.input(Input::Cancel { reason: String::new(), request_id: None }), Ok(Accepted::New));
        world.turn(dalsegno_engine::Run::release);
        world.complete("last", "0");
        assert_eq!(world.result(), "[1,2,3]");
    });
}

#[test]
fn a_blocked_runs_activities_and_timers_go_on() {
    scenario(
        |ctx| async move {
            let timer = ctx.timer(60_000);
            ctx.activity("a").await?;
            timer.await?;
            Ok(json("\"done\""))
        },
        |world| {
            world.break_activations(2, Bug, "oops");
            world.signal("any", "1");
            world.advance(5_000);
            assert!(world.run.trouble().blocked().is_some());
            world.fail("a", dalsegno_engine::Failure::application("Busy", "later"));
            world.advance(1_000);
            assert_eq!(world.task("a").attempt, 2);
            world.complete("a", "1");
            assert_eq!(world.stored.summary.wake_at, world.run.next_wake());
            world.advance(60_000);
            assert!(world.story().last().is_some_and(|last| last == "TimerFired"));
            world.turn(dalsegno_engine::Run::release);
            assert_eq!(world.result(), "\"done\"");
        },
    );
}

#[test]
fn a_blocked_run_can_be_terminated() {
    scenario(collect, |world| {
        world.turn(|run| run.block("parked by hand".to_owned()));
        world.signal("add", "1");
        world.terminate();
        assert_eq!(world.status(), Status::Terminated);
    });
}

#[test]
fn a_bug_in_the_code_is_told_with_its_place() {
    scenario(
        |ctx| async move {
            ctx.activity("a").start();
            ctx.trap("division by zero").await
        },
        |world| {
            assert_eq!(world.story(), ["WorkflowExecutionStarted"]);
            world.advance(5_000);
            let blocked = world.run.trouble().blocked().expect("the same bug twice");
            assert!(blocked.reason.contains("division by zero") && blocked.reason.contains("scripted::trap"));
        },
    );
}

#[test]
fn a_failing_run_released_by_hand_tries_at_once() {
    scenario(collect, |world| {
        world.break_activations(1, Bug, "oops");
        world.signal("add", "1");
        world.turn(dalsegno_engine::Run::release);
        assert_eq!(world.in_flight.len(), 1);
    });
}

#[test]
fn a_guest_that_cannot_be_brought_to_the_present_counts_as_failing() {
    scenario(collect, |world| {
        world.signal("add", "1");
        let error = dalsegno_engine::guest::ActivationError {
            kind: Nondeterminism,
            message: "replay".to_owned(),
            backtrace: String::new(),
        };
        world.turn(|run| run.failed(error));
        world.input(signal("add", "2")).expect("it is kept");
        assert!(world.stored.summary.blocked.is_some());
    });
}
