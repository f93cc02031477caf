//! The server for tests of workflows: the real host, in memory, with skipped time and activities that are stood in for.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
};

use dalsegno_engine::Timestamp;
use dalsegno_tests::{
    cli::dalsegno,
    guests,
    programs::{self, Program},
};
use reqwest::Method;

use crate::prelude::*;

/// A server, and how it says that it is ready.
pub(crate) struct TestServer {
    process: Child,
    told: Value,
}

impl TestServer {
    pub(crate) fn start(modules: &[&str]) -> Self {
        let mut command = Command::new(Program::Dalsegno.path());
        programs::forget_settings(&mut command);
        command.env("DALSEGNO_CACHE_DIR", programs::scratch().join("modules"));
        command.args(["test-server", "--stdin-lifeline"]);
        for module in modules {
            command.arg("--module").arg(guests::path(module));
        }
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says something");
        let told = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Self { process, told }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.told["address"].as_str().expect("it has an address"))
    }

    /// Ends as it does when the program that started it has ended.
    fn end(mut self) -> ExitStatus {
        drop(self.process.stdin.take());
        self.process.wait().expect("it is a child of ours")
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn test_call(client: &Client, method: Method, path: &str, body: Value) -> Value {
    let response = client.request(method, &format!("/test/v1{path}")).json(&body).send().await;
    let response = response.expect("the server answers");
    assert!(response.status().is_success(), "{path}: {:?}", response.text().await);
    response.json().await.unwrap_or_default()
}

pub(crate) async fn post(client: &Client, path: &str, body: Value) -> Value {
    test_call(client, Method::POST, path, body).await
}

async fn stand_in(client: &Client, activity: &str, answer: Value) {
    test_call(client, Method::PUT, &format!("/activities/{activity}"), answer).await;
}

/// Whole days of the workflows' time since a run began.
pub(crate) async fn days_of(client: &Client, id: &str) -> u64 {
    let read =
        |time: &Value| -> Timestamp { time.as_str().and_then(|text| text.parse().ok()).expect("a time") };
    let now = test_call(client, Method::GET, "/time", Value::Null).await;
    let since = read(&now["now"]).since(read(&client.describe(id).await["start_time"]));
    since.as_duration().as_secs() / (24 * 60 * 60)
}

fn customer() -> Value {
    json!([{ "name": "Ada", "email": "a@example.com", "address": "1 Sign Street", "services": "http://shop" }])
}

#[tokio::test]
async fn it_says_where_it_is_and_ends_with_who_started_it() {
    let server = TestServer::start(&["approval", "onboarding"]);
    let types: Vec<&Value> = server.told["modules"]
        .as_array()
        .expect("modules")
        .iter()
        .map(|module| &module["workflows"])
        .collect();
    assert_eq!(types, [&json!(["approval"]), &json!(["onboarding"])]);
    let begun = Instant::now();
    assert!(server.end().success());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn time_is_skipped_while_a_client_waits_and_not_before() {
    let server = TestServer::start(&["approval"]);
    let client = server.client();
    client.begin("approval", "a", json!(["a holiday"])).await;
    assert_eq!(client.query("a", "status").await, json!({ "status": "waiting" }));
    // Signals arrive before the week is over, because nobody waits yet.
    client.signal("a", "approve", json!(["Ada"])).await;
    assert_eq!(client.result("a").await, json!({ "status": "approved", "by": "Ada" }));
    assert_eq!(days_of(&client, "a").await, 0);

    client.begin("approval", "b", json!(["a holiday"])).await;
    let begun = Instant::now();
    assert_eq!(client.result("b").await, json!({ "status": "expired" }));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(days_of(&client, "b").await, 7);
}

#[tokio::test]
async fn a_sleep_skips_so_much_and_a_lock_keeps_the_time() {
    let server = TestServer::start(&["approval"]);
    let client = server.client();
    client.begin("approval", "a", json!(["a holiday"])).await;
    post(&client, "/time/sleep", json!({ "duration": "6 days" })).await;
    assert_eq!(client.query("a", "status").await, json!({ "status": "waiting" }));
    assert_eq!(days_of(&client, "a").await, 6);

    assert_eq!(post(&client, "/time/lock", json!({})).await["balance"], -1);
    let waiting = client.read("/workflows/a/result?wait=1s").await;
    assert_eq!(waiting.json(202)["status"], "running");
    assert_eq!(days_of(&client, "a").await, 6);

    // A sleep is an order.
    post(&client, "/time/sleep", json!({ "duration": "2 days" })).await;
    assert_eq!(client.query("a", "status").await, json!({ "status": "expired" }));

    // With two unlocks time goes on although nobody waits.
    for balance in [0, 1] {
        assert_eq!(post(&client, "/time/unlock", json!({})).await["balance"], balance);
    }
    client.begin("approval", "b", json!(["a holiday"])).await;
    let expired = async || {
        let status = client.query("b", "status").await;
        if status == json!({ "status": "expired" }) { Ok(()) } else { Err(status) }
    };
    eventually("the second one expires", expired).await;
}

#[tokio::test]
async fn registered_answers_stand_in_for_an_activity() {
    let server = TestServer::start(&["onboarding"]);
    let client = server.client();
    let sent = json!({ "result": { "status": 200, "body": { "id": "x" } } });
    let sequence = json!([{ "timeout": "start_to_close" }, { "failure": { "message": "no line" } }, sent]);
    stand_in(&client, "http", json!({ "sequence": sequence })).await;
    client.begin("onboarding", "o", customer()).await;
    assert_eq!(client.result("o").await["followed_up"], true);
    assert_eq!(days_of(&client, "o").await, 3);
    let history = client.export("o").await;
    let ends = history["events"].as_array().expect("events").iter();
    let ends = ends.filter(|event| event["type"] == "ActivityTaskCompleted");
    let attempts: u64 = ends.filter_map(|event| event["attributes"]["attempt"].as_u64()).sum();
    assert_eq!(attempts, 4 + 2, "{history}");
}

#[tokio::test]
async fn attempts_wait_for_who_polls_and_hold_the_time() {
    let server = TestServer::start(&["onboarding"]);
    let client = server.client();
    client.begin("onboarding", "o", customer()).await;
    for number in 0..4 {
        let path = match number % 2 {
            0 => "/test/v1/activities:poll".to_owned(),
            _ => "/api/v1/namespaces/default/task-queues/default/activities/poll".to_owned(),
        };
        // The last one comes three days later, which are skipped while somebody waits for the end.
        let end = tokio::spawn({
            let client = client.clone();
            async move { client.read("/workflows/o/result?wait=2s").await }
        });
        let task = client.request(Method::POST, &path).json(&json!({})).send().await.expect("an answer");
        let task: Value = task.json().await.expect("a task");
        assert_eq!((&task["activity_type"], &task["attempt"]), (&json!("http"), &json!(1)), "{task}");
        let token = task["token"].as_str().expect("a token");
        let beaten = client.post(&format!("/activities/{token}/heartbeat"), &json!({ "details": [1] })).await;
        assert_eq!(beaten.json(200)["cancel_requested"], false);
        let result = json!({ "result": { "status": 200, "body": { "id": "x" } } });
        let _ = client.post(&format!("/activities/{token}/complete"), &result).await.json(200);
        let again = client.post(&format!("/activities/{token}/complete"), &result).await;
        let _ = again.refusal(404, "attempt_not_found");
        drop(end);
    }
    assert_eq!(client.result("o").await["account"], "x");
    assert_eq!(days_of(&client, "o").await, 3);
}

#[tokio::test]
async fn no_time_is_skipped_while_runs_talk_to_each_other() {
    let server = TestServer::start(&["language", "approval"]);
    let client = server.client();
    let family = json!({ "workflow_type": "approval", "input": ["a holiday", 3600], "count": 20 });
    let start =
        json!({ "workflow_type": "parent", "workflow_id": "p", "input": [family], "run_timeout": "3601s" });
    let _ = client.start(&start).await.json(201);
    let ended = client.ended("p").await;
    // Had the clock jumped before all children had begun and said how they ended, the parent would have timed out.
    assert_eq!(ended["status"], "completed", "{ended}");
    for child in ended["result"].as_array().expect("results") {
        assert_eq!(child["result"]["status"], "expired", "{ended}");
    }
}

#[tokio::test]
async fn a_host_that_serves_has_no_calls_for_tests() {
    let client = shared(Sqlite).await.client();
    let _ = client.get("/test/v1/time").await.refusal(404, "address_not_found");
    let poll = client.post("/task-queues/default/activities/poll", &json!({})).await;
    let _ = poll.refusal(501, "not_supported");
    let document = client.get("/openapi.json").await.json(200);
    assert!(document["paths"]["/test/v1/time"].is_null());
    let server = TestServer::start(&[]);
    let document = server.client().get("/openapi.json").await.json(200);
    assert!(document["paths"]["/test/v1/time"]["get"].is_object());
}

/// What a run of the whole language may leave in its history, and what its module repeats.
#[rstest]
#[case::continued("continued", json!([{ "times": 2, "note": true }]), &["WorkflowExecutionContinuedAsNew"])]
#[case::local("local-work", json!([{ "in_sequence": 2, "in_parallel": 3 }]), &["ActivityTaskCompleted"])]
#[case::tried_again("unlucky", json!([{ "fails": 2 }]), &["WorkflowExecutionFailed"])]
#[case::attributes("attributed", json!([]), &["UpsertWorkflowSearchAttributes", "WorkflowPropertiesModified"])]
#[tokio::test]
async fn histories_of_the_whole_language_are_replayed(
    #[case] workflow_type: &str,
    #[case] input: Value,
    #[case] types: &[&str],
) {
    let server = TestServer::start(&["language"]);
    let client = server.client();
    stand_in(&client, "noop", json!({ "result": 1 })).await;
    let body = json!({
        "workflow_type": workflow_type, "workflow_id": "l", "input": input, "retry_policy": { "maximum_attempts": 5 },
    });
    let mut run = client.start(&body).await.json(201)["run_id"].clone();
    for _ in 0..2 {
        let _ = client.post("/workflows/l/signals/go", &json!({ "input": [null] })).await;
    }
    client.result("l").await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut seen = Vec::new();
    while let Some(run_id) = run.as_str().map(ToOwned::to_owned) {
        let path = format!("/workflows/l/history?page_size=1000&run_id={run_id}");
        let history = client.read(&path).await.json(200);
        let events = history["events"].as_array().expect("events");
        seen.extend(events.iter().filter_map(|event| event["type"].as_str().map(ToOwned::to_owned)));
        let file = folder.path().join(format!("{run_id}.json"));
        fs::write(&file, history.to_string()).expect("a file");
        let module = guests::path("language");
        let said =
            dalsegno(&["replay", "--module", &module.to_string_lossy(), &file.to_string_lossy()]).await;
        assert!(said.done().contains("repeats the history"), "{said:?}");
        let path = format!("/workflows/l/result?follow=false&run_id={run_id}");
        run = client.read(&path).await.json(200)["new_run_id"].clone();
    }
    for wanted in types {
        assert!(seen.iter().any(|event| event == wanted), "{wanted}: {seen:?}");
    }
}

#[tokio::test]
async fn time_stands_still_once_an_update_has_ended() {
    let server = TestServer::start(&["language"]);
    let client = server.client();
    for number in 0..10 {
        let id = format!("account-{number}");
        let start = json!({ "workflow_type": "ledger", "workflow_id": id, "run_timeout": "3 days" });
        assert_eq!(client.start(&start).await.json(201)["workflow_id"], id);
        for sum in 1..=10 {
            assert_eq!(client.update(&id, "add", json!([1])).await, sum);
        }
        assert_eq!(client.status(&id).await, "running", "time was skipped while nobody waited");
    }
}
