//! Uploading modules, and which of them new runs get.

use dalsegno_tests::guests;

use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn a_module_is_kept_once(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::start(backend).await;
    let client = host.client();
    let uploaded = client.upload_bytes(guests::bytes("approval")).await.json(201);
    let digest = uploaded["digest"].as_str().expect("it has a digest");
    assert!(digest.starts_with("sha256:") && digest.len() == 71, "{digest}");
    assert_eq!(uploaded["status"], "ready");
    let workflow = &uploaded["workflows"][0];
    assert_eq!(workflow["name"], "approval");
    assert_eq!(workflow["signals"], json!(["approve", "reject"]));
    assert_eq!(workflow["queries"], json!(["status"]));
    assert_eq!(workflow["updates"], json!([]));

    let again = client.upload_bytes(guests::bytes("approval")).await.json(200);
    assert_eq!(again["digest"], digest);
    let listed = client.read("/modules").await.json(200);
    assert_eq!(listed["modules"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed["modules"][0]["deployed"], json!(["approval"]));
    let described = client.read(&format!("/modules/{digest}")).await.json(200);
    assert_eq!(described, listed["modules"][0]);
}

#[rstest]
#[tokio::test]
async fn a_new_version_is_for_new_runs_and_only_if_it_is_deployed(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    let host = Host::start(backend).await;
    let client = host.client();
    let old = client.upload("diverging-base").await;
    let new = client.upload("diverging-added").await;
    client.begin("diverging", "before", json!([])).await;
    assert_eq!(client.describe("before").await["module"], old.as_str());

    let picked = json!({ "workflow_type": "diverging", "workflow_id": "picked", "module": new });
    let _ = client.start(&picked).await.json(201);
    assert_eq!(client.describe("picked").await["module"], new.as_str());

    assert_eq!(client.deploy(guests::bytes("diverging-added")).await, new);
    client.begin("diverging", "after", json!([])).await;
    assert_eq!(client.describe("after").await["module"], new.as_str());

    for id in ["before", "picked", "after"] {
        client.signal(id, "go", json!([])).await;
        client.result(id).await;
    }
    let has_timer = async |id| client.event_types(id).await.contains(&"TimerStarted".to_owned());
    assert!(!has_timer("before").await, "a run keeps the module it began with");
    assert!(has_timer("picked").await && has_timer("after").await);
}

#[rstest]
#[tokio::test]
async fn a_run_goes_on_with_its_module_after_a_restart(#[values(Sqlite, Postgres)] backend: Backend) {
    let mut host = Host::start(backend).await;
    let client = host.client();
    client.upload("diverging-base").await;
    client.begin("diverging", "old", json!([])).await;
    client.deploy(guests::bytes("diverging-changed")).await;
    host.stop().await;
    host.restart().await;
    client.signal("old", "go", json!([])).await;
    client.result("old").await;
}

/// A guest that no host has compiled before: with a custom section of its own.
fn never_seen(package: &str) -> Vec<u8> {
    let mut bytes = guests::bytes(package);
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is later than 1970");
    let name = format!("{}-{}", unique("section"), since.as_nanos());
    let length = u8::try_from(name.len()).expect("a short name");
    bytes.extend([0, length + 1, length]);
    bytes.extend(name.bytes());
    bytes
}

#[rstest]
#[tokio::test]
async fn an_upload_need_not_be_waited_for(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::start(backend).await;
    let client = host.client();
    let bytes = never_seen("hello");
    let request = client.request_within(reqwest::Method::POST, "/modules?wait=0s");
    let response = request.body(bytes.clone()).send().await.expect("an answer");
    assert_eq!(response.status(), 202);
    let uploaded: Value = response.json().await.expect("a module");
    assert_eq!(uploaded["status"], "compiling", "{uploaded}");
    let digest = uploaded["digest"].as_str().expect("it has a digest").to_owned();
    let described = eventually("the module is ready", async || {
        let described = client.read(&format!("/modules/{digest}")).await.json(200);
        if described["status"] == "ready" { Ok(described) } else { Err(described) }
    })
    .await;
    assert_eq!(described["deployed"], json!(["hello"]), "{described}");
    let _ = client.upload_bytes(bytes).await.json(200);
    client.begin("hello", "hello", json!(["World"])).await;
    let _ = client.post("/workflows/hello/terminate", &json!({})).await.json(200);
}

#[rstest]
#[tokio::test]
async fn unknown_modules_are_refused(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = shared(backend).await;
    let client = host.client();
    let unknown = format!("sha256:{}", "0".repeat(64));
    let _ = client.read(&format!("/modules/{unknown}")).await.refusal(404, "module_not_found");
    let _ = client.read("/modules/sha256:12").await.refusal(400, "invalid_argument");
    let start = json!({ "workflow_type": "hello", "module": unknown });
    let _ = client.start(&start).await.refusal(404, "module_not_found");
    let digest = client.upload("approval").await;
    let other = json!({ "workflow_type": "hello", "module": digest });
    let detail = client.start(&other).await.refusal(404, "workflow_type_not_found");
    assert!(detail.contains("approval"), "it says what the module has: {detail}");
}
