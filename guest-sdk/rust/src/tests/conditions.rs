//! Conditions, with and without a time limit.

use std::time::Duration;

use serde_json::json;

use super::rig::{Rig, resumed, signalled};
use crate::{Context, Failure, spawn, workflow};

#[derive(Default)]
struct Counter {
    count: u64,
}

#[workflow]
impl Counter {
    #[run]
    async fn run(ctx: Context<Self>, wanted: u64, seconds: u64) -> Result<bool, Failure> {
        let limit = Duration::from_secs(seconds);
        ctx.wait_condition_timeout(|counter| counter.count >= wanted, limit).await
    }

    #[signal]
    fn add(&mut self, number: u64) {
        self.count += number;
    }
}

#[test]
fn a_condition_is_tried_after_each_signal() {
    let rig = Rig::started::<Counter>(json!([3, 60]));
    assert_eq!(rig.calls(), ["timer 60000 ms"]);
    rig.signal("add", json!([2]));
    assert!(rig.calls().is_empty());
    rig.signal("add", json!([1]));
    assert_eq!(rig.calls(), ["cancel timer 1", "complete true"]);
}

#[test]
fn a_condition_that_holds_already_starts_no_timer() {
    let rig = Rig::started::<Counter>(json!([0, 60]));
    assert_eq!(rig.calls(), ["complete true"]);
}

#[test]
fn the_time_limit_gives_false() {
    let rig = Rig::started::<Counter>(json!([3, 60]));
    rig.calls();
    rig.resume(1, ());
    assert_eq!(rig.calls(), ["complete false"]);
}

#[test]
fn a_condition_that_holds_when_the_time_is_over_holds() {
    let rig = Rig::started::<Counter>(json!([3, 60]));
    rig.calls();
    rig.activate([resumed(1, ()), signalled("add", json!([3]))]).unwrap();
    assert_eq!(rig.calls(), ["complete true"]);
}

#[derive(Default)]
struct Relay {
    at: u32,
}

#[workflow]
impl Relay {
    /// The conditions are met in the reverse order of being awaited, each by the one before.
    #[run]
    async fn run(ctx: Context<Self>, length: u32) -> Result<u32, Failure> {
        for place in (1..=length).rev() {
            let ctx = ctx.clone();
            spawn(async move {
                let waited = ctx.wait_condition(|relay| relay.at == place).await;
                ctx.state_mut(|relay| relay.at += 1);
                waited
            });
        }
        ctx.wait_condition(|relay| relay.at == length + 1).await?;
        Ok(ctx.state(|relay| relay.at))
    }

    #[signal]
    fn go(&mut self) {
        self.at = 1;
    }
}

#[test]
fn conditions_that_follow_from_each_other_are_met_in_one_activation() {
    let rig = Rig::started::<Relay>(json!([20]));
    assert!(rig.calls().is_empty());
    rig.signal("go", json!([]));
    assert_eq!(rig.calls(), ["complete 21"]);
}

#[workflow]
async fn parked(_unused: Option<u8>) -> Result<(), Failure> {
    // The condition holds, but nobody looks: the run must still come to rest.
    let mut condition = std::pin::pin!(crate::wait_condition(|| false));
    assert!(futures::poll!(condition.as_mut()).is_pending());
    crate::sleep(Duration::from_secs(1)).await
}

#[test]
fn a_condition_that_nobody_polls_does_not_keep_the_run_busy() {
    let rig = Rig::started::<parked>(json!([]));
    assert_eq!(rig.calls(), ["timer 1000 ms"]);
    rig.resume(1, ());
    assert_eq!(rig.calls(), ["complete null"]);
}
