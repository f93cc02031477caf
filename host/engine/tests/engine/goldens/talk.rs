//! Recordings of what runs say to each other, of updates, chains, patches and attributes.

use dalsegno_engine::{
    Failure, Millis, Payload, Seed, Timestamp,
    calls::{ContinueAsNew, StartChild},
    event::{
        ChildCancellationType, ExternalFailure, IdReusePolicy, ModulePolicy, Origin, Parent,
        ParentClosePolicy, WorkflowExecutionStarted,
    },
    failure::RetryState,
    guest::Request,
    ids::{Namespace, RequestId, RunId, WorkflowId},
    message::{ChildOutcome, MessageBody, RunIdentity},
    retry::RetryPolicy,
    run::Input,
};

use super::{binary, fraud, full_start, play, play_from};
use crate::kit::{Ctx, World, asks::changes, json};

fn policy() -> RetryPolicy {
    RetryPolicy {
        initial_interval: Millis(250),
        maximum_interval: Some(Millis(4_000)),
        maximum_attempts: 3,
        non_retryable_error_types: vec!["Test".to_owned()],
        ..RetryPolicy::default()
    }
}

fn headers() -> Vec<(String, Payload)> {
    vec![("trace".to_owned(), json("\"t-1\""))]
}

/// A child with every field.
fn full_child() -> StartChild {
    StartChild {
        workflow_type: "line".to_owned(),
        input: vec![json("[1,2]"), binary()],
        workflow_id: Some("line-1".to_owned()),
        namespace: Some("warehouse".to_owned()),
        task_queue: Some("lines".to_owned()),
        execution_timeout: Some(Millis(86_400_000)),
        run_timeout: Some(Millis(3_600_500)),
        retry_policy: Some(policy()),
        id_reuse_policy: IdReusePolicy::FailedOnly,
        parent_close_policy: ParentClosePolicy::RequestCancel,
        cancellation_type: ChildCancellationType::WaitRequested,
        module_policy: ModulePolicy::Current,
        memo: [("note".to_owned(), binary())].into(),
        search_attributes: [("Customer".to_owned(), json("42"))].into(),
        summary: Some("packs one line".to_owned()),
        headers: headers(),
    }
}

/// Starts a child, and cancels it at `stop`.
async fn parent(ctx: Ctx) -> crate::kit::Outcome {
    let (_, closed) = ctx.child(full_child());
    ctx.signal("stop").await;
    closed.cancel();
    std::future::pending().await
}

fn ended(outcome: ChildOutcome) -> World {
    play(parent, |world| {
        world.child_started(2).expect("it is open");
        world.child_closed(2, outcome).expect("it is open");
    })
}

fn asks(
    call: impl Fn(&mut dalsegno_engine::Calls) -> Result<(), dalsegno_engine::calls::CallError> + Copy + 'static,
    then: impl FnOnce(&mut World),
) -> World {
    let workflow = move |ctx: Ctx| async move {
        ctx.call(call);
        std::future::pending().await
    };
    play(workflow, then)
}

fn signals(then: impl FnOnce(&mut World)) -> World {
    let call = |calls: &mut dalsegno_engine::Calls| {
        let namespace = Some("warehouse".to_owned());
        let to = calls.address(namespace, "line-1".to_owned(), Some("line-run-1".to_owned()))?;
        calls.signal_external(to, "ship".to_owned(), vec![json("1"), binary()], headers(), true).map(drop)
    };
    asks(call, then)
}

fn cancels(then: impl FnOnce(&mut World)) -> World {
    let call = |calls: &mut dalsegno_engine::Calls| {
        let to = calls.address(None, "line-1".to_owned(), Some("line-run-1".to_owned()))?;
        calls.cancel_external(to, "not needed".to_owned()).map(drop)
    };
    asks(call, then)
}

/// An update that is answered, and one that is failed.
fn updates() -> World {
    let workflow = |ctx: Ctx| async move {
        let (first, second) = (ctx.update().await, ctx.update().await);
        ctx.answer(&first, Ok(Some(binary())));
        ctx.answer(&second, Err(fraud()));
        std::future::pending().await
    };
    play(workflow, |world| {
        for id in ["update-1", "update-2"] {
            let (id, name) = (id.to_owned(), "set".to_owned());
            let input = vec![json("{\"a\":1}"), binary()];
            world.input(Input::Update(Request { id, name, input, headers: headers() })).expect("it is open");
        }
    })
}

fn continued() -> World {
    let workflow = |ctx: Ctx| async move {
        let ask = ContinueAsNew {
            input: vec![json("[1]"), binary()],
            workflow_type: Some("other".to_owned()),
            task_queue: Some("others".to_owned()),
            run_timeout: Some(Millis(1_500)),
            retry_policy: Some(policy()),
            memo: Some([("note".to_owned(), binary())].into()),
            search_attributes: Some([("Customer".to_owned(), json("42"))].into()),
            module_policy: ModulePolicy::Current,
            carried_signals: ctx.unhandled_signals(),
            headers: headers(),
        };
        ctx.continue_as_new(ask).await
    };
    play_from(successor(), workflow, |_| ())
}

fn carried_signal() -> Request {
    Request {
        id: "request-2".to_owned(),
        name: "add".to_owned(),
        input: vec![json("3"), binary()],
        headers: headers(),
    }
}

pub(super) fn relative() -> RunIdentity {
    RunIdentity {
        namespace: Namespace::new("orders"),
        workflow_id: WorkflowId::new("order-7"),
        run_id: RunId::new("run-7"),
    }
}

/// A start with everything that it may have from another run.
fn successor() -> WorkflowExecutionStarted {
    WorkflowExecutionStarted {
        namespace: Namespace::new("warehouse"),
        retry_policy: Some(policy()),
        start_delay: Some(Millis(250)),
        origin: Origin {
            run_id: Some(RunId::new("run-2")),
            continued_run_id: Some(RunId::new("run-1")),
            parent: Some(Parent { run: relative(), operation: 4 }),
            root: Some(RunIdentity { run_id: RunId::new("run-6"), ..relative() }),
            execution_expires: Some(Timestamp::from_micros(1_700_086_400_000_000)),
            carried_signals: vec![carried_signal()],
            signal_ids: vec![RequestId::new("request-1"), RequestId::new("request-2")],
            last_completion_result: Some(binary()),
            last_failure: Some(fraud()),
        },
        seed: Seed([255; 32]),
        ..full_start()
    }
}

/// Starts a local activity, and asks for every way.
fn ways() -> World {
    let workflow = |ctx: Ctx| async move {
        ctx.patched("patch-1");
        ctx.deprecate_patch("patch-2");
        ctx.version("change-1", 3);
        ctx.activity("local").with(|ask| ask.local_retry_threshold = Some(Millis(60_000))).start();
        ctx.call(|calls| {
            let changed = changes(&[("Stage", "\"paid\""), ("Amount", "1.5"), ("CustomerId", "")]);
            calls.upsert_search_attributes(&changed)
        });
        ctx.call(|calls| calls.set_memo(changes(&[("other", "{\"a\":null}"), ("note", "")])));
        std::future::pending().await
    };
    play(workflow, |_| ())
}

fn retried() -> WorkflowExecutionStarted {
    let retry_policy = Some(RetryPolicy { maximum_attempts: 0, ..RetryPolicy::default() });
    WorkflowExecutionStarted { retry_policy, ..full_start() }
}

/// For each kind a history that has it, every field filled somewhere.
pub(super) fn recordings() -> Vec<(&'static str, World)> {
    let pending = |_: Ctx| std::future::pending();
    let failing = |_: Ctx| async { Err(Failure::application("Busy", "later")) };
    let retry_state = RetryState::MaximumAttemptsReached;
    let cause = ExternalFailure::WorkflowIdReused;
    vec![
        ("WorkflowExecutionStarted.successor", play_from(successor(), pending, |_| ())),
        ("WorkflowExecutionFailed.retried", play_from(retried(), failing, |_| ())),
        (
            "WorkflowExecutionTimedOut.retried",
            play_from(retried(), pending, |world| world.advance(3_600_500)),
        ),
        ("WorkflowExecutionContinuedAsNew", continued()),
        ("WorkflowExecutionUpdateAccepted", updates()),
        ("WorkflowExecutionUpdateCompleted", updates()),
        ("ActivityTaskScheduled.local", ways()),
        ("MarkerRecorded", ways()),
        ("UpsertWorkflowSearchAttributes", ways()),
        ("WorkflowPropertiesModified", ways()),
        ("StartChildWorkflowExecutionInitiated", play(parent, |_| ())),
        ("StartChildWorkflowExecutionFailed", play(parent, |world| world.undeliverable(cause))),
        ("ChildWorkflowExecutionStarted", ended(ChildOutcome::Terminated)),
        ("ChildWorkflowExecutionCancelRequested", play(parent, |world| world.signal("stop", "1"))),
        ("ChildWorkflowExecutionCompleted", ended(ChildOutcome::Completed(Some(binary())))),
        ("ChildWorkflowExecutionFailed", ended(ChildOutcome::Failed { failure: fraud(), retry_state })),
        ("ChildWorkflowExecutionCanceled", ended(ChildOutcome::Canceled { details: vec![binary()] })),
        ("ChildWorkflowExecutionTerminated", ended(ChildOutcome::Terminated)),
        ("ChildWorkflowExecutionTimedOut", ended(ChildOutcome::TimedOut { retry_state })),
        ("SignalExternalWorkflowExecutionInitiated", signals(|_| ())),
        (
            "SignalExternalWorkflowExecutionFailed",
            signals(|world| world.undeliverable(ExternalFailure::NotAChild)),
        ),
        ("ExternalWorkflowExecutionSignaled", signals(taken)),
        ("RequestCancelExternalWorkflowExecutionInitiated", cancels(|_| ())),
        (
            "RequestCancelExternalWorkflowExecutionFailed",
            cancels(|world| world.undeliverable(ExternalFailure::WorkflowClosed)),
        ),
        ("ExternalWorkflowExecutionCancelRequested", cancels(taken)),
    ]
}

fn taken(world: &mut World) {
    world.hear(MessageBody::Taken { operation: 1 }).expect("it is open");
}

/// Every message, every field filled.
pub(super) fn messages() -> Vec<(&'static str, MessageBody)> {
    let world = play(parent, |_| ());
    let closed = |outcome| MessageBody::ChildClosed { operation: 2, run_id: RunId::new("run-3"), outcome };
    let retry_state = RetryState::Timeout;
    vec![
        ("StartChild", world.next_message().body),
        ("ChildStarted", MessageBody::ChildStarted { operation: 2, run_id: RunId::new("run-3") }),
        ("ChildClosed.completed", closed(ChildOutcome::Completed(Some(binary())))),
        ("ChildClosed.failed", closed(ChildOutcome::Failed { failure: fraud(), retry_state })),
        ("ChildClosed.canceled", closed(ChildOutcome::Canceled { details: vec![binary()] })),
        ("ChildClosed.terminated", closed(ChildOutcome::Terminated)),
        ("ChildClosed.timed_out", closed(ChildOutcome::TimedOut { retry_state })),
        (
            "ParentClosed",
            MessageBody::ParentClosed {
                sender: relative(),
                operation: 2,
                policy: ParentClosePolicy::RequestCancel,
            },
        ),
        (
            "Signal",
            MessageBody::Signal {
                operation: 3,
                sender: relative(),
                child_only: true,
                name: "ship".to_owned(),
                input: vec![json("1"), binary()],
                headers: headers(),
            },
        ),
        (
            "Cancel",
            MessageBody::Cancel {
                operation: Some(3),
                sender: relative(),
                child_only: true,
                reason: "not needed".to_owned(),
            },
        ),
        ("Taken", MessageBody::Taken { operation: 3 }),
    ]
}
