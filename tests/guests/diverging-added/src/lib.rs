//! Diverges from diverging-base: a timer more.

use std::time::Duration;

use dalsegno_sdk::{Failure, signals, sleep, workflow};
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
    sleep(Duration::from_secs(1)).await?;
    step("c").await?;
    Ok(())
}

dalsegno_sdk::workflows![diverging];
