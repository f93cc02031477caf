//! Replays with code that asks other runs, updates or itself for something else.

use crate::kit::{
    Ctx, Way, Workflow, World,
    asks::{changes, child},
    json, started,
    talk::update,
};
use dalsegno_engine::{
    Calls, Failure,
    calls::{CallError, ContinueAsNew, StartChild},
    divergence::Divergence,
    event::{ChildCancellationType, ParentClosePolicy},
    replay::ReplayError,
    retry::RetryPolicy,
};

/// A call of a workflow, after a child was started.
type Call = fn(&mut Calls) -> Result<(), CallError>;

/// Starts a child, makes the call in the same activation, and waits.
fn workflow(call: Call) -> Workflow {
    Workflow::new(move |ctx: Ctx| async move {
        ctx.update().await;
        ctx.child(child("line", "line-1"));
        ctx.call(call);
        std::future::pending().await
    })
}

fn recorded(call: Call) -> World {
    let world = World::start_with(Way::Resident, workflow(call), started(), vec![update("u1", "1")]);
    assert!(world.errors.is_empty(), "{:?}", world.errors);
    world
}

fn diverge(recorded_call: Call, replayed: Call) -> Divergence {
    let world = recorded(recorded_call);
    match world.stored.replay(&mut workflow(replayed).guest()) {
        Err(ReplayError::Diverged(divergence)) => divergence,
        other => panic!("expected a divergence: {other:?}\n{:?}", world.story()),
    }
}

fn nothing(_: &mut Calls) -> Result<(), CallError> {
    Ok(())
}

fn start(calls: &mut Calls, change: impl FnOnce(&mut StartChild)) -> Result<(), CallError> {
    let mut ask = child("part", "part-1");
    change(&mut ask);
    calls.start_child(ask).map(drop)
}

fn signal(calls: &mut Calls, workflow_id: &str, name: &str, argument: &str) -> Result<(), CallError> {
    let to = calls.address(None, workflow_id.to_owned(), None)?;
    calls.signal_external(to, name.to_owned(), vec![json(argument)], Vec::new(), false).map(drop)
}

fn cancel(calls: &mut Calls, run_id: Option<&str>, reason: &str) -> Result<(), CallError> {
    let to = calls.address(None, "w".to_owned(), run_id.map(ToOwned::to_owned))?;
    calls.cancel_external(to, reason.to_owned()).map(drop)
}

fn go_on(calls: &mut Calls, change: impl FnOnce(&mut ContinueAsNew)) -> Result<(), CallError> {
    let mut ask = ContinueAsNew::default();
    change(&mut ask);
    calls.continue_as_new(ask)
}

/// One argument is changed, and what is said of it. Event ids: 1 started, 2 update, 3 the child, 4 the call.
const CHANGES: [(Call, Call, &str); 21] = [
    (
        |calls| start(calls, |_| ()),
        |calls| start(calls, |ask| ask.workflow_type = "x".into()),
        "workflow_type is \"x\", the history has \"part\"",
    ),
    (
        |calls| start(calls, |_| ()),
        |calls| start(calls, |ask| ask.workflow_id = None),
        "workflow_id is \"run-1_4\", the history has \"part-1\"",
    ),
    (|calls| start(calls, |_| ()), |calls| start(calls, |ask| ask.input = vec![json("1")]), "input is [1]"),
    (
        |calls| start(calls, |_| ()),
        |calls| start(calls, |ask| ask.parent_close_policy = ParentClosePolicy::Abandon),
        "parent_close_policy is \"abandon\", the history has \"terminate\"",
    ),
    (
        |calls| start(calls, |_| ()),
        |calls| start(calls, |ask| ask.cancellation_type = ChildCancellationType::TryCancel),
        "cancellation_type is \"try_cancel\"",
    ),
    (
        |calls| start(calls, |_| ()),
        |calls| start(calls, |ask| ask.retry_policy = Some(RetryPolicy::default())),
        "retry_policy is {",
    ),
    (
        |calls| start(calls, |_| ()),
        |calls| start(calls, |ask| ask.memo = [("a".to_owned(), json("1"))].into()),
        "memo is {\"a\":1}, the history has {}",
    ),
    (
        |calls| calls.cancel_child(2, "a".to_owned()).map(drop),
        |calls| calls.cancel_child(2, "b".to_owned()).map(drop),
        "reason is \"b\", the history has \"a\"",
    ),
    (|calls| signal(calls, "w", "s", "1"), |calls| signal(calls, "v", "s", "1"), "workflow_id is \"v\""),
    (|calls| signal(calls, "w", "s", "1"), |calls| signal(calls, "w", "t", "1"), "signal_name is \"t\""),
    (|calls| signal(calls, "w", "s", "1"), |calls| signal(calls, "w", "s", "2"), "input is [2]"),
    (
        |calls| cancel(calls, None, ""),
        |calls| cancel(calls, Some("r"), ""),
        "run_id is \"r\", the history has null",
    ),
    (|calls| cancel(calls, None, "a"), |calls| cancel(calls, None, "b"), "reason is \"b\""),
    (
        |calls| calls.complete_update("u1".to_owned(), Some(json("1"))),
        |calls| calls.complete_update("u1".to_owned(), Some(json("2"))),
        "outcome is {\"completed\":2}, the history has {\"completed\":1}",
    ),
    (
        |calls| calls.complete_update("u1".to_owned(), None),
        |calls| calls.fail_update("u1".to_owned(), Failure::application("A", "b")),
        "outcome is {\"failed\"",
    ),
    (
        |calls| calls.upsert_search_attributes(&changes(&[("A", "1")])),
        |calls| calls.upsert_search_attributes(&changes(&[("A", "2")])),
        "search_attributes is {\"A\":",
    ),
    (
        |calls| calls.upsert_search_attributes(&changes(&[("A", "1")])),
        |calls| calls.upsert_search_attributes(&changes(&[("A", "")])),
        "search_attributes is {\"A\":null}",
    ),
    (
        |calls| calls.set_memo(changes(&[("a", "1")])),
        |calls| calls.set_memo(changes(&[("b", "1")])),
        "upserted_memo is {\"b\":1}, the history has {\"a\":1}",
    ),
    (|calls| go_on(calls, |_| ()), |calls| go_on(calls, |ask| ask.input = vec![json("1")]), "input is [1]"),
    (
        |calls| go_on(calls, |_| ()),
        |calls| go_on(calls, |ask| ask.workflow_type = Some("x".into())),
        "workflow_type is \"x\", the history has \"scripted\"",
    ),
    (
        |calls| go_on(calls, |_| ()),
        |calls| go_on(calls, |ask| ask.memo = Some(Default::default())),
        "memo is {}, the history has null",
    ),
];

#[test]
fn a_changed_argument_is_a_divergence() {
    for (recorded, replayed, message) in CHANGES {
        let divergence = diverge(recorded, replayed);
        let text = divergence.to_string();
        assert!(divergence.event_id == 4 && text.contains("has other arguments"), "{text}");
        assert!(text.contains(message), "{text}");
        assert_eq!(divergence.backtrace, "scripted::call");
    }
}

/// Every new kind of command.
const CALLS: [(Call, &str); 10] = [
    (|calls| start(calls, |_| ()), "StartChildWorkflowExecutionInitiated"),
    (|calls| calls.cancel_child(2, String::new()).map(drop), "ChildWorkflowExecutionCancelRequested"),
    (|calls| signal(calls, "w", "s", "1"), "SignalExternalWorkflowExecutionInitiated"),
    (|calls| cancel(calls, None, ""), "RequestCancelExternalWorkflowExecutionInitiated"),
    (|calls| calls.complete_update("u1".to_owned(), None), "WorkflowExecutionUpdateCompleted"),
    (|calls| calls.upsert_search_attributes(&changes(&[("A", "1")])), "UpsertWorkflowSearchAttributes"),
    (|calls| calls.set_memo(changes(&[("a", "1")])), "WorkflowPropertiesModified"),
    (|calls| calls.patched("p".to_owned()).map(drop), "MarkerRecorded"),
    (|calls| calls.get_version("c".to_owned(), 1, 2).map(drop), "MarkerRecorded"),
    (|calls| go_on(calls, |_| ()), "WorkflowExecutionContinuedAsNew"),
];

#[test]
fn a_missing_call_is_a_divergence_and_the_same_one_is_none() {
    for (call, name) in CALLS {
        let world = recorded(call);
        world.stored.replay(&mut workflow(call).guest()).expect("it does the same");
        let divergence = diverge(call, nothing);
        let text = divergence.to_string();
        assert_eq!(divergence.event_id, 4, "{text}");
        assert!(text.contains(&format!("the history has {name}")), "{text}");
        assert!(text.ends_with("the workflow did nothing more"), "{text}");
    }
}

#[test]
fn an_additional_call_is_a_divergence_unless_it_asks_for_a_way() {
    for (call, name) in CALLS {
        if name == "MarkerRecorded" {
            // That the run has no marker is the answer.
            let world = recorded(nothing);
            world.stored.replay(&mut workflow(call).guest()).expect("it goes the old way");
            continue;
        }
        let text = diverge(nothing, call).to_string();
        let expected = format!("event 4: the history has nothing more, the workflow did {name}");
        assert!(text.starts_with(&expected), "{text}");
    }
}

#[test]
fn another_kind_of_call_is_a_divergence() {
    for (place, (call, name)) in CALLS.into_iter().enumerate() {
        let (other, other_name) = CALLS[(place + 1) % CALLS.len()];
        let text = diverge(other, call).to_string();
        assert!(text.starts_with("event 4: ") && text.contains(other_name), "{name}: {text}");
    }
}

#[test]
fn a_patch_where_a_version_was_is_a_divergence() {
    let patch: Call = |calls| calls.patched("c".to_owned()).map(drop);
    let version: Call = |calls| calls.get_version("c".to_owned(), 1, 2).map(drop);
    for (recorded, replayed) in [(patch, version), (version, patch)] {
        let text = diverge(recorded, replayed).to_string();
        assert!(text.contains("MarkerRecorded has other arguments"), "{text}");
    }
}
