//! Calls over HTTP, by the host's built-in activity `http`.
//!
//! ```
//! use dalsegno_sdk::{Failure, http};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize)]
//! struct Charge<'a> {
//!     card: &'a str,
//!     cents: u64,
//! }
//!
//! #[derive(Deserialize)]
//! struct Receipt {
//!     id: String,
//! }
//!
//! async fn charge(base: &str, card: &str, cents: u64) -> Result<Receipt, Failure> {
//!     let url = format!("{base}/charges");
//!     let response = http::post(url).json(&Charge { card, cents }).send::<Receipt>().await?;
//!     Ok(response.body)
//! }
//! ```
//!
//! Every attempt of a call carries the same `Idempotency-Key`. The statuses 408, 425, 429 and 5xx are tried
//! again by the retry policy; other statuses that are no success fail at once, see [`error_status`].

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};

use crate::{
    activity::{Activity, activity},
    duration::milliseconds,
    failure::Failure,
    local_activity::{LocalActivity, local_activity},
};

/// The time limit of one attempt, unless `start_to_close` says otherwise.
pub const START_TO_CLOSE_DEFAULT: Duration = Duration::from_secs(30);

/// A `GET` request.
pub fn get(url: impl Into<String>) -> Request {
    request("GET", url)
}

/// A `POST` request.
pub fn post(url: impl Into<String>) -> Request {
    request("POST", url)
}

/// A `PUT` request.
pub fn put(url: impl Into<String>) -> Request {
    request("PUT", url)
}

/// A `PATCH` request.
pub fn patch(url: impl Into<String>) -> Request {
    request("PATCH", url)
}

/// A `DELETE` request.
pub fn delete(url: impl Into<String>) -> Request {
    request("DELETE", url)
}

/// A request of any method.
pub fn request(method: impl Into<String>, url: impl Into<String>) -> Request {
    let call =
        Call { method: method.into(), url: url.into(), headers: BTreeMap::new(), body: None, timeout: None };
    Request { call, unfit: None }
}

/// A request before it is sent.
#[derive(Debug, Clone)]
#[must_use = "a request does nothing unless sent"]
pub struct Request {
    call: Call,
    /// Why the body has no JSON form.
    unfit: Option<String>,
}

/// The argument of the activity.
#[derive(Debug, Clone, Serialize)]
struct Call {
    method: String,
    url: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<String>,
}

impl Request {
    /// Sets a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.call.headers.insert(name.into(), value.into());
        self
    }

    /// Sets the body, as JSON.
    pub fn json<B: Serialize + ?Sized>(mut self, body: &B) -> Self {
        match serde_json::value::to_raw_value(body) {
            Ok(body) => self.call.body = Some(body),
            Err(error) => self.unfit = Some(error.to_string()),
        }
        self
    }

    /// Limits the request itself, more narrowly than the attempt as a whole.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.call.timeout = Some(format!("{}ms", milliseconds(limit)));
        self
    }

    /// The activity that sends it. Options like `retry` and `start_to_close` may follow.
    ///
    /// `T` is the body of the response; [`Value`] reads any.
    #[track_caller]
    pub fn send<T: DeserializeOwned>(self) -> Activity<Response<T>> {
        activity("http").input(&self.call).unfit(self.unfit).start_to_close(START_TO_CLOSE_DEFAULT)
    }

    /// The same as a local activity: for short requests, several of which then cost one commit.
    #[track_caller]
    pub fn send_local<T: DeserializeOwned>(self) -> LocalActivity<Response<T>> {
        local_activity("http").input(&self.call).unfit(self.unfit).start_to_close(START_TO_CLOSE_DEFAULT)
    }
}

/// The response to a request that succeeded.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Response<T> {
    /// From 200 to 299.
    pub status: u16,
    /// By their names in small letters.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Read as JSON, or a text.
    pub body: T,
}

/// The response to a request that failed by its status.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ErrorStatus {
    /// 400 and above, mostly.
    pub status: u16,
    /// JSON, or a text.
    #[serde(default)]
    pub body: Value,
}

/// The response behind a failure, if the request failed by its status.
///
/// ```
/// use dalsegno_sdk::{Failure, http};
///
/// fn is_conflict(failure: &Failure) -> bool {
///     http::error_status(failure).is_some_and(|error| error.status == 409)
/// }
/// ```
#[must_use]
pub fn error_status(failure: &Failure) -> Option<ErrorStatus> {
    (failure.application_type() == Some("HttpStatus")).then(|| failure.application_detail(0))?
}
