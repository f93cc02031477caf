//! The patched workflow without the former way.

use dalsegno_sdk::{Failure, deprecate_patch, get_version, signals, workflow};
use steps::step;

/// Three rounds, each an activity at the signal `round`; the result is what was done.
#[workflow]
async fn rounds() -> Result<Vec<String>, Failure> {
    let mut signals = signals::<()>("round");
    let mut done = Vec::new();
    for round in 1..=3 {
        signals.next().await?;
        deprecate_patch("new-step");
        step("new").await?;
        done.push(format!("new {round}"));
    }
    done.push(format!("version {}", get_version("ending", 1, 2)));
    Ok(done)
}

dalsegno_sdk::workflows![rounds];
