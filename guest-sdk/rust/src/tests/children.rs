//! Children: started, awaited, signalled, cancelled, left alone.

use std::time::Duration;

use futures::future::try_join_all;
use serde_json::json;

use super::rig::{Rig, resumed};
use crate::{
    ChildCancellationType, ChildHandle, Failure, IdReusePolicy, ModulePolicy, ParentClosePolicy, RetryPolicy,
    SearchAttribute, StartFailure, child, sleep, workflow,
};

async fn started() -> Result<ChildHandle<u32>, Failure> {
    child("part").workflow_id("part-1").start().await
}

#[workflow]
async fn executes() -> Result<u32, Failure> {
    child("part").input(&1).input("a").workflow_id("part-1").await
}

#[test]
fn a_child_is_started_and_awaited() {
    let rig = Rig::started::<executes>(json!([]));
    assert_eq!(rig.calls(), ["start part(1, \"a\") as part-1"]);
    rig.resume(1, "run-2");
    assert!(rig.calls().is_empty());
    rig.resume(2, 5);
    assert_eq!(rig.calls(), ["complete 5"]);
}

#[test]
fn a_child_that_ends_as_it_starts_loses_nothing() {
    let rig = Rig::started::<executes>(json!([]));
    rig.activate([resumed(1, "run-2"), resumed(2, 5)]).unwrap();
    assert_eq!(rig.calls().last().unwrap(), "complete 5");
}

#[test]
fn a_childs_failure_is_the_callers() {
    let rig = Rig::started::<executes>(json!([]));
    rig.resume(1, "run-2");
    rig.calls();
    rig.fail(2, Failure::application("Broken", "part"));
    assert_eq!(rig.calls(), ["fail [Broken] part"]);
}

#[workflow]
async fn tells_why() -> Result<String, Failure> {
    match started().await {
        Ok(_) => Ok("started".to_owned()),
        Err(failure) => Ok(format!("{:?}", StartFailure::of(&failure))),
    }
}

#[test]
fn failures_to_start_are_typed() {
    for (name, kind) in [
        ("WorkflowAlreadyRunning", "Some(AlreadyRunning)"),
        ("WorkflowIdReused", "Some(IdReused)"),
        ("WorkflowTypeNotFound", "Some(UnknownType)"),
        ("NamespaceNotFound", "Some(UnknownNamespace)"),
        ("ModuleUnusable", "Some(UnusableModule)"),
        ("Other", "None"),
    ] {
        let rig = Rig::started::<tells_why>(json!([]));
        rig.calls();
        rig.fail(1, Failure::application(name, "no"));
        assert_eq!(rig.calls(), [format!("complete \"{kind}\"")]);
    }
}

#[workflow]
async fn tells_why_not_done() -> Result<String, Failure> {
    let failure = child::<()>("part").workflow_id("part-1").await.unwrap_err();
    let wrapped = Failure::application("Wrapped", "why").caused_by(failure.clone());
    Ok(format!("{:?}, {:?}", StartFailure::of(&failure), StartFailure::of(&wrapped)))
}

#[test]
fn a_child_that_fails_like_a_start_was_started() {
    let looks_like_it = || Failure::application("WorkflowAlreadyRunning", "of its own child");
    let rig = Rig::started::<tells_why_not_done>(json!([]));
    rig.resume(1, "run-2");
    rig.calls();
    rig.fail(2, looks_like_it());
    assert_eq!(rig.calls(), ["complete \"None, None\""]);
    let rig = Rig::started::<tells_why_not_done>(json!([]));
    rig.calls();
    rig.fail(1, looks_like_it());
    assert_eq!(rig.calls(), ["complete \"Some(AlreadyRunning), None\""]);
}

#[workflow]
async fn all_options() -> Result<String, Failure> {
    let handle = child::<()>("part")
        .namespace("other")
        .task_queue("fast")
        .execution_timeout(Duration::from_secs(60))
        .run_timeout(Duration::from_secs(30))
        .retry(RetryPolicy::attempts(3))
        .id_reuse(IdReusePolicy::Reject)
        .parent_close(ParentClosePolicy::Abandon)
        .cancellation(ChildCancellationType::TryCancel)
        .module(ModulePolicy::Current)
        .memo("note", "n")
        .search_attribute("Size", 5)
        .summary("a part")
        .header("trace", &1)
        .start()
        .await?;
    let ids = format!("{} {}", handle.workflow_id(), handle.run_id());
    handle.detach();
    Ok(ids)
}

#[test]
fn every_option_reaches_the_host() {
    let rig = Rig::started::<all_options>(json!([]));
    let id = "ab".repeat(16);
    assert_eq!(rig.calls(), [format!("start part() as {id}")]);
    let options = rig.notes.child.take().unwrap();
    assert_eq!(options.namespace.as_deref(), Some("other"));
    assert_eq!(options.task_queue.as_deref(), Some("fast"));
    assert_eq!((options.execution_timeout_ms, options.run_timeout_ms), (Some(60_000), Some(30_000)));
    assert_eq!(options.retry_policy.unwrap().maximum_attempts, Some(3));
    assert_eq!(options.id_reuse_policy, IdReusePolicy::Reject);
    assert_eq!(options.parent_close_policy, ParentClosePolicy::Abandon);
    assert_eq!(options.cancellation_type, ChildCancellationType::TryCancel);
    assert_eq!(options.module_policy, ModulePolicy::Current);
    assert_eq!(options.memo[0].0, "note");
    assert_eq!(options.search_attributes[0].1, SearchAttribute::Int(5).into_payload());
    assert_eq!(options.summary.as_deref(), Some("a part"));
    assert_eq!(options.headers[0].0, "trace");
    rig.resume(1, "run-2");
    assert_eq!(rig.calls(), [format!("complete \"{id} run-2\"")], "a detached child runs on");
}

#[workflow]
async fn waits_for_one() -> Result<u32, Failure> {
    started().await?.await
}

#[test]
fn a_request_to_cancel_reaches_a_child_with_its_reason() {
    let rig = Rig::started::<waits_for_one>(json!([])).cancelling_waits();
    rig.resume(1, "run-2");
    rig.calls();
    rig.cancel("enough");
    assert_eq!(rig.calls(), ["cancel child 2 enough"]);
    rig.fail(2, Failure::cancelled("the child is cancelled"));
    assert_eq!(rig.calls(), ["cancelled"]);
}

#[test]
fn a_child_that_is_not_waited_for_is_cancelled_at_once() {
    let rig = Rig::started::<waits_for_one>(json!([]));
    rig.resume(1, "run-2");
    rig.calls();
    rig.cancel("enough");
    assert_eq!(rig.calls(), ["cancel child 2 enough", "cancelled"]);
}

#[test]
fn a_child_is_cancelled_once_while_it_starts() {
    let rig = Rig::started::<waits_for_one>(json!([])).cancelling_waits();
    rig.calls();
    rig.cancel("enough");
    assert_eq!(rig.calls(), ["cancel child 2 enough"]);
    rig.resume(1, "run-2");
    assert!(rig.calls().is_empty(), "it is not asked again");
    rig.resume(2, 5);
    assert_eq!(rig.calls(), ["complete 5"]);
}

#[workflow]
async fn uses_the_handle() -> Result<String, Failure> {
    let mut part = started().await?;
    part.signal("offer").input(&100).await?;
    part.cancel("too dear");
    let failure = part.await.expect_err("it is cancelled");
    assert!(failure.is_cancelled());
    Ok(format!("{:?}", failure.causes()[0].kind))
}

#[test]
fn a_handle_signals_and_cancels() {
    let rig = Rig::started::<uses_the_handle>(json!([]));
    rig.resume(1, "run-2");
    assert_eq!(rig.calls()[1..], ["signal offer(100) to part-1"]);
    let (target, options) = rig.notes.signal.take().unwrap();
    assert!(options.child_only && target.run_id.is_none(), "a child that continued as new gets it too");
    rig.resume(3, ());
    let calls = rig.calls();
    assert_eq!(calls[0], "cancel child 2 too dear");
    for part in ["default", "part-1", "run-2", "CancelRequested"] {
        assert!(calls[1].contains(part), "{calls:?}");
    }
}

#[workflow]
async fn gives_up(_started: bool) -> Result<(), Failure> {
    let mut part = child::<u32>("part").workflow_id("part-1");
    let mut limit = sleep(Duration::from_secs(5));
    futures::select_biased! {
        part = part => part.map(drop),
        waited = limit => waited,
    }
}

#[test]
fn a_child_that_nobody_awaits_any_more_is_cancelled_once() {
    for started in [false, true] {
        let rig = Rig::started::<gives_up>(json!([started]));
        if started {
            rig.resume(1, "run-2");
        }
        rig.calls();
        rig.resume(3, ());
        assert_eq!(rig.calls(), ["cancel child 2", "complete null"]);
    }
}

#[workflow]
async fn many(number: u32) -> Result<u32, Failure> {
    let parts = (0..number).map(|index| child::<u32>("part").workflow_id(format!("part-{index}")));
    Ok(try_join_all(parts).await?.into_iter().sum())
}

#[test]
fn children_run_by_the_hundred() {
    let rig = Rig::started::<many>(json!([500]));
    rig.activate((0..500).map(|index| resumed(2 * index + 1, format!("run-{index}")))).unwrap();
    rig.activate((0..500).map(|index| resumed(2 * index + 2, 2))).unwrap();
    let calls = rig.calls();
    assert_eq!((calls.len(), calls[500].as_str()), (501, "complete 1000"));
}
