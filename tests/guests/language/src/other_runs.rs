//! Signals and requests to cancel for other runs.

use dalsegno_sdk::{Failure, external, workflow};
use serde::Deserialize;
use serde_json::Value;

/// The argument of `messenger`.
#[derive(Deserialize)]
pub(crate) struct Errand {
    to: String,
    run_id: Option<String>,
    namespace: Option<String>,
    #[serde(default)]
    signal: Option<String>,
    #[serde(default)]
    input: Vec<Value>,
    /// The number of signals; each has its number as a further argument if there are several.
    #[serde(default = "once")]
    times: u64,
    cancel: Option<String>,
}

fn once() -> u64 {
    1
}

/// Signals another run, then cancels it, as it is told; the result is how many messages have arrived.
#[workflow]
pub(crate) async fn messenger(errand: Errand) -> Result<u64, Failure> {
    let mut to = external(&errand.to);
    if let Some(namespace) = &errand.namespace {
        to = to.namespace(namespace);
    }
    if let Some(run_id) = &errand.run_id {
        to = to.run_id(run_id);
    }
    let mut arrived = 0;
    if let Some(name) = &errand.signal {
        for number in 0..errand.times {
            let mut signal = to.signal(name);
            for argument in &errand.input {
                signal = signal.input(argument);
            }
            if errand.times > 1 {
                signal = signal.input(&number);
            }
            signal.await?;
            arrived += 1;
        }
    }
    if let Some(reason) = &errand.cancel {
        to.cancel(reason).await?;
        arrived += 1;
    }
    Ok(arrived)
}
