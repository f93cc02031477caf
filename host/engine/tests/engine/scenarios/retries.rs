//! Attempts: backoff, limits in time and number, attempts that never began.

use dalsegno_engine::{
    Failure, Millis, Status,
    attempts::{AttemptResult, RowState},
    event::EventAttributes,
    failure::{FailureKind, RetryState, TimeoutKind},
    retry::RetryPolicy,
    run::Refusal,
};

use crate::kit::{Ctx, Outcome, World, json, scenario};

async fn one(ctx: Ctx) -> Outcome {
    Ok(ctx.activity("a").await?.unwrap_or_default())
}

async fn thrice(ctx: Ctx) -> Outcome {
    Ok(ctx.activity("a").attempts(3).await?.unwrap_or_default())
}

async fn in_ten_seconds(ctx: Ctx) -> Outcome {
    let activity = ctx.activity("a").with(|ask| ask.schedule_to_close = Some(Millis(10_000)));
    Ok(activity.await?.unwrap_or_default())
}

fn busy() -> Failure {
    Failure::application("Busy", "later")
}

/// Attempts, retry state and cause of the failed activity that failed the workflow.
fn verdict(world: &World) -> (u32, RetryState, Failure) {
    match &world.failure().kind {
        FailureKind::Activity { attempts, retry_state, .. } => {
            let cause = world.failure().cause.as_deref().expect("activities fail for a reason");
            (*attempts, *retry_state, cause.clone())
        }
        other => panic!("not an activity's failure: {other:?}"),
    }
}

#[test]
fn a_retry_waits_in_a_row_and_leaves_no_event() {
    scenario(one, |world| {
        world.fail("a", busy());
        let row = world.stored.rows[&1].clone();
        let at = world.now.plus(Millis(1_000));
        assert_eq!((row.attempt, row.state, row.last_failure), (2, RowState::Waiting(at), Some(busy())));
        assert_eq!(world.stored.summary.wake_at, Some(at), "all it waits for is stored");
        assert!(world.run.is_at_rest());
        assert_eq!(world.stored.events().len(), 2);
        world.advance(999);
        assert!(world.in_flight.is_empty());
        world.advance(1);
        let task = world.task("a");
        assert_eq!((task.attempt, task.needs_grant, task.last_failure), (2, true, Some(busy())));
        world.complete("a", "2");
        let events = world.stored.events();
        assert!(matches!(events[2], EventAttributes::ActivityTaskCompleted { attempt: 2, .. }));
    });
}

#[test]
fn backoff_grows_with_each_attempt() {
    scenario(one, |world| {
        for seconds in [1, 2, 4, 8] {
            world.fail("a", busy());
            world.advance(seconds * 1_000 - 1);
            assert!(world.in_flight.is_empty());
            world.advance(1);
            assert_eq!(world.in_flight.len(), 1);
        }
    });
}

#[test]
fn the_last_attempt_fails_the_activity() {
    scenario(thrice, |world| {
        for _ in 0..3 {
            world.fail("a", busy());
            world.advance(10_000);
        }
        assert_eq!(verdict(world), (3, RetryState::MaximumAttemptsReached, busy()));
        assert!(world.stored.rows.is_empty());
    });
}

#[test]
fn listed_types_are_not_tried_again() {
    scenario(
        |ctx| async move {
            let policy =
                RetryPolicy { non_retryable_error_types: vec!["Fraud".into()], ..RetryPolicy::default() };
            Ok(ctx.activity("a").with(|ask| ask.retry_policy = Some(policy)).await?.unwrap_or_default())
        },
        |world| {
            world.fail("a", Failure::application("Fraud", "caught"));
            assert_eq!(verdict(world).1, RetryState::NonRetryableFailure);
        },
    );
}

#[test]
fn an_attempt_that_exceeds_its_own_limit_is_tried_again() {
    scenario(thrice, |world| {
        let late = || Failure::timeout(TimeoutKind::StartToClose, "late");
        world.fail("a", late());
        world.advance(1_000);
        assert_eq!(world.task("a").attempt, 2);
        world.fail("a", late());
        world.advance(2_000);
        world.fail("a", late());
        assert_eq!(verdict(world), (3, RetryState::MaximumAttemptsReached, late()));
        assert!(matches!(world.stored.events()[2], EventAttributes::ActivityTaskTimedOut { attempt: 3, .. }));
    });
}

#[test]
fn waiting_too_long_for_a_start_is_not_tried_again() {
    scenario(one, |world| {
        world.fail("a", Failure::timeout(TimeoutKind::ScheduleToStart, "nobody took it"));
        assert_eq!(verdict(world).1, RetryState::NonRetryableFailure);
    });
}

#[test]
fn an_activity_under_way_expires_as_a_whole() {
    scenario(in_ten_seconds, |world| {
        let task = world.task("a");
        world.advance(9_999);
        assert_eq!(world.status(), Status::Running);
        world.advance(1);
        let (attempts, retry_state, cause) = verdict(world);
        assert_eq!((attempts, retry_state), (1, RetryState::Timeout));
        assert!(matches!(cause.kind, FailureKind::Timeout { kind: TimeoutKind::ScheduleToClose, .. }));
        let late = world.end_task(&task, AttemptResult::Completed(None));
        assert_eq!(late, Err(Refusal::StaleAttempt));
    });
}

#[test]
fn an_activity_that_expires_is_told_to_stop() {
    scenario(
        |ctx| async move {
            let a = ctx.activity("a").with(|ask| ask.schedule_to_close = Some(Millis(10_000))).await;
            assert!(a.is_err());
            ctx.signal("end").await;
            Ok(json("null"))
        },
        |world| {
            world.advance(10_000);
            assert_eq!(world.told_to_stop, [1]);
            assert!(world.in_flight.is_empty());
        },
    );
}

#[test]
fn a_later_attempt_expires_with_the_failure_before_it_as_cause() {
    scenario(in_ten_seconds, |world| {
        world.fail("a", busy());
        world.advance(1_000);
        let task = world.task("a");
        world.grant(&task);
        world.advance(9_000);
        let (attempts, retry_state, cause) = verdict(world);
        assert_eq!((attempts, retry_state), (2, RetryState::Timeout));
        assert_eq!(cause.cause.as_deref(), Some(&busy()));
        assert!(world.stored.rows.is_empty());
    });
}

#[test]
fn an_attempt_that_was_never_granted_is_not_counted_when_the_activity_expires() {
    scenario(in_ten_seconds, |world| {
        world.fail("a", busy());
        world.advance(10_000);
        assert_eq!(verdict(world).0, 1);
    });
}

#[test]
fn no_retry_is_made_that_would_begin_after_the_expiry() {
    scenario(in_ten_seconds, |world| {
        world.advance(9_000);
        world.fail("a", busy());
        assert_eq!(verdict(world), (1, RetryState::Timeout, busy()));
    });
}

#[test]
fn a_failure_may_name_the_delay_before_the_next_attempt() {
    scenario(one, |world| {
        let mut failure = busy();
        if let FailureKind::Application { next_retry_delay, .. } = &mut failure.kind {
            *next_retry_delay = Some(Millis(77));
        }
        world.fail("a", failure);
        assert_eq!(world.stored.summary.wake_at, Some(world.now.plus(Millis(77))));
    });
}

#[test]
fn an_attempt_that_did_not_begin_is_made_again_under_the_same_number() {
    scenario(
        |ctx| async move { Ok(ctx.activity("a").attempts(1).await?.unwrap_or_default()) },
        |world| {
            // The host stops: it takes no more turns after this one.
            world.run.tick(world.now);
            world.run.not_started(1, 1).expect("it has not begun");
            let step = world.run.settle();
            step.rows.into_iter().for_each(|row| world.stored.change_row(row));
            world.stored.summary = step.summary;
            assert_eq!(world.stored.summary.wake_at, Some(world.now));
            world.take_over();
            let task = world.task("a");
            assert_eq!((task.attempt, task.needs_grant), (1, true));
            world.complete("a", "1");
            assert_eq!(world.result(), "1");
        },
    );
}
