//! Random workflows: several tasks side by side, each a list of steps.

use std::rc::Rc;

use dalsegno_engine::{
    Failure, Millis,
    calls::{ContinueAsNew, StartChild},
    event::{
        CancellationType, ChildCancellationType, Origin, Parent, ParentClosePolicy, WorkflowExecutionStarted,
    },
    retry::RetryPolicy,
};
use proptest::prelude::*;

use crate::kit::{
    Ctx, Either, Op, Outcome, Workflow,
    asks::{changes, child},
    json, select, started,
    talk::stranger,
};

/// What one task of a workflow does next.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Activity {
        kind: CancellationType,
        attempts: u32,
        expires: Option<u64>,
        local: bool,
    },
    Timer(u64),
    Signal(u8),
    /// Starts an activity and cancels it when a timer fires first.
    Impatient {
        kind: CancellationType,
        millis: u64,
    },
    /// Starts and cancels in the same activation.
    Futile(CancellationType),
    CancelTimer,
    /// Waits for all that was started and not waited for.
    Join,
    Fork {
        kind: CancellationType,
    },
    /// Starts a child, and waits for it so long; for ever if nothing is said.
    Child {
        kind: ChildCancellationType,
        policy: ParentClosePolicy,
        patience: Option<u64>,
    },
    /// Starts a child and does not wait.
    ForkChild(ParentClosePolicy),
    SignalOther,
    CancelOther,
    /// Waits for an update and answers it.
    Update {
        fails: bool,
    },
    /// Code that was changed: a timer before, an activity after.
    Changed(u8),
    /// As this, with versions.
    Version(u8),
    Note(u8),
}

/// How a workflow ends that is not cancelled.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    Return,
    Fail,
    ContinueAsNew,
}

/// The code of a workflow.
#[derive(Debug, Clone)]
pub(super) struct Script {
    tasks: Vec<Vec<Step>>,
    ending: Ending,
}

fn kinds() -> impl Strategy<Value = CancellationType> {
    use CancellationType::{Abandon, TryCancel, Wait};
    prop_oneof![Just(TryCancel), Just(Wait), Just(Abandon)]
}

fn child_kinds() -> impl Strategy<Value = ChildCancellationType> {
    use ChildCancellationType::{Abandon, TryCancel, WaitCompleted, WaitRequested};
    prop_oneof![Just(WaitCompleted), Just(TryCancel), Just(WaitRequested), Just(Abandon)]
}

pub(super) fn policies() -> impl Strategy<Value = ParentClosePolicy> {
    use ParentClosePolicy::{Abandon, RequestCancel, Terminate};
    prop_oneof![Just(Terminate), Just(Abandon), Just(RequestCancel)]
}

fn activities() -> impl Strategy<Value = Step> {
    let expires = proptest::option::weighted(0.2, 1..20_000u64);
    (kinds(), 0..4u32, expires, proptest::bool::weighted(0.2))
        .prop_map(|(kind, attempts, expires, local)| Step::Activity { kind, attempts, expires, local })
}

fn children() -> impl Strategy<Value = Step> {
    (child_kinds(), policies(), proptest::option::of(0..5_000u64))
        .prop_map(|(kind, policy, patience)| Step::Child { kind, policy, patience })
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => activities(),
        2 => (0..5_000u64).prop_map(Step::Timer),
        2 => (0..3u8).prop_map(Step::Signal),
        2 => (kinds(), 0..5_000u64).prop_map(|(kind, millis)| Step::Impatient { kind, millis }),
        1 => kinds().prop_map(Step::Futile),
        1 => Just(Step::CancelTimer),
        1 => Just(Step::Join),
        2 => kinds().prop_map(|kind| Step::Fork { kind }),
        3 => children(),
        1 => policies().prop_map(Step::ForkChild),
        1 => Just(Step::SignalOther),
        1 => Just(Step::CancelOther),
        2 => any::<bool>().prop_map(|fails| Step::Update { fails }),
        2 => (0..3u8).prop_map(Step::Changed),
        1 => (0..2u8).prop_map(Step::Version),
        1 => (0..4u8).prop_map(Step::Note),
    ]
}

pub(super) fn scripts() -> impl Strategy<Value = Script> {
    let tasks = proptest::collection::vec(proptest::collection::vec(steps(), 0..6), 1..4);
    let ending = prop_oneof![Just(Ending::Return), Just(Ending::Fail), Just(Ending::ContinueAsNew)];
    (tasks, ending).prop_map(|(tasks, ending)| Script { tasks, ending })
}

pub(super) fn starts() -> impl Strategy<Value = WorkflowExecutionStarted> {
    let limit = || proptest::option::weighted(0.1, (0..60_000u64).prop_map(Millis));
    (limit(), limit(), limit(), proptest::option::of(0..3u32), any::<bool>()).prop_map(
        |(run_timeout, execution_timeout, start_delay, attempts, has_parent)| WorkflowExecutionStarted {
            run_timeout,
            execution_timeout,
            start_delay,
            retry_policy: attempts
                .map(|maximum_attempts| RetryPolicy { maximum_attempts, ..RetryPolicy::default() }),
            origin: Origin {
                parent: has_parent.then(|| Parent { run: stranger(), operation: 2 }),
                ..Origin::default()
            },
            ..started()
        },
    )
}

async fn step(ctx: &Ctx, step: &Step, changed: bool, forked: &mut Vec<Op>) {
    match step {
        Step::Activity { kind, attempts, expires, local } => {
            let activity = ctx.activity("a").attempts(*attempts).cancelled_by(*kind).with(|ask| {
                ask.schedule_to_close = expires.map(Millis);
                ask.local_retry_threshold = local.then_some(Millis(60_000));
            });
            drop(activity.await);
        }
        Step::Timer(millis) => drop(ctx.timer(*millis).await),
        Step::Signal(name) => drop(ctx.signal(&name.to_string()).await),
        Step::Impatient { kind, millis } => {
            let activity = ctx.activity("b").cancelled_by(*kind).start();
            patient(ctx, activity, Some(*millis)).await;
        }
        Step::Futile(kind) => {
            let activity = ctx.activity("c").cancelled_by(*kind).start();
            activity.cancel();
            drop(activity.await);
        }
        Step::CancelTimer => {
            let timer = ctx.timer(1_000);
            timer.cancel();
        }
        Step::Join => {
            for operation in forked.drain(..) {
                drop(operation.await);
            }
        }
        Step::Fork { kind } => forked.push(ctx.activity("d").cancelled_by(*kind).start()),
        Step::Child { kind, policy, patience } => {
            let ask = StartChild {
                cancellation_type: *kind,
                parent_close_policy: *policy,
                workflow_id: None,
                ..child("line", "")
            };
            let (started, closed) = ctx.child(ask);
            patient(ctx, closed, *patience).await;
            drop(started.await);
        }
        Step::ForkChild(policy) => {
            let ask = StartChild { parent_close_policy: *policy, ..child("line", "line-1") };
            forked.push(ctx.child(ask).1);
        }
        Step::SignalOther => drop(ctx.signal_other("line-1", "ship", false).await),
        Step::CancelOther => drop(ctx.cancel_other("line-1", None).await),
        Step::Update { fails } => {
            let update = ctx.update().await;
            let outcome = if *fails { Err(Failure::application("No", "no")) } else { Ok(Some(json("1"))) };
            ctx.answer(&update, outcome);
        }
        Step::Changed(id) if changed && ctx.patched(&id.to_string()) => drop(ctx.activity("new").await),
        Step::Version(id) if changed && ctx.version(&format!("v{id}"), 2) == 2 => {
            drop(ctx.activity("newest").await);
        }
        Step::Changed(_) | Step::Version(_) => drop(ctx.timer(5).await),
        Step::Note(number) => {
            let value = if number % 2 == 0 { "" } else { "1" };
            ctx.call(|calls| calls.set_memo(changes(&[("note", value)])));
            ctx.call(|calls| calls.upsert_search_attributes(&changes(&[("Number", &number.to_string())])));
        }
    }
}

/// Waits so long, then cancels.
async fn patient(ctx: &Ctx, operation: Op, millis: Option<u64>) {
    let Some(millis) = millis else { return drop(operation.await) };
    let timer = ctx.timer(millis);
    match select(operation.clone(), timer.clone()).await {
        Either::Left(_) => drop(timer.cancel()),
        Either::Right(_) => {
            operation.cancel();
            drop(operation.await);
        }
    }
}

/// Runs the tasks side by side; stops early when it is cancelled. `changed`: newer code, which has patches.
pub(super) fn workflow(script: &Script, changed: bool) -> Workflow {
    let tasks: Rc<[Vec<Step>]> = script.tasks.clone().into();
    let ending = script.ending;
    Workflow::new(move |ctx: Ctx| {
        let tasks = tasks.clone();
        async move {
            let done = Rc::new(std::cell::Cell::new(0));
            for place in 0..tasks.len() {
                let (task_ctx, done, tasks) = (ctx.clone(), done.clone(), tasks.clone());
                ctx.spawn(async move {
                    let mut forked = Vec::new();
                    for line in &tasks[place] {
                        step(&task_ctx, line, changed, &mut forked).await;
                    }
                    done.set(done.get() + 1);
                });
            }
            let all = tasks.len();
            match (select(ctx.until(move || done.get() == all), ctx.cancel_requested()).await, ending) {
                (Either::Left(()), Ending::Return) => Ok(json("\"all\"")),
                (Either::Left(()), Ending::Fail) => Err(Failure::application("Test", "on purpose")),
                (Either::Left(()), Ending::ContinueAsNew) => {
                    let carried_signals = ctx.unhandled_signals();
                    ctx.continue_as_new(ContinueAsNew { carried_signals, ..Default::default() }).await
                }
                (Either::Right(reason), _) => {
                    ctx.activity("undo").await?;
                    Err(Failure::cancelled(reason)) as Outcome
                }
            }
        }
    })
}
