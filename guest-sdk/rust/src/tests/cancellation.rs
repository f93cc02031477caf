//! Requests to cancel: uncaught, caught, cleaned up.

use std::time::Duration;

use serde_json::json;

use super::rig::{Rig, resumed};
use crate::{
    Activity, Context, Failure, activity, cancelled, is_cancelled, shielded, signals, sleep, workflow,
};

fn quick(name: &str) -> Activity<u32> {
    activity(name).start_to_close(Duration::from_secs(10))
}

#[workflow]
async fn uncaught() -> Result<u32, Failure> {
    quick("work").await
}

#[test]
fn uncaught_it_closes_the_run_as_cancelled() {
    let rig = Rig::started::<uncaught>(json!([]));
    rig.calls();
    rig.cancel("enough");
    assert_eq!(rig.calls(), ["cancel activity 1", "cancelled"]);
}

#[test]
fn an_outcome_of_the_same_activation_is_not_lost() {
    let rig = Rig::started::<uncaught>(json!([]));
    rig.calls();
    let cancel = crate::bindings::exports::dalsegno::workflow::guest::Event::CancelRequested(String::new());
    rig.activate([cancel, resumed(1, 5)]).unwrap();
    assert_eq!(rig.calls(), ["complete 5"]);
}

#[test]
fn an_activity_that_is_waited_for_ends_first() {
    let rig = Rig::started::<uncaught>(json!([])).cancelling_waits();
    rig.calls();
    rig.cancel("enough");
    assert_eq!(rig.calls(), ["cancel activity 1"]);
    rig.resume(1, 5);
    assert_eq!(rig.calls(), ["complete 5"]);
}

#[workflow]
async fn cleans_up() -> Result<u32, Failure> {
    let worked = quick("work").await;
    if worked.is_err() && is_cancelled() {
        shielded(async {
            sleep(Duration::from_secs(1)).await?;
            assert!(!is_cancelled());
            quick("release").await
        })
        .await?;
        assert!(is_cancelled());
    }
    worked
}

#[test]
fn a_shielded_scope_works_after_the_request() {
    let rig = Rig::started::<cleans_up>(json!([]));
    rig.calls();
    rig.cancel("");
    assert_eq!(rig.calls(), ["cancel activity 1", "timer 1000 ms"]);
    rig.resume(2, ());
    assert_eq!(rig.calls(), ["schedule release()"]);
    rig.resume(3, 1);
    assert_eq!(rig.calls(), ["cancelled"]);
}

#[test]
fn a_failure_of_the_clean_up_fails_the_run() {
    let rig = Rig::started::<cleans_up>(json!([]));
    rig.cancel("");
    rig.resume(2, ());
    rig.calls();
    rig.fail(3, Failure::application("Broken", "release"));
    assert_eq!(rig.calls(), ["fail [Broken] release"]);
}

#[workflow]
async fn caught() -> Result<String, Failure> {
    let failure = sleep(Duration::from_secs(60)).await.unwrap_err();
    let again = quick("work").await.unwrap_err();
    Ok(format!("{failure}, {again}"))
}

#[test]
fn caught_it_lets_the_run_complete_but_not_wait() {
    let rig = Rig::started::<caught>(json!([]));
    rig.calls();
    rig.cancel("enough");
    let result = r#"complete "cancelled: enough, cancelled: enough""#;
    assert_eq!(rig.calls(), ["cancel timer 1", result]);
}

#[derive(Default)]
struct Patient;

#[workflow]
impl Patient {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<String, Failure> {
        let mut reason = cancelled();
        let mut signals = signals::<()>("never");
        let condition = ctx.wait_condition(|_| false);
        let (condition, signal) = futures::join!(condition, signals.next());
        assert!(condition.unwrap_err().is_cancelled() && signal.unwrap_err().is_cancelled());
        Ok((&mut reason).await)
    }
}

#[test]
fn everything_that_waits_hears_of_it() {
    let rig = Rig::started::<Patient>(json!([]));
    rig.cancel("enough");
    assert_eq!(rig.calls(), [r#"complete "enough""#]);
}

/// Its handler works when the request comes; its main routine cleans up.
#[derive(Default)]
struct Careful;

#[workflow]
impl Careful {
    #[run]
    async fn run(_: Context<Self>) -> Result<u32, Failure> {
        let reason = cancelled().await;
        assert_eq!(reason, "enough");
        shielded(quick("release")).await
    }

    #[signal]
    async fn work(_: Context<Self>) -> Result<(), Failure> {
        quick("work").await.map(drop)
    }
}

#[test]
fn what_a_request_comes_to_is_for_the_main_routine_to_say() {
    let rig = Rig::started::<Careful>(json!([]));
    rig.signal("work", json!([]));
    assert_eq!(rig.calls(), ["schedule work()"]);
    rig.cancel("enough");
    assert_eq!(rig.calls(), ["schedule release()", "cancel activity 1"]);
    rig.resume(2, 1);
    assert_eq!(rig.calls(), ["complete 1"]);
}

#[workflow]
async fn fails_by_itself() -> Result<(), Failure> {
    Err(Failure::cancelled("it only looks like it"))
}

#[test]
fn a_cancelled_failure_without_a_request_fails_the_run() {
    let rig = Rig::started::<fails_by_itself>(json!([]));
    assert_eq!(rig.calls(), ["fail it only looks like it"]);
}
