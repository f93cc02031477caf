//! Signals and requests to cancel for other runs.

use serde_json::json;

use super::rig::Rig;
use crate::{Failure, external, shielded, workflow};

#[workflow]
async fn talks() -> Result<&'static str, Failure> {
    let account = external("account-1").namespace("bank").run_id("run-9");
    account.signal("deposit").input(&5).input("EUR").header("trace", &1).child_only().await?;
    match external("collector").cancel("all is paid").await {
        Ok(()) => Ok("cancelled"),
        Err(failure) if failure.application_type() == Some("WorkflowNotFound") => Ok("gone"),
        Err(failure) => Err(failure),
    }
}

#[test]
fn messages_are_awaited_until_they_have_arrived() {
    let rig = Rig::started::<talks>(json!([]));
    assert_eq!(rig.calls(), ["signal deposit(5, \"EUR\") to account-1"]);
    let (target, options) = rig.notes.signal.take().unwrap();
    assert_eq!((target.namespace.as_deref(), target.run_id.as_deref()), (Some("bank"), Some("run-9")));
    assert!(options.child_only && options.headers[0].0 == "trace");
    rig.resume(1, ());
    assert_eq!(rig.calls(), ["cancel collector all is paid"]);
    rig.resume(2, ());
    assert_eq!(rig.calls(), ["complete \"cancelled\""]);
}

#[test]
fn a_message_that_cannot_arrive_fails_for_the_caller() {
    let rig = Rig::started::<talks>(json!([]));
    rig.resume(1, ());
    rig.calls();
    rig.fail(2, Failure::application("WorkflowNotFound", "no open workflow"));
    assert_eq!(rig.calls(), ["complete \"gone\""]);
}

#[test]
fn a_request_to_cancel_ends_the_waiting_not_the_message() {
    let rig = Rig::started::<talks>(json!([]));
    rig.calls();
    rig.cancel("");
    assert_eq!(rig.calls(), ["cancelled"]);
}

#[workflow]
async fn says_goodbye() -> Result<(), Failure> {
    let waited = external("a").signal("hello").await;
    shielded(external("a").signal("goodbye")).await?;
    waited
}

#[test]
fn clean_up_may_signal() {
    let rig = Rig::started::<says_goodbye>(json!([]));
    rig.cancel("");
    assert_eq!(rig.calls(), ["signal hello() to a", "signal goodbye() to a"]);
    rig.resume(2, ());
    assert_eq!(rig.calls(), ["cancelled"]);
}
