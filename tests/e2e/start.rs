//! Starting workflows: ids, idempotence, policies.

use futures_util::future::join_all;

use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn a_workflow_has_the_id_that_it_is_given_or_gets_one(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("given");
    let run = client.begin("waiter", &id, json!([])).await;
    let made = client.start(&json!({ "workflow_type": "waiter" })).await.json(201);
    let (made_id, made_run) = (made["workflow_id"].as_str(), made["run_id"].as_str());
    assert!(made_id.is_some_and(|made| made.len() == 36 && made != id), "{made}");
    assert!(made_run.is_some_and(|made| made != run), "{made}");
    for id in [id.as_str(), made_id.unwrap_or_default()] {
        assert_eq!(client.describe(id).await["status"], "running");
        client.signal(id, "go", json!([1])).await;
        assert_eq!(client.result(id).await, 1);
    }
}

#[rstest]
#[tokio::test]
async fn an_id_may_have_slashes_and_other_letters(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("bestellung/ä ö?&#%");
    client.begin("waiter", &id, json!([])).await;
    let path: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
    assert_eq!(client.describe(&path).await["workflow_id"], id);
    client.signal(&path, "go", json!(["✓"])).await;
    assert_eq!(client.result(&path).await, "✓");
}

#[rstest]
#[tokio::test]
async fn the_same_request_starts_one_run(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let (id, request) = (unique("idempotent"), unique("request"));
    let body = json!({ "workflow_type": "waiter", "workflow_id": id, "request_id": request });
    let first = client.start(&body).await.json(201);
    assert_eq!(client.start(&body).await.json(200), first);
    let other = json!({ "workflow_type": "waiter", "workflow_id": id, "request_id": unique("request") });
    let _ = client.start(&other).await.refusal(409, "workflow_already_running");
    client.signal(&id, "go", json!([1])).await;
    client.result(&id).await;
    assert_eq!(client.start(&body).await.json(200), first, "the newest run has the same request id");
    let again = client.start(&other).await.json(201);
    assert_ne!(again["run_id"], first["run_id"]);
    client.signal(&id, "go", json!([1])).await;
}

#[rstest]
#[tokio::test]
async fn a_request_id_alone_makes_the_workflow_id(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let request = unique("request");
    let body = json!({ "workflow_type": "sleeper", "input": [{ "ms": 1 }], "request_id": request });
    let first = client.start(&body).await.json(201);
    assert_eq!(client.start(&body).await.json(200), first);
    let other = json!({ "workflow_type": "waiter", "request_id": request });
    let other = client.start(&other).await.json(201);
    assert_ne!(other["workflow_id"], first["workflow_id"], "another type is another workflow");
}

#[rstest]
#[tokio::test]
async fn of_many_starts_at_once_one_wins(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("contended");
    let body = json!({ "workflow_type": "waiter", "workflow_id": id });
    let answers = join_all((0..16).map(|_| client.start(&body))).await;
    let started: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(started.len(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        let _ = answer.refusal(409, "workflow_already_running");
    }
    assert_eq!(client.describe(&id).await["run_id"], started[0].value()["run_id"]);
    client.signal(&id, "go", json!([1])).await;
}

#[rstest]
#[tokio::test]
async fn an_open_run_is_in_the_way_as_the_policy_says(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("conflict");
    let run = client.begin("waiter", &id, json!([])).await;
    let with =
        |policy: &str| json!({ "workflow_type": "waiter", "workflow_id": id, "id_conflict_policy": policy });
    let detail = client.start(&with("fail")).await.refusal(409, "workflow_already_running");
    assert!(detail.contains(&run), "{detail}");
    assert_eq!(client.start(&with("use_existing")).await.json(200)["run_id"], run.as_str());

    let next = client.start(&with("terminate_existing")).await.json(201);
    assert_ne!(next["run_id"], run.as_str());
    let old = client.read(&format!("/workflows/{id}/result?run_id={run}")).await.json(200);
    assert_eq!(old["status"], "terminated");
    assert_eq!(client.describe(&id).await["run_id"], next["run_id"]);
    client.signal(&id, "go", json!([1])).await;
    client.result(&id).await;
}

#[rstest]
#[tokio::test]
async fn closed_runs_are_in_the_way_as_the_policy_says(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("reuse");
    let with = |kind: &str, policy: &str| {
        let input = if kind == "sleeper" { json!([{ "ms": 1 }]) } else { json!([]) };
        json!({ "workflow_type": kind, "workflow_id": id, "input": input, "id_reuse_policy": policy })
    };
    let _ = client.start(&with("failing", "reject")).await.json(201);
    client.failure(&id).await;
    let _ = client.start(&with("sleeper", "reject")).await.refusal(409, "workflow_id_reused");
    let _ = client.start(&with("sleeper", "failed_only")).await.json(201);
    client.result(&id).await;
    let _ = client.start(&with("sleeper", "failed_only")).await.refusal(409, "workflow_id_reused");
    let _ = client.start(&with("sleeper", "allow")).await.json(201);
    client.result(&id).await;
}

#[rstest]
#[tokio::test]
async fn values_come_back_byte_for_byte(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("bytes");
    let argument = r#"{ "b":1.0,"a" : [1e3, "\u00e9"], "big": 12345678901234567890123 }"#;
    client.begin("waiter", &id, json!([])).await;
    let body = format!(r#"{{"input": [{argument}]}}"#);
    let request = client.request_within(reqwest::Method::POST, &format!("/workflows/{id}/signals/go"));
    let response =
        request.header("content-type", "application/json").body(body).send().await.expect("an answer");
    assert_eq!(response.status(), 202);
    client.ended(&id).await;
    let history = client.read(&format!("/workflows/{id}/history")).await.text;
    assert!(history.contains(argument), "{history}");
}

#[rstest]
#[tokio::test]
async fn a_start_may_be_delayed(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("delayed");
    let body =
        json!({ "workflow_type": "sleeper", "workflow_id": id, "input": [{ "ms": 1 }], "start_delay": "1s" });
    let begun = Instant::now();
    let _ = client.start(&body).await.json(201);
    let described = client.describe(&id).await;
    assert_eq!(
        (&described["status"], &described["activations"]),
        (&json!("running"), &json!(0)),
        "{described}"
    );
    client.result(&id).await;
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[rstest]
#[tokio::test]
async fn notes_and_attributes_are_kept(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("notes");
    let body = json!({
        "workflow_type": "waiter", "workflow_id": id,
        "memo": { "customer": { "name": "Ada" } },
        "search_attributes": { "Region": "EU", "Priority": 3 },
        "execution_timeout": "1 hour", "run_timeout": "PT30M",
    });
    let _ = client.start(&body).await.json(201);
    let described = client.describe(&id).await;
    assert_eq!(described["memo"], body["memo"]);
    assert_eq!(described["search_attributes"], body["search_attributes"]);
    assert_eq!(described["execution_timeout"], "PT3600S");
    assert_eq!(described["run_timeout"], "PT1800S");
    client.signal(&id, "go", json!([1])).await;
}

#[rstest]
#[tokio::test]
async fn arguments_that_do_not_fit_fail_the_workflow(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    for input in [json!([]), json!(["no object"]), json!([{ "ms": -1 }])] {
        let id = unique("unfit");
        client.begin("sleeper", &id, input).await;
        let failure = client.failure(&id).await;
        assert_eq!(failure["kind"]["application"]["type"], "BadArguments", "{failure}");
    }
}
