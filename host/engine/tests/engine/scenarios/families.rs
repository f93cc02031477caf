//! Parents and children together: what each comes to when the other ends.

use dalsegno_engine::{
    Failure, Status,
    calls::StartChild,
    event::{ChildCancellationType, IdReusePolicy, ParentClosePolicy},
    failure::FailureKind,
    message::MessageBody,
};
use rstest::rstest;

use crate::kit::{Ctx, Net, Outcome, Workflow, asks::child, json, net_scenario, text};

/// Types of a parent and its children.
fn family<P: Future<Output = Outcome> + 'static, C: Future<Output = Outcome> + 'static>(
    parent: impl Fn(Ctx) -> P + 'static,
    line: impl Fn(Ctx) -> C + 'static,
) -> [(&'static str, Workflow); 2] {
    [("scripted", Workflow::new(parent)), ("line", Workflow::new(line))]
}

/// Waits for `ship`; asked to cancel, it cleans up first.
async fn line(ctx: Ctx) -> Outcome {
    match crate::kit::select(ctx.signal("ship"), ctx.cancel_requested()).await {
        crate::kit::Either::Left(shipped) => Ok(json(&shipped)),
        crate::kit::Either::Right(reason) => {
            ctx.activity("clean-up").await?;
            Err(Failure::cancelled(reason))
        }
    }
}

/// The child's run is known by then, and its result later.
async fn order(ctx: Ctx) -> Outcome {
    let (started, closed) = ctx.child(child("line", "line-1"));
    started.await?;
    Ok(closed.await?.unwrap_or_default())
}

fn all_silent(net: &Net) {
    assert!(net.messages().is_empty(), "{:?}", net.messages());
}

#[test]
fn a_childs_result_reaches_its_parent_once() {
    net_scenario(&family(order, line), |net| {
        net.carry_all();
        let origin = net.run("line-1").run.state().started.as_ref().expect("it has").origin.clone();
        let parent = origin.parent.expect("it has a parent");
        assert_eq!((&parent.run, parent.operation), (&net.parent().identity(), 2));
        assert_eq!(origin.root, Some(net.parent().identity()));
        net.run("line-1").signal("ship", "5");
        net.carry_all();
        assert_eq!(net.parent().result(), "5");
        all_silent(net);
    });
}

#[test]
fn a_grandchild_knows_the_top_of_its_tree() {
    let types = [
        ("scripted", Workflow::new(order)),
        (
            "line",
            Workflow::new(|ctx: Ctx| async move {
                Ok(ctx.child(child("part", "part-1")).1.await?.unwrap_or_default())
            }),
        ),
        ("part", Workflow::new(line)),
    ];
    net_scenario(&types, |net| {
        net.carry_all();
        let origin = net.run("part-1").run.state().started.as_ref().expect("it has").origin.clone();
        assert_eq!(origin.root, Some(net.parent().identity()));
        assert_eq!(origin.parent.map(|parent| parent.run), Some(net.run("line-1").identity()));
        net.run("part-1").signal("ship", "8");
        net.carry_all();
        assert_eq!(net.parent().result(), "8");
        all_silent(net);
    });
}

#[test]
fn a_child_without_a_workflow_id_has_one_of_its_own() {
    let parent = |ctx: Ctx| async move {
        let unnamed = || StartChild { workflow_id: None, ..child("line", "") };
        let (first, second) = (ctx.child(unnamed()), ctx.child(unnamed()));
        drop((first.1.await?, second.1.await?));
        Ok(json("null"))
    };
    net_scenario(&family(parent, line), |net| {
        net.carry_all();
        for id in ["run-1_2", "run-1_4"] {
            net.run(id).signal("ship", "1");
        }
        net.carry_all();
        assert_eq!(net.parent().status(), Status::Completed);
    });
}

type End = fn(&mut Net);

#[rstest]
#[case::fails(|net: &mut Net| net.run("line-1").fail("clean-up", Failure::non_retryable("Bad", "no")), "failed")]
#[case::is_terminated(|net: &mut Net| net.run("line-1").terminate(), "terminated")]
#[case::stops(|net: &mut Net| net.run("line-1").complete("clean-up", "1"), "cancelled")]
fn the_way_a_child_ends_is_its_parents_failure(#[case] end: End, #[case] expected: &str) {
    net_scenario(&family(order, line), |net| {
        net.carry_all();
        net.run("line-1").cancel();
        end(net);
        net.carry_all();
        assert_eq!(net.parent().status(), Status::Failed);
        assert_eq!(net.parent().failure().message, format!("child workflow {expected}"));
        all_silent(net);
    });
}

/// Cancels its child at the signal `stop`, and tells how that ended.
fn stopping(cancellation_type: ChildCancellationType) -> impl Fn(Ctx) -> OutcomeFuture {
    move |ctx: Ctx| {
        Box::pin(async move {
            let ask = StartChild {
                cancellation_type,
                parent_close_policy: ParentClosePolicy::Abandon,
                ..child("line", "line-1")
            };
            let (_, closed) = ctx.child(ask);
            ctx.signal("stop").await;
            closed.cancel();
            let cancelled = closed.await.is_err();
            Ok(json(&cancelled.to_string()))
        })
    }
}

type OutcomeFuture = std::pin::Pin<Box<dyn Future<Output = Outcome>>>;

#[rstest]
#[case(ChildCancellationType::WaitCompleted, true, Status::Running)]
#[case(ChildCancellationType::WaitRequested, true, Status::Completed)]
#[case(ChildCancellationType::TryCancel, true, Status::Completed)]
#[case(ChildCancellationType::Abandon, false, Status::Completed)]
fn a_cancelled_child_is_asked_and_waited_for_as_its_type_says(
    #[case] cancellation_type: ChildCancellationType,
    #[case] asked: bool,
    #[case] parent: Status,
) {
    net_scenario(&family(stopping(cancellation_type), line), |net| {
        net.carry_all();
        net.parent().signal("stop", "1");
        net.carry_all();
        assert_eq!(net.parent().status(), parent);
        assert_eq!(net.run("line-1").run.state().cancel_requested, asked);
        if asked {
            net.run("line-1").complete("clean-up", "1");
            assert_eq!(net.run("line-1").status(), Status::Cancelled);
        }
        net.carry_all();
        assert_eq!(net.parent().status(), Status::Completed);
        all_silent(net);
    });
}

/// Starts a child and ends at the signal.
fn leaving(parent_close_policy: ParentClosePolicy) -> impl Fn(Ctx) -> OutcomeFuture {
    move |ctx: Ctx| {
        Box::pin(async move {
            drop(ctx.child(StartChild { parent_close_policy, ..child("line", "line-1") }));
            Ok(json(&ctx.signal("end").await))
        })
    }
}

#[rstest]
#[case(ParentClosePolicy::Terminate, Status::Terminated)]
#[case(ParentClosePolicy::Abandon, Status::Running)]
#[case(ParentClosePolicy::RequestCancel, Status::Cancelled)]
fn a_child_does_as_its_policy_says_when_its_parent_ends(
    #[case] policy: ParentClosePolicy,
    #[case] expected: Status,
    #[values(true, false)] terminated: bool,
) {
    net_scenario(&family(leaving(policy), line), |net| {
        net.carry_all();
        if terminated {
            net.parent().terminate()
        } else {
            net.parent().signal("end", "1")
        }
        let told = net.parent().kinds_sent() == ["ParentClosed"];
        assert_eq!(told, policy != ParentClosePolicy::Abandon);
        net.carry_all();
        if expected == Status::Cancelled {
            net.run("line-1").complete("clean-up", "1");
        }
        net.carry_all();
        assert_eq!(net.run("line-1").status(), expected);
        if expected == Status::Terminated {
            assert_eq!(net.run("line-1").failure().message, "its parent has ended");
        }
        all_silent(net);
    });
}

#[test]
fn a_child_that_begins_after_its_parent_ended_learns_of_it() {
    net_scenario(&family(leaving(ParentClosePolicy::Terminate), line), |net| {
        net.parent().signal("end", "1");
        net.carry_all();
        assert_eq!(net.run("line-1").status(), Status::Terminated);
        all_silent(net);
    });
}

#[test]
fn the_end_of_a_parent_goes_down_the_tree() {
    let middle = |ctx: Ctx| async move {
        let parent_close_policy = ParentClosePolicy::RequestCancel;
        drop(ctx.child(StartChild { parent_close_policy, ..child("part", "part-1") }));
        line(ctx).await
    };
    let types = [
        ("scripted", Workflow::new(leaving(ParentClosePolicy::Terminate))),
        ("line", Workflow::new(middle)),
        ("part", Workflow::new(line)),
    ];
    net_scenario(&types, |net| {
        net.carry_all();
        net.parent().terminate();
        net.carry_all();
        assert_eq!(net.run("line-1").status(), Status::Terminated);
        assert!(net.run("part-1").run.state().cancel_requested);
        all_silent(net);
    });
}

#[test]
fn the_end_of_a_parent_means_its_child_and_no_other_of_the_same_id() {
    let parent = |ctx: Ctx| async move {
        let first =
            StartChild { cancellation_type: ChildCancellationType::TryCancel, ..child("line", "line-1") };
        ctx.child(first).1.cancel();
        ctx.signal("again").await;
        let second =
            StartChild { parent_close_policy: ParentClosePolicy::Abandon, ..child("line", "line-1") };
        ctx.child(second).0.await?;
        Ok(json("null"))
    };
    net_scenario(&family(parent, line), |net| {
        net.carry_all();
        net.run("line-1").complete("clean-up", "1");
        assert_eq!(net.run("line-1").status(), Status::Cancelled);
        net.carry_all();
        net.parent().signal("again", "1");
        net.carry_all();
        assert_eq!(net.parent().status(), Status::Completed);
        assert_eq!(net.run("line-1").status(), Status::Running, "the second one is to go on");
        all_silent(net);
    });
}

#[rstest]
#[case(IdReusePolicy::Allow, "WorkflowAlreadyRunning")]
#[case(IdReusePolicy::Reject, "WorkflowIdReused")]
fn a_workflow_id_that_is_taken_fails_the_start(
    #[case] id_reuse_policy: IdReusePolicy,
    #[case] expected: &str,
) {
    let parent = move |ctx: Ctx| async move {
        let (started, closed) = ctx.child(child("line", "line-1"));
        started.await?;
        if id_reuse_policy == IdReusePolicy::Reject {
            closed.await?;
        }
        let again = ctx.child(StartChild { id_reuse_policy, ..child("line", "line-1") });
        Ok(again.0.await?.unwrap_or_default())
    };
    net_scenario(&family(parent, line), move |net| {
        net.carry_all();
        if id_reuse_policy == IdReusePolicy::Reject {
            net.run("line-1").signal("ship", "1");
            net.carry_all();
        }
        assert_eq!(net.parent().status(), Status::Failed);
        let cause = net.parent().failure().cause.as_deref().expect("a cause");
        assert!(
            matches!(&cause.kind, FailureKind::Application { r#type, .. } if r#type == expected),
            "{cause:?}"
        );
        all_silent(net);
    });
}

#[test]
fn a_child_of_an_unknown_type_fails_its_start() {
    let parent =
        |ctx: Ctx| async move { Ok(ctx.child(child("nowhere", "line-1")).1.await?.unwrap_or_default()) };
    net_scenario(&family(parent, line), |net| {
        net.carry_all();
        let cause = net.parent().failure().cause.as_deref().expect("a cause").message.clone();
        assert_eq!(cause, "no module has the workflow type");
    });
}

#[test]
fn a_hundred_children_begin_and_end_in_parallel() {
    let parent = |ctx: Ctx| async move {
        let children: Vec<_> =
            (0..100).map(|number| ctx.child(child("line", &format!("line-{number}"))).1).collect();
        let mut sum = 0;
        for closed in children {
            sum += text(&closed.await?.expect("a result")).parse::<u64>().expect("a number");
        }
        Ok(json(&sum.to_string()))
    };
    let double = |ctx: Ctx| async move { Ok(json(&(2 * ctx.shown().history_events).to_string())) };
    net_scenario(&family(parent, double), |net| {
        net.parent().checked = false;
        net.carry_all();
        net.parent().checked = true;
        net.parent().turn(|_| ());
        assert_eq!(net.parent().result(), "200");
        all_silent(net);
    });
}

#[test]
fn messages_to_a_child_come_in_the_order_they_were_sent() {
    let parent = |ctx: Ctx| async move {
        let (_, closed) = ctx.child(child("line", "line-1"));
        let signalled = ctx.signal_other("line-1", "ship", true);
        signalled.await?;
        Ok(closed.await?.unwrap_or_default())
    };
    net_scenario(&family(parent, line), |net| {
        let kinds: Vec<_> = net.messages().iter().map(|message| message.body.kind()).collect();
        let started = matches!(net.messages()[0].body, MessageBody::StartChild(_));
        assert!(started && kinds.len() == 2, "the start is first");
        net.carry_all();
        assert_eq!(net.parent().result(), "1");
        all_silent(net);
    });
}
