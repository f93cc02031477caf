//! The patched workflow, which both ways are open to.

use dalsegno_sdk::{Failure, get_version, patched, signals, workflow};
use steps::step;

/// Three rounds, each an activity at the signal `round`; the result is what was done.
#[workflow]
async fn rounds() -> Result<Vec<String>, Failure> {
    let mut signals = signals::<()>("round");
    let mut done = Vec::new();
    for round in 1..=3 {
        signals.next().await?;
        // Decided in the first round, for all of them.
        if patched("new-step") {
            step("new").await?;
            done.push(format!("new {round}"));
        } else {
            step("old").await?;
            done.push(format!("old {round}"));
        }
    }
    match get_version("ending", 0, 2) {
        0 => {}
        version => done.push(format!("version {version}")),
    }
    Ok(done)
}

dalsegno_sdk::workflows![rounds];
