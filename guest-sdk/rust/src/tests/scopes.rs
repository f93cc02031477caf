//! Scopes that are cancelled by themselves, in each other, and behind shields.

use std::time::Duration;

use serde_json::json;

use super::rig::Rig;
use crate::{
    Activity, Context, Failure, ScopeHandle, activity, cancelled, child, is_cancelled, scope, shielded,
    signals, sleep, spawn, wait_condition, workflow,
};

const LONG: Duration = Duration::from_secs(60);

fn work(name: &str) -> Activity<u32> {
    activity(name).start_to_close(LONG)
}

/// Has a part that the signal `stop` cancels.
#[derive(Default)]
struct Parted {
    part: Option<ScopeHandle>,
}

#[workflow]
impl Parted {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<String, Failure> {
        let part = scope(async {
            let all = futures::join!(
                work("a"),
                sleep(LONG),
                child::<()>("b").workflow_id("b-1"),
                wait_condition(|| false),
                async { signals::<()>("never").next().await },
                async { Ok::<_, Failure>(cancelled().await) },
            );
            assert!(is_cancelled() && all.0.unwrap_err().is_cancelled());
            assert!(!all.5.unwrap().is_empty());
            all.1.and(all.2).and(all.3).and(all.4)
        });
        ctx.state_mut(|parted| parted.part = Some(part.handle()));
        let failure = part.await.unwrap_err();
        assert!(failure.is_cancelled());
        work("after").await.map(|number| format!("{failure} {number}"))
    }

    #[signal]
    fn stop(&mut self, why: String) {
        let part = self.part.as_ref().unwrap();
        assert!(!part.is_cancelled());
        part.cancel(&why);
        assert!(part.is_cancelled());
    }
}

#[test]
fn cancelling_a_scope_reaches_all_within_and_nothing_else() {
    let rig = Rig::started::<Parted>(json!([]));
    assert_eq!(rig.calls(), ["schedule a()", "timer 60000 ms", "start b() as b-1"]);
    rig.signal("stop", json!(["by hand"]));
    let calls = ["cancel activity 1", "cancel timer 2", "cancel child 4 by hand", "schedule after()"];
    assert_eq!(rig.calls(), calls);
    rig.resume(5, 1);
    assert_eq!(rig.calls(), ["complete \"cancelled: by hand 1\""]);
}

#[test]
fn the_request_to_cancel_reaches_inner_scopes() {
    let rig = Rig::started::<Parted>(json!([]));
    rig.calls();
    rig.cancel("enough");
    let calls = ["cancel activity 1", "cancel timer 2", "cancel child 4 enough", "cancelled"];
    assert_eq!(rig.calls(), calls);
}

#[workflow]
async fn nested() -> Result<Vec<bool>, Failure> {
    let inner = scope(async { work("inner").await.is_err_and(|failure| failure.is_cancelled()) });
    let inner_handle = inner.handle();
    let outer = scope(async move {
        let shield = shielded(async {
            let kept = scope(work("kept"));
            let kept_handle = kept.handle();
            (kept.await.is_ok(), kept_handle.is_cancelled())
        });
        let task = spawn(async { work("task").await.is_err() });
        let (inner, (kept, kept_cancelled), sleeping) = futures::join!(inner, shield, sleep(LONG));
        vec![inner, kept, kept_cancelled, sleeping.is_err(), task.await]
    });
    let outer_handle = outer.handle();
    spawn(async move {
        assert!(signals::<()>("inner").next().await.is_ok());
        inner_handle.cancel("");
        assert!(signals::<()>("outer").next().await.is_ok());
        outer_handle.cancel("");
    });
    Ok(outer.await)
}

#[test]
fn inner_scopes_are_cancelled_with_outer_ones_but_not_behind_a_shield() {
    let rig = Rig::started::<nested>(json!([]));
    let started = ["schedule inner()", "schedule kept()", "timer 60000 ms", "schedule task()"];
    assert_eq!(rig.calls(), started);
    rig.signal("inner", json!([]));
    assert_eq!(rig.calls(), ["cancel activity 1"]);
    rig.signal("outer", json!([]));
    assert_eq!(rig.calls(), ["cancel timer 3", "cancel activity 4"]);
    rig.resume(2, 5);
    assert_eq!(rig.calls(), ["complete [true,true,false,true,true]"]);
}

#[workflow]
async fn uncaught() -> Result<u32, Failure> {
    let part = scope(async { work("a").await });
    part.handle().cancel("before it begins");
    part.await
}

#[test]
fn a_scope_cancelled_before_it_begins_asks_for_nothing() {
    let rig = Rig::started::<uncaught>(json!([]));
    assert_eq!(rig.calls(), ["fail cancelled: before it begins"], "nobody asked the run to cancel");
}

#[workflow]
async fn selects() -> Result<&'static str, Failure> {
    let mut part = scope(work("part"));
    let handle = part.handle();
    let mut limit = sleep(LONG);
    futures::select_biased! {
        done = part => done.map(|_| "done"),
        _ = limit => {
            handle.cancel("the time is over");
            part.await.map_or(Ok("cancelled"), |_| Ok("done all the same"))
        }
    }
}

#[test]
fn a_scope_is_a_branch_like_others() {
    let rig = Rig::started::<selects>(json!([])).cancelling_waits();
    rig.resume(2, ());
    assert_eq!(rig.calls()[2..], ["cancel activity 1"]);
    rig.resume(1, 1);
    assert_eq!(rig.calls(), ["complete \"done all the same\""]);
}
