//! Cancelling: of activities by type and by where they stand, of runs with clean-up.

use dalsegno_engine::{
    Failure, Millis, Status, Timestamp,
    attempts::{AttemptResult, RowState},
    event::{CancellationType, EventAttributes},
    failure::{FailureKind, RetryState},
    run::{Accepted, Input, Refusal},
};
use rstest::rstest;

use crate::kit::{Ctx, Either, Outcome, Way, World, json, scenario, select};

/// Cancels activity `a` at the signal, tells what came of it, and goes on until `end`.
fn cancel_at_signal(cancellation_type: CancellationType) -> impl Fn(Ctx) -> OutcomeFuture {
    move |ctx: Ctx| {
        Box::pin(async move {
            let activity = ctx.activity("a").cancelled_by(cancellation_type).start();
            ctx.signal("stop").await;
            let at_once = activity.cancel();
            assert!(!activity.cancel(), "cancelling twice is cancelling once");
            let outcome = match activity.await {
                Ok(_) => "completed",
                Err(Failure { kind: FailureKind::Cancelled { .. }, .. }) => "cancelled at once",
                Err(Failure { cause: Some(cause), .. }) => match cause.kind {
                    FailureKind::Cancelled { .. } => "cancelled",
                    _ => "failed",
                },
                Err(_) => "lost",
            };
            ctx.signal("end").await;
            Ok(json(&format!("\"{at_once}, {outcome}\"")))
        })
    }
}

type OutcomeFuture = std::pin::Pin<Box<dyn Future<Output = Outcome>>>;

fn busy() -> Failure {
    Failure::application("Busy", "later")
}

fn end(world: &mut World) -> String {
    world.signal("end", "1");
    world.result()
}

#[rstest]
#[case(CancellationType::TryCancel, vec![1])]
#[case(CancellationType::Abandon, vec![])]
fn an_activity_that_is_not_waited_for_is_cancelled_at_once(
    #[case] cancellation_type: CancellationType,
    #[case] told_to_stop: Vec<u64>,
) {
    scenario(cancel_at_signal(cancellation_type), move |world| {
        let task = world.task("a");
        world.signal("stop", "1");
        assert_eq!(world.story()[1], "WorkflowExecutionSignaled -> ActivityTaskCancelRequested");
        assert_eq!(world.told_to_stop, told_to_stop);
        let late = world.end_task(&task, AttemptResult::Completed(None));
        assert_eq!(late, Err(Refusal::StaleAttempt));
        assert_eq!(end(world), "\"true, cancelled at once\"");
    });
}

#[rstest]
#[case::it_stops(AttemptResult::Failed(Failure::cancelled("stopped")), "\"false, cancelled\"")]
#[case::it_was_faster(AttemptResult::Completed(None), "\"false, completed\"")]
#[case::it_fails_instead(AttemptResult::Failed(busy()), "\"false, failed\"")]
fn an_activity_that_is_waited_for_ends_as_it_ends(#[case] result: AttemptResult, #[case] expected: &str) {
    scenario(cancel_at_signal(CancellationType::Wait), |world| {
        world.signal("stop", "1");
        assert_eq!(world.told_to_stop, [1]);
        assert_eq!(world.stored.summary.wake_at, Some(Timestamp::MIN), "it is still under way");
        world.end("a", result.clone());
        assert_eq!(end(world), expected);
    });
}

#[test]
fn an_activity_that_fails_after_it_was_asked_to_stop_is_not_tried_again() {
    scenario(cancel_at_signal(CancellationType::Wait), |world| {
        world.signal("stop", "1");
        world.fail("a", busy());
        let failed = &world.stored.events()[4];
        assert!(matches!(
            failed,
            EventAttributes::ActivityTaskFailed { retry_state: RetryState::CancelRequested, .. }
        ));
        assert!(world.stored.rows.is_empty());
    });
}

#[rstest]
#[case(CancellationType::TryCancel, "\"true, cancelled at once\"")]
#[case(CancellationType::Abandon, "\"true, cancelled at once\"")]
#[case(CancellationType::Wait, "\"false, cancelled\"")]
fn an_activity_between_attempts_stops_without_another(
    #[case] cancellation_type: CancellationType,
    #[case] expected: &str,
) {
    scenario(cancel_at_signal(cancellation_type), |world| {
        world.fail("a", busy());
        world.signal("stop", "1");
        assert!(world.told_to_stop.is_empty(), "nothing is under way");
        assert!(world.stored.rows.is_empty());
        world.advance(60_000);
        assert!(world.in_flight.is_empty());
        assert_eq!(end(world), expected);
    });
}

#[test]
fn an_activity_cancelled_between_attempts_counts_those_that_were_made() {
    scenario(cancel_at_signal(CancellationType::Wait), |world| {
        world.fail("a", busy());
        world.signal("stop", "1");
        assert!(matches!(world.stored.events()[4], EventAttributes::ActivityTaskCanceled { attempt: 1, .. }));
    });
}

#[test]
fn a_later_attempt_that_was_dispatched_and_not_granted_does_not_begin() {
    scenario(cancel_at_signal(CancellationType::Wait), |world| {
        world.fail("a", busy());
        world.advance(1_000);
        let task = world.task("a");
        world.signal("stop", "1");
        let operation = task.scheduled.operation;
        assert_eq!(world.turn(|run| run.grant(operation, 2)), Err(Refusal::StaleAttempt));
        assert_eq!(end(world), "\"false, cancelled\"");
    });
}

#[test]
fn a_grant_is_refused_once_stopping_was_asked_for() {
    scenario(
        |ctx| async move {
            let activity = ctx.activity("a").attempts(1).cancelled_by(CancellationType::Wait).start();
            ctx.signal("stop").await;
            activity.cancel();
            let cancelled = activity.await.is_err();
            Ok(json(&cancelled.to_string()))
        },
        |world| {
            world.signal("stop", "1");
            assert_eq!(world.turn(|run| run.grant(1, 1)), Err(Refusal::StaleAttempt));
            assert_eq!(world.result(), "true");
            assert!(matches!(
                world.stored.events()[4],
                EventAttributes::ActivityTaskCanceled { attempt: 0, .. }
            ));
        },
    );
}

#[test]
fn a_granted_attempt_that_is_waited_for_goes_on_until_it_ends() {
    scenario(cancel_at_signal(CancellationType::Wait), |world| {
        world.fail("a", busy());
        world.advance(1_000);
        let task = world.task("a");
        world.grant(&task);
        world.signal("stop", "1");
        assert!(matches!(world.stored.rows[&1].state, RowState::Granted));
        world.complete("a", "2");
        assert_eq!(end(world), "\"false, completed\"");
    });
}

#[rstest]
#[case(CancellationType::TryCancel)]
#[case(CancellationType::Abandon)]
#[case(CancellationType::Wait)]
fn an_activity_cancelled_where_it_was_scheduled_is_never_dispatched(#[case] kind: CancellationType) {
    scenario(
        move |ctx: Ctx| async move {
            let activity = ctx.activity("a").cancelled_by(kind).start();
            activity.cancel();
            assert!(!activity.cancel(), "cancelling twice is cancelling once");
            assert!(activity.await.is_err());
            Ok(json("null"))
        },
        |world| {
            assert!(world.in_flight.is_empty() && world.told_to_stop.is_empty());
            assert_eq!(world.status(), Status::Completed);
        },
    );
}

#[test]
fn an_activity_that_is_waited_for_still_expires() {
    scenario(
        |ctx| async move {
            let activity = ctx
                .activity("a")
                .cancelled_by(CancellationType::Wait)
                .with(|ask| ask.schedule_to_close = Some(Millis(5_000)))
                .start();
            activity.cancel();
            ctx.signal("never").await;
            Ok(json("null"))
        },
        |world| {
            world.advance(5_000);
            assert!(matches!(world.stored.events()[3], EventAttributes::ActivityTaskCanceled { .. }));
        },
    );
}

/// Ships, or takes the payment back when it is cancelled.
async fn saga(ctx: Ctx) -> Outcome {
    ctx.activity("charge").await?;
    let shipped = ctx.activity("ship").start();
    match select(shipped.clone(), ctx.cancel_requested()).await {
        Either::Left(shipped) => shipped.map(Option::unwrap_or_default),
        Either::Right(reason) => {
            shipped.cancel();
            ctx.activity("refund").await?;
            Err(Failure::cancelled(reason))
        }
    }
}

#[test]
fn a_cancelled_run_cleans_up_with_activities_and_closes_as_cancelled() {
    scenario(saga, |world| {
        world.complete("charge", "1");
        world.cancel();
        assert_eq!(world.told_to_stop, [2]);
        world.complete("refund", "1");
        assert_eq!(world.status(), Status::Cancelled);
        assert!(matches!(world.failure().kind, FailureKind::Cancelled { .. }));
        let story = world.story();
        assert_eq!(
            story[2],
            "WorkflowExecutionCancelRequested -> ActivityTaskCancelRequested ActivityTaskScheduled"
        );
        assert_eq!(story[3], "ActivityTaskCompleted -> WorkflowExecutionCanceled");
    });
}

#[test]
fn a_run_may_catch_the_cancellation_and_complete() {
    scenario(
        |ctx| async move { Ok(json(&format!("\"{}\"", ctx.cancel_requested().await))) },
        |world| {
            world.cancel();
            assert_eq!((world.status(), world.result()), (Status::Completed, "\"enough\"".to_owned()));
        },
    );
}

#[test]
fn a_run_may_close_as_cancelled_without_being_asked() {
    scenario(
        |ctx| async move { ctx.close_as_cancelled().await },
        |world| assert_eq!(world.status(), Status::Cancelled),
    );
}

#[test]
fn a_run_is_told_once_that_it_is_to_stop() {
    scenario(saga, |world| {
        let cancel = || Input::Cancel { reason: "enough".to_owned(), request_id: None };
        assert_eq!(world.input(cancel()), Ok(Accepted::New));
        assert_eq!(world.input(cancel()), Ok(Accepted::Duplicate));
        world.take_over();
        assert_eq!(world.input(cancel()), Ok(Accepted::Duplicate));
    });
}

#[test]
fn cancelling_before_the_first_step_is_seen_by_it() {
    let inputs = vec![Input::Cancel { reason: "early".to_owned(), request_id: None }];
    let workflow = crate::kit::Workflow::new(|ctx: Ctx| async move {
        let reason = ctx.cancel_requested().await;
        Err(Failure::cancelled(reason))
    });
    let world = World::start_with(Way::Resident, workflow, crate::kit::started(), inputs);
    assert_eq!(world.status(), Status::Cancelled);
    assert_eq!(world.stored.history.len(), 1);
}
