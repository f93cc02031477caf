//! The end: by the workflow, from outside, by a time limit, by the history's limit; and a delayed start.

use dalsegno_engine::{
    Failure, Millis, Status, Timestamp,
    attempts::AttemptResult,
    failure::FailureKind,
    guest::ActivationErrorKind,
    limits,
    run::{Input, Refusal},
};

use crate::kit::{Ctx, Outcome, Way, Workflow, World, json, scenario, scenario_from, signal, started};

async fn busy(ctx: Ctx) -> Outcome {
    let activity = ctx.activity("a").start();
    let timer = ctx.timer(60_000);
    ctx.signal("end").await;
    drop((activity, timer));
    Ok(json("\"early\""))
}

fn nothing_is_left(world: &World) {
    let state = world.run.state();
    assert!(state.pending.is_empty() && state.undelivered.is_empty());
    assert_eq!(state.close_time, Some(state.time));
    assert_eq!((world.run.next_wake(), world.run.is_ready()), (None, false));
}

#[test]
fn a_run_that_completes_leaves_pending_work_behind() {
    scenario(busy, |world| {
        let task = world.task("a");
        world.signal("end", "1");
        assert_eq!(world.result(), "\"early\"");
        nothing_is_left(world);
        world.advance(3_600_000);
        assert_eq!(world.end_task(&task, AttemptResult::Completed(None)), Err(Refusal::StaleAttempt));
        assert_eq!(world.turn(|run| run.grant(1, 1)), Err(Refusal::StaleAttempt));
        assert_eq!(world.story().len(), 2);
    });
}

#[test]
fn a_run_that_completes_between_attempts_leaves_no_row() {
    scenario(busy, |world| {
        world.fail("a", Failure::application("Busy", "later"));
        assert_eq!(world.stored.rows.len(), 1);
        world.signal("end", "1");
        nothing_is_left(world);
        assert!(world.stored.rows.is_empty());
    });
}

#[test]
fn an_activity_scheduled_by_the_last_activation_is_not_dispatched() {
    scenario(
        |ctx| async move {
            ctx.activity("a").start();
            Ok(json("null"))
        },
        |world| assert!(world.in_flight.is_empty() && world.stored.rows.is_empty()),
    );
}

#[test]
fn a_terminated_run_has_no_say() {
    scenario(busy, |world| {
        world.terminate();
        assert_eq!(world.status(), Status::Terminated);
        assert_eq!(world.failure(), &Failure::new("stop", FailureKind::Terminated {}));
        assert_eq!(world.story()[1], "WorkflowExecutionTerminated");
        nothing_is_left(world);
        for input in [signal("end", "1"), Input::Terminate { reason: String::new() }] {
            assert_eq!(world.input(input), Err(Refusal::Closed(Status::Terminated)));
        }
    });
}

#[test]
fn a_run_may_be_terminated_with_what_came_before_in_the_same_turn() {
    scenario(busy, |world| {
        world.turn(|run| {
            run.accept(signal("end", "1")).expect("it is open");
            run.accept(Input::Terminate { reason: "now".to_owned() }).expect("it is open");
        });
        assert_eq!(world.story()[1], "WorkflowExecutionSignaled WorkflowExecutionTerminated");
    });
}

#[test]
fn a_failure_of_the_workflow_fails_the_run() {
    scenario(
        |_| async move { Err(Failure::application("Invalid", "no such item")) },
        |world| {
            assert_eq!(world.status(), Status::Failed);
            assert_eq!(world.failure().message, "no such item");
        },
    );
}

#[test]
fn a_run_past_its_time_limit_is_timed_out() {
    let mut start = started();
    start.run_timeout = Some(Millis(30_000));
    start.execution_timeout = Some(Millis(50_000));
    scenario_from(start, busy, |world| {
        assert_eq!(world.run.next_wake(), Some(world.now.plus(Millis(30_000))));
        world.complete("a", "1");
        world.advance(29_999);
        assert_eq!(world.status(), Status::Running);
        world.advance(1);
        assert_eq!(world.status(), Status::TimedOut);
        nothing_is_left(world);
    });
}

#[test]
fn a_run_found_past_its_time_limit_takes_nothing_more() {
    let mut start = started();
    start.execution_timeout = Some(Millis(1_000));
    scenario_from(start, busy, |world| {
        world.sleep(5_000);
        assert_eq!(world.input(signal("end", "1")), Err(Refusal::Closed(Status::TimedOut)));
        assert_eq!(world.story()[1], "WorkflowExecutionTimedOut");
    });
}

#[test]
fn a_delayed_start_waits_in_the_store() {
    let mut start = started();
    start.start_delay = Some(Millis(10_000));
    start.run_timeout = Some(Millis(1_000));
    scenario_from(start, busy, |world| {
        let begins = world.now.plus(Millis(10_000));
        assert_eq!(world.story(), ["WorkflowExecutionStarted"]);
        assert_eq!(world.stored.summary.wake_at, Some(begins));
        world.take_over();
        world.advance(9_999);
        assert!(world.in_flight.is_empty());
        world.advance(1);
        assert_eq!(world.in_flight.len(), 1);
        assert_eq!(world.run.state().first_activation_at(), begins);
        world.advance(1_000);
        assert_eq!(world.status(), Status::TimedOut, "the limit counts from the first activation");
    });
}

#[test]
fn what_comes_before_a_delayed_start_is_delivered_with_it() {
    let mut start = started();
    start.start_delay = Some(Millis(10_000));
    scenario_from(
        start,
        |ctx| async move { Ok(json(&ctx.signal("go").await)) },
        |world| {
            world.signal("go", "5");
            assert_eq!(world.stored.summary.wake_at, Some(world.now.plus(Millis(10_000))));
            world.advance(10_000);
            assert_eq!(world.result(), "5");
        },
    );
}

#[test]
fn a_delayed_activation_that_asks_for_nothing_is_stored_too() {
    let mut start = started();
    start.start_delay = Some(Millis(10_000));
    scenario_from(
        start,
        |ctx| async move {
            let began = ctx.now();
            ctx.signal("go").await;
            Ok(json(&ctx.now().since(began).0.to_string()))
        },
        |world| {
            world.advance(11_000);
            assert_eq!(world.story(), ["WorkflowExecutionStarted", "ActivationCompleted ->"]);
            world.signal("go", "1");
            assert_eq!(world.result(), "1000", "the first activation was at the end of the delay");
        },
    );
}

#[test]
fn a_start_that_fails_does_not_hide_behind_its_delay() {
    let mut start = started();
    start.start_delay = Some(Millis(10_000));
    scenario_from(start, busy, |world| {
        world.break_activations(1, ActivationErrorKind::Bug, "once");
        world.advance(10_000);
        assert_eq!(world.stored.summary.wake_at, Some(Timestamp::MIN), "memory counts the failures");
        world.advance(5_000);
        assert_eq!(world.in_flight.len(), 1);
    });
}

/// Schedules and forgets activities, so many for each signal.
async fn flood(ctx: Ctx) -> Outcome {
    loop {
        let number: u64 = ctx.signal("more").await.parse().expect("a number");
        for _ in 0..number {
            ctx.timer(1_000).cancel();
        }
    }
}

#[test]
fn a_history_past_its_longest_is_refused_before_it_is_written() {
    let mut world = World::unchecked(Workflow::new(flood), started());
    for _ in 0..4 {
        world.signal("more", "6000");
    }
    assert_eq!((world.status(), world.run.state().events), (Status::Running, 48_005));
    world.signal("more", "6000");
    assert_eq!(world.status(), Status::Terminated);
    assert!(world.failure().message.contains("continue as new"), "{}", world.failure().message);
    assert!(world.run.state().events <= limits::HISTORY_EVENTS_MAX);
    assert_eq!(&world.stored.state(), world.run.state());
}

#[test]
fn a_guest_is_told_how_long_its_history_is() {
    scenario(
        |ctx| async move {
            let first = ctx.shown();
            ctx.timer(60_000);
            ctx.signal("go").await;
            let second = ctx.shown();
            Ok(json(&format!(
                "{:?}",
                [first, second].map(|shown| (shown.history_events, shown.history_bytes > 0))
            )))
        },
        |world| {
            world.signal("go", "1");
            assert_eq!(world.result(), "[(1, false), (3, true)]", "with its inputs, before its commands");
            let rows = world.stored.transitions();
            let shown = rows[1].0.activated.as_ref().expect("an activation");
            assert_eq!(shown.history_bytes, rows[0].1 as u64);
        },
    );
}

#[test]
fn continuing_as_new_is_suggested_where_the_history_grows_long() {
    let workflow = Workflow::new(|ctx: Ctx| async move {
        for _ in 0..2_100 {
            ctx.timer(1).cancel();
        }
        let suggested = |ctx: &Ctx| !ctx.shown().continue_as_new.is_empty();
        let before = suggested(&ctx);
        ctx.signal("go").await;
        Ok(json(&format!("[{before},{}]", suggested(&ctx))))
    });
    let mut world = World::start(Way::Evicted, workflow, started());
    world.signal("go", "1");
    assert_eq!(world.result(), "[false,true]");
}
