//! `notifications`: over all channels, whatever becomes of one.

use super::{
    Language::{Python, TypeScript},
    Place, Stage,
};
use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn a_channel_that_fails_does_not_stop_the_others(
    #[values((Python, Sqlite), (TypeScript, Sqlite))] place: Place,
) {
    let Some(stage) = Stage::set(place, "notifications").await else { return };
    let client = &stage.client;
    let id = unique("message");
    let to = format!("{id}@example.com");
    let channels = [("email", to.as_str()), ("letter", "1 Sign Street"), ("letter", "unreachable")];
    let channels = channels.map(|(kind, to)| json!({ "kind": kind, "to": to }));
    let message = json!({ "subject": id, "channels": channels, "services": stage.services.url() });
    client.begin("notifications", &id, json!([message])).await;
    let sent = |channel: &Value, error: Option<&str>| json!({ "kind": channel["kind"], "to": channel["to"], "sent": error.is_none(), "error": error });
    let [mail, letter, lost] = &channels;
    let expected = json!([sent(mail, None), sent(letter, None), sent(lost, Some("HttpStatus"))]);
    assert_eq!(client.result(&id).await, expected);
    assert_eq!(stage.mails_to(&to).await, [id.as_str()]);
    // A letter is a parcel with the message's subject.
    assert_eq!(stage.services.kinds_of_order(&id).await, ["shipment"]);
    let types = client.event_types(&id).await;
    assert_eq!(types[1..4], ["ActivityTaskScheduled"; 3], "all at the same time");
}

#[rstest]
#[tokio::test]
async fn an_unknown_channel_fails_before_anything_is_sent(
    #[values((Python, Sqlite), (TypeScript, Sqlite))] place: Place,
) {
    let Some(stage) = Stage::set(place, "notifications").await else { return };
    let client = &stage.client;
    let id = unique("message");
    let channels = json!([{ "kind": "email", "to": "ada@example.com" }, { "kind": "pigeon", "to": "Ada" }]);
    let message = json!({ "subject": id, "channels": channels, "services": stage.services.url() });
    client.begin("notifications", &id, json!([message])).await;
    let failure = client.failure(&id).await;
    assert_eq!(failure["kind"]["application"]["type"], "UnknownChannel", "{failure}");
    assert!(failure["message"].as_str().is_some_and(|text| text.contains("`pigeon`")), "{failure}");
    assert_eq!(client.event_types(&id).await, ["WorkflowExecutionStarted", "WorkflowExecutionFailed"]);
}
