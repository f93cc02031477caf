//! A client of the HTTP contract.

use std::time::{Duration, Instant};

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

use crate::{
    guests,
    waiting::{PATIENCE, within},
};

/// No request of a test takes longer: past the longest wait that the contract has.
const REQUEST_MAX: Duration = Duration::from_secs(90);
/// How long a large module may compile, by a host that is not optimised, on a busy machine.
const COMPILE_MAX: Duration = Duration::from_secs(600);
/// Where everything of the default namespace is.
const NAMESPACE: &str = "/api/v1/namespaces/default";

/// A client of one host.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    address: String,
}

/// What a host answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Answer {
    /// The body, if the status is this one.
    ///
    /// # Panics
    /// If it is another, or the body no JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.value()
    }

    /// The body, whatever the status.
    ///
    /// # Panics
    /// If it is no JSON.
    #[track_caller]
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The detail of a refusal, which has this status and code and all that RFC 9457 and the contract ask for.
    ///
    /// # Panics
    /// If it is something else.
    #[track_caller]
    #[must_use]
    pub fn refusal(&self, status: u16, code: &str) -> String {
        let problem = self.json(status);
        assert_eq!(self.header("content-type"), "application/problem+json", "{problem}");
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("urn:dalsegno:problem:{code}"), "{problem}");
        for field in ["title", "detail", "help"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {problem}");
        }
        problem["detail"].as_str().unwrap_or_default().to_owned()
    }

    /// A header, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Client {
    /// A client of the host at `http://HOST:PORT`.
    ///
    /// # Panics
    /// If the machine does not let it.
    #[must_use]
    pub fn new(address: &str) -> Self {
        let http = reqwest::Client::builder().timeout(REQUEST_MAX).no_proxy().build();
        let http = http.unwrap_or_else(|error| panic!("no HTTP client: {error}"));
        Self { http, address: address.to_owned() }
    }

    /// A request that is sent as it is.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.address))
    }

    /// A request below the default namespace.
    pub fn request_within(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.request(method, &format!("{NAMESPACE}{path}"))
    }

    /// A request to the root.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn try_get(&self, path: &str) -> reqwest::Result<Answer> {
        answer(self.request(Method::GET, path)).await
    }

    /// A request to the root.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn get(&self, path: &str) -> Answer {
        must(self.try_get(path).await, path)
    }

    /// Reads below the default namespace.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn try_read(&self, path: &str) -> reqwest::Result<Answer> {
        answer(self.request_within(Method::GET, path)).await
    }

    /// Reads below the default namespace.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn read(&self, path: &str) -> Answer {
        must(self.try_read(path).await, path)
    }

    /// Asks for something below the default namespace.
    ///
    /// # Errors
    /// There is no answer; whether it happened is unknown.
    pub async fn try_post(&self, path: &str, body: &Value) -> reqwest::Result<Answer> {
        answer(self.request_within(Method::POST, path).json(body)).await
    }

    /// Asks for something below the default namespace.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        must(self.try_post(path, body).await, path)
    }

    /// Uploads bytes as a module.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn upload_bytes(&self, bytes: Vec<u8>) -> Answer {
        self.post_module("/modules?wait=60s", bytes).await
    }

    /// Uploads a guest, and waits until it is compiled; tells its digest.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn upload(&self, package: &str) -> String {
        self.compiled(self.upload_bytes(guests::bytes(package)).await).await
    }

    /// Uploads bytes as the module that new runs get, and waits until it is compiled; tells its digest.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn deploy(&self, bytes: Vec<u8>) -> String {
        self.compiled(self.post_module("/modules?deploy=true&wait=60s", bytes).await).await
    }

    async fn post_module(&self, path: &str, bytes: Vec<u8>) -> Answer {
        let request = self.request_within(Method::POST, path);
        must(answer(request.header("content-type", "application/wasm").body(bytes)).await, path)
    }

    async fn compiled(&self, uploaded: Answer) -> String {
        assert!(matches!(uploaded.status, 200..=202), "{} {}", uploaded.status, uploaded.text);
        let digest = uploaded.value()["digest"].as_str().expect("a module has a digest").to_owned();
        if uploaded.status == 202 {
            within(COMPILE_MAX, "the module is compiled", async || {
                let module = self.read(&format!("/modules/{digest}")).await.json(200);
                assert_ne!(module["status"], "refused", "{module}");
                if module["status"] == "ready" { Ok(()) } else { Err(module) }
            })
            .await;
        }
        digest
    }

    /// Starts a workflow.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn start(&self, body: &Value) -> Answer {
        self.post("/workflows", body).await
    }

    /// Starts a workflow that is sure to be taken; tells its run.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn begin(&self, workflow_type: &str, id: &str, input: Value) -> String {
        let body = json!({ "workflow_type": workflow_type, "workflow_id": id, "input": input });
        let started = self.start(&body).await.json(201);
        assert_eq!(started["workflow_id"], id);
        started["run_id"].as_str().expect("a run has an id").to_owned()
    }

    /// Sends a signal that is sure to be taken.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn signal(&self, id: &str, name: &str, input: Value) {
        let _ =
            self.post(&format!("/workflows/{id}/signals/{name}"), &json!({ "input": input })).await.json(202);
    }

    /// Asks a query that is sure to be answered.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn query(&self, id: &str, name: &str) -> Value {
        self.post(&format!("/workflows/{id}/queries/{name}"), &json!({})).await.json(200)["result"].clone()
    }

    /// How a workflow stands.
    ///
    /// # Panics
    /// If there is no such workflow.
    pub async fn describe(&self, id: &str) -> Value {
        self.read(&format!("/workflows/{id}")).await.json(200)
    }

    /// How a workflow ends.
    ///
    /// # Panics
    /// If it does not end in time.
    pub async fn ended(&self, id: &str) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.read(&format!("/workflows/{id}/result?wait=10s")).await;
            if answer.status == 200 {
                return answer.value();
            }
            if answer.status != 202 || begun.elapsed() > PATIENCE {
                panic!("{id} has not ended: {}; {}", answer.text, self.describe(id).await);
            }
        }
    }

    /// The result of a workflow.
    ///
    /// # Panics
    /// If it ends without one.
    pub async fn result(&self, id: &str) -> Value {
        let ended = self.ended(id).await;
        assert_eq!(ended["status"], "completed", "{id}: {ended}");
        ended["result"].clone()
    }

    /// The failure of a workflow.
    ///
    /// # Panics
    /// If it ends otherwise.
    pub async fn failure(&self, id: &str) -> Value {
        let ended = self.ended(id).await;
        assert_eq!(ended["status"], "failed", "{id}: {ended}");
        ended["failure"].clone()
    }

    /// A whole history, as `dalsegno replay` takes it.
    ///
    /// # Panics
    /// If there is none.
    pub async fn export(&self, id: &str) -> Value {
        self.export_by(id, 1_000).await
    }

    /// A whole history, read in pages of this size.
    ///
    /// # Panics
    /// If there is none.
    pub async fn export_by(&self, id: &str, page_size: usize) -> Value {
        let path = format!("/workflows/{id}/history?page_size={page_size}");
        let mut whole = self.read(&path).await.json(200);
        while let Some(token) = whole.as_object_mut().and_then(|whole| whole.remove("next_page_token")) {
            let token = token.as_str().unwrap_or_default();
            let page = self.read(&format!("{path}&page_token={token}")).await.json(200);
            for part in ["events", "activations"] {
                let more = page[part].as_array().cloned().unwrap_or_default();
                whole[part].as_array_mut().expect("a history has parts").extend(more);
            }
            whole["next_page_token"] = page["next_page_token"].clone();
            if whole["next_page_token"].is_null() {
                whole.as_object_mut().and_then(|whole| whole.remove("next_page_token"));
            }
        }
        whole
    }

    /// The events of a workflow.
    ///
    /// # Panics
    /// If there are none.
    pub async fn events(&self, id: &str) -> Vec<Value> {
        self.export(id).await["events"].as_array().cloned().unwrap_or_default()
    }

    /// The types of the events of a workflow.
    ///
    /// # Panics
    /// If there are none.
    pub async fn event_types(&self, id: &str) -> Vec<String> {
        let events = self.events(id).await;
        events.iter().map(|event| event["type"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

async fn answer(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, text: response.text().await? })
}

fn must(answer: reqwest::Result<Answer>, path: &str) -> Answer {
    answer.unwrap_or_else(|error| panic!("{path}: no answer: {error:?}"))
}
