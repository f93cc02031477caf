//! Every example does what its README says.

use crate::prelude::*;

fn order(id: &str, services: &str) -> Value {
    json!({
        "order_id": id, "services": services, "card": "4242-4242", "cents": 1999,
        "items": [{ "sku": "lamp", "quantity": 2 }], "address": "1 Sign Street", "email": "ada@example.com",
    })
}

#[rstest]
#[tokio::test]
async fn hello_greets_after_a_second(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("hello");
    let begun = Instant::now();
    client.begin("hello", &id, json!(["World"])).await;
    assert_eq!(client.query(&id, "state").await, "waiting");
    assert_eq!(client.result(&id).await, "Hello, World!");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let types = client.event_types(&id).await;
    assert_eq!(
        types,
        ["WorkflowExecutionStarted", "TimerStarted", "TimerFired", "WorkflowExecutionCompleted"]
    );
}

#[rstest]
#[tokio::test]
async fn an_order_is_fulfilled(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = shared(backend).await;
    let client = host.client();
    let id = unique("order");
    client.begin("order-fulfilment", &id, json!([order(&id, &host.services().url())])).await;
    let receipt = client.result(&id).await;
    assert_eq!(receipt["order_id"], id.as_str());
    assert_eq!(client.query(&id, "status").await, "fulfilled");
    let kinds = host.services().kinds_of_order(&id).await;
    assert_eq!(kinds, ["charge", "reservation", "email", "shipment"]);
    for (part, kind) in [("charge", "charge-"), ("reservation", "reservation-"), ("shipment", "shipment-")] {
        assert!(receipt[part].as_str().is_some_and(|id| id.starts_with(kind)), "{receipt}");
    }
}

#[rstest]
#[case::payment_declined("card", json!("declined"), 402, &[])]
#[case::out_of_stock("items", json!([{ "sku": "out-of-stock", "quantity": 1 }]), 409, &["charge", "refund"])]
#[case::unreachable("address", json!("unreachable"), 422, &["charge", "reservation", "email", "release", "refund"])]
#[tokio::test]
async fn an_order_that_fails_is_undone_in_reverse_order(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] field: &str,
    #[case] value: Value,
    #[case] status: u16,
    #[case] kinds: &[&str],
) {
    let host = shared(backend).await;
    let client = host.client();
    let id = unique("order");
    let mut order = order(&id, &host.services().url());
    order[field] = value;
    client.begin("order-fulfilment", &id, json!([order])).await;
    let failure = client.failure(&id).await;
    let answered = &failure["cause"]["kind"]["application"]["details"][0]["status"];
    assert_eq!(*answered, status, "{failure}");
    assert_eq!(client.query(&id, "status").await, "compensated");
    assert_eq!(host.services().kinds_of_order(&id).await, kinds);
}

#[rstest]
#[tokio::test]
async fn an_order_survives_a_flaky_payment(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = shared(backend).await;
    let client = host.client();
    let id = unique("order");
    let mut order = order(&id, &host.services().url());
    order["flaky"] = json!(2);
    client.begin("order-fulfilment", &id, json!([order])).await;
    client.result(&id).await;
    let kinds = host.services().kinds_of_order(&id).await;
    assert_eq!(kinds, ["charge", "reservation", "email", "shipment"]);
}

#[rstest]
#[tokio::test]
async fn a_cancelled_order_is_undone(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = shared(backend).await;
    let client = host.client();
    let id = unique("order");
    let mut order = order(&id, &host.services().url());
    order["flaky"] = json!(9);
    client.begin("order-fulfilment", &id, json!([order])).await;
    eventually("the payment waits to be tried again", async || {
        let described = client.describe(&id).await;
        if described["pending_activities"][0]["state"] == "scheduled" { Ok(()) } else { Err(described) }
    })
    .await;
    let _ = client.post(&format!("/workflows/{id}/cancel"), &json!({})).await.json(202);
    let ended = client.ended(&id).await;
    assert_eq!(ended["status"], "cancelled", "{ended}");
    assert!(host.services().kinds_of_order(&id).await.is_empty(), "nothing is left behind");
}

#[rstest]
#[tokio::test]
async fn an_approval_is_given_or_not(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    for (signal, input, decision) in [
        ("approve", json!(["Ada"]), json!({ "status": "approved", "by": "Ada" })),
        ("reject", json!(["Ada"]), json!({ "status": "rejected", "by": "Ada", "reason": null })),
        (
            "reject",
            json!(["Ada", "too dear"]),
            json!({ "status": "rejected", "by": "Ada", "reason": "too dear" }),
        ),
    ] {
        let id = unique("approval");
        client.begin("approval", &id, json!(["the new office"])).await;
        assert_eq!(client.query(&id, "status").await, json!({ "status": "waiting" }));
        let due = client.describe(&id).await["timers"][0]["due"].clone();
        assert!(due.is_string(), "it waits for seven days: {due}");
        client.signal(&id, signal, input).await;
        assert_eq!(client.result(&id).await, decision);
        assert_eq!(client.query(&id, "status").await, decision);
    }
}

#[rstest]
#[tokio::test]
async fn an_approval_expires(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("approval");
    client.begin("approval", &id, json!(["the new office", 1])).await;
    assert_eq!(client.result(&id).await, json!({ "status": "expired" }));
}

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
