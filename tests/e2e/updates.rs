//! Updates: validated, accepted, completed, each once.

use dalsegno_tests::auditor::audit;
use futures_util::future::join_all;

use crate::prelude::*;

/// At the same time, of one run. Source: semantics.
const IN_FLIGHT_MAX: usize = 10;

async fn ledger(client: &Client, balance: i64) -> String {
    let id = unique("ledger");
    client.begin("ledger", &id, json!([balance])).await;
    id
}

async fn close(client: &Client, id: &str) -> Value {
    client.signal(id, "close", json!([])).await;
    client.result(id).await
}

#[rstest]
#[tokio::test]
async fn updates_answer_with_what_they_did(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = ledger(&client, 100).await;
    assert_eq!(client.update(&id, "add", json!([5])).await, 105);
    assert_eq!(client.update(&id, "add_slowly", json!([20])).await, 125, "after its activities");
    assert_eq!(client.update(&id, "withdraw", json!([25])).await, 100);
    assert_eq!(client.update(&id, "whatever", json!([1, "a"])).await, json!(["whatever", [1, "a"]]));
    assert_eq!(client.query(&id, "balance").await, 100);
    assert_eq!(close(&client, &id).await, 100);
}

#[rstest]
#[tokio::test]
async fn an_update_comes_through_its_stages(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = ledger(&client, 0).await;
    let body = json!({ "update_id": "held", "wait_for": "accepted" });
    let accepted = client.try_update(&id, "hold", &body).await.json(200);
    assert_eq!((&accepted["status"], &accepted["update_id"]), (&json!("accepted"), &json!("held")));
    let path = format!("/workflows/{id}/updates/held");
    let _ = client.read(&path).await.json(202);
    let _ = client.read(&format!("{path}?stage=accepted")).await.json(200);
    let in_time = client.read(&format!("{path}?wait=100ms")).await.json(202);
    assert_eq!(in_time["status"], "accepted");
    assert_eq!(client.describe(&id).await["updates_in_flight"], 1);

    let wait = format!("{path}?wait=60s");
    let (completed, ()) = tokio::join!(client.read(&wait), client.signal(&id, "let_go", json!([])));
    let completed = completed.json(200);
    assert_eq!((&completed["status"], &completed["result"]), (&json!("completed"), &json!("let go")));
    let _ = client.read(&format!("/workflows/{id}/updates/nobody")).await.refusal(404, "update_not_found");
    assert_eq!(client.describe(&id).await["updates_in_flight"], 0);
    close(&client, &id).await;
    assert_eq!(client.read(&path).await.json(200)["result"], "let go", "its outcome is kept");
}

#[rstest]
#[tokio::test]
async fn a_failed_update_is_its_callers_to_know(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = ledger(&client, 1).await;
    let refused = client.try_update(&id, "refuse", &json!({ "input": ["not today"] })).await.json(200);
    assert_eq!(refused["status"], "completed", "{refused}");
    assert_eq!(refused["failure"]["message"], "not today");
    assert_eq!(refused["failure"]["kind"]["application"]["type"], "Refused");
    assert_eq!(client.query(&id, "balance").await, 1, "the run goes on");
    assert_eq!(close(&client, &id).await, 1);
}

#[rstest]
#[tokio::test]
async fn a_rejected_update_leaves_no_trace(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = ledger(&client, 10).await;
    assert_eq!(client.query(&id, "balance").await, 10);
    let before = client.events(&id).await;
    for _ in 0..3 {
        let failure = client.rejected(&id, "withdraw", json!([11])).await;
        assert_eq!(failure["message"], "there are 10", "{failure}");
        assert_eq!(failure["kind"]["application"]["type"], "TooLittle");
        assert_eq!(failure["kind"]["application"]["details"], json!([11]));
    }
    assert_eq!(client.events(&id).await, before);
    assert_eq!(client.query(&id, "validated").await, 0, "a validator changes nothing");

    // The id of a rejected update may be used again.
    let body = |cents: i64| json!({ "input": [cents], "update_id": "once" });
    assert_eq!(client.try_update(&id, "withdraw", &body(11)).await.json(200)["status"], "rejected");
    assert_eq!(client.try_update(&id, "withdraw", &body(10)).await.json(200)["result"], 0);
    assert_eq!(client.query(&id, "validated").await, 0);
    assert_eq!(close(&client, &id).await, 0);
}

#[rstest]
#[tokio::test]
async fn what_fits_no_handler_is_refused(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("strict");
    client.begin("strict", &id, json!([])).await;
    let unknown = client.try_update(&id, "unknown", &json!({})).await;
    let _ = unknown.refusal(404, "update_handler_not_found");
    for input in [json!([]), json!(["no number"]), json!([-1])] {
        let body = json!({ "input": input });
        let _ = client.try_update(&id, "known", &body).await.refusal(422, "bad_arguments");
    }
    assert_eq!(client.event_types(&id).await, ["WorkflowExecutionStarted"]);
    assert_eq!(client.update(&id, "known", json!([7])).await, 7);
    client.signal(&id, "close", json!([])).await;
    client.result(&id).await;
    let _ = client.try_update("nobody-here", "known", &json!({})).await.refusal(404, "workflow_not_found");
}

#[rstest]
#[tokio::test]
async fn an_update_id_counts_once(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = ledger(&client, 0).await;
    let add = async |cents: i64| {
        let body = json!({ "input": [cents], "update_id": "add-1" });
        client.try_update(&id, "add_slowly", &body).await.json(200)["result"].clone()
    };
    let (one, other) = tokio::join!(add(5), add(5));
    assert_eq!((one, other), (json!(5), json!(5)));
    assert_eq!(add(7).await, 5, "its outcome is known");

    // In the next run of the chain too.
    let first = client.describe(&id).await["run_id"].clone();
    client.signal(&id, "turn", json!([])).await;
    eventually("the ledger has continued as new", async || {
        let described = client.describe(&id).await;
        if described["run_id"] == first { Err(described) } else { Ok(()) }
    })
    .await;
    assert_eq!(add(9).await, 5);
    assert_eq!(client.update(&id, "add", json!([1])).await, 6);
    assert_eq!(close(&client, &id).await, 6);
    assert_eq!(add(11).await, 5, "and when the run has ended");
    let _ = client.try_update(&id, "add", &json!({ "input": [1] })).await.refusal(409, "workflow_closed");
}

#[rstest]
#[tokio::test]
async fn an_update_that_is_unfinished_at_the_end_fails(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    for signal in ["close", "turn"] {
        let id = ledger(&client, 0).await;
        let held = json!({ "update_id": "held", "wait_for": "accepted" });
        let _ = client.try_update(&id, "hold", &held).await.json(200);
        let path = format!("/workflows/{id}/updates/held?wait=60s");
        let (outcome, ()) = tokio::join!(client.read(&path), client.signal(&id, signal, json!([])));
        let outcome = outcome.json(200);
        assert_eq!(outcome["status"], "completed", "{outcome}");
        let failure = &outcome["failure"]["kind"]["application"]["type"];
        assert_eq!(*failure, "AcceptedUpdateCompletedWorkflow", "{outcome}");
        if signal == "turn" {
            close(&client, &id).await;
        }
    }
}

#[rstest]
#[tokio::test]
async fn updates_in_flight_are_limited(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = ledger(&client, 0).await;
    let hold = async |number: usize| {
        let body = json!({ "update_id": format!("hold-{number}"), "wait_for": "accepted" });
        client.try_update(&id, "hold", &body).await
    };
    for number in 0..IN_FLIGHT_MAX {
        let _ = hold(number).await.json(200);
    }
    let _ = hold(IN_FLIGHT_MAX).await.refusal(429, "update_limit");
    assert_eq!(hold(0).await.json(200)["status"], "accepted", "it is there already");
    client.signal(&id, "let_go", json!([])).await;
    let _ = client.read(&format!("/workflows/{id}/updates/hold-0?wait=60s")).await.json(200);
    let _ = hold(IN_FLIGHT_MAX).await.json(200);
    close(&client, &id).await;
}

#[rstest]
#[tokio::test]
async fn a_blocked_run_takes_no_updates(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::start(backend).await;
    let client = host.client();
    client.upload("language").await;
    client.begin("ledger", "blocked", json!([])).await;
    let body = json!({ "update_id": "bug", "wait_for": "accepted" });
    assert_eq!(client.try_update("blocked", "panic", &body).await.json(200)["status"], "accepted");
    // Before it is tried again: a validator would not see what that update leads to.
    let behind = client.try_update("blocked", "add", &json!({ "input": [1] })).await;
    let _ = behind.refusal(409, "run_not_activated");
    eventually("the run is blocked", async || {
        let described = client.describe("blocked").await;
        if described["blocked"].is_object() { Ok(()) } else { Err(described) }
    })
    .await;
    let refused = client.try_update("blocked", "add", &json!({ "input": [1] })).await;
    let _ = refused.refusal(409, "run_blocked");
    let taken = client.read("/workflows/blocked/updates/bug?stage=accepted").await.json(200);
    assert_eq!(taken["status"], "accepted", "what it has taken is known");
}

#[rstest]
#[tokio::test]
async fn updates_of_many_clients_each_count_once(#[values(Sqlite, Postgres)] backend: Backend) {
    const CLIENTS: i64 = 8;
    let client = shared(backend).await.client();
    let id = ledger(&client, 0).await;
    let add = async |number: i64| {
        for round in 0..5 {
            let name = if round % 2 == 0 { "add" } else { "add_slowly" };
            let body = json!({ "input": [1], "update_id": format!("{number}-{round}") });
            assert_eq!(client.try_update(&id, name, &body).await.json(200)["status"], "completed");
        }
    };
    join_all((0..CLIENTS).map(add)).await;
    assert_eq!(close(&client, &id).await, CLIENTS * 5);
    let accepted = client.events_of(&id, "WorkflowExecutionUpdateAccepted").await;
    assert_eq!(accepted.len(), 40);
}

#[rstest]
#[tokio::test]
async fn the_last_withdrawal_is_refused_to_one_of_two(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = ledger(&client, 10).await;
    let withdraw = || async {
        client.try_update(&id, "withdraw", &json!({ "input": [10] })).await.json(200)["status"].clone()
    };
    let statuses = join_all((0..6).map(|_| withdraw())).await;
    let taken = statuses.iter().filter(|status| **status == "completed").count();
    assert_eq!(taken, 1, "what a validator has seen still holds when the update is taken: {statuses:?}");
    assert_eq!(close(&client, &id).await, 0);
}

#[rstest]
#[tokio::test]
async fn accepted_updates_outlive_the_host(#[values(Sqlite, Postgres)] backend: Backend) {
    let mut host = Host::start(backend).await;
    let client = host.client();
    client.upload("language").await;
    client.begin("ledger", "ledger", json!([0])).await;
    for (id, name, input) in [("held", "hold", json!([])), ("slow", "add_slowly", json!([3]))] {
        let body = json!({ "update_id": id, "input": input, "wait_for": "accepted" });
        let _ = client.try_update("ledger", name, &body).await.json(200);
    }
    host.kill();
    host.restart().await;
    let slow = client.read("/workflows/ledger/updates/slow?wait=60s").await.json(200);
    assert_eq!(slow["result"], 3, "{slow}");
    let _ = client.read("/workflows/ledger/updates/held").await.json(202);
    client.signal("ledger", "let_go", json!([])).await;
    let held = client.read("/workflows/ledger/updates/held?wait=60s").await.json(200);
    assert_eq!(held["result"], "let go", "{held}");
    let again = json!({ "update_id": "slow", "input": [3] });
    assert_eq!(client.try_update("ledger", "add_slowly", &again).await.json(200)["result"], 3);
    client.signal("ledger", "close", json!([])).await;
    assert_eq!(client.result("ledger").await, 3);
    host.stop_at_rest().await;
    audit(&host, None).await.passes();
}

#[rstest]
#[tokio::test]
async fn a_host_without_room_for_guests_takes_updates(#[values(Sqlite, Postgres)] backend: Backend) {
    let settings = Settings::default().test_activities().set("resident_bytes_max", "1");
    let mut host = Host::with(backend, settings).await;
    let client = host.client();
    client.upload("language").await;
    client.begin("ledger", "ledger", json!([0])).await;
    for cents in 1..=5 {
        // The run is brought back for the validator, dropped, and brought back for the update.
        assert_eq!(client.update("ledger", "add", json!([1])).await, cents);
    }
    client.signal("ledger", "close", json!([])).await;
    assert_eq!(client.result("ledger").await, 5);
    host.stop_at_rest().await;
    audit(&host, None).await.passes();
}
