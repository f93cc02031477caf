//! Children: started, ended in every way, cancelled in every way, by script.

use dalsegno_engine::{
    Failure, Status,
    event::{ChildCancellationType as Cancellation, ExternalFailure},
    failure::{FailureKind, RetryState, TimeoutKind},
    message::{ChildOutcome, MessageBody},
    run::{Accepted, Refusal},
};
use rstest::rstest;

use crate::kit::{
    Ctx, Either, Outcome, Way, Workflow, World, asks::child, json, scenario, select, started,
    talk::means_newest, text,
};

/// The number of the first child's end.
const CLOSED: u64 = 2;

/// Waits for a child's start, and for its end.
async fn one(ctx: Ctx) -> Outcome {
    let (started, closed) = ctx.child(child("line", "line-1"));
    let run_id = text(&started.await?.expect("a run id"));
    let result = closed.await?.map_or("null".to_owned(), |result| text(&result));
    Ok(json(&format!("[{run_id},{result}]")))
}

fn completed(result: &str) -> ChildOutcome {
    ChildOutcome::Completed(Some(json(result)))
}

#[test]
fn a_child_is_started_and_then_its_result_is_awaited() {
    scenario(one, |world| {
        let message = world.taken();
        assert_eq!(message.to.run_id, Some(world.child_run(CLOSED)));
        let MessageBody::StartChild(start) = message.body else { panic!("it starts a child") };
        assert_eq!((&start.parent, &start.root), (&world.identity(), &world.identity()));
        assert_eq!(start.initiated.task_queue.as_str(), "default");
        assert_ne!(start.seed, started().seed);
        assert_eq!(world.child_started(CLOSED), Ok(Accepted::New));
        assert_eq!(world.story()[1], "ChildWorkflowExecutionStarted ->");
        let run_id = world.child_run(CLOSED);
        assert_eq!(world.child_closed(CLOSED, completed("[1]")), Ok(Accepted::New));
        assert_eq!(world.result(), format!("[\"{run_id}\",[1]]"));
        assert_eq!(world.story()[2], "ChildWorkflowExecutionCompleted -> WorkflowExecutionCompleted");
        assert!(world.stored.inbox().is_empty(), "the child that ended is not told that the parent did");
    });
}

#[test]
fn a_result_of_nothing_is_told_from_a_result_of_null() {
    let outcomes = [(ChildOutcome::Completed(None), "none"), (completed("null"), "some")];
    for (outcome, expected) in outcomes {
        scenario(
            |ctx| async move {
                let result = ctx.child(child("line", "line-1")).1.await?;
                Ok(json(&format!("\"{}\"", if result.is_some() { "some" } else { "none" })))
            },
            |world| {
                assert_eq!(world.child_closed(CLOSED, outcome.clone()), Ok(Accepted::New));
                assert_eq!(world.result(), format!("\"{expected}\""));
            },
        );
    }
}

#[test]
fn a_child_that_ends_before_its_start_is_heard_of_has_started() {
    scenario(one, |world| {
        let run_id = world.child_run(CLOSED);
        assert_eq!(world.child_closed(CLOSED, completed("2")), Ok(Accepted::New));
        assert_eq!(
            world.story()[1],
            "ChildWorkflowExecutionStarted ChildWorkflowExecutionCompleted -> WorkflowExecutionCompleted"
        );
        assert_eq!(world.result(), format!("[\"{run_id}\",2]"));
        let late = MessageBody::ChildStarted { operation: CLOSED, run_id };
        assert_eq!(world.hear(late), Ok(Accepted::Duplicate));
        assert_eq!(world.story().len(), 2);
    });
}

#[test]
fn what_is_said_of_a_child_twice_counts_once() {
    scenario(
        |ctx| async move {
            let outcome = one(ctx.clone()).await;
            ctx.signal("end").await;
            outcome
        },
        |world| {
            assert_eq!(world.child_started(CLOSED), Ok(Accepted::New));
            assert_eq!(world.child_started(CLOSED), Ok(Accepted::Duplicate));
            assert_eq!(world.child_closed(CLOSED, completed("1")), Ok(Accepted::New));
            assert_eq!(world.child_closed(CLOSED, completed("2")), Ok(Accepted::Duplicate));
            assert_eq!(world.child_closed(99, completed("2")), Ok(Accepted::Duplicate), "of no child");
            assert_eq!(world.story().len(), 3);
        },
    );
}

#[rstest]
#[case(
    ChildOutcome::Failed { failure: Failure::application("Bad", "no"), retry_state: RetryState::MaximumAttemptsReached },
    "child workflow failed", RetryState::MaximumAttemptsReached, Failure::application("Bad", "no")
)]
#[case(
    ChildOutcome::Canceled { details: vec![json("7")] },
    "child workflow cancelled", RetryState::CancelRequested,
    Failure::new("child workflow cancelled", FailureKind::Cancelled { details: vec![json("7")] })
)]
#[case(
    ChildOutcome::Terminated,
    "child workflow terminated", RetryState::NonRetryableFailure,
    Failure::new("the workflow was terminated", FailureKind::Terminated {})
)]
#[case(
    ChildOutcome::TimedOut { retry_state: RetryState::Timeout },
    "child workflow timed out", RetryState::Timeout,
    Failure::timeout(TimeoutKind::StartToClose, "the workflow exceeded its time limit")
)]
fn a_child_without_a_result_is_the_cause_of_the_parents_failure(
    #[case] outcome: ChildOutcome,
    #[case] message: &str,
    #[case] state: RetryState,
    #[case] cause: Failure,
) {
    scenario(one, |world| {
        let first_run = world.child_run(CLOSED);
        assert_eq!(world.child_started(CLOSED), Ok(Accepted::New));
        assert_eq!(world.child_closed(CLOSED, outcome.clone()), Ok(Accepted::New));
        assert_eq!(world.status(), Status::Failed);
        let FailureKind::ChildWorkflow { workflow_id, run_id, workflow_type, retry_state, .. } =
            &world.failure().kind
        else {
            panic!("it is the child's: {:?}", world.failure());
        };
        assert_eq!((workflow_id.as_str(), workflow_type.as_str()), ("line-1", "line"));
        assert_eq!((run_id, *retry_state), (&first_run, state));
        assert_eq!(world.failure().message, message);
        assert_eq!(world.failure().cause.as_deref(), Some(&cause));
    });
}

#[rstest]
#[case(ExternalFailure::WorkflowAlreadyRunning, "WorkflowAlreadyRunning")]
#[case(ExternalFailure::WorkflowIdReused, "WorkflowIdReused")]
#[case(ExternalFailure::WorkflowTypeNotFound, "WorkflowTypeNotFound")]
#[case(ExternalFailure::NamespaceNotFound, "NamespaceNotFound")]
fn a_child_that_cannot_be_started_says_why(#[case] cause: ExternalFailure, #[case] expected: &str) {
    scenario(
        |ctx| async move {
            let (started, closed) = ctx.child(child("line", "line-1"));
            let (started, closed) = (started.await, closed.await);
            assert_eq!(started, closed, "neither its start nor its end will come");
            closed.map(Option::unwrap_or_default)
        },
        move |world| {
            world.undeliverable(cause);
            assert_eq!(world.story()[1], "StartChildWorkflowExecutionFailed -> WorkflowExecutionFailed");
            let failed = world.failure().cause.as_deref().expect("it says why");
            assert!(
                matches!(&failed.kind, FailureKind::Application { r#type, non_retryable: true, .. } if r#type == expected)
            );
        },
    );
}

/// Cancels its child at the signal, tells what came of it, and goes on until `end`.
fn cancel_at_signal(cancellation_type: Cancellation) -> impl Fn(Ctx) -> OutcomeFuture {
    move |ctx: Ctx| {
        Box::pin(async move {
            let ask = dalsegno_engine::calls::StartChild { cancellation_type, ..child("line", "line-1") };
            let (started, closed) = ctx.child(ask);
            ctx.signal("stop").await;
            let at_once = closed.cancel();
            assert!(!closed.cancel(), "cancelling twice is cancelling once");
            let outcome = match closed.await {
                Ok(_) => "completed",
                Err(Failure { kind: FailureKind::Cancelled { .. }, .. }) => "cancelled at once",
                Err(Failure { cause: Some(cause), .. }) => match cause.kind {
                    FailureKind::Cancelled { .. } => "cancelled",
                    _ => "failed",
                },
                Err(_) => "lost",
            };
            drop(started.await);
            ctx.signal("end").await;
            Ok(json(&format!("\"{at_once}, {outcome}\"")))
        })
    }
}

type OutcomeFuture = std::pin::Pin<Box<dyn Future<Output = Outcome>>>;

fn end(world: &mut World) -> String {
    world.signal("end", "1");
    world.result()
}

#[rstest]
#[case(Cancellation::TryCancel, vec!["Cancel"])]
#[case(Cancellation::Abandon, vec![])]
fn a_child_that_is_not_waited_for_is_cancelled_at_once(
    #[case] cancellation_type: Cancellation,
    #[case] sent: Vec<&str>,
    #[values(false, true)] heard: bool,
) {
    scenario(cancel_at_signal(cancellation_type), |world| {
        world.taken();
        if heard {
            assert_eq!(world.child_started(CLOSED), Ok(Accepted::New));
        }
        world.signal("stop", "1");
        assert_eq!(world.kinds_sent(), sent);
        assert!(world.run.state().pending.is_empty());
        assert_eq!(world.child_started(CLOSED), Ok(Accepted::Duplicate), "it comes too late");
        assert_eq!(world.child_closed(CLOSED, completed("1")), Ok(Accepted::New), "it is noted");
        assert_eq!(end(world), "\"true, cancelled at once\"");
    });
}

#[rstest]
#[case(ChildOutcome::Canceled { details: Vec::new() }, "\"false, cancelled\"")]
#[case(completed("1"), "\"false, completed\"")]
#[case(ChildOutcome::Terminated, "\"false, failed\"")]
fn a_child_that_is_waited_for_ends_as_it_ends(#[case] outcome: ChildOutcome, #[case] expected: &str) {
    scenario(cancel_at_signal(Cancellation::WaitCompleted), |world| {
        world.taken();
        assert_eq!(world.child_started(CLOSED), Ok(Accepted::New));
        world.signal("stop", "1");
        let message = world.taken();
        let MessageBody::Cancel { operation, child_only, reason, .. } = &message.body else {
            panic!("it asks the child")
        };
        assert_eq!((*operation, *child_only, reason.as_str()), (Some(CLOSED), true, "enough"));
        assert!(means_newest(&message.to, "line-1"), "the child may go on in another run");
        assert_eq!(world.hear(MessageBody::Taken { operation: CLOSED }), Ok(Accepted::Duplicate));
        world.take_over();
        assert_eq!(world.child_closed(CLOSED, outcome.clone()), Ok(Accepted::New));
        assert_eq!(end(world), expected);
    });
}

#[test]
fn a_child_may_be_waited_for_until_it_was_asked() {
    scenario(cancel_at_signal(Cancellation::WaitRequested), |world| {
        world.taken();
        assert_eq!(world.child_started(CLOSED), Ok(Accepted::New));
        world.signal("stop", "1");
        assert_eq!(world.run.state().pending.len(), 1);
        world.taken();
        assert_eq!(world.hear(MessageBody::Taken { operation: CLOSED }), Ok(Accepted::New));
        assert_eq!(world.story()[3], "ExternalWorkflowExecutionCancelRequested ->");
        assert_eq!(world.hear(MessageBody::Taken { operation: CLOSED }), Ok(Accepted::Duplicate));
        assert_eq!(world.child_closed(CLOSED, completed("1")), Ok(Accepted::New), "it is noted");
        assert_eq!(end(world), "\"false, cancelled\"");
    });
}

#[test]
fn a_child_that_was_asked_has_started_even_if_that_is_not_heard_yet() {
    scenario(cancel_at_signal(Cancellation::WaitRequested), |world| {
        world.taken();
        world.signal("stop", "1");
        world.taken();
        assert_eq!(world.hear(MessageBody::Taken { operation: CLOSED }), Ok(Accepted::New));
        assert!(world.run.state().pending.is_empty(), "its start does not hang in the air");
        assert_eq!(world.child_started(CLOSED), Ok(Accepted::Duplicate));
        assert_eq!(end(world), "\"false, cancelled\"");
    });
}

#[test]
fn a_child_that_was_asked_before_counts_as_asked() {
    scenario(cancel_at_signal(Cancellation::WaitRequested), |world| {
        world.taken();
        assert_eq!(world.child_started(CLOSED), Ok(Accepted::New));
        world.signal("stop", "1");
        world.taken_before();
        assert_eq!(end(world), "\"false, cancelled\"");
    });
}

#[rstest]
#[case(Cancellation::WaitCompleted)]
#[case(Cancellation::WaitRequested)]
fn a_child_that_ended_before_it_was_asked_ends_as_it_ended(#[case] cancellation_type: Cancellation) {
    scenario(cancel_at_signal(cancellation_type), |world| {
        world.taken();
        assert_eq!(world.child_started(CLOSED), Ok(Accepted::New));
        world.signal("stop", "1");
        let turns = world.story().len();
        world.undeliverable(ExternalFailure::WorkflowClosed);
        assert_eq!(world.story().len(), turns, "its end is on its way");
        assert_eq!(world.child_closed(CLOSED, completed("1")), Ok(Accepted::New));
        assert_eq!(end(world), "\"false, completed\"");
    });
}

#[test]
fn a_child_cancelled_where_it_is_started_is_started_and_asked() {
    scenario(
        |ctx| async move {
            let ask = dalsegno_engine::calls::StartChild {
                cancellation_type: Cancellation::TryCancel,
                ..child("line", "line-1")
            };
            let (_, closed) = ctx.child(ask);
            assert!(closed.cancel());
            ctx.signal("end").await;
            Ok(json("null"))
        },
        |world| {
            assert_eq!(world.kinds_sent(), ["StartChild", "Cancel"]);
            assert!(world.run.state().pending.is_empty());
            assert_eq!(world.child_started(CLOSED), Ok(Accepted::Duplicate));
        },
    );
}

#[test]
fn a_parent_that_has_closed_takes_what_its_children_say_and_does_nothing() {
    scenario(
        |ctx| async move {
            drop(ctx.child(child("line", "line-1")));
            Ok(json("null"))
        },
        |world| {
            assert_eq!(world.kinds_sent(), ["StartChild", "ParentClosed"], "a start that nobody awaits");
            let run_id = world.child_run(CLOSED);
            let late = MessageBody::ChildStarted { operation: CLOSED, run_id };
            assert_eq!(world.hear(late), Ok(Accepted::Duplicate));
            assert_eq!(world.child_closed(CLOSED, ChildOutcome::Terminated), Ok(Accepted::Duplicate));
            world.undeliverable(ExternalFailure::WorkflowTypeNotFound);
            world.undeliverable(ExternalFailure::WorkflowNotFound);
            assert_eq!(world.story().len(), 1);
            assert!(world.stored.inbox().is_empty());
        },
    );
}

#[test]
fn a_child_races_with_a_timer() {
    scenario(
        |ctx| async move {
            let (_, closed) = ctx.child(child("line", "line-1"));
            let timer = ctx.timer(1_000);
            match select(closed.clone(), timer.clone()).await {
                Either::Left(_) => timer.cancel(),
                Either::Right(_) => closed.cancel(),
            };
            Ok(closed.await?.unwrap_or_default())
        },
        |world| {
            assert_eq!(world.child_started(CLOSED), Ok(Accepted::New));
            world.advance(1_000);
            assert_eq!(world.child_closed(CLOSED, completed("\"late\"")), Ok(Accepted::New));
            assert_eq!(world.result(), "\"late\"");
        },
    );
}

#[test]
fn nobody_begins_a_child_by_telling_a_run_to() {
    let mut world = World::start(Way::Resident, Workflow::new(one), started());
    let message = world.next_message();
    assert_eq!(world.turn(|run| run.deliver(&message)), Err(Refusal::NotAChild));
}

#[test]
fn a_hundred_children_end_in_any_order() {
    scenario(
        |ctx| async move {
            let children: Vec<_> =
                (0..100).map(|number| ctx.child(child("line", &format!("line-{number}"))).1).collect();
            let mut sum = 0;
            for closed in children {
                sum += text(&closed.await?.expect("a result")).parse::<u64>().expect("a number");
            }
            Ok(json(&sum.to_string()))
        },
        |world| {
            assert_eq!(world.stored.inbox().len(), 100);
            let ids: std::collections::BTreeSet<_> =
                world.run.state().children.values().map(|child| child.run_id.clone()).collect();
            assert_eq!(ids.len(), 100);
            (0..100).for_each(|_| drop(world.taken()));
            world.checked = false;
            for number in 0..50 {
                let closed = [2 * (number + 1), 2 * (100 - number)];
                for operation in closed {
                    assert_eq!(world.child_started(operation), Ok(Accepted::New));
                    assert_eq!(world.child_closed(operation, completed("3")), Ok(Accepted::New));
                }
            }
            world.checked = true;
            world.turn(|_| ());
            assert_eq!(world.result(), "300");
            assert!(world.run.state().children.is_empty());
        },
    );
}
