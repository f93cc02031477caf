//! Examples that there are in Rust alone do what their READMEs say; [`crate::polyglot`] has those in more languages.

use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn a_customer_is_welcomed(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = shared(backend).await;
    let client = host.client();
    let id = unique("onboarding");
    let customer = json!({
        "name": id, "email": format!("{id}@example.com"), "address": "1 Sign Street",
        "services": host.services().url(), "wait_seconds": 1,
    });
    client.begin("onboarding", &id, json!([customer])).await;
    let onboarded = client.result(&id).await;
    assert_eq!(onboarded["followed_up"], true, "{onboarded}");
    assert!(onboarded["account"].as_str().is_some_and(|account| account.starts_with("account-")));
    let to = format!("{id}@example.com");
    let effects = host.services().effects().await;
    let mails =
        effects.iter().filter(|effect| effect["kind"] == "email" && effect["request"]["to"] == to.as_str());
    assert_eq!(mails.count(), 2, "the welcome and the follow-up");
    let types = client.event_types(&id).await;
    assert!(
        types[1..4].iter().all(|name| name == "ActivityTaskScheduled"),
        "three things at once: {types:?}"
    );
}
