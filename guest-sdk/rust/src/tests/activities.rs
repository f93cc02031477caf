//! Activities: scheduled, resolved, cancelled, dropped.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::rig::Rig;
use crate::{
    Activity, CancellationType, Context, Failure, FromPayload, Payload, RetryPolicy, activity, http, sleep,
    workflow,
};

fn quick<T: FromPayload>(name: &str) -> Activity<T> {
    activity(name).start_to_close(Duration::from_secs(10))
}

#[workflow]
async fn two_steps(order: u32) -> Result<String, Failure> {
    let charge: String = quick("charge").input(&order).retry(RetryPolicy::attempts(3)).await?;
    let ship: String = quick("ship").input(&charge).input("air").await?;
    Ok(ship)
}

#[test]
fn a_chain_schedules_one_after_the_other() {
    let rig = Rig::started::<two_steps>(json!([7]));
    assert_eq!(rig.calls(), ["schedule charge(7)"]);
    rig.resume(1, "receipt");
    assert_eq!(rig.calls(), [r#"schedule ship("receipt", "air")"#]);
    rig.resume(2, "parcel");
    assert_eq!(rig.calls(), [r#"complete "parcel""#]);
}

#[test]
fn a_failed_activity_fails_the_run_with_its_chain() {
    let rig = Rig::started::<two_steps>(json!([7]));
    rig.calls();
    let declined = Failure::application("Declined", "no funds");
    rig.fail(1, Failure::application("ActivityFailed", "activity failed").caused_by(declined));
    assert_eq!(rig.calls(), ["fail [ActivityFailed] activity failed: [Declined] no funds"]);
}

#[test]
fn a_result_that_does_not_fit_fails_the_activation_only() {
    let rig = Rig::started::<two_steps>(json!([7]));
    rig.calls();
    let failure = rig.activate([super::rig::resumed(1, json!({ "id": 1 }))]).unwrap_err();
    assert_eq!(failure.application_type(), Some("BadResult"));
    let message = failure.message();
    assert!(message.starts_with("the result of activity charge (operation 1) is no `"), "{message}");
    assert!(message.contains("invalid type: map, expected a string"), "{message}");
    assert!(rig.calls().is_empty());
}

#[test]
fn the_host_learns_the_line_of_a_call_if_it_asks() {
    let rig = Rig::new::<two_steps>().wanting_call_sites();
    rig.activate([rig.start(json!([7]))]).unwrap();
    let calls = rig.calls();
    assert!(calls[0].starts_with("at src/tests/activities.rs:"), "{calls:?}");
    assert_eq!(calls[1], "schedule charge(7)");
}

#[workflow]
async fn race() -> Result<&'static str, Failure> {
    let mut work = quick::<Value>("work");
    let mut limit = sleep(Duration::from_secs(5));
    futures::select_biased! {
        done = work => done.map(|_| "worked"),
        _ = limit => Ok("gave up"),
    }
}

#[test]
fn the_loser_of_a_race_is_cancelled() {
    let rig = Rig::started::<race>(json!([]));
    assert_eq!(rig.calls(), ["schedule work()", "timer 5000 ms"]);
    rig.resume(2, ());
    assert_eq!(rig.calls(), ["cancel activity 1", r#"complete "gave up""#]);
}

#[test]
fn a_timer_is_cancelled_when_the_work_is_done_first() {
    let rig = Rig::started::<race>(json!([]));
    rig.calls();
    rig.resume(1, ());
    assert_eq!(rig.calls(), ["cancel timer 2", r#"complete "worked""#]);
}

#[workflow]
async fn cancels_by_handle() -> Result<bool, Failure> {
    let mut work = quick::<Value>("work").start();
    quick::<Value>("other").await?;
    work.cancel();
    Ok(work.await.is_err_and(|failure| failure.is_cancelled()))
}

#[test]
fn a_cancelled_handle_resolves_at_once() {
    let rig = Rig::started::<cancels_by_handle>(json!([]));
    assert_eq!(rig.calls(), ["schedule work()", "schedule other()"]);
    rig.resume(2, ());
    assert_eq!(rig.calls(), ["cancel activity 1", "complete true"]);
}

#[test]
fn a_cancelled_handle_that_waits_resolves_with_the_outcome() {
    let rig = Rig::started::<cancels_by_handle>(json!([])).cancelling_waits();
    rig.resume(2, ());
    assert_eq!(rig.calls().last().unwrap(), "cancel activity 1");
    rig.resume(1, "done all the same");
    assert_eq!(rig.calls(), ["complete false"]);
}

#[workflow]
async fn leaves_it_alone() -> Result<(), Failure> {
    quick::<()>("notify").start().detach();
    quick::<()>("work").await
}

#[test]
fn a_detached_activity_runs_on() {
    let rig = Rig::started::<leaves_it_alone>(json!([]));
    rig.resume(2, ());
    assert_eq!(rig.calls(), ["schedule notify()", "schedule work()", "complete null"]);
}

#[workflow]
async fn all_options() -> Result<(), Failure> {
    activity("work")
        .id("work-1")
        .task_queue("fast")
        .schedule_to_close(Duration::from_secs(50))
        .schedule_to_start(Duration::from_secs(5))
        .heartbeat(Duration::from_secs(2))
        .retry(RetryPolicy::none())
        .cancellation(CancellationType::Abandon)
        .summary("works")
        .header("trace", &1)
        .await
}

#[test]
fn every_option_reaches_the_host() {
    let rig = Rig::started::<all_options>(json!([]));
    let options = rig.notes.activity.take().unwrap();
    assert_eq!(options.activity_id.as_deref(), Some("work-1"));
    assert_eq!(options.task_queue.as_deref(), Some("fast"));
    assert_eq!((options.schedule_to_close_ms, options.start_to_close_ms), (Some(50_000), None));
    assert_eq!((options.schedule_to_start_ms, options.heartbeat_ms), (Some(5_000), Some(2_000)));
    assert_eq!(options.retry_policy.unwrap().maximum_attempts, Some(1));
    assert_eq!(options.cancellation_type, CancellationType::Abandon);
    assert_eq!(options.summary.as_deref(), Some("works"));
    assert_eq!(options.headers[0].0, "trace");
}

#[workflow]
async fn passes(picture: Payload) -> Result<Payload, Failure> {
    quick("shrink").input(&picture).await
}

#[test]
fn payloads_pass_unread() {
    let rig = Rig::started::<passes>(json!([{ "width": 8 }]));
    rig.resume(1, json!({ "width": 4 }));
    assert_eq!(rig.calls(), [r#"schedule shrink({"width":8})"#, r#"complete {"width":4}"#]);
}

#[workflow]
async fn unfit() -> Result<(), Failure> {
    quick("work").input(&BTreeMap::from([((1, 2), 3)])).await
}

#[test]
fn an_argument_without_a_json_form_is_a_bug() {
    let rig = Rig::new::<unfit>();
    let failure = rig.activate([rig.start(json!([]))]).unwrap_err();
    let message = "an argument of activity `work` has no JSON form: key must be a string";
    assert_eq!(failure.message(), message);
}

#[derive(Default)]
struct UsesHttp;

#[workflow(name = "http-user")]
impl UsesHttp {
    #[run]
    async fn run(_: Context<Self>) -> Result<u16, Failure> {
        let call = http::post("http://shop/charges").header("x-shop", "1").json(&json!({ "cents": 5 }));
        match call.send::<Value>().await {
            Ok(response) => Ok(response.status),
            Err(failure) => http::error_status(&failure).map(|error| error.status).ok_or(failure),
        }
    }
}

#[test]
fn http_is_an_activity_of_one_argument() {
    let rig = Rig::started::<UsesHttp>(json!([]));
    let call = r#"{"method":"POST","url":"http://shop/charges","headers":{"x-shop":"1"},"body":{"cents":5}}"#;
    assert_eq!(rig.calls(), [format!("schedule http({call})")]);
    rig.resume(1, json!({ "status": 201, "headers": {}, "body": null }));
    assert_eq!(rig.calls(), ["complete 201"]);
}

#[test]
fn a_failure_by_status_is_read_from_the_details() {
    let rig = Rig::started::<UsesHttp>(json!([]));
    rig.calls();
    let status = json!({ "status": 402, "body": "no funds" });
    rig.fail(1, Failure::application("HttpStatus", "402 Payment Required").detail(&status));
    assert_eq!(rig.calls(), ["complete 402"]);
}
