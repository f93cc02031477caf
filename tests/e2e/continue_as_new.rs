//! Runs that go on in others: nothing is lost between them.

use dalsegno_tests::{auditor::audit, dice::Dice, waiting::at_some_time};
use futures_util::future::join_all;

use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn a_chain_is_read_from_any_of_its_runs(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("chain");
    let first = client.begin("continued", &id, json!([{ "times": 3 }])).await;
    let path = format!("/workflows/{id}/result?run_id={first}&wait=30s");
    let followed = client.read(&path).await.json(200);
    assert_eq!(followed["status"], "completed", "the result follows: {followed}");
    let unfollowed = client.read(&format!("{path}&follow=false")).await.json(200);
    assert_eq!(unfollowed["status"], "continued_as_new", "{unfollowed}");

    let runs = client.chain(&id).await;
    assert_eq!(runs.len(), 4);
    assert_eq!(unfollowed["new_run_id"], runs[1]["run_id"]);
    for (number, run) in runs.iter().enumerate() {
        assert_eq!(run["first_run_id"], first.as_str());
        assert_eq!(run["status"], if number == 3 { "completed" } else { "continued_as_new" });
        assert_eq!(
            run["new_run_id"],
            runs.get(number + 1).map_or(Value::Null, |next| next["run_id"].clone())
        );
        let known = &followed["result"][number];
        assert_eq!((&known["run_id"], &known["first_run_id"]), (&run["run_id"], &json!(first)), "{known}");
        assert_eq!(known["events"], 1, "each has a fresh history: {known}");
    }
    let of_first = client.read(&format!("/workflows/{id}/history?run_id={first}")).await.json(200);
    let last = of_first["events"].as_array().and_then(|events| events.last()).cloned().unwrap_or_default();
    assert_eq!(last["type"], "WorkflowExecutionContinuedAsNew", "{last}");
    assert_eq!(last["attributes"]["new_run_id"], runs[1]["run_id"]);
}

#[rstest]
#[tokio::test]
async fn memo_and_attributes_are_kept_unless_given_anew(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    for anew in [false, true] {
        let id = unique("kept");
        let body = json!({
            "workflow_type": "continued", "workflow_id": id, "input": [{ "times": 2, "note": true, "anew": anew }],
            "memo": { "from": "the start" }, "search_attributes": { "Region": "EU" },
        });
        let _ = client.start(&body).await.json(201);
        let runs = client.result(&id).await;
        let (memo, attributes) = (&runs[2]["memo"], &runs[2]["attributes"]);
        let described = client.describe(&id).await;
        if anew {
            assert_eq!(
                (memo, attributes),
                (&json!({ "anew": true }), &json!({ "Anew": "Int(1)" })),
                "{runs}"
            );
            assert_eq!(described["search_attributes"], json!({ "Anew": 1 }));
        } else {
            assert_eq!(*memo, json!({ "from": "the start", "note": "from the first run" }), "{runs}");
            let expected = json!({ "Region": "Keyword(\"EU\")", "Stage": "Keyword(\"noted\")" });
            assert_eq!(*attributes, expected, "{runs}");
            assert_eq!(described["search_attributes"], json!({ "Region": "EU", "Stage": "noted" }));
        }
        assert_eq!(described["memo"], *memo);
    }
}

#[rstest]
#[tokio::test]
async fn request_ids_are_remembered_across_the_chain(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("sum");
    client.begin("running-sum", &id, json!([2])).await;
    let send = async |number: Value, request: &str| {
        let body = json!({ "input": [number], "request_id": request });
        let _ = client.post(&format!("/workflows/{id}/signals/add"), &body).await.json(202);
    };
    for _ in 0..3 {
        for number in 0..5 {
            send(json!(10), &format!("request-{number}")).await;
        }
    }
    send(Value::Null, "end").await;
    assert_eq!(client.result(&id).await, json!([50, 3]));
}

#[rstest]
#[tokio::test]
async fn an_execution_timeout_holds_for_the_whole_chain(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("late");
    let body = json!({
        "workflow_type": "continued", "workflow_id": id, "input": [{ "times": 5, "waits": true }],
        "execution_timeout": "2s",
    });
    let begun = Instant::now();
    let _ = client.start(&body).await.json(201);
    client.signal(&id, "next", json!([])).await;
    client.signal(&id, "next", json!([])).await;
    assert_eq!(client.ended(&id).await["status"], "timed_out");
    assert!(begun.elapsed() >= Duration::from_secs(2));
    assert_eq!(client.chain(&id).await.len(), 3);
}

#[rstest]
#[tokio::test]
async fn ten_thousand_signals_are_summed_up(#[values(Sqlite, Postgres)] backend: Backend) {
    const CLIENTS: i64 = 8;
    const SIGNALS: i64 = 10_000;
    let mut host = Host::start(backend).await;
    let client = host.client();
    client.upload("continue-as-new").await;
    client.begin("continue-as-new", "entity", json!([])).await;
    let send = async |sender: i64| {
        for number in (sender..SIGNALS).step_by(CLIENTS.unsigned_abs() as usize) {
            client.signal("entity", "reading", json!([number])).await;
        }
    };
    join_all((0..CLIENTS).map(send)).await;
    client.signal("entity", "reading", json!([null])).await;
    let total = client.result("entity").await;
    assert_eq!((&total["readings"], &total["sum"]), (&json!(SIGNALS), &json!(SIGNALS * (SIGNALS - 1) / 2)));
    let before = total["runs_before"].as_u64().unwrap_or_default();
    assert!(before >= 1, "the host suggested to continue as new: {total}");
    assert_eq!(client.chain("entity").await.len() as u64, before + 1);
    host.stop_at_rest().await;
    audit(&host, None).await.passes();
}

#[rstest]
#[tokio::test]
async fn a_chain_survives_the_host(#[values(Sqlite, Postgres)] backend: Backend) {
    const SIGNALS: i64 = 120;
    let settings = Settings::default().test_activities().set("resident_bytes_max", "1");
    let mut host = Host::with(backend, settings).await;
    let client = host.client();
    client.upload("language").await;
    client.begin("running-sum", "sum", json!([7])).await;
    for number in 1..=SIGNALS {
        client.signal("sum", "add", json!([number])).await;
        if number % 40 == 0 {
            host.kill();
            host.restart().await;
        }
    }
    client.signal("sum", "add", json!([null])).await;
    let runs = SIGNALS / 7 + 1;
    assert_eq!(client.result("sum").await, json!([SIGNALS * (SIGNALS + 1) / 2, runs]));
    host.stop_at_rest().await;
    audit(&host, None).await.passes();
}

/// Both arrive in the first activation, so nobody can tell which was first.
#[rstest]
#[tokio::test]
async fn a_request_to_cancel_ends_the_chain_it_arrives_in(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("last");
    let body = json!({
        "workflow_type": "continued", "workflow_id": id, "input": [{ "times": 5, "waits": true }],
        "start_delay": "1s",
    });
    let _ = client.start(&body).await.json(201);
    client.signal(&id, "next", json!([])).await;
    let _ = client.post(&format!("/workflows/{id}/cancel"), &json!({ "reason": "enough" })).await.json(202);
    assert_eq!(client.ended(&id).await["status"], "cancelled");
    assert_eq!(client.chain(&id).await.len(), 1, "no other run began");
}

/// A cancel that is acknowledged reaches whichever run of the chain is open, or ends the chain.
#[rstest]
#[tokio::test]
async fn a_request_to_cancel_reaches_a_chain_that_goes_on(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let cancelled = (0..20).map(async |_| {
        let id = unique("moving");
        client.begin("running-sum", &id, json!([1])).await;
        let adds = async {
            for _ in 0..8 {
                let path = format!("/workflows/{id}/signals/add");
                let _ = client.try_post(&path, &json!({ "input": [1] })).await;
            }
        };
        let cancel = async {
            at_some_time(&mut Dice::new(), Duration::from_millis(20)).await;
            eventually("it is taken", async || {
                let answer = client.post(&format!("/workflows/{id}/cancel"), &json!({})).await;
                if answer.status == 202 { Ok(()) } else { Err(answer.text) }
            })
            .await;
        };
        tokio::join!(adds, cancel);
        client.ended(&id).await["status"].clone()
    });
    assert!(join_all(cancelled).await.iter().all(|status| status == "cancelled"));
}
