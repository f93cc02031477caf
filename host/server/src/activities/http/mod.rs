//! The built-in activity `http`: one request to an allowed host.
//!
//! Its argument is `{method?, url, headers?, body?, timeout?}`, its result `{status, headers, body}`. It
//! sends the attempt's idempotency key as `Idempotency-Key`. Answers of 2xx are results; 408, 425, 429 and
//! 5xx are failures that are tried again (after `Retry-After`, if given), others are not.

mod allow;
mod resolve;

use std::{collections::BTreeMap, time::Duration};

use dalsegno_engine::{Failure, Millis, Payload};
use reqwest::{Client, Method, Response, StatusCode, Url, header::RETRY_AFTER, redirect};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Activity, ActivityContext, ActivityError, registry::AttemptFuture};
pub(crate) use allow::AllowList;

/// What an answer may have, in bytes.
const RESPONSE_BYTES_MAX: usize = 2 << 20;
/// Redirects followed, each checked again.
const REDIRECTS_MAX: usize = 5;
/// The time of a request that names none.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
/// The time of connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(default)]
    method: Option<String>,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<Box<RawValue>>,
    #[serde(default)]
    timeout: Option<Millis>,
}

#[derive(Serialize)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: serde_json::Value,
}

/// The built-in activity `http`.
pub(crate) struct HttpActivity {
    client: Client,
    allow: AllowList,
}

impl HttpActivity {
    pub(crate) fn new(allow: AllowList) -> Result<Self, reqwest::Error> {
        let checked = allow.clone();
        let redirects = redirect::Policy::custom(move |attempt| {
            if attempt.previous().len() > REDIRECTS_MAX {
                return attempt.error("too many redirects");
            }
            match checked.check(attempt.url()) {
                Ok(()) => attempt.follow(),
                Err(refused) => attempt.error(refused),
            }
        });
        let client = Client::builder()
            .user_agent(concat!("dalsegno/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(redirects)
            .dns_resolver(resolve::CheckedResolver::new(allow.clone()))
            .no_proxy()
            .build()?;
        Ok(Self { client, allow })
    }
}

impl Activity for HttpActivity {
    fn attempt(&self, context: ActivityContext, input: Vec<Payload>) -> AttemptFuture {
        let (client, allow) = (self.client.clone(), self.allow.clone());
        Box::pin(async move {
            tokio::select! {
                result = make(&client, &allow, &context, input) => result.map_err(ActivityError::into_failure),
                () = context.cancelled() => Err(Failure::cancelled("the request was given up")),
            }
        })
    }
}

async fn make(
    client: &Client,
    allow: &AllowList,
    context: &ActivityContext,
    input: Vec<Payload>,
) -> Result<Option<Payload>, ActivityError> {
    let bad = |error: String| ActivityError::non_retryable("BadArguments", error);
    let [argument] = input.as_slice() else {
        return Err(bad(format!("http takes one argument, not {}", input.len())));
    };
    let request: Request = serde_json::from_slice(&argument.data)
        .map_err(|error| bad(format!("the argument is no request of http: {error}")))?;
    let url: Url =
        request.url.parse().map_err(|error| bad(format!("`{}` is no address: {error}", request.url)))?;
    allow
        .check(&url)
        .map_err(|refused| ActivityError::non_retryable("HttpNotAllowed", refused.to_string()))?;
    let method = request.method.as_deref().unwrap_or("GET").to_ascii_uppercase();
    let method = Method::from_bytes(method.as_bytes()).map_err(|error| bad(error.to_string()))?;
    let mut call = client
        .request(method, url)
        .timeout(request.timeout.map_or(TIMEOUT_DEFAULT, Millis::as_duration))
        .header("Idempotency-Key", &context.info().idempotency_key);
    for (name, value) in &request.headers {
        call = call.header(name, value);
    }
    if let Some(body) = request.body {
        call = call.header("Content-Type", "application/json").body(String::from(Box::<str>::from(body)));
    }
    let response = call.send().await.map_err(|error| connection(&error))?;
    let retry_after = retry_after(&response);
    let answer = read(response).await?;
    judge(&answer, retry_after)
}

async fn read(mut response: Response) -> Result<Answer, ActivityError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| connection(&error))? {
        if bytes.len() + chunk.len() > RESPONSE_BYTES_MAX {
            let message = format!("the answer has more than {RESPONSE_BYTES_MAX} bytes");
            return Err(ActivityError::non_retryable("HttpTooLarge", message));
        }
        bytes.extend_from_slice(&chunk);
    }
    let headers = response.headers().iter();
    let headers =
        headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    let body = match serde_json::from_slice(&bytes) {
        Ok(json) => json,
        Err(_) if bytes.is_empty() => serde_json::Value::Null,
        Err(_) => serde_json::Value::String(String::from_utf8_lossy(&bytes).into_owned()),
    };
    Ok(Answer { status: response.status().as_u16(), headers: headers.collect(), body })
}

fn judge(answer: &Answer, retry_after: Option<Duration>) -> Result<Option<Payload>, ActivityError> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status.is_success() {
        let bytes = serde_json::to_vec(answer)?;
        return Ok(Some(Payload::json(bytes)));
    }
    let message = format!("the service answered {status}");
    let again = status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        );
    let error = match (again, retry_after) {
        (true, Some(delay)) => ActivityError::retryable("HttpStatus", message).retry_after(delay),
        (true, None) => ActivityError::retryable("HttpStatus", message),
        (false, _) => ActivityError::non_retryable("HttpStatus", message),
    };
    Err(error.detail(answer))
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn connection(error: &reqwest::Error) -> ActivityError {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.is::<allow::NotAllowed>() {
            return ActivityError::non_retryable("HttpNotAllowed", cause.to_string());
        }
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    if error.is_builder() {
        return ActivityError::non_retryable("BadArguments", message);
    }
    ActivityError::retryable(if error.is_timeout() { "HttpTimeout" } else { "HttpConnection" }, message)
}
