//! A workflow before it is patched.

use dalsegno_sdk::{Failure, signals, workflow};
use steps::step;

/// Three rounds, each an activity at the signal `round`; the result is what was done.
#[workflow]
async fn rounds() -> Result<Vec<String>, Failure> {
    let mut signals = signals::<()>("round");
    let mut done = Vec::new();
    for round in 1..=3 {
        signals.next().await?;
        step("old").await?;
        done.push(format!("old {round}"));
    }
    Ok(done)
}

dalsegno_sdk::workflows![rounds];
