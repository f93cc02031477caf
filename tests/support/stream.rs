//! Event streams, as a browser reads them.

use std::time::Duration;

use reqwest::{Method, Response, header::ACCEPT};
use serde_json::Value;

use crate::Client;

/// No message of a test takes longer to come.
const MESSAGE_MAX: Duration = Duration::from_secs(60);

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id: that of the event.
    pub id: String,
    /// What it is, if not an event of the history.
    pub event: Option<String>,
    /// Its JSON.
    pub data: Value,
}

/// A history that is being followed.
#[derive(Debug)]
pub struct Stream {
    response: Response,
    read: String,
}

impl Client {
    /// Follows a history, after the event that came last. `None`: it has ended, and there is no more.
    ///
    /// # Panics
    /// If there is no stream.
    pub async fn follow(&self, path: &str, last: Option<&str>) -> Option<Stream> {
        let mut request = self.request_within(Method::GET, path).header(ACCEPT, "text/event-stream");
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("no stream: {error}"));
        if response.status() == 204 {
            return None;
        }
        assert_eq!(response.status(), 200);
        let content = response.headers().get("content-type").and_then(|value| value.to_str().ok());
        assert!(content.is_some_and(|content| content.starts_with("text/event-stream")), "{content:?}");
        Some(Stream { response, read: String::new() })
    }
}

impl Stream {
    /// The next message; `None` at the end.
    ///
    /// # Panics
    /// If none comes, or it is none.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((message, rest)) = self.read.split_once("\n\n") {
                let message = parse(message);
                self.read = rest.to_owned();
                if message.is_some() {
                    return message;
                }
                continue;
            }
            let chunk = tokio::time::timeout(MESSAGE_MAX, self.response.chunk()).await;
            let chunk = chunk.unwrap_or_else(|_| panic!("no message in {MESSAGE_MAX:?}"));
            let chunk = chunk.unwrap_or_else(|error| panic!("the stream broke: {error}"))?;
            self.read.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    /// All messages until the end.
    ///
    /// # Panics
    /// If it does not come.
    pub async fn rest(mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        while let Some(message) = self.next().await {
            messages.push(message);
        }
        messages
    }
}

/// A message, or nothing if it is a comment that keeps the connection alive.
fn parse(text: &str) -> Option<Message> {
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(|value| value.trim_start().to_owned())
    };
    let data = field("data")?;
    let data = serde_json::from_str(&data).unwrap_or_else(|error| panic!("{error}: {data}"));
    Some(Message { id: field("id").unwrap_or_default(), event: field("event"), data })
}
