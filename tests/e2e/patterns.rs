//! The examples that show one pattern each do what their READMEs say.

use dalsegno_tests::{host::Settings, programs::Program, services::Services};

use crate::prelude::*;

/// The kinds of what the shop did for an order, sorted, since things at the same time come in any order.
async fn kinds(services: &Services, order: &str) -> Vec<String> {
    let mut kinds = services.kinds_of_order(order).await;
    kinds.sort_unstable();
    kinds
}

#[rstest]
#[case::parcel(json!({ "by": "parcel", "address": "1 Sign Street" }), "shipment-")]
#[case::pickup(json!({ "by": "pickup", "sku": "lamp" }), "reservation-")]
#[case::download(json!({ "by": "download", "email": "ada@example.com" }), "email-")]
#[tokio::test]
async fn the_activity_is_chosen_by_the_order(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] delivery: Value,
    #[case] prefix: &str,
) {
    let host = shared(backend).await;
    let client = host.client();
    let id = unique("choice");
    let order = json!({ "order_id": id, "delivery": delivery, "services": host.services().url() });
    client.begin("activity-choice", &id, json!([order])).await;
    let delivered = client.result(&id).await;
    assert!(delivered["id"].as_str().is_some_and(|id| id.starts_with(prefix)), "{delivered}");
}

#[rstest]
#[tokio::test]
async fn items_are_reserved_at_once(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = shared(backend).await;
    let client = host.client();
    let reserve = async |skus: Value, in_part: bool| {
        let id = unique("parallel");
        let order =
            json!({ "order_id": id, "skus": skus, "in_part": in_part, "services": host.services().url() });
        client.begin("parallel-activities", &id, json!([order])).await;
        (client.ended(&id).await, client.event_types(&id).await)
    };
    let (all, types) = reserve(json!(["lamp", "desk", "pen"]), false).await;
    assert_eq!(all["result"]["reservations"].as_array().map(Vec::len), Some(3), "{all}");
    assert!(types[1..4].iter().all(|name| name == "ActivityTaskScheduled"), "{types:?}");
    let some = json!(["lamp", "out-of-stock", "pen"]);
    let (none, _) = reserve(some.clone(), false).await;
    assert_eq!(none["status"], "failed", "{none}");
    let (part, _) = reserve(some, true).await;
    assert_eq!(part["result"]["missing"], json!(["out-of-stock"]), "{part}");
    assert_eq!(part["result"]["reservations"].as_array().map(Vec::len), Some(2), "{part}");
}

#[rstest]
#[tokio::test]
async fn prices_are_looked_up_with_one_commit(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = shared(backend).await;
    let client = host.client();
    let quote = async |skus: Value| {
        let id = unique("quote");
        let basket = json!({ "skus": skus, "services": host.services().url() });
        client.begin("local-activities", &id, json!([basket])).await;
        client.ended(&id).await
    };
    let quoted = quote(json!(["lamp", "pen", "desk"])).await;
    assert_eq!(quoted["result"], json!({ "cents": [1_999, 199, 24_900], "total": 27_098 }), "{quoted}");
    assert_eq!(quote(json!(["lamp", "dragon"])).await["status"], "failed");
}

#[rstest]
#[tokio::test]
async fn failures_are_caught_or_passed_on(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = shared(backend).await;
    let client = host.client();
    let order = async |more: Value| {
        let id = unique("exceptions");
        let mut order =
            json!({ "order_id": id, "card": "4242-4242", "cents": 1_999, "services": host.services().url() });
        for (name, value) in more.as_object().into_iter().flatten() {
            order[name] = value.clone();
        }
        client.begin("exceptions", &id, json!([order])).await;
        client.ended(&id).await
    };
    assert_eq!(order(json!({ "flaky": 2 })).await["result"]["paid"], "by_card");
    let later = order(json!({ "card": "declined", "on_account": true })).await;
    let because = "the service answered 402 Payment Required";
    assert_eq!(later["result"], json!({ "paid": "later", "because": because }), "{later}");
    for (more, types, attempts) in [
        (json!({ "card": "declined" }), ["OrderFailed", "CardRefused", "HttpStatus"], 1),
        (json!({ "flaky": 9 }), ["OrderFailed", "BankSilent", "HttpStatus"], 3),
    ] {
        let ended = order(more).await;
        let links =
            [&ended["failure"], &ended["failure"]["cause"], &ended["failure"]["cause"]["cause"]["cause"]];
        let found = links.map(|link| link["kind"]["application"]["type"].clone());
        assert_eq!(found, types.map(Value::from), "{ended}");
        let activity = &ended["failure"]["cause"]["cause"]["kind"]["activity"];
        assert_eq!(activity["attempts"], attempts, "{ended}");
    }
}

#[rstest]
#[tokio::test]
async fn a_second_provider_is_paid_if_the_first_is_silent(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = shared(backend).await;
    let client = host.client();
    let pay = async |card: &str, flaky: u32| {
        let id = unique("payment");
        let payment = json!({
            "order_id": id, "card": card, "cents": 5, "flaky": flaky, "services": host.services().url(),
        });
        client.begin("payment-fallback", &id, json!([payment])).await;
        (client.ended(&id).await, kinds(host.services(), &id).await)
    };
    let (first, done) = pay("4242", 2).await;
    assert_eq!((&first["result"]["provider"], done), (&json!("first"), vec!["charge".to_owned()]), "{first}");
    let (second, done) = pay("4242", 9).await;
    assert_eq!((&second["result"]["provider"], done), (&json!("second"), vec!["backup_charge".to_owned()]));
    assert!(
        second["result"]["fell_back_because"].as_str().is_some_and(|why| why.contains("503")),
        "{second}"
    );
    let (declined, done) = pay("declined", 0).await;
    assert_eq!((&declined["status"], done.len()), (&json!("failed"), 0), "{declined}");
}

#[rstest]
#[case::cancelled("cancelled", &["email", "release", "reservation"])]
#[case::paid("completed", &["reservation"])]
#[tokio::test]
async fn what_is_held_is_given_back(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] end: &str,
    #[case] done: &[&str],
) {
    let host = shared(backend).await;
    let client = host.client();
    let id = unique("cleanup");
    let order = json!({ "order_id": id, "sku": "lamp", "email": "ada@example.com", "services": host.services().url() });
    client.begin("cancellation-cleanup", &id, json!([order])).await;
    eventually("it waits for the payment", async || {
        let status = client.query(&id, "status").await;
        if status == "waiting for the payment" { Ok(()) } else { Err(status) }
    })
    .await;
    if end == "cancelled" {
        client.cancel(&id, "changed my mind").await;
    } else {
        client.signal(&id, "paid", json!([])).await;
    }
    assert_eq!(client.ended(&id).await["status"], end);
    assert_eq!(kinds(host.services(), &id).await, done);
}

#[rstest]
#[tokio::test]
async fn lines_are_fulfilled_by_children(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = shared(backend).await;
    let client = host.client();
    let fulfil = async |skus: Value| {
        let id = unique("order");
        let order = json!({
            "order_id": id, "address": "1 Sign Street", "skus": skus, "services": host.services().url(),
        });
        client.begin("child-workflows", &id, json!([order])).await;
        (client.ended(&id).await, id)
    };
    let (ended, id) = fulfil(json!(["lamp", "desk", "pen"])).await;
    assert_eq!(ended["result"]["lines"], 3, "{ended}");
    let mut skus: Vec<&str> = ended["result"]["fulfilled"]
        .as_array()
        .map(|lines| lines.iter().filter_map(|line| line["sku"].as_str()).collect())
        .unwrap_or_default();
    skus.sort_unstable();
    assert_eq!(skus, ["desk", "lamp", "pen"], "{ended}");
    assert_eq!(client.describe(&format!("{id}-lamp")).await["workflow_type"], "order-line");
    assert_eq!(kinds(host.services(), &format!("{id}-pen")).await, ["reservation", "shipment"]);

    let (ended, id) = fulfil(json!(["lamp", "out-of-stock"])).await;
    assert_eq!(ended["status"], "failed", "{ended}");
    assert_eq!(ended["failure"]["kind"]["child_workflow"]["workflow_id"], format!("{id}-out-of-stock"));
    let lamp = client.ended(&format!("{id}-lamp")).await;
    assert!(["completed", "cancelled", "terminated"].map(Value::from).contains(&lamp["status"]), "{lamp}");
}

#[rstest]
#[tokio::test]
async fn readings_are_summed_up_over_runs(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("readings");
    client.begin("continue-as-new", &id, json!([{ "readings_per_run": 10 }])).await;
    for reading in 1..=25 {
        client.signal(&id, "reading", json!([reading])).await;
    }
    client.signal(&id, "reading", json!([null])).await;
    let total = json!({ "readings": 25, "sum": 325, "runs_before": 2, "readings_per_run": 10 });
    assert_eq!(client.result(&id).await, total);
    assert_eq!(client.query(&id, "total").await, total);
    assert_eq!(client.chain(&id).await.len(), 3);
}

#[rstest]
#[tokio::test]
async fn a_loop_cleans_up_until_it_is_stopped(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = shared(backend).await;
    let client = host.client();
    let rounds = async |plan: Value, at_least: u64| {
        let id = unique("loop");
        client.begin("cleanup-loop", &id, json!([plan])).await;
        client.signal(&id, "run_now", json!([])).await;
        eventually("some rounds were made", async || {
            let rounds = client.query(&id, "rounds").await;
            let made =
                rounds["done"].as_u64().unwrap_or_default() + rounds["failed"].as_u64().unwrap_or_default();
            if made >= at_least { Ok(()) } else { Err(rounds) }
        })
        .await;
        client.signal(&id, "stop", json!([])).await;
        (client.result(&id).await, client.chain(&id).await.len())
    };
    let services = host.services().url();
    let (done, runs) = rounds(json!({ "services": services, "every_ms": 60, "rounds_per_run": 2 }), 5).await;
    assert_eq!(done["failed"], 0, "{done}");
    assert!(runs >= 3, "{runs} runs: {done}");
    let (failed, _) = rounds(json!({ "services": services, "every_ms": 60_000, "flaky": 9 }), 1).await;
    assert_eq!(
        failed,
        json!({ "done": 0, "failed": 1 }),
        "a failed round is no end, and the signal no period"
    );
}

#[rstest]
#[tokio::test]
async fn timers_run_beside_each_other(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("timers");
    let checks = json!([
        { "name": "slow", "every_ms": 1_500, "times": 1 }, { "name": "fast", "every_ms": 50, "times": 6 },
    ]);
    let begun = Instant::now();
    client.begin("concurrent-timers", &id, json!([checks])).await;
    let checked = client.result(&id).await;
    assert!(begun.elapsed() >= Duration::from_millis(1_500));
    assert_eq!(checked["checks"], json!({ "slow": 1, "fast": 6 }));
    assert_eq!(checked["ended"], json!(["fast", "slow"]));
}

#[rstest]
#[tokio::test]
async fn a_parcel_is_shipped_the_newest_way(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = shared(backend).await;
    let client = host.client();
    let id = unique("patching");
    let order = json!({
        "order_id": id, "address": "1 Sign Street", "email": "ada@example.com", "services": host.services().url(),
    });
    client.begin("patching", &id, json!([order])).await;
    client.signal(&id, "packed", json!([])).await;
    let shipped = client.result(&id).await;
    assert_eq!(shipped["mail"], 2, "{shipped}");
    assert!(shipped["insurance"].is_string(), "{shipped}");
    let versions = &client.describe(&id).await["search_attributes"]["ChangeVersion"];
    assert_eq!(*versions, json!(["insure-parcels", "mail-2"]));
}

#[rstest]
#[tokio::test]
async fn a_slow_job_is_asked_for_by_retries(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = shared(backend).await;
    let client = host.client();
    let id = unique("job");
    let url = format!("{}/jobs/{id}?ready_after=4", host.services().url());
    client.begin("infrequent-polling", &id, json!([{ "url": url, "every_ms": 50 }])).await;
    assert_eq!(client.result(&id).await, json!({ "job": id, "asked": 5 }));
    assert_eq!(client.events(&id).await.len(), 4, "no event for each try");
    let late = unique("job");
    let url = format!("{}/jobs/{late}?ready_after=400", host.services().url());
    let poll = json!({ "url": url, "every_ms": 100, "limit_ms": 500 });
    client.begin("infrequent-polling", &late, json!([poll])).await;
    assert_eq!(client.failure(&late).await["kind"]["activity"]["retry_state"], "timeout");
}

#[rstest]
#[tokio::test]
async fn a_quick_job_is_asked_for_by_an_activity_that_heartbeats(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    let services = Services::start().await;
    let host = Host::with(backend, Settings::default().program(Program::TestHost)).await;
    let client = host.client();
    client.upload("frequent-polling").await;
    for (id, ready_after, attempts) in [("whole", "5", 1), ("silent", "5&silent", 2)] {
        let url = format!("{}/jobs/{id}?ready_after={ready_after}", services.url());
        let poll = json!({ "url": url, "every_ms": 20, "heartbeat_ms": 400 });
        client.begin("frequent-polling", id, json!([poll])).await;
        let result = client.result(id).await;
        assert!(result["asked"].as_u64() >= Some(6), "{result}");
        let completed = client.events_of(id, "ActivityTaskCompleted").await;
        assert_eq!(completed[0]["attempt"], attempts, "{completed:?}");
    }
}
