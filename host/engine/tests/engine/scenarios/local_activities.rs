//! Activities beside the workflow: no grant, no queue; tried again and taken over like others.

use dalsegno_engine::{
    Failure, Millis, Status,
    attempts::RowState,
    failure::{FailureKind, RetryState},
};

use crate::kit::{Ctx, Outcome, World, json, scenario};

fn local(ctx: &Ctx, name: &str, attempts: u32) -> crate::kit::Op {
    let activity = ctx.activity(name).attempts(attempts);
    activity.with(|ask| ask.local_retry_threshold = Some(Millis::from_secs(60))).start()
}

async fn one(ctx: Ctx) -> Outcome {
    Ok(local(&ctx, "a", 3).await?.unwrap_or_default())
}

fn busy() -> Failure {
    Failure::application("Busy", "later")
}

fn retry_state(world: &World) -> RetryState {
    match world.failure().kind {
        FailureKind::Activity { retry_state, .. } => retry_state,
        ref other => panic!("not an activity's failure: {other:?}"),
    }
}

#[test]
fn several_that_end_together_cost_one_transition() {
    scenario(
        |ctx| async move {
            let all = ["a", "b", "c"].map(|name| local(&ctx, name, 1));
            for activity in all {
                activity.await?;
            }
            Ok(json("null"))
        },
        |world| {
            assert!(world.in_flight.values().all(|task| task.scheduled.is_local() && !task.needs_grant));
            assert_eq!(world.run.state().pending_locals, 3);
            let ends: Vec<_> = world.in_flight.keys().copied().collect();
            world.turn(|run| {
                for operation in ends {
                    let done = dalsegno_engine::attempts::AttemptResult::Completed(None);
                    run.attempt_ended(operation, 1, done).expect("it is under way");
                }
            });
            assert_eq!((world.result().as_str(), world.story().len()), ("null", 2));
            assert!(world.stored.rows.is_empty());
        },
    );
}

#[test]
fn no_attempt_is_granted() {
    scenario(one, |world| {
        world.fail("a", busy());
        assert!(matches!(world.stored.rows[&1].state, RowState::Waiting(_)));
        world.advance(1_000);
        let task = world.task("a");
        assert_eq!((task.attempt, task.needs_grant, task.last_failure.clone()), (2, false, Some(busy())));
        world.complete("a", "2");
        assert_eq!(world.result(), "2");
    });
}

#[test]
fn attempts_are_counted() {
    scenario(one, |world| {
        world.fail("a", busy());
        world.advance(1_000);
        world.fail("a", busy());
        world.advance(2_000);
        world.fail("a", busy());
        assert_eq!(
            (world.status(), retry_state(world)),
            (Status::Failed, RetryState::MaximumAttemptsReached)
        );
    });
}

#[test]
fn an_attempt_that_was_under_way_when_the_host_was_lost_counts_as_made() {
    scenario(one, |world| {
        world.take_over();
        assert_eq!(world.stored.rows[&1].attempt, 2);
        world.advance(1_000);
        world.complete("a", "2");
        assert_eq!(world.result(), "2");
    });
}

#[test]
fn an_attempt_that_waits_when_the_host_is_lost_goes_on_waiting() {
    scenario(one, |world| {
        world.fail("a", busy());
        let rows = world.stored.rows.clone();
        world.take_over();
        assert_eq!(world.stored.rows, rows);
        world.advance(1_000);
        assert_eq!(world.task("a").attempt, 2);
    });
}

#[test]
fn one_that_may_run_once_is_not_run_again_after_the_host_was_lost() {
    scenario(
        |ctx| async move { Ok(local(&ctx, "a", 1).await?.unwrap_or_default()) },
        |world| {
            assert!(!world.task("a").needs_grant);
            world.take_over();
            assert_eq!(retry_state(world), RetryState::MaximumAttemptsReached);
            let cause = world.failure().cause.as_deref().expect("the lost host");
            assert!(cause.message.contains("the host was lost"), "{cause:?}");
        },
    );
}

#[test]
fn one_that_is_cancelled_is_told_to_stop() {
    scenario(
        |ctx| async move {
            let activity = local(&ctx, "a", 0);
            ctx.signal("stop").await;
            activity.cancel();
            assert!(activity.await.is_err());
            Ok(json(&ctx.signal("end").await))
        },
        |world| {
            world.signal("stop", "1");
            assert_eq!((world.told_to_stop.as_slice(), world.run.state().pending_locals), (&[1][..], 0));
        },
    );
}
