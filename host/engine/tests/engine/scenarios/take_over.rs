//! A host is lost: what the next one makes of attempts that may have begun.

use dalsegno_engine::{
    Failure, Millis, Status, Timestamp,
    attempts::{ActivityRow, RowState},
    event::{CancellationType, EventAttributes},
    failure::{FailureKind, RetryState, TimeoutKind},
};
use rstest::rstest;

use crate::kit::{Ctx, Outcome, Way, Workflow, World, json, scenario, started, text};

async fn one(ctx: Ctx) -> Outcome {
    Ok(ctx.activity("a").await?.unwrap_or_default())
}

async fn at_most_once(ctx: Ctx) -> Outcome {
    Ok(ctx.activity("a").attempts(1).await?.unwrap_or_default())
}

#[test]
fn an_attempt_without_a_row_counts_as_spent() {
    scenario(one, |world| {
        world.take_over();
        let row = &world.stored.rows[&1];
        assert_eq!((row.attempt, row.state), (2, RowState::Waiting(world.now.plus(Millis(1_000)))));
        world.advance(1_000);
        assert_eq!(world.task("a").attempt, 2);
        world.complete("a", "2");
        assert_eq!(world.result(), "2");
    });
}

#[test]
fn an_attempt_that_waits_goes_on_waiting() {
    scenario(one, |world| {
        world.fail("a", Failure::application("Busy", "later"));
        let rows = world.stored.rows.clone();
        world.take_over();
        assert_eq!(world.stored.rows, rows);
        world.advance(1_000);
        assert_eq!(world.task("a").last_failure, Some(Failure::application("Busy", "later")));
    });
}

#[test]
fn a_later_attempt_that_was_dispatched_and_not_granted_is_dispatched_again() {
    scenario(one, |world| {
        world.fail("a", Failure::application("Busy", "later"));
        world.advance(1_000);
        world.take_over();
        assert_eq!(world.task("a").attempt, 2);
    });
}

#[test]
fn a_later_attempt_that_was_granted_counts_as_spent() {
    scenario(one, |world| {
        world.fail("a", Failure::application("Busy", "later"));
        world.advance(1_000);
        let task = world.task("a");
        world.grant(&task);
        world.take_over();
        assert_eq!(world.stored.rows[&1].attempt, 3);
    });
}

#[test]
fn an_activity_that_may_run_once_is_dispatched_if_it_was_not_granted() {
    scenario(at_most_once, |world| {
        world.take_over();
        world.take_over();
        assert_eq!((world.task("a").attempt, world.task("a").needs_grant), (1, true));
        world.complete("a", "1");
        assert_eq!(world.result(), "1");
    });
}

#[test]
fn an_activity_that_may_run_once_fails_if_it_was_granted() {
    scenario(at_most_once, |world| {
        let task = world.task("a");
        world.grant(&task);
        world.take_over();
        assert_eq!(world.status(), Status::Failed);
        let cause = world.failure().cause.as_deref().expect("the lost host");
        assert!(matches!(cause.kind, FailureKind::Timeout { kind: TimeoutKind::StartToClose, .. }));
        let FailureKind::Activity { retry_state, .. } = world.failure().kind else { panic!("an activity's") };
        assert_eq!(retry_state, RetryState::MaximumAttemptsReached);
    });
}

#[rstest]
#[case::may_have_begun(0, false)]
#[case::certainly_not_begun(1, true)]
fn an_activity_asked_to_stop_is_not_tried_again(#[case] maximum_attempts: u32, #[case] cancelled: bool) {
    scenario(
        move |ctx: Ctx| async move {
            let activity =
                ctx.activity("a").attempts(maximum_attempts).cancelled_by(CancellationType::Wait).start();
            ctx.signal("stop").await;
            activity.cancel();
            assert!(activity.await.is_err());
            Ok(json("null"))
        },
        move |world| {
            world.signal("stop", "1");
            world.take_over();
            assert_eq!(world.status(), Status::Completed);
            let event = &world.stored.events()[4];
            assert_eq!(matches!(event, EventAttributes::ActivityTaskCanceled { attempt: 0, .. }), cancelled);
            assert_eq!(matches!(event, EventAttributes::ActivityTaskTimedOut { .. }), !cancelled);
        },
    );
}

#[test]
fn an_activity_that_expired_meanwhile_has_timed_out() {
    scenario(
        |ctx| async move {
            let activity = ctx.activity("a").with(|ask| ask.schedule_to_close = Some(Millis(5_000)));
            Ok(json(&activity.await.is_err().to_string()))
        },
        |world| {
            world.sleep(60_000);
            world.take_over();
            assert_eq!(world.result(), "true");
        },
    );
}

#[test]
fn a_row_that_belongs_to_nothing_is_deleted() {
    scenario(one, |world| {
        let row = ActivityRow { operation: 9, attempt: 2, state: RowState::Granted, last_failure: None };
        world.stored.rows.insert(9, row);
        world.take_over();
        assert!(!world.stored.rows.contains_key(&9));
    });
}

#[test]
fn all_of_the_first_turn_has_the_time_of_the_take_over() {
    scenario(at_most_once, |world| {
        let task = world.task("a");
        world.grant(&task);
        let mut other = world.stored.take_over(world.now);
        // The clock goes on between the take-over and its first turn.
        other.tick(world.now.plus(Millis(500)));
        let transition = other.settle().transition.expect("the activity has failed");
        assert_eq!(transition.time, world.now);
    });
}

#[test]
fn all_of_the_first_turn_has_the_time_of_the_start() {
    let now = Timestamp::from_micros(1_000_000);
    let mut run = dalsegno_engine::Run::start(started(), now);
    run.tick(now.plus(Millis(500)));
    let transition = run.settle().transition.expect("the start");
    assert_eq!((transition.time, run.state().start_time), (now, now));
}

#[test]
fn a_run_with_something_to_store_is_not_at_rest() {
    let now = Timestamp::from_micros(1_000_000);
    let mut start = started();
    start.start_delay = Some(Millis(5_000));
    let mut run = dalsegno_engine::Run::start(start, now);
    assert!(!run.is_at_rest(), "its start is not stored");
    drop(run.settle());
    assert!(run.is_at_rest());
}

/// A bit of everything.
async fn order(ctx: Ctx) -> Outcome {
    let charge = ctx.activity("charge").attempts(5).start();
    let reserve = ctx.activity("reserve").start();
    let paid = text(&charge.await?.unwrap_or_default());
    reserve.await?;
    ctx.timer(1_500).await?;
    let note = ctx.signal("note").await;
    let slow = ctx.activity("slow").cancelled_by(CancellationType::Wait).start();
    if !ctx.until_or_timeout(|| false, 700).await {
        slow.cancel();
    }
    let slow = slow.await.is_ok();
    Ok(json(&format!("[{paid},{note},{slow}]")))
}

/// Does the next thing there is to do.
fn next_step(world: &mut World, step: usize) {
    let signalled = world.run.state().signals > 0;
    let task = world.in_flight.values().next().cloned();
    match task {
        Some(task) if step.is_multiple_of(3) => {
            let name = task.scheduled.activity_type.as_str();
            world.fail(name, Failure::application("Busy", "later"));
        }
        Some(task) if step % 3 == 1 => world.grant(&task),
        Some(task) => world.complete(task.scheduled.activity_type.as_str(), "1"),
        None if step % 5 == 4 && !signalled => world.signal("note", "9"),
        None => world.advance(400),
    }
}

#[test]
fn a_run_ends_whenever_its_host_is_lost() {
    const STEPS_MAX: usize = 400;
    for lost_at in 0..40 {
        let mut world = World::start(Way::Resident, Workflow::new(order), started());
        let mut steps = 0;
        while !world.run.state().is_closed() {
            next_step(&mut world, steps);
            if steps == lost_at || steps == lost_at * 2 {
                world.take_over();
            }
            steps += 1;
            assert!(steps < STEPS_MAX, "lost at {lost_at}, it never ends: {:?}", world.story());
        }
        let ended = matches!(world.status(), Status::Completed | Status::Failed);
        assert!(ended && world.stored.rows.is_empty(), "lost at {lost_at}: {:?}", world.story());
    }
}
