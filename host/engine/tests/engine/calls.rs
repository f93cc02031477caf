//! Calls that a guest must not make, and limits of what it may ask for.

use std::collections::BTreeMap;

use dalsegno_engine::{
    Calls, Failure, Millis, Payload,
    calls::{CallError, ContinueAsNew, ScheduleActivity, StartChild},
    event::CancellationType,
    guest::ActivationErrorKind,
    limits,
    retry::RetryPolicy,
};
use rstest::rstest;

use crate::kit::{Ctx, Way, Workflow, World, json, started};

fn ask() -> ScheduleActivity {
    ScheduleActivity {
        activity_type: "a".to_owned(),
        input: Vec::new(),
        activity_id: None,
        task_queue: None,
        headers: Vec::new(),
        schedule_to_close: None,
        schedule_to_start: None,
        start_to_close: Some(Millis(1)),
        heartbeat: None,
        retry_policy: None,
        cancellation_type: CancellationType::TryCancel,
        summary: None,
        local_retry_threshold: None,
    }
}

/// A call that changes the run.
type Call = fn(&mut Calls) -> Result<(), CallError>;

/// The error of the first activation, whose code makes this call.
fn error_of<T: 'static>(call: impl Fn(&mut Calls) -> Result<T, CallError> + Clone + 'static) -> String {
    let workflow = Workflow::new(move |ctx: Ctx| {
        let call = call.clone();
        async move {
            ctx.call(call);
            std::future::pending().await
        }
    });
    let world = World::start(Way::Resident, workflow, started());
    assert_eq!(world.story(), ["WorkflowExecutionStarted"], "its commands are discarded");
    world.errors.first().expect("the activation fails").message.clone()
}

fn signal_other(calls: &mut Calls) -> Result<(), CallError> {
    let to = calls.address(None, "w".to_owned(), None)?;
    calls.signal_external(to, "s".to_owned(), Vec::new(), Vec::new(), false).map(drop)
}

fn cancel_other(calls: &mut Calls) -> Result<(), CallError> {
    let to = calls.address(None, "w".to_owned(), None)?;
    calls.cancel_external(to, String::new()).map(drop)
}

fn child() -> StartChild {
    StartChild { workflow_type: "line".to_owned(), ..StartChild::default() }
}

#[test]
fn a_query_or_a_validator_cannot_change_the_run() {
    let calls: [Call; 19] = [
        |calls| calls.schedule_activity(ask()).map(drop),
        |calls| calls.schedule_activity(ScheduleActivity { start_to_close: None, ..ask() }).map(drop),
        |calls| calls.cancel_activity(1).map(drop),
        |calls| calls.start_timer(Millis(1), None).map(drop),
        |calls| calls.cancel_timer(1).map(drop),
        |calls| calls.complete(None),
        |calls| calls.fail(Failure::application("Test", "no")),
        |calls| calls.cancelled(Vec::new()),
        |calls| calls.continue_as_new(ContinueAsNew::default()),
        |calls| calls.start_child(StartChild::default()).map(drop),
        |calls| calls.cancel_child(2, String::new()).map(drop),
        signal_other,
        cancel_other,
        |calls| calls.complete_update("u1".to_owned(), None),
        |calls| calls.patched("p".to_owned()).map(drop),
        |calls| calls.deprecate_patch("p".to_owned()),
        |calls| calls.get_version("c".to_owned(), 1, 2).map(drop),
        |calls| calls.upsert_search_attributes(&BTreeMap::new()),
        |calls| calls.set_memo(BTreeMap::new()),
    ];
    for call in calls {
        assert!(matches!(call(&mut Calls::read_only()), Err(CallError::ReadOnly(_))));
    }
}

#[test]
fn nothing_is_asked_for_after_the_run_is_closed() {
    let calls: [(Call, &str); 10] = [
        (signal_other, "runs.signal"),
        (cancel_other, "runs.cancel"),
        (|calls| calls.start_child(child()).map(drop), "children.start"),
        (|calls| calls.continue_as_new(ContinueAsNew::default()), "run.continue-as-new"),
        (|calls| calls.set_memo(BTreeMap::new()), "run.set-memo"),
        (|calls| calls.patched("p".to_owned()).map(drop), "run.patched"),
        (|calls| calls.schedule_activity(ask()).map(drop), "activities.schedule"),
        (|calls| calls.start_timer(Millis(1), None).map(drop), "timers.start"),
        (|calls| calls.complete(None), "run.complete"),
        (|calls| calls.fail(Failure::application("Test", "no")), "run.fail"),
    ];
    for (call, name) in calls {
        let message = error_of(move |calls| {
            calls.complete(None)?;
            call(calls)
        });
        assert_eq!(message, format!("`{name}` was called after the run was closed"));
    }
}

fn policy(change: impl FnOnce(&mut RetryPolicy)) -> Option<RetryPolicy> {
    let mut policy = RetryPolicy::default();
    change(&mut policy);
    Some(policy)
}

#[rstest]
#[case(ScheduleActivity { start_to_close: None, ..ask() }, "no time limit")]
#[case(ScheduleActivity { activity_type: String::new(), ..ask() }, "activity type is empty")]
#[case(ScheduleActivity { activity_id: Some("a\u{7}".to_owned()), ..ask() }, "activity id has a control character")]
#[case(ScheduleActivity { task_queue: Some("..".to_owned()), ..ask() }, "task queue is `.` or `..`")]
#[case(ScheduleActivity { retry_policy: policy(|policy| policy.backoff_coefficient = 0.5), ..ask() }, "backoff_coefficient")]
#[case(ScheduleActivity { retry_policy: policy(|policy| policy.backoff_coefficient = f64::NAN), ..ask() }, "backoff_coefficient")]
#[case(ScheduleActivity { retry_policy: policy(|policy| policy.initial_interval = Millis(0)), ..ask() }, "initial_interval")]
#[case(ScheduleActivity { retry_policy: policy(|policy| policy.maximum_interval = Some(Millis(1))), ..ask() }, "maximum_interval")]
fn an_activity_without_sense_is_a_bug_of_the_code(#[case] ask: ScheduleActivity, #[case] message: &str) {
    let said = error_of(move |calls| calls.schedule_activity(ask.clone()));
    assert!(said.contains(message), "{said}");
}

#[rstest]
#[case(StartChild { workflow_type: String::new(), ..child() }, "workflow type is empty")]
#[case(StartChild { workflow_id: Some("..".to_owned()), ..child() }, "the child's workflow id is `.` or `..`")]
#[case(StartChild { namespace: Some(String::new()), ..child() }, "namespace is empty")]
#[case(StartChild { task_queue: Some("a\u{7}".to_owned()), ..child() }, "task queue has a control character")]
#[case(StartChild { retry_policy: policy(|policy| policy.initial_interval = Millis(0)), ..child() }, "initial_interval")]
#[case(StartChild { memo: [("a".to_owned(), large())].into(), ..child() }, "the memo would have")]
fn a_child_without_sense_is_a_bug_of_the_code(#[case] ask: StartChild, #[case] message: &str) {
    let said = error_of(move |calls| calls.start_child(ask.clone()));
    assert!(said.contains(message), "{said}");
}

#[rstest]
#[case(ContinueAsNew { workflow_type: Some(String::new()), ..ContinueAsNew::default() }, "workflow type is empty")]
#[case(ContinueAsNew { task_queue: Some(String::new()), ..ContinueAsNew::default() }, "task queue is empty")]
#[case(
    ContinueAsNew { retry_policy: policy(|policy| policy.backoff_coefficient = 0.5), ..ContinueAsNew::default() },
    "backoff_coefficient"
)]
#[case(ContinueAsNew { input: vec![large()], ..ContinueAsNew::default() }, "a payload of WorkflowExecutionContinuedAsNew")]
fn a_next_run_without_sense_is_a_bug_of_the_code(#[case] ask: ContinueAsNew, #[case] message: &str) {
    let said = error_of(move |calls| calls.continue_as_new(ask.clone()));
    assert!(said.contains(message), "{said}");
}

/// A payload that is too large.
fn large() -> Payload {
    Payload::json(vec![b' '; limits::PAYLOAD_BYTES_MAX + 1])
}

#[test]
fn an_activity_id_is_taken_as_long_as_the_activity_is_pending() {
    let named = || ScheduleActivity { activity_id: Some("mine".to_owned()), ..ask() };
    let said = error_of(move |calls| {
        calls.schedule_activity(named())?;
        calls.schedule_activity(named())
    });
    assert!(said.contains("`mine` is taken"), "{said}");

    let workflow = Workflow::new(move |ctx: Ctx| async move {
        let mine = || ctx.activity("a").with(|ask| ask.activity_id = Some("mine".to_owned()));
        mine().start();
        ctx.signal("go").await;
        mine().await?;
        Ok(json("null"))
    });
    let mut world = World::start(Way::Resident, workflow, started());
    world.signal("go", "1");
    assert!(world.errors[0].message.contains("`mine` is taken"), "by an earlier activation");

    let workflow = Workflow::new(move |ctx: Ctx| async move {
        for _ in 0..3 {
            ctx.activity("a").with(|ask| ask.activity_id = Some("mine".to_owned())).await?;
        }
        Ok(json("null"))
    });
    let mut world = World::start(Way::Evicted, workflow, started());
    (0..3).for_each(|_| world.complete("a", "1"));
    assert_eq!(world.result(), "null");
}

#[test]
fn cancelling_what_was_not_started_is_a_bug_of_the_code() {
    let timer: Call = |calls| calls.start_timer(Millis(1), None).map(drop);
    let activity: Call = |calls| calls.schedule_activity(ask()).map(drop);
    let nothing: Call = |_| Ok(());
    let cases: [(Call, Call, &str); 7] = [
        (timer, |calls| calls.cancel_child(1, String::new()).map(drop), "is no child's end"),
        (
            |calls| calls.start_child(child()).map(drop),
            |calls| calls.cancel_child(1, String::new()).map(drop),
            "is no child's end",
        ),
        (nothing, |calls| calls.cancel_child(7, String::new()).map(drop), "was never started"),
        (timer, |calls| calls.cancel_activity(1).map(drop), "is no activity"),
        (activity, |calls| calls.cancel_timer(1).map(drop), "is no timer"),
        (nothing, |calls| calls.cancel_timer(1).map(drop), "was never started"),
        (nothing, |calls| calls.cancel_activity(0).map(drop), "was never started"),
    ];
    for (before, call, message) in cases {
        let said = error_of(move |calls| before(calls).and_then(|()| call(calls)));
        assert!(said.contains(message), "{said}");
    }
}

/// Half a payload of the largest size, so often.
fn schedule_large(calls: &mut Calls) -> Result<(), CallError> {
    let payload = Payload::json(vec![b' '; limits::PAYLOAD_BYTES_MAX / 2]);
    (0..20).try_for_each(|_| {
        calls.schedule_activity(ScheduleActivity { input: vec![payload.clone()], ..ask() }).map(drop)
    })
}

fn start_and_cancel_many(calls: &mut Calls) -> Result<(), CallError> {
    (0..=limits::COMMANDS_PER_ACTIVATION_MAX / 2).try_for_each(|_| {
        let timer = calls.start_timer(Millis(1), None)?;
        calls.cancel_timer(timer).map(drop)
    })
}

fn start_many(calls: &mut Calls) -> Result<(), CallError> {
    (0..=limits::PENDING_OPERATIONS_MAX).try_for_each(|_| calls.start_timer(Millis(1), None).map(drop))
}

fn start_many_children(calls: &mut Calls) -> Result<(), CallError> {
    (0..=limits::PENDING_OPERATIONS_MAX / 2).try_for_each(|_| calls.start_child(child()).map(drop))
}

fn cancel_with_a_long_reason(calls: &mut Calls) -> Result<(), CallError> {
    let to = calls.address(None, "w".to_owned(), None)?;
    calls.cancel_external(to, "x".repeat(limits::TRANSITION_BYTES_MAX + 1)).map(drop)
}

#[test]
fn a_guest_may_ask_for_so_much_and_no_more() {
    let cases: [(Call, &str); 7] = [
        (start_many_children, "pending operations"),
        (cancel_with_a_long_reason, "the commands of one activation"),
        (|calls| calls.complete(Some(Payload::json(vec![b' '; limits::PAYLOAD_BYTES_MAX]))), "a payload"),
        (schedule_large, "the commands of one activation"),
        (
            |calls| calls.fail(Failure::application("Test", "x".repeat(limits::TRANSITION_BYTES_MAX))),
            "the commands of one activation",
        ),
        (start_and_cancel_many, "commands"),
        (start_many, "pending operations"),
    ];
    for (call, message) in cases {
        let said = error_of(call);
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn an_operation_given_up_makes_room_for_another() {
    let workflow = Workflow::new(|ctx: Ctx| async move {
        let first = ctx.timer(1);
        (1..limits::PENDING_OPERATIONS_MAX).for_each(|_| drop(ctx.timer(1)));
        ctx.signal("go").await;
        first.cancel();
        ctx.timer(1);
        Ok(json("null"))
    });
    let mut world = World::unchecked(workflow, started());
    world.signal("go", "1");
    assert!(world.errors.is_empty(), "{:?}", world.errors);
    assert_eq!(world.result(), "null");
}

#[test]
fn a_failed_call_fails_the_activation_with_its_place() {
    let workflow = Workflow::new(|ctx: Ctx| async move {
        ctx.activity("").await?;
        Ok(json("null"))
    });
    let world = World::start(Way::Resident, workflow, started());
    assert_eq!(world.errors[0].kind, ActivationErrorKind::Bug);
    assert_eq!(world.errors[0].backtrace, "scripted::call");
}
