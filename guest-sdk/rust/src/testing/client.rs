//! Asking the test server, over HTTP.

use std::{fmt::Write as _, time::Duration};

use serde_json::Value;
use ureq::{Agent, http::Response};

use super::{error::Error, failures};

/// For an answer, beside what the server is asked to wait.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(90);
/// An answer, at most.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// A server, and the namespace within it.
#[derive(Debug, Clone)]
pub(super) struct Client {
    agent: Agent,
    address: String,
}

/// What the server says.
pub(super) struct Answer {
    /// Of success.
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Client {
    pub(super) fn new(address: String) -> Self {
        let config =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(ANSWER_TIME_MAX));
        Self { agent: config.proxy(None).build().into(), address }
    }

    /// The address of something in the namespace; the parts are not escaped yet.
    pub(super) fn path(parts: &[&str]) -> String {
        let mut path = "/api/v1/namespaces/default".to_owned();
        for part in parts {
            path.push('/');
            path.push_str(&escaped(part));
        }
        path
    }

    pub(super) fn get(&self, path: &str) -> Result<Answer, Error> {
        self.read(self.agent.get(format!("{}{path}", self.address)).call())
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Answer, Error> {
        let request = self.agent.post(format!("{}{path}", self.address));
        self.read(request.content_type("application/json").send(body.to_string()))
    }

    pub(super) fn put(&self, path: &str, body: &Value) -> Result<Answer, Error> {
        let request = self.agent.put(format!("{}{path}", self.address));
        self.read(request.content_type("application/json").send(body.to_string()))
    }

    /// Uploads a component for new runs.
    pub(super) fn post_module(&self, bytes: &[u8]) -> Result<Answer, Error> {
        let path = format!("{}{}?deploy=true&wait=60s", self.address, Self::path(&["modules"]));
        self.read(self.agent.post(path).content_type("application/wasm").send(bytes))
    }

    fn read(&self, response: Result<Response<ureq::Body>, ureq::Error>) -> Result<Answer, Error> {
        let lost = |error: ureq::Error| Error::Setup(format!("the test server at {}: {error}", self.address));
        let mut response = response.map_err(lost)?;
        let status = response.status().as_u16();
        let text =
            response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string().map_err(lost)?;
        let body = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).map_err(|error| {
                Error::Setup(format!("the answer of the test server is no JSON: {error}: {text}"))
            })?,
        };
        if response.status().is_success() { Ok(Answer { status, body }) } else { Err(refused(&body)) }
    }
}

fn refused(problem: &Value) -> Error {
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    let failure = problem.get("failure").filter(|failure| failure.is_object()).map(failures::read);
    Error::Refused { code: text("code"), detail: text("detail"), failure }
}

/// A part of a path.
pub(super) fn escaped(part: &str) -> String {
    let mut escaped = String::with_capacity(part.len());
    for byte in part.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' => {
                escaped.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            _ => drop(write!(escaped, "%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_path_are_escaped() {
        let path = Client::path(&["workflows", "a/b ü", "result"]);
        assert_eq!(path, "/api/v1/namespaces/default/workflows/a%2Fb%20%C3%BC/result");
    }

    #[test]
    fn a_refusal_has_its_code() {
        let problem = serde_json::json!({"code": "workflow_not_found", "detail": "there is none"});
        let error = refused(&problem);
        assert!(matches!(&error, Error::Refused { code, .. } if code == "workflow_not_found"), "{error}");
        assert_eq!(error.to_string(), "workflow_not_found: there is none");
    }
}
