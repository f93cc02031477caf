//! Continuing as new.

use std::time::Duration;

use serde_json::json;

use super::rig::{Rig, request, signalled};
use crate::{
    Context, ContinueAsNewReason, Failure, RetryPolicy, SearchAttribute, activity,
    bindings::exports::dalsegno::workflow::guest::Event, continue_as_new, history, shielded, signals, sleep,
    workflow,
};

#[workflow]
async fn sums(mut sum: u64) -> Result<u64, Failure> {
    let mut numbers = signals::<u64>("number");
    loop {
        sum += numbers.next().await?;
        if history().continue_as_new_suggested {
            return continue_as_new().input(&sum).await;
        }
    }
}

#[test]
fn signals_that_nobody_took_are_carried_in_order() {
    let rig = Rig::started::<sums>(json!([10]));
    rig.signal("number", json!([1]));
    assert!(rig.calls().is_empty());
    rig.suggest(ContinueAsNewReason::HistoryEvents);
    let names = ["number", "zeta", "number", "alpha"];
    rig.activate(names.map(|name| signalled(name, json!([5])))).unwrap();
    assert_eq!(rig.calls(), ["continue as new (16)"]);
    let carried = rig.notes.successor.take().unwrap().carried_signals;
    let names: Vec<_> = carried.iter().map(|signal| signal.name.as_str()).collect();
    assert_eq!(names, ["zeta", "number", "alpha"]);
    assert!(rig.log().is_empty(), "carried signals are not lost");
}

#[test]
fn carried_signals_come_first() {
    let rig = Rig::new::<sums>();
    let Event::Started(mut start) = rig.start(json!([16])) else { unreachable!() };
    start.carried_signals = vec![request("number", json!([1])), request("number", json!([2]))];
    rig.suggest(ContinueAsNewReason::HistoryBytes);
    rig.activate([Event::Started(start), signalled("number", json!([4]))]).unwrap();
    assert_eq!(rig.calls(), ["continue as new (17)"]);
    assert_eq!(rig.notes.successor.take().unwrap().carried_signals.len(), 2);
}

#[workflow]
async fn watches() -> Result<String, Failure> {
    signals::<()>("go").next().await?;
    Ok(format!("{:?}", history()))
}

#[test]
fn the_history_tells_its_length_and_why_to_continue() {
    let rig = Rig::started::<watches>(json!([]));
    rig.suggest(ContinueAsNewReason::Updates);
    rig.signal("go", json!([]));
    let history = "History { events: 40, bytes: 4000, continue_as_new_suggested: true, \
                   reasons: [ContinueAsNewReason::Updates] }";
    assert_eq!(rig.calls(), [format!("complete \"{history}\"")]);
}

#[workflow]
async fn all_options() -> Result<(), Failure> {
    deep_inside().await;
    sleep(Duration::from_secs(1)).await
}

async fn deep_inside() {
    continue_as_new::<()>()
        .input("a")
        .workflow_type("next")
        .task_queue("fast")
        .run_timeout(Duration::from_secs(30))
        .retry(RetryPolicy::attempts(3))
        .memo("note", "n")
        .search_attribute("Region", SearchAttribute::keyword("EU"))
        .current_module()
        .header("trace", &1)
        .await;
}

#[test]
fn every_option_reaches_the_host_from_anywhere_and_nothing_follows() {
    let rig = Rig::started::<all_options>(json!([]));
    assert_eq!(rig.calls(), ["continue as new (\"a\")"]);
    let options = rig.notes.successor.take().unwrap();
    assert_eq!(options.workflow_type.as_deref(), Some("next"));
    assert_eq!(options.task_queue.as_deref(), Some("fast"));
    assert_eq!(options.run_timeout_ms, Some(30_000));
    assert_eq!(options.retry_policy.unwrap().maximum_attempts, Some(3));
    assert_eq!(options.memo.unwrap()[0].0, "note");
    assert_eq!(options.search_attributes.unwrap()[0].0, "Region");
    assert!(options.current_module);
    assert_eq!(options.headers[0].0, "trace");
}

#[workflow]
async fn unchanged() -> Result<(), Failure> {
    continue_as_new().await
}

#[test]
fn without_options_all_is_as_it_was() {
    let rig = Rig::started::<unchanged>(json!([]));
    assert_eq!(rig.calls(), ["continue as new ()"]);
    let options = rig.notes.successor.take().unwrap();
    assert!(options.memo.is_none() && options.search_attributes.is_none() && options.retry_policy.is_none());
}

/// Continues while a handler is at work.
#[derive(Default)]
struct Hasty;

#[workflow]
impl Hasty {
    #[run]
    async fn run(_: Context<Self>) -> Result<(), Failure> {
        signals::<()>("go").next().await?;
        continue_as_new().await
    }

    #[signal]
    async fn work(_: Context<Self>) -> Result<(), Failure> {
        activity("work").start_to_close(Duration::from_secs(1)).await
    }
}

#[test]
fn handlers_at_work_are_warned_of_and_given_up() {
    let rig = Rig::started::<Hasty>(json!([]));
    rig.signal("work", json!([]));
    rig.signal("go", json!([]));
    assert_eq!(rig.calls(), ["schedule work()", "continue as new ()"]);
    assert_eq!(rig.log(), ["the run closes while 1 handlers of signal work are at work"]);
}

fn cancel_requested() -> Event {
    Event::CancelRequested("enough".to_owned())
}

#[workflow]
async fn continues_at_go(shield: bool) -> Result<(), Failure> {
    signals::<()>("go").next().await?;
    if shield { shielded(continue_as_new()).await } else { continue_as_new().await }
}

#[test]
fn a_request_to_cancel_is_not_lost_to_the_next_run() {
    for events in
        [[signalled("go", json!([])), cancel_requested()], [cancel_requested(), signalled("go", json!([]))]]
    {
        let rig = Rig::started::<continues_at_go>(json!([false]));
        rig.activate(events).unwrap();
        assert_eq!(rig.calls(), ["cancelled"]);
    }
}

#[test]
fn in_a_shield_the_run_goes_on_in_spite_of_a_request_to_cancel() {
    let rig = Rig::started::<continues_at_go>(json!([true]));
    rig.activate([signalled("go", json!([])), cancel_requested()]).unwrap();
    assert_eq!(rig.calls(), ["continue as new ()"]);
}

#[workflow]
async fn continues_in_a_scope() -> Result<(), Failure> {
    let part = crate::scope(async { continue_as_new().await });
    part.handle().cancel("only this part");
    part.await
}

#[test]
fn a_scope_that_the_code_cancelled_does_not_stop_it() {
    let rig = Rig::started::<continues_in_a_scope>(json!([]));
    assert_eq!(rig.calls(), ["continue as new ()"]);
}

/// Its handler continues as new.
#[derive(Default)]
struct Switched;

#[workflow]
impl Switched {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<(), Failure> {
        ctx.wait_condition(|_| false).await
    }

    #[signal]
    async fn switch(_: Context<Self>) -> Result<(), Failure> {
        continue_as_new().await
    }
}

#[test]
fn a_handler_that_continues_sees_all_events_of_the_activation_first() {
    let rig = Rig::started::<Switched>(json!([]));
    rig.activate([signalled("switch", json!([])), signalled("number", json!([1]))]).unwrap();
    assert_eq!(rig.calls(), ["continue as new ()"]);
    assert_eq!(rig.notes.successor.take().unwrap().carried_signals[0].name, "number");
    assert!(rig.log().is_empty(), "the handler is not left at work");
    let rig = Rig::started::<Switched>(json!([]));
    rig.activate([signalled("switch", json!([])), cancel_requested()]).unwrap();
    assert_eq!(rig.calls(), ["cancelled"]);
}
