//! The workflow from which the others diverge.

use dalsegno_sdk::{Failure, signals, workflow};
use steps::step;

/// Three steps, the last two after the signal `go`.
#[workflow]
async fn diverging() -> Result<(), Failure> {
    step("a").await?;
    signals::<()>("go").next().await?;
    second_half().await
}

async fn second_half() -> Result<(), Failure> {
    step("b").await?;
    step("c").await?;
    Ok(())
}

dalsegno_sdk::workflows![diverging];
