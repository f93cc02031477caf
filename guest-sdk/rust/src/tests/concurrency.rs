//! Ordinary combinators, and tasks.

use std::time::Duration;

use futures::{StreamExt, future::try_join_all, stream::FuturesUnordered, try_join};
use serde_json::json;

use super::rig::{Rig, resumed};
use crate::{Activity, Failure, activity, sleep, spawn, workflow};

fn quick(name: &str) -> Activity<u32> {
    activity(name).start_to_close(Duration::from_secs(10))
}

#[workflow]
async fn joins() -> Result<u32, Failure> {
    let (a, (), b) = try_join!(quick("a"), sleep(Duration::from_secs(1)), quick("b"))?;
    Ok(a + b)
}

#[test]
fn joined_parts_start_together_and_end_in_any_order() {
    let rig = Rig::started::<joins>(json!([]));
    assert_eq!(rig.calls(), ["schedule a()", "timer 1000 ms", "schedule b()"]);
    rig.resume(3, 30);
    rig.resume(2, ());
    assert!(rig.calls().is_empty());
    rig.resume(1, 1);
    assert_eq!(rig.calls(), ["complete 31"]);
}

#[test]
fn one_failure_of_a_join_cancels_the_rest() {
    let rig = Rig::started::<joins>(json!([]));
    rig.calls();
    rig.fail(1, Failure::application("Broken", "a"));
    assert_eq!(rig.calls(), ["cancel activity 3", "cancel timer 2", "fail [Broken] a"]);
}

#[workflow]
async fn first_two_of_many() -> Result<Vec<u32>, Failure> {
    let mut running: FuturesUnordered<_> = (0..40).map(|index| quick("part").input(&index)).collect();
    let (first, second) = (running.next().await, running.next().await);
    first.into_iter().chain(second).collect()
}

#[test]
fn unordered_futures_give_outcomes_in_the_order_of_the_history() {
    let rig = Rig::started::<first_two_of_many>(json!([]));
    assert_eq!(rig.calls().len(), 40);
    rig.activate([resumed(31, 31), resumed(7, 7)]).unwrap();
    let calls = rig.calls();
    assert_eq!(calls.last().unwrap(), "complete [31,7]");
    assert_eq!(calls.len(), 39, "38 are cancelled");
}

#[workflow]
async fn all_of_many() -> Result<u32, Failure> {
    Ok(try_join_all((0..100).map(|_| quick("part"))).await?.iter().sum())
}

#[test]
fn many_outcomes_of_one_activation_are_all_taken() {
    let rig = Rig::started::<all_of_many>(json!([]));
    rig.activate((1..=100).map(|operation| resumed(operation, 1))).unwrap();
    assert_eq!(rig.calls().last().unwrap(), "complete 100");
}

#[workflow]
async fn spawns() -> Result<u32, Failure> {
    let part = spawn(async { quick("spawned").await });
    let own = quick("own").await?;
    Ok(own + part.await?)
}

#[test]
fn a_task_runs_beside_the_main_routine() {
    let rig = Rig::started::<spawns>(json!([]));
    assert_eq!(rig.calls(), ["schedule own()", "schedule spawned()"]);
    rig.resume(2, 2);
    rig.resume(1, 1);
    assert_eq!(rig.calls(), ["complete 3"]);
}

#[workflow]
async fn leaves_a_task() -> Result<(), Failure> {
    drop(spawn(async { quick("endless").await }));
    sleep(Duration::from_secs(1)).await
}

#[test]
fn the_end_of_the_run_asks_nothing_more_of_the_host() {
    let rig = Rig::started::<leaves_a_task>(json!([]));
    rig.calls();
    rig.resume(1, ());
    assert_eq!(rig.calls(), ["complete null"]);
}
