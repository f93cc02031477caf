//! `order-fulfilment`: fulfilled, or nothing is left behind. `hello`, for languages that have no more.

use super::{
    Language::{C, Python, Rust, TypeScript},
    Place, Stage,
};
use crate::prelude::*;

fn order(id: &str, services: &str) -> Value {
    json!({
        "order_id": id, "services": services, "card": "4242-4242", "cents": 1999,
        "items": [{ "sku": "lamp", "quantity": 2 }], "address": "1 Sign Street", "email": "ada@example.com",
    })
}

#[rstest]
#[tokio::test]
async fn hello_greets_after_a_second(#[values((Rust, Sqlite), (Rust, Postgres), (C, Sqlite))] place: Place) {
    let Some(Stage { client, .. }) = Stage::set(place, "hello").await else { return };
    let id = unique("hello");
    let begun = Instant::now();
    client.begin("hello", &id, json!(["World"])).await;
    assert_eq!(client.query(&id, "state").await, "waiting");
    assert_eq!(client.result(&id).await, "Hello, World!");
    assert_eq!(client.query(&id, "state").await, "done");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let types = client.event_types(&id).await;
    assert_eq!(
        types,
        ["WorkflowExecutionStarted", "TimerStarted", "TimerFired", "WorkflowExecutionCompleted"]
    );
}

#[rstest]
#[tokio::test]
async fn an_order_is_fulfilled(
    #[values((Rust, Sqlite), (Rust, Postgres), (Python, Sqlite), (TypeScript, Sqlite))] place: Place,
) {
    let Some(Stage { client, services }) = Stage::set(place, "order-fulfilment").await else { return };
    let id = unique("order");
    client.begin("order-fulfilment", &id, json!([order(&id, &services.url())])).await;
    let receipt = client.result(&id).await;
    assert_eq!(receipt["order_id"], id.as_str());
    assert_eq!(client.query(&id, "status").await, "fulfilled");
    assert_eq!(services.kinds_of_order(&id).await, ["charge", "reservation", "email", "shipment"]);
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
    #[values((Rust, Sqlite), (Rust, Postgres), (Python, Sqlite), (TypeScript, Sqlite))] place: Place,
    #[case] field: &str,
    #[case] value: Value,
    #[case] status: u16,
    #[case] kinds: &[&str],
) {
    let Some(Stage { client, services }) = Stage::set(place, "order-fulfilment").await else { return };
    let id = unique("order");
    let mut order = order(&id, &services.url());
    order[field] = value;
    client.begin("order-fulfilment", &id, json!([order])).await;
    let failure = client.failure(&id).await;
    let answered = &failure["cause"]["kind"]["application"]["details"][0]["status"];
    assert_eq!(*answered, status, "{failure}");
    assert_eq!(client.query(&id, "status").await, "compensated");
    assert_eq!(services.kinds_of_order(&id).await, kinds);
}

#[rstest]
#[tokio::test]
async fn an_order_survives_a_flaky_payment(
    #[values((Rust, Sqlite), (Rust, Postgres), (Python, Sqlite), (TypeScript, Sqlite))] place: Place,
) {
    let Some(Stage { client, services }) = Stage::set(place, "order-fulfilment").await else { return };
    let id = unique("order");
    let mut order = order(&id, &services.url());
    order["flaky"] = json!(2);
    client.begin("order-fulfilment", &id, json!([order])).await;
    client.result(&id).await;
    assert_eq!(services.kinds_of_order(&id).await, ["charge", "reservation", "email", "shipment"]);
}

#[rstest]
#[tokio::test]
async fn a_cancelled_order_is_undone(
    #[values((Rust, Sqlite), (Rust, Postgres), (Python, Sqlite), (TypeScript, Sqlite))] place: Place,
) {
    let Some(Stage { client, services }) = Stage::set(place, "order-fulfilment").await else { return };
    let id = unique("order");
    let mut order = order(&id, &services.url());
    order["flaky"] = json!(9);
    client.begin("order-fulfilment", &id, json!([order])).await;
    eventually("the payment waits to be tried again", async || {
        let described = client.describe(&id).await;
        if described["pending_activities"][0]["state"] == "scheduled" { Ok(()) } else { Err(described) }
    })
    .await;
    client.cancel(&id, "changed my mind").await;
    let ended = client.ended(&id).await;
    assert_eq!(ended["status"], "cancelled", "{ended}");
    assert_eq!(client.query(&id, "status").await, "compensated");
    assert!(services.kinds_of_order(&id).await.is_empty(), "nothing is left behind");
}
