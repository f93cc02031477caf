//! The time of workflows is skipped, and the test answers their requests itself: it sees each, and may let it wait.

use reqwest::Method;

use super::Language;
use crate::{
    prelude::*,
    test_server::{TestServer, days_of, post},
};

/// A server with one example.
pub(crate) struct Mailbox {
    pub(crate) client: Client,
    _server: TestServer,
}

/// A request that a workflow waits for.
#[derive(Debug)]
pub(crate) struct Request {
    token: String,
    pub(crate) method: String,
    /// Without what stands before the path.
    pub(crate) path: String,
    pub(crate) body: Value,
}

/// What workflows are given as the base of all addresses.
pub(crate) const SERVICES: &str = "http://shop";

impl Mailbox {
    /// With an example in a language; absent if the tools of the language cannot be had here.
    pub(crate) fn open(language: Language, example: &str) -> Option<Self> {
        let guest = language.guest(example)?;
        let server = TestServer::start(&[&guest]);
        Some(Self { client: server.client(), _server: server })
    }

    /// The next request.
    pub(crate) async fn request(&self) -> Request {
        let task = eventually("a workflow makes a request", async || {
            let polled =
                self.client.request(Method::POST, "/test/v1/activities:poll").json(&json!({})).send();
            let task: Value = polled.await.expect("an answer").json().await.unwrap_or_default();
            if task["token"].is_string() { Ok(task) } else { Err(task) }
        });
        let task = task.await;
        assert_eq!(task["activity_type"], "http", "{task}");
        let asked = &task["input"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let url = text(&asked["url"]);
        Request {
            token: text(&task["token"]),
            method: text(&asked["method"]),
            path: url.strip_prefix(SERVICES).unwrap_or(&url).to_owned(),
            body: asked["body"].clone(),
        }
    }

    /// Lets a request succeed.
    pub(crate) async fn answer(&self, request: &Request, body: Value) {
        let result = json!({ "result": { "status": 200, "body": body } });
        let _ = self.client.post(&format!("/activities/{}/complete", request.token), &result).await.json(200);
    }

    /// Holds that the next request is a mail: its receiver and its subject.
    pub(crate) async fn holds(&self, to: &str, subject: &str) -> Request {
        let request = self.request().await;
        assert_eq!((&*request.method, &*request.path), ("POST", "/notifications/emails"), "{request:?}");
        assert_eq!(request.body, json!({ "to": to, "subject": subject }));
        request
    }

    /// The same, and sends it.
    pub(crate) async fn sends(&self, to: &str, subject: &str) {
        let mail = self.holds(to, subject).await;
        self.answer(&mail, json!({ "id": "email-1" })).await;
    }

    /// Lets so much of the workflows' time go by, in which no request is made.
    pub(crate) async fn skip(&self, duration: &str) {
        post(&self.client, "/time/sleep", json!({ "duration": duration })).await;
    }

    /// Lets so much of the workflows' time go by, at the end of which a request is made: that holds the time.
    pub(crate) fn skip_to_request(&self, duration: &str) {
        let (client, body) = (self.client.clone(), json!({ "duration": duration }));
        tokio::spawn(async move { post(&client, "/time/sleep", body).await });
    }

    /// Whole days of the workflows' time since a run began.
    pub(crate) async fn days_of(&self, id: &str) -> u64 {
        days_of(&self.client, id).await
    }
}
