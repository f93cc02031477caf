//! Timers.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::rig::Rig;
use crate::{Failure, now, sleep, workflow};

#[workflow]
async fn naps() -> Result<u64, Failure> {
    sleep(Duration::from_micros(1_500)).await?;
    sleep(Duration::ZERO).await?;
    let now = now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(now.as_secs())
}

#[test]
fn a_timer_is_never_shorter_than_asked() {
    let rig = Rig::started::<naps>(json!([]));
    assert_eq!(rig.calls(), ["timer 2 ms"]);
    rig.resume(1, ());
    assert_eq!(rig.calls(), ["timer 0 ms"]);
    rig.resume(2, ());
    assert_eq!(rig.calls(), ["complete 1"]);
}

#[workflow]
async fn gives_up_a_nap() {
    drop(sleep(Duration::from_secs(1)));
}

#[test]
fn a_timer_that_nobody_awaits_is_not_started() {
    let rig = Rig::started::<gives_up_a_nap>(json!([]));
    assert_eq!(rig.calls(), ["complete null"]);
}
