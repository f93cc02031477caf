//! Memo, search attributes, details, info, local activities.

use std::time::Duration;

use serde_json::json;

use super::rig::Rig;
use crate::{
    CancellationType, Failure, RetryPolicy, SearchAttribute, http, info, local_activity, set_details,
    set_memo, upsert_search_attributes, workflow,
};

#[workflow]
async fn describes() -> (Vec<String>, Vec<String>, Option<u32>) {
    let before = info();
    assert_eq!(before.search_attributes["Region"], SearchAttribute::keyword("EU"));
    upsert_search_attributes([("Level", Some(3.into())), ("Region", None)]);
    upsert_search_attributes([("Vip", SearchAttribute::Bool(true))]);
    set_memo(&json!({ "step": "two", "note": null }));
    set_details("at two");
    let info = info();
    let last = info.last_completion_result.and_then(|result| result.decode().ok());
    (info.search_attributes.into_keys().collect(), info.memo.into_keys().collect(), last)
}

#[test]
fn what_is_set_is_told_from_then_on() {
    let rig = Rig::started::<describes>(json!([]));
    let calls =
        ["search Level=3, no Region", "search Vip=true", "memo no note, step=\"two\"", "details at two"];
    assert_eq!(rig.calls(), [&calls[..], &["complete [[\"Level\",\"Vip\"],[\"step\"],7]"]].concat());
}

#[workflow]
async fn bad_memo() {
    set_memo("no object");
}

#[test]
fn a_memo_that_is_no_object_is_a_bug() {
    let rig = Rig::new::<bad_memo>();
    let failure = rig.activate([rig.start(json!([]))]).unwrap_err();
    assert_eq!(failure.to_string(), "[BadArguments] the fields of a memo are a JSON object: it is no object");
}

#[workflow]
async fn prices() -> Result<u64, Failure> {
    let net: u64 = local_activity("price").input("lamp").start_to_close(Duration::from_secs(5)).await?;
    local_activity("tax")
        .input(&net)
        .id("tax-1")
        .schedule_to_close(Duration::from_secs(50))
        .retry(RetryPolicy::attempts(2))
        .local_retry_threshold(Duration::from_secs(10))
        .cancellation(CancellationType::Wait)
        .summary("adds the tax")
        .header("trace", &1)
        .await
}

#[test]
fn local_activities_are_activities_of_their_own_kind() {
    let rig = Rig::started::<prices>(json!([]));
    assert_eq!(rig.calls(), ["schedule local price(\"lamp\")"]);
    rig.resume(1, 100);
    assert_eq!(rig.calls(), ["schedule local tax(100)"]);
    let options = rig.notes.local_activity.take().unwrap();
    assert_eq!(options.activity_id.as_deref(), Some("tax-1"));
    assert_eq!((options.schedule_to_close_ms, options.start_to_close_ms), (Some(50_000), None));
    assert_eq!(options.retry_policy.unwrap().maximum_attempts, Some(2));
    assert_eq!(options.local_retry_threshold_ms, Some(10_000));
    assert_eq!(options.cancellation_type, CancellationType::Wait);
    assert_eq!(options.summary.as_deref(), Some("adds the tax"));
    assert_eq!(options.headers[0].0, "trace");
    rig.cancel("");
    assert_eq!(rig.calls(), ["cancel activity 2", "cancelled"]);
}

#[workflow]
async fn asks_nearby() -> Result<u16, Failure> {
    Ok(http::get("http://shop/prices/lamp").send_local::<()>().await?.status)
}

#[test]
fn a_request_may_be_a_local_activity() {
    let rig = Rig::started::<asks_nearby>(json!([]));
    let call = r#"{"method":"GET","url":"http://shop/prices/lamp"}"#;
    assert_eq!(rig.calls(), [format!("schedule local http({call})")]);
    assert_eq!(rig.notes.local_activity.take().unwrap().start_to_close_ms, Some(30_000));
    rig.resume(1, json!({ "status": 200, "body": null }));
    assert_eq!(rig.calls(), ["complete 200"]);
}
