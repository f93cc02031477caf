//! Signals and requests to cancel between runs: taken once, or given back with a reason.

use dalsegno_engine::{
    Failure, Status,
    calls::{ContinueAsNew, StartChild},
    event::{EventAttributes, ExternalFailure, ParentClosePolicy},
    failure::FailureKind,
    ids::RunId,
    limits,
    message::{Message, MessageBody},
    run::{Accepted, Refusal},
};
use rstest::rstest;

use crate::kit::{
    Ctx, Net, Outcome, Way, Workflow, World,
    asks::child,
    json, net_scenario, scenario, signal, started,
    talk::{cancel_from, means_newest, signal_from, stranger},
};

/// Signals a run, and tells what came of it.
async fn signaller(ctx: Ctx) -> Outcome {
    ctx.signal_other("line-1", "ship", false).await.map(|_| json("\"taken\""))
}

/// Asks a run to cancel, and tells what came of it.
async fn canceller(ctx: Ctx) -> Outcome {
    ctx.cancel_other("line-1", Some("line-run-1")).await.map(|_| json("\"taken\""))
}

/// Waits for `ship` or to be cancelled.
async fn line(ctx: Ctx) -> Outcome {
    match crate::kit::select(ctx.signal("ship"), ctx.cancel_requested()).await {
        crate::kit::Either::Left(shipped) => Ok(json(&shipped)),
        crate::kit::Either::Right(reason) => Err(Failure::cancelled(reason)),
    }
}

#[test]
fn a_signal_is_sent_to_the_newest_run_and_awaited() {
    scenario(signaller, |world| {
        let message = world.taken();
        assert!(means_newest(&message.to, "line-1"));
        let MessageBody::Signal { operation: 1, sender, child_only: false, name, input, .. } = &message.body
        else {
            panic!("it is a signal: {message:?}")
        };
        assert_eq!((sender, name.as_str(), input), (&world.identity(), "ship", &vec![json("1")]));
        world.take_over();
        assert_eq!(world.hear(MessageBody::Taken { operation: 1 }), Ok(Accepted::New));
        assert_eq!(world.story()[1], "ExternalWorkflowExecutionSignaled -> WorkflowExecutionCompleted");
        assert_eq!(world.result(), "\"taken\"");
        assert_eq!(world.hear(MessageBody::Taken { operation: 1 }), Ok(Accepted::Duplicate));
    });
}

#[test]
fn a_request_to_cancel_names_its_run_and_is_awaited() {
    scenario(canceller, |world| {
        let message = world.taken();
        assert_eq!(message.to.run_id, Some(RunId::new("line-run-1")));
        let MessageBody::Cancel { operation: Some(1), child_only: false, reason, .. } = &message.body else {
            panic!("it is a request to cancel: {message:?}")
        };
        assert_eq!(reason, "not needed");
        assert_eq!(world.hear(MessageBody::Taken { operation: 1 }), Ok(Accepted::New));
        assert_eq!(
            world.story()[1],
            "ExternalWorkflowExecutionCancelRequested -> WorkflowExecutionCompleted"
        );
    });
}

#[rstest]
#[case(ExternalFailure::WorkflowNotFound, "WorkflowNotFound")]
#[case(ExternalFailure::WorkflowClosed, "WorkflowClosed")]
#[case(ExternalFailure::NamespaceNotFound, "NamespaceNotFound")]
#[case(ExternalFailure::NotAChild, "NotAChild")]
#[case(ExternalFailure::SignalLimit, "SignalLimit")]
#[case(ExternalFailure::BadArguments, "BadArguments")]
fn what_cannot_be_delivered_fails_with_its_reason(#[case] cause: ExternalFailure, #[case] expected: &str) {
    let is_expected = |world: &World| {
        let kind = &world.failure().kind;
        assert!(
            matches!(kind, FailureKind::Application { r#type, non_retryable: true, .. } if r#type == expected)
        );
    };
    scenario(signaller, |world| {
        world.undeliverable(cause);
        assert_eq!(world.story()[1], "SignalExternalWorkflowExecutionFailed -> WorkflowExecutionFailed");
        is_expected(world);
    });
    scenario(canceller, |world| {
        world.undeliverable(cause);
        let story = "RequestCancelExternalWorkflowExecutionFailed -> WorkflowExecutionFailed";
        assert_eq!(world.story()[1], story);
        is_expected(world);
    });
}

#[test]
fn a_run_that_was_asked_to_cancel_before_counts_as_asked() {
    scenario(canceller, |world| {
        world.taken_before();
        assert_eq!(world.result(), "\"taken\"");
    });
}

#[test]
fn an_answer_to_a_run_that_has_closed_is_taken_and_does_nothing() {
    scenario(
        |ctx| async move {
            let (signalled, cancelled) =
                (ctx.signal_other("line-1", "ship", false), ctx.cancel_other("line-1", None));
            drop((signalled, cancelled));
            Ok(json("null"))
        },
        |world| {
            assert_eq!(world.kinds_sent(), ["Signal", "Cancel"], "nobody awaits them, and they are sent");
            world.undeliverable(ExternalFailure::WorkflowClosed);
            world.taken();
            assert_eq!(world.hear(MessageBody::Taken { operation: 2 }), Ok(Accepted::Duplicate));
            assert_eq!(world.story().len(), 1);
        },
    );
}

/// What the run has said in answer to a message.
fn answer(world: &mut World) -> Message {
    let message = world.taken();
    assert_eq!(message.to, stranger().address());
    assert!(matches!(message.body, MessageBody::Taken { operation: 1 }));
    message
}

#[test]
fn a_signal_of_another_run_is_recorded_and_answered_in_one_step() {
    scenario(line, |world| {
        assert_eq!(world.hear(signal_from(stranger(), "ship", false)), Ok(Accepted::New));
        assert_eq!(world.story()[1], "WorkflowExecutionSignaled -> WorkflowExecutionCompleted");
        assert_eq!(answer(world).id.event, 2, "it belongs to the signal's event");
        let late = world.hear(signal_from(stranger(), "ship", false));
        assert_eq!(late, Err(Refusal::Closed(Status::Completed)));
        assert!(world.stored.inbox().is_empty());
    });
}

#[test]
fn several_messages_are_recorded_and_answered_in_one_step() {
    scenario(
        |ctx| async move {
            let mut shipped = Vec::new();
            for _ in 0..3 {
                shipped.push(ctx.signal("ship").await);
            }
            Ok(json(&shipped.len().to_string()))
        },
        |world| {
            let [mut first, mut second, mut third] =
                [0; 3].map(|_| world.message(signal_from(stranger(), "ship", false)));
            (first.id.event, second.id.event, third.id.event) = (901, 902, 903);
            world.turn(|run| {
                for message in [&first, &second, &third] {
                    assert_eq!(run.deliver(message), Ok(Accepted::New));
                }
            });
            assert_eq!((world.result().as_str(), world.story().len()), ("3", 2));
            assert_eq!(world.kinds_sent(), ["Taken", "Taken", "Taken"]);
        },
    );
}

#[test]
fn a_request_of_another_run_to_cancel_is_recorded_and_answered_in_one_step() {
    scenario(line, |world| {
        assert_eq!(world.hear(cancel_from(stranger(), false)), Ok(Accepted::New));
        assert_eq!(world.story()[1], "WorkflowExecutionCancelRequested -> WorkflowExecutionCanceled");
        answer(world);
        let late = world.hear(cancel_from(stranger(), false));
        assert_eq!(late, Err(Refusal::Closed(Status::Cancelled)));
    });
}

#[test]
fn a_request_that_nobody_awaits_is_not_answered() {
    scenario(line, |world| {
        let request = MessageBody::Cancel {
            operation: None,
            sender: stranger(),
            child_only: false,
            reason: String::new(),
        };
        assert_eq!(world.hear(request), Ok(Accepted::New));
        assert!(world.stored.inbox().is_empty());
    });
}

#[test]
fn a_second_request_to_cancel_changes_nothing() {
    scenario(
        |ctx| async move { Ok(json(&ctx.signal("end").await)) },
        |world| {
            world.cancel();
            let turns = world.story().len();
            assert_eq!(world.hear(cancel_from(stranger(), false)), Ok(Accepted::Duplicate));
            assert_eq!(world.story().len(), turns);
            assert!(world.stored.inbox().is_empty(), "its sender is told by who delivers");
        },
    );
}

#[test]
fn what_is_meant_for_a_child_is_refused_by_any_other_run() {
    scenario(line, |world| {
        for body in [signal_from(stranger(), "ship", true), cancel_from(stranger(), true)] {
            assert_eq!(world.hear(body), Err(Refusal::NotAChild));
        }
        let policy = ParentClosePolicy::Terminate;
        let closed = MessageBody::ParentClosed { sender: stranger(), operation: 2, policy };
        assert_eq!(world.hear(closed), Err(Refusal::NotAChild));
        assert_eq!(world.story().len(), 1);
    });
}

#[test]
fn a_run_takes_so_many_signals_of_other_runs_and_no_more() {
    let workflow = Workflow::new(|ctx: Ctx| async move { Ok(json(&ctx.signal("never").await)) });
    let mut world = World::unchecked(workflow, started());
    world.turn(|run| {
        for _ in 0..limits::SIGNALS_PER_RUN_MAX {
            run.accept(signal("add", "0")).expect("it is below the limit");
        }
    });
    let refused = world.hear(signal_from(stranger(), "add", false));
    assert_eq!(refused, Err(Refusal::TooManySignals(limits::SIGNALS_PER_RUN_MAX)));
    assert_eq!(world.hear(cancel_from(stranger(), false)), Ok(Accepted::New));
}

#[test]
fn a_run_whose_history_is_full_takes_no_signal() {
    let workflow = Workflow::new(|ctx: Ctx| async move {
        loop {
            let number: u64 = ctx.signal("more").await.parse().expect("a number");
            for _ in 0..number {
                ctx.timer(1).cancel();
            }
        }
    });
    let mut world = World::unchecked(workflow, started());
    while limits::HISTORY_EVENTS_MAX - world.run.state().events > 12_001 {
        world.signal("more", "6000");
    }
    let room = limits::HISTORY_EVENTS_MAX - world.run.state().events;
    world.signal("more", &((room - 2) / 2).to_string());
    world.turn(|run| run.block("for this test".to_owned()));
    while world.run.state().events < limits::HISTORY_EVENTS_MAX {
        assert_eq!(world.hear(signal_from(stranger(), "more", false)), Ok(Accepted::New));
    }
    assert_eq!(world.hear(signal_from(stranger(), "more", false)), Err(Refusal::HistoryFull));
    assert_eq!(world.input(signal("more", "1")), Err(Refusal::HistoryFull));
    world.terminate();
}

/// A run, and one of another workflow id that it starts and leaves alone.
fn strangers<F: Future<Output = Outcome> + 'static>(
    ask: impl Fn(Ctx) -> F + Clone + 'static,
) -> [(&'static str, Workflow); 2] {
    let first = move |ctx: Ctx| {
        let ask = ask.clone();
        async move {
            let parent_close_policy = ParentClosePolicy::Abandon;
            ctx.child(StartChild { parent_close_policy, ..child("line", "line-1") }).0.await?;
            ctx.signal("go").await;
            ask(ctx).await
        }
    };
    [("scripted", Workflow::new(first)), ("line", Workflow::new(line))]
}

fn go(net: &mut Net) {
    net.carry_all();
    net.parent().signal("go", "1");
    net.carry_all();
}

#[test]
fn a_signal_is_in_the_others_history_when_it_is_awaited() {
    net_scenario(&strangers(signaller), |net| {
        go(net);
        assert_eq!((net.run("line-1").result(), net.parent().result()), ("1".into(), "\"taken\"".into()));
        assert!(net.messages().is_empty());
    });
}

#[test]
fn a_request_to_cancel_is_in_the_others_history_when_it_is_awaited() {
    let ask = |ctx: Ctx| async move {
        ctx.cancel_other("line-1", None).await?;
        Ok(json("null"))
    };
    net_scenario(&strangers(ask), |net| {
        go(net);
        assert_eq!(net.run("line-1").status(), Status::Cancelled);
        assert_eq!(net.parent().status(), Status::Completed);
    });
}

#[test]
fn nobody_is_there_to_take_it() {
    let ask = |ctx: Ctx| async move {
        let outcomes = [
            ctx.signal_other("nobody", "ship", false).await,
            ctx.cancel_other("nobody", None).await,
            ctx.cancel_other("line-1", Some("another-run")).await,
            ctx.signal_other("line-1", "ship", true).await,
            ctx.signal_other("line-1", "ship", true).await,
        ];
        let types = outcomes.map(|outcome| match outcome.map_err(|failure| failure.kind) {
            Ok(_) => "taken".to_owned(),
            Err(FailureKind::Application { r#type, .. }) => r#type,
            Err(other) => format!("{other:?}"),
        });
        Ok(json(&format!("\"{}\"", types.join(" "))))
    };
    net_scenario(&strangers(ask), |net| {
        go(net);
        let expected = "\"WorkflowNotFound WorkflowNotFound WorkflowNotFound taken WorkflowClosed\"";
        assert_eq!(net.parent().result(), expected);
    });
}

#[test]
fn a_run_may_signal_itself() {
    scenario(
        |ctx| async move {
            let sent = ctx.signal_other("order-1", "echo", false);
            let heard = ctx.signal("echo").await;
            sent.await?;
            Ok(json(&heard))
        },
        |world| {
            let message = world.next_message();
            assert_eq!(world.hear_message(&message), Ok(Accepted::New));
            let answer = world.next_message();
            assert_eq!(world.hear_message(&answer), Ok(Accepted::New));
            assert_eq!(world.result(), "1");
            assert!(world.stored.inbox().is_empty());
        },
    );
}

#[test]
fn a_signal_reaches_the_run_that_follows() {
    let next = |ctx: Ctx| async move {
        ctx.continue_as_new(ContinueAsNew { workflow_type: Some("last".into()), ..Default::default() }).await
    };
    let first = |ctx: Ctx| async move {
        let parent_close_policy = ParentClosePolicy::Abandon;
        let (started, closed) = ctx.child(StartChild { parent_close_policy, ..child("line", "line-1") });
        started.await?;
        ctx.signal_other("line-1", "ship", true).await?;
        Ok(closed.await?.unwrap_or_default())
    };
    let types =
        [("scripted", Workflow::new(first)), ("line", Workflow::new(next)), ("last", Workflow::new(line))];
    net_scenario(&types, |net| {
        net.carry_all();
        assert_eq!(net.worlds.len(), 3);
        assert_eq!(net.parent().result(), "1", "and its result reaches the parent");
        let closed = |event: &EventAttributes| match event {
            EventAttributes::ChildWorkflowExecutionCompleted { run_id, .. } => Some(run_id.clone()),
            _ => None,
        };
        let last = net.run("line-1").identity().run_id;
        assert_eq!(net.parent().stored.events().iter().find_map(closed), Some(last));
    });
}

#[test]
fn a_run_without_a_sensible_target_is_a_bug_of_the_code() {
    let world = World::start(
        Way::Resident,
        Workflow::new(|ctx: Ctx| async move {
            ctx.signal_other("", "ship", false).await?;
            Ok(json("null"))
        }),
        started(),
    );
    assert!(world.errors[0].message.contains("workflow id is empty"), "{:?}", world.errors);
    let world = World::start(
        Way::Resident,
        Workflow::new(|ctx: Ctx| async move {
            ctx.signal_other("line-1", "", false).await?;
            Ok(json("null"))
        }),
        started(),
    );
    assert!(world.errors[0].message.contains("name of a signal is empty"), "{:?}", world.errors);
}
