//! The shop's services as activities, for the examples.
//!
//! `../services` is the program that answers.

use dalsegno_sdk::{
    Activity,
    http::{self, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where the services are: `http://127.0.0.1:7500`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Shop(String);

/// What the services answer.
#[derive(Debug, Clone, Deserialize)]
pub struct Done {
    /// Of what was done: `charge-1`.
    pub id: String,
}

impl Shop {
    /// Asks one of the services to do something.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Activity<Response<Done>> {
        http::post(self.url(path)).json(body).send().summary(path)
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}
