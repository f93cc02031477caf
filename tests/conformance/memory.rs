//! What runs at rest take of the host's memory.

use dalsegno_tests::{Client, eventually, guests};
use futures_util::future::join_all;
use rstest::rstest;
use serde_json::json;

use crate::{
    languages::Language::{self, Go, Python, TypeScript},
    stage::{self, Mode},
};

/// How many.
const RUNS: usize = 100;
/// What they may take together, in bytes.
const PRIVATE_BYTES_MAX: u64 = 300 << 20;

/// Starts a run that waits for an activity, and waits until it does.
async fn hang(client: &Client, id: &str) {
    client.begin("hangs", id, json!([])).await;
    eventually("it waits", async || {
        let described = client.describe(id).await;
        if described["history_length"] == 2 { Ok(()) } else { Err(described) }
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn a_hundred_runs_at_rest_stay_small(#[values(Python, TypeScript, Go)] language: Language) {
    if let Some(reason) = guests::skipped(language.component()) {
        eprintln!("skipped: no {language:?}: {reason}");
        return;
    }
    let host = stage::begin(language, Mode::Resident).await;
    let client = host.client();
    // What only the first one takes is not theirs.
    hang(&client, "first").await;
    let before = host.private_bytes();
    let ids: Vec<String> = (0..RUNS).map(|number| format!("run-{number}")).collect();
    join_all(ids.iter().map(|id| hang(&client, id))).await;
    let taken = host.private_bytes().saturating_sub(before);
    eprintln!("{RUNS} runs in {language:?} take {} MiB", taken >> 20);
    assert_eq!(client.metric("dalsegno_resident_guests").await, (RUNS + 1) as f64, "they are all in memory");
    assert!(taken < PRIVATE_BYTES_MAX, "{RUNS} runs take {taken} bytes");
}
