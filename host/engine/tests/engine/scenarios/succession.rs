//! Runs that follow others: continued as new, or tried again after a failure or a timeout.

use std::sync::Arc;

use dalsegno_engine::{
    Failure, Millis, Seed, Status,
    calls::{ContinueAsNew, StartChild},
    event::{EventAttributes, ModulePolicy, ParentClosePolicy, WorkflowExecutionStarted},
    failure::{FailureKind, RetryState},
    ids::{RequestId, RunId},
    message::MessageBody,
    retry::RetryPolicy,
    run::{Accepted, Input, Successor},
};
use rstest::rstest;

use crate::kit::{
    Ctx, Net, Outcome, Way, Workflow, World,
    asks::{changes, child},
    data, json, net_scenario, net_scenario_from, scenario, scenario_from, signal, signal_with_id, started,
};

/// A start with something in every field that the next run has or has not.
fn full_start() -> WorkflowExecutionStarted {
    WorkflowExecutionStarted {
        headers: vec![("trace".to_owned(), json("\"t\""))],
        run_timeout: Some(Millis(60_000)),
        execution_timeout: Some(Millis(600_000)),
        start_delay: Some(Millis(0)),
        memo: [("note".to_owned(), json("1"))].into(),
        search_attributes: [("Customer".to_owned(), json("7"))].into(),
        request_id: Some(RequestId::new("request-1")),
        retry_policy: Some(policy(3)),
        ..started()
    }
}

fn policy(maximum_attempts: u32) -> RetryPolicy {
    RetryPolicy { maximum_attempts, ..RetryPolicy::default() }
}

fn next(world: &World) -> &Successor {
    world.stored.successor.as_ref().expect("a run follows")
}

fn started_of(world: &World) -> Arc<WorkflowExecutionStarted> {
    world.run.state().started.clone().expect("it has started")
}

/// Notes something, and goes on in another run at the signal.
fn continuing(ask: impl Fn() -> ContinueAsNew + Clone + 'static) -> impl Fn(Ctx) -> OutcomeFuture {
    move |ctx: Ctx| {
        let ask = ask.clone();
        Box::pin(async move {
            ctx.patched("p");
            ctx.call(|calls| calls.set_memo(changes(&[("added", "2")])));
            ctx.call(|calls| calls.upsert_search_attributes(&changes(&[("Stage", "3")])));
            ctx.signal("go").await;
            ctx.continue_as_new(ask()).await
        })
    }
}

type OutcomeFuture = std::pin::Pin<Box<dyn Future<Output = Outcome>>>;

fn names(all: &std::collections::BTreeMap<String, dalsegno_engine::Payload>) -> String {
    all.iter().map(|(name, value)| format!("{name}={}", data(value))).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_next_run_keeps_what_it_is_not_given() {
    let ask = || ContinueAsNew { input: vec![json("9")], ..ContinueAsNew::default() };
    scenario_from(full_start(), continuing(ask), |world| {
        assert_eq!(world.input(signal_with_id("go", "1", "r-1")), Ok(Accepted::New));
        assert_eq!((world.status(), world.story().len()), (Status::ContinuedAsNew, 2));
        let (before, Successor { started, module_policy }) = (started_of(world), next(world));
        assert_eq!(*module_policy, ModulePolicy::Inherit);
        assert_eq!(names(&started.memo), "added=2 note=1");
        assert_eq!(names(&started.search_attributes), "Customer=7 Stage=3", "not the patches");
        assert_eq!(
            (&started.workflow_type, &started.task_queue),
            (&before.workflow_type, &before.task_queue)
        );
        assert_eq!((started.run_timeout, &started.retry_policy), (before.run_timeout, &before.retry_policy));
        assert_eq!((started.input.as_slice(), started.headers.len()), (&[json("9")][..], 0));
        assert_eq!((started.attempt, started.start_delay, &started.request_id), (1, None, &None));
        assert_eq!(started.origin.execution_expires, Some(world.now.plus(Millis(600_000))));
        assert_eq!(started.origin.signal_ids, [RequestId::new("r-1")]);
        assert_eq!(started.origin.last_failure, None);
    });
}

#[test]
fn the_next_run_takes_what_it_is_given() {
    let ask = || ContinueAsNew {
        input: vec![json("9")],
        workflow_type: Some("other".to_owned()),
        task_queue: Some("gpu".to_owned()),
        run_timeout: Some(Millis(5)),
        retry_policy: Some(policy(8)),
        memo: Some([("only".to_owned(), json("1"))].into()),
        search_attributes: Some([("Only".to_owned(), json("1"))].into()),
        module_policy: ModulePolicy::Current,
        carried_signals: Vec::new(),
        headers: vec![("trace".to_owned(), json("\"u\""))],
    };
    scenario_from(full_start(), continuing(ask), |world| {
        world.signal("go", "1");
        let Successor { started, module_policy } = next(world);
        assert_eq!(*module_policy, ModulePolicy::Current);
        assert_eq!((started.workflow_type.as_str(), started.task_queue.as_str()), ("other", "gpu"));
        assert_eq!((started.run_timeout, &started.retry_policy), (Some(Millis(5)), &Some(policy(8))));
        assert_eq!(
            (names(&started.memo), names(&started.search_attributes)),
            ("only=1".into(), "Only=1".into())
        );
        assert_eq!(started.headers, [("trace".to_owned(), json("\"u\""))]);
    });
}

/// Counts signals `add`, three for each run, and carries the others.
async fn counter(ctx: Ctx) -> Outcome {
    let mut sum: u64 = data(&ctx.input()[0]).parse().expect("a number");
    for _ in 0..3 {
        sum += ctx.signal("add").await.parse::<u64>().expect("a number");
    }
    if sum >= 10 {
        return Ok(json(&sum.to_string()));
    }
    let carried_signals = ctx.unhandled_signals();
    ctx.continue_as_new(ContinueAsNew {
        input: vec![json(&sum.to_string())],
        carried_signals,
        ..ContinueAsNew::default()
    })
    .await
}

fn chain(input: &str) -> WorkflowExecutionStarted {
    WorkflowExecutionStarted { input: vec![json(input)], ..started() }
}

#[test]
fn signals_that_nobody_handled_are_carried_in_order_and_no_repeated_one_counts() {
    net_scenario_from(chain("0"), &[("scripted", Workflow::new(counter))], |net| {
        net.parent().turn(|run| {
            for number in 1..=4 {
                let input = signal_with_id("add", &number.to_string(), &format!("r{number}"));
                assert_eq!(run.accept(input), Ok(Accepted::New));
            }
        });
        net.carry_all();
        assert_eq!(net.worlds.len(), 2);
        let carried = &started_of(net.parent()).origin.carried_signals;
        assert_eq!((carried.len(), carried[0].id.as_str()), (1, "r4"));
        for number in 1..=4 {
            let again = signal_with_id("add", "100", &format!("r{number}"));
            assert_eq!(net.parent().input(again), Ok(Accepted::Duplicate), "an earlier run took it");
        }
        net.parent().signal("add", "0");
        net.parent().signal("add", "0");
        assert_eq!(net.parent().result(), "10");
    });
}

#[test]
fn run_ids_are_the_same_in_a_replay_and_differ_between_runs() {
    let parent = |ctx: Ctx| async move {
        let unnamed = || StartChild {
            parent_close_policy: ParentClosePolicy::Abandon,
            workflow_id: None,
            ..child("line", "")
        };
        drop((ctx.child(unnamed()), ctx.child(unnamed())));
        if ctx.input().is_empty() {
            return Ok(json("null"));
        }
        ctx.continue_as_new(ContinueAsNew::default()).await
    };
    let line = |ctx: Ctx| async move { Ok(json(&ctx.signal("never").await)) };
    // That each replay finds the same ids is checked by the kit after every turn.
    net_scenario(&[("scripted", Workflow::new(parent)), ("line", Workflow::new(line))], |net| {
        net.carry_all();
        let ids: std::collections::BTreeSet<_> =
            net.worlds.iter().map(|world| world.identity().run_id.to_string()).collect();
        assert_eq!(ids.len(), 6, "two runs of the chain, two children of each");
        let seeds: std::collections::BTreeSet<_> =
            net.worlds.iter().map(|world| started_of(world).seed.to_string()).collect();
        assert_eq!(seeds.len(), 6);
    });
}

#[test]
fn another_seed_and_another_time_give_other_ids() {
    let successor = |seed: u8, millis: u64| {
        let workflow = Workflow::new(continuing(ContinueAsNew::default));
        let start = WorkflowExecutionStarted { seed: Seed([seed; 32]), ..started() };
        let mut world = World::start(Way::Resident, workflow, start);
        world.advance(millis);
        world.signal("go", "1");
        next(&world).started.run_id().clone()
    };
    let ids = [successor(1, 0), successor(2, 0), successor(1, 5)];
    assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2], "{ids:?}");
    assert_eq!(ids[0], successor(1, 0));
}

#[test]
fn going_on_with_children_open_does_with_them_as_their_policy_says() {
    let parent = |ctx: Ctx| async move {
        drop(ctx.child(child("line", "line-1")));
        drop(ctx.child(StartChild {
            parent_close_policy: ParentClosePolicy::Abandon,
            ..child("line", "line-2")
        }));
        ctx.continue_as_new(ContinueAsNew { workflow_type: Some("line".to_owned()), ..Default::default() })
            .await
    };
    let line = |ctx: Ctx| async move { Ok(json(&ctx.signal("never").await)) };
    net_scenario(&[("scripted", Workflow::new(parent)), ("line", Workflow::new(line))], |net| {
        net.carry_all();
        assert_eq!(net.run("line-1").status(), Status::Terminated);
        assert_eq!(net.run("line-2").status(), Status::Running);
        assert!(net.messages().is_empty());
    });
}

/// Fails as its input says, each time.
async fn failing(ctx: Ctx) -> Outcome {
    ctx.signal("fail").await;
    Err(Failure::application("Busy", "later"))
}

fn retrying(maximum_attempts: u32) -> WorkflowExecutionStarted {
    WorkflowExecutionStarted { retry_policy: Some(policy(maximum_attempts)), ..started() }
}

/// The retry state and the next run of the last event.
fn verdict(world: &World) -> (RetryState, Option<RunId>) {
    match world.stored.events().pop() {
        Some(
            EventAttributes::WorkflowExecutionFailed { retry_state, new_run_id, .. }
            | EventAttributes::WorkflowExecutionTimedOut { retry_state, new_run_id },
        ) => (retry_state, new_run_id),
        other => panic!("it has not failed: {other:?}"),
    }
}

#[test]
fn a_failed_run_is_tried_again_after_the_backoff() {
    net_scenario_from(retrying(3), &[("scripted", Workflow::new(failing))], |net| {
        for (attempt, backoff) in [(1, 1_000), (2, 2_000)] {
            assert_eq!(started_of(net.parent()).attempt, attempt);
            net.parent().signal("fail", "1");
            let (state, new_run) = verdict(net.parent());
            assert_eq!(state, RetryState::InProgress);
            let next = next(net.parent()).clone();
            assert_eq!(next.module_policy, ModulePolicy::Inherit);
            assert_eq!(next.started.start_delay, Some(Millis(backoff)));
            assert_eq!(next.started.input, started().input);
            let failure = next.started.origin.last_failure.clone().expect("it is told");
            assert_eq!(failure.message, "later");
            net.carry_all();
            assert_eq!(Some(net.parent().identity().run_id), new_run);
            assert_eq!(net.parent().story(), ["WorkflowExecutionStarted"]);
            net.advance(backoff - 1);
            assert_eq!(net.parent().run.state().activations, 0);
            net.advance(1);
            assert_eq!(net.parent().run.state().activations, 1);
        }
        net.parent().signal("fail", "1");
        assert_eq!(verdict(net.parent()), (RetryState::MaximumAttemptsReached, None));
        net.carry_all();
        assert_eq!(net.worlds.len(), 3);
    });
}

#[rstest]
#[case::no_policy(None, Failure::application("Busy", ""), RetryState::RetryPolicyNotSet)]
#[case::forbidden(Some(policy(0)), Failure::non_retryable("Bad", ""), RetryState::NonRetryableFailure)]
#[case::cancelled(Some(policy(0)), Failure::cancelled("stop"), RetryState::NonRetryableFailure)]
#[case::listed(
    Some(RetryPolicy { non_retryable_error_types: vec!["Busy".to_owned()], ..policy(0) }),
    Failure::application("Busy", ""), RetryState::NonRetryableFailure
)]
#[case::once(Some(policy(1)), Failure::application("Busy", ""), RetryState::MaximumAttemptsReached)]
fn a_failed_run_that_is_not_tried_again_says_why(
    #[case] retry_policy: Option<RetryPolicy>,
    #[case] failure: Failure,
    #[case] expected: RetryState,
) {
    let start = WorkflowExecutionStarted { retry_policy, ..started() };
    let workflow = move |_: Ctx| {
        let failure = failure.clone();
        async move { Err(failure) }
    };
    scenario_from(start, workflow, move |world| {
        assert_eq!(verdict(world), (expected, None));
        assert_eq!(world.stored.successor, None);
    });
}

#[test]
fn a_run_that_ends_otherwise_is_not_tried_again() {
    scenario_from(retrying(0), failing, |world| {
        world.terminate();
        assert_eq!(world.stored.successor, None);
    });
    scenario_from(
        retrying(0),
        |ctx| async move { ctx.close_as_cancelled().await },
        |world| assert_eq!((world.status(), &world.stored.successor), (Status::Cancelled, &None)),
    );
}

#[test]
fn a_run_past_its_time_is_tried_again_and_its_chain_past_its_time_is_not() {
    let start = WorkflowExecutionStarted {
        run_timeout: Some(Millis(10_000)),
        execution_timeout: Some(Millis(25_000)),
        ..retrying(0)
    };
    net_scenario_from(start, &[("scripted", Workflow::new(failing))], |net| {
        let expires = net.parent().now.plus(Millis(25_000));
        net.advance(10_000);
        assert_eq!(net.worlds.len(), 2);
        assert_eq!(
            (net.worlds[0].status(), verdict(&net.worlds[0]).0),
            (Status::TimedOut, RetryState::InProgress)
        );
        let failure = started_of(net.parent()).origin.last_failure.clone().expect("it is told");
        assert!(matches!(failure.kind, FailureKind::Timeout { .. }));
        net.advance(11_000);
        assert_eq!(net.worlds.len(), 3, "its own time began after the backoff");
        assert_eq!(started_of(net.parent()).origin.execution_expires, Some(expires));
        assert_eq!(net.parent().run.state().run_expires(), Some(expires));
        net.advance(4_000);
        assert_eq!(
            (net.parent().status(), verdict(net.parent())),
            (Status::TimedOut, (RetryState::Timeout, None))
        );
    });
}

#[test]
fn an_attempt_that_would_begin_after_the_chains_time_is_not_made() {
    let start = WorkflowExecutionStarted { execution_timeout: Some(Millis(5_000)), ..retrying(0) };
    scenario_from(start, failing, |world| {
        world.advance(4_000);
        world.signal("fail", "1");
        assert_eq!(verdict(world), (RetryState::Timeout, None));
    });
}

#[test]
fn a_run_that_goes_on_keeps_the_time_of_its_chain() {
    let start = WorkflowExecutionStarted { execution_timeout: Some(Millis(5_000)), ..started() };
    let forever = |ctx: Ctx| async move {
        ctx.timer(2_000).await?;
        ctx.continue_as_new(ContinueAsNew::default()).await
    };
    net_scenario_from(start, &[("scripted", Workflow::new(forever))], |net| {
        for runs in [2, 3] {
            net.advance(2_000);
            assert_eq!(net.worlds.len(), runs);
        }
        net.advance(1_000);
        assert_eq!((net.worlds.len(), net.parent().status()), (3, Status::TimedOut));
    });
}

#[test]
fn a_failure_may_name_the_delay_before_the_next_run() {
    let workflow = |_: Ctx| async move {
        let mut failure = Failure::application("Busy", "later");
        if let FailureKind::Application { next_retry_delay, .. } = &mut failure.kind {
            *next_retry_delay = Some(Millis(77));
        }
        Err(failure)
    };
    scenario_from(retrying(0), workflow, |world| {
        assert_eq!(next(world).started.start_delay, Some(Millis(77)));
    });
}

#[test]
fn a_chain_ends_once_for_its_parent() {
    let parent = |ctx: Ctx| async move {
        let ask = StartChild { retry_policy: Some(policy(2)), ..child("line", "line-1") };
        let (started, closed) = ctx.child(ask);
        started.await?;
        Ok(closed.await?.unwrap_or_default())
    };
    net_scenario(&[("scripted", Workflow::new(parent)), ("line", Workflow::new(failing))], |net| {
        net.carry_all();
        net.run("line-1").signal("fail", "1");
        assert!(!net.run("line-1").kinds_sent().contains(&"ChildClosed"), "a run follows");
        net.carry_all();
        net.advance(1_000);
        net.run("line-1").signal("fail", "1");
        let message = net.run("line-1").next_message();
        assert!(matches!(message.body, MessageBody::ChildClosed { operation: 2, .. }));
        net.carry_all();
        let FailureKind::ChildWorkflow { retry_state, .. } = net.parent().failure().kind else {
            panic!("it is the child's")
        };
        assert_eq!(retry_state, RetryState::MaximumAttemptsReached);
    });
}

#[test]
fn the_end_of_a_parent_reaches_the_newest_run_of_its_child() {
    let parent = |ctx: Ctx| async move {
        ctx.child(child("line", "line-1")).0.await?;
        Ok(json(&ctx.signal("end").await))
    };
    let line = continuing(|| ContinueAsNew { workflow_type: Some("last".into()), ..Default::default() });
    let last = |ctx: Ctx| async move { Ok(json(&ctx.signal("never").await)) };
    let types =
        [("scripted", Workflow::new(parent)), ("line", Workflow::new(line)), ("last", Workflow::new(last))];
    net_scenario(&types, |net: &mut Net| {
        net.carry_all();
        net.run("line-1").signal("go", "1");
        net.carry_all();
        net.parent().signal("end", "1");
        net.carry_all();
        assert_eq!(net.run("line-1").status(), Status::Terminated);
        assert_eq!(started_of(net.run("line-1")).workflow_type.as_str(), "last");
        assert!(net.messages().is_empty());
    });
}

#[test]
fn a_run_may_go_on_although_it_was_asked_to_cancel() {
    scenario(continuing(ContinueAsNew::default), |world| {
        world.turn(|run| {
            run.accept(signal("go", "1")).expect("it is open");
            run.accept(Input::Cancel { reason: "late".to_owned(), request_id: None }).expect("it is open");
        });
        assert_eq!(
            world.story()[1],
            "WorkflowExecutionSignaled WorkflowExecutionCancelRequested -> WorkflowExecutionContinuedAsNew"
        );
        assert!(world.input(signal("go", "2")).is_err(), "the next run takes it");
    });
}

#[test]
fn a_run_that_was_asked_to_cancel_is_not_tried_again() {
    scenario_from(retrying(0), failing, |world| {
        world.cancel();
        world.signal("fail", "1");
        assert_eq!(verdict(world), (RetryState::CancelRequested, None));
    });
    let start = WorkflowExecutionStarted { run_timeout: Some(Millis(10_000)), ..retrying(0) };
    scenario_from(start, failing, |world| {
        world.break_activations(
            1,
            dalsegno_engine::guest::ActivationErrorKind::Environmental,
            "its guest has not seen it",
        );
        world.cancel();
        world.advance(10_000);
        assert_eq!((world.status(), verdict(world)), (Status::TimedOut, (RetryState::CancelRequested, None)));
    });
}

#[test]
fn runs_of_the_first_rules_are_tried_again_whatever_was_asked() {
    let start = WorkflowExecutionStarted { engine_semantics: 1, ..retrying(0) };
    scenario_from(start, failing, |world| {
        world.cancel();
        world.signal("fail", "1");
        assert_eq!(verdict(world).0, RetryState::InProgress);
    });
}
