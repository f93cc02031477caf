//! Children that their parent has given up, and what they hear of it in the end.

use dalsegno_engine::{
    Status,
    calls::StartChild,
    event::{ChildCancellationType as Cancellation, ExternalFailure, ParentClosePolicy},
    message::ChildOutcome,
    run::Accepted,
};
use rstest::rstest;

use crate::kit::{Ctx, Net, Outcome, Workflow, World, asks::child, json, net_scenario, scenario};

/// The operation of the child's end.
const CLOSED: u64 = 2;

/// Gives a child up, and ends at the signal.
fn giving_up(cancellation_type: Cancellation) -> impl Fn(Ctx) -> OutcomeFuture + Clone {
    move |ctx: Ctx| {
        Box::pin(async move {
            let (_, closed) = ctx.child(StartChild { cancellation_type, ..child("line", "line-1") });
            ctx.signal("give-up").await;
            assert!(closed.cancel());
            ctx.signal("end").await;
            Ok(json("null"))
        })
    }
}

type OutcomeFuture = std::pin::Pin<Box<dyn Future<Output = Outcome>>>;

/// Goes on whatever it is asked.
async fn line(ctx: Ctx) -> Outcome {
    Ok(json(&ctx.signal("ship").await))
}

#[rstest]
#[case(Cancellation::TryCancel)]
#[case(Cancellation::Abandon)]
fn a_child_that_was_given_up_and_has_ended_hears_nothing_of_its_parents_end(
    #[case] cancellation: Cancellation,
) {
    scenario(giving_up(cancellation), |world: &mut World| {
        assert_eq!(world.child_started(CLOSED), Ok(Accepted::New));
        world.signal("give-up", "1");
        (0..world.kinds_sent().len()).for_each(|_| drop(world.taken()));
        let turns = world.story().len();
        assert_eq!(world.child_closed(CLOSED, ChildOutcome::Completed(None)), Ok(Accepted::New));
        assert!(world.run.state().children.is_empty());
        assert_eq!(world.story()[turns..], ["ChildWorkflowExecutionCompleted"], "the guest is told nothing");
        assert_eq!(world.child_closed(CLOSED, ChildOutcome::Terminated), Ok(Accepted::Duplicate));
        world.signal("end", "1");
        assert_eq!(world.kinds_sent(), [""; 0]);
    });
}

#[test]
fn a_child_that_was_given_up_and_never_started_is_forgotten() {
    scenario(giving_up(Cancellation::Abandon), |world: &mut World| {
        world.signal("give-up", "1");
        world.undeliverable(ExternalFailure::WorkflowAlreadyRunning);
        assert!(world.run.state().children.is_empty());
        world.signal("end", "1");
        assert_eq!(world.kinds_sent(), [""; 0]);
    });
}

#[rstest]
#[case(Cancellation::TryCancel, ParentClosePolicy::Terminate, Status::Terminated)]
#[case(Cancellation::Abandon, ParentClosePolicy::Terminate, Status::Terminated)]
#[case(Cancellation::Abandon, ParentClosePolicy::Abandon, Status::Running)]
fn a_child_that_was_given_up_does_as_its_policy_says_when_its_parent_ends(
    #[case] cancellation_type: Cancellation,
    #[case] parent_close_policy: ParentClosePolicy,
    #[case] expected: Status,
) {
    let parent = move |ctx: Ctx| async move {
        let ask = StartChild { cancellation_type, parent_close_policy, ..child("line", "line-1") };
        let (started, closed) = ctx.child(ask);
        started.await?;
        assert!(closed.cancel());
        ctx.signal("end").await;
        Ok(json("null"))
    };
    let types = [("scripted", Workflow::new(parent)), ("line", Workflow::new(line))];
    net_scenario(&types, |net: &mut Net| {
        net.carry_all();
        net.parent().signal("end", "1");
        net.carry_all();
        assert_eq!(net.run("line-1").status(), expected);
    });
}

#[test]
fn a_child_hears_of_its_parents_end_after_all_that_the_parent_said_before() {
    let parent = |ctx: Ctx| async move {
        let (started, _) = ctx.child(child("line", "line-1"));
        started.await?;
        drop(ctx.signal_other("line-1", "note", true));
        drop(ctx.child(child("line", "line-2")));
        Ok(json("null"))
    };
    let types = [("scripted", Workflow::new(parent)), ("line", Workflow::new(line))];
    net_scenario(&types, |net: &mut Net| {
        // In the order of their keys, as after a take-over.
        net.carry_all();
        let story = net.run("line-1").story();
        let place = |name: &str| story.iter().position(|line| line.contains(name));
        assert!(place("WorkflowExecutionSignaled") < place("WorkflowExecutionTerminated"), "{story:?}");
        assert!(place("WorkflowExecutionSignaled").is_some(), "{story:?}");
        assert_eq!(net.run("line-2").status(), Status::Terminated);
    });
}
