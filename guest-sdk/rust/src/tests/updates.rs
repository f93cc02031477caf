//! Updates: validated, handled at once or by and by, answered.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use super::rig::{Rig, request, resumed};
use crate::{
    Context, Failure, activity, all_handlers_finished, bindings::exports::dalsegno::workflow::guest::Event,
    current_update, sleep, spawn, workflow,
};

/// An account that is told its level.
#[derive(Default)]
struct Account {
    level: u32,
    done: bool,
}

#[workflow]
impl Account {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<u32, Failure> {
        ctx.wait_condition(|account| account.done && all_handlers_finished()).await?;
        Ok(ctx.state(|account| account.level))
    }

    /// Sets the level, and tells the former one.
    #[update]
    fn set_level(&mut self, level: u32) -> u32 {
        std::mem::replace(&mut self.level, level)
    }

    #[validator(set_level)]
    fn is_in_reach(&self, level: u32) -> Result<(), Failure> {
        match level {
            level if level > self.level + 1 => Err(Failure::application("TooFar", "one level at a time")),
            _ => Ok(()),
        }
    }

    #[update(name = "check")]
    fn check_level(&mut self, level: u32) -> Result<(), Failure> {
        let fits = self.level == level;
        if fits { Ok(()) } else { Err(Failure::application("OtherLevel", "it is another")) }
    }

    #[update]
    async fn add(ctx: Context<Self>, name: String) -> Result<u32, Failure> {
        let more: u32 = activity("look-up").input(&name).start_to_close(Duration::from_secs(1)).await?;
        Ok(ctx.state_mut(|account| {
            account.level += more;
            account.level
        }))
    }

    #[update(unfinished = "abandon")]
    async fn wait(ctx: Context<Self>) -> Result<(), Failure> {
        ctx.wait_condition(|account| account.level > 100).await
    }

    #[update]
    async fn tell_id(_: Context<Self>) -> Result<Vec<Option<String>>, Failure> {
        let id = || current_update().map(|update| update.id);
        let before = id();
        let () = activity("work").start_to_close(Duration::from_secs(1)).await?;
        let task = spawn(async move { id() }).await;
        Ok(vec![before, id(), task])
    }

    #[validator(tell_id)]
    fn has_id(&self) -> Result<(), Failure> {
        let update = current_update().expect("a validator is of an update");
        if update.id == "x" { Err(Failure::application("BadId", update.name)) } else { Ok(()) }
    }

    #[update]
    fn explode(&mut self) {
        assert!(self.level < 5, "a bug");
    }

    #[signal]
    fn finish(&mut self) {
        self.done = true;
    }

    #[signal]
    async fn leave(ctx: Context<Self>) -> Result<(), Failure> {
        ctx.state_mut(|account| account.level = 7);
        Err(Failure::application("Left", "the account is closed"))
    }
}

#[test]
fn an_update_changes_the_state_and_answers() {
    let rig = Rig::started::<Account>(json!([]));
    rig.update("u1", "set_level", json!([1])).unwrap();
    assert_eq!(rig.calls(), ["complete update u1: 0"]);
    rig.update("u2", "check", json!([1])).unwrap();
    assert_eq!(rig.calls(), ["complete update u2: null"]);
}

#[test]
fn a_validator_refuses_and_nothing_changes() {
    let rig = Rig::started::<Account>(json!([]));
    let failure = rig.update("u1", "set_level", json!([2])).unwrap_err();
    assert_eq!(failure.application_type(), Some("TooFar"));
    rig.update("u2", "set_level", json!([1])).unwrap();
    assert_eq!(rig.calls(), ["complete update u2: 0"]);
}

#[test]
fn what_no_handler_takes_is_refused() {
    let rig = Rig::started::<Account>(json!([]));
    let failure = rig.update("u1", "set_levels", json!([1])).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "[UnknownUpdate] the workflow has no update named `set_levels`; it has: set_level, check, add, wait, tell_id, explode"
    );
    for name in ["set_level", "add"] {
        let failure = rig.update("u1", name, json!([[]])).unwrap_err();
        assert_eq!(failure.application_type(), Some("BadArguments"), "{name}");
    }
    assert!(rig.calls().is_empty());
}

#[test]
fn a_failure_of_the_handler_fails_the_update_and_not_the_run() {
    let rig = Rig::started::<Account>(json!([]));
    rig.update("u1", "check", json!([4])).unwrap();
    assert_eq!(rig.calls(), ["fail update u1: [OtherLevel] it is another"]);
    rig.update("u2", "add", json!(["x"])).unwrap();
    rig.fail(1, Failure::application("Broken", "look-up"));
    assert_eq!(rig.calls(), ["schedule look-up(\"x\")", "fail update u2: [Broken] look-up"]);
    rig.signal("finish", json!([]));
    assert_eq!(rig.calls(), ["complete 0"]);
}

#[test]
fn an_asynchronous_handler_answers_by_and_by() {
    let rig = Rig::started::<Account>(json!([]));
    rig.update("u1", "add", json!(["x"])).unwrap();
    rig.update("u2", "add", json!(["y"])).unwrap();
    rig.signal("finish", json!([]));
    assert_eq!(rig.calls(), ["schedule look-up(\"x\")", "schedule look-up(\"y\")"]);
    rig.resume(2, 2);
    assert_eq!(rig.calls(), ["complete update u2: 2"]);
    rig.resume(1, 1);
    assert_eq!(rig.calls(), ["complete update u1: 3", "complete 3"]);
}

#[test]
fn a_handler_knows_its_update() {
    let rig = Rig::started::<Account>(json!([]));
    let failure = rig.update("x", "tell_id", json!([])).unwrap_err();
    assert_eq!(failure.to_string(), "[BadId] tell_id");
    rig.update("u1", "tell_id", json!([])).unwrap();
    rig.update("u2", "tell_id", json!([])).unwrap();
    rig.calls();
    rig.resume(2, ());
    rig.resume(1, ());
    let answers = ["u2", "u1"].map(|id| format!("complete update {id}: [\"{id}\",\"{id}\",null]"));
    assert_eq!(rig.calls(), answers);
}

#[test]
fn an_accepted_update_that_no_handler_takes_any_more_fails() {
    let rig = Rig::started::<Account>(json!([]));
    rig.activate([Event::UpdateAccepted(request("gone", json!([])))]).unwrap();
    assert_eq!(
        rig.calls(),
        [
            "fail update : [UnknownUpdate] the workflow has no update named `gone`; it has: set_level, check, add, wait, tell_id, explode"
        ]
    );
    rig.activate([Event::UpdateAccepted(request("set_level", json!(["one"])))]).unwrap();
    assert!(rig.calls()[0].starts_with("fail update : [BadArguments] argument 1, `level`"));
}

#[test]
#[should_panic(expected = "a bug")]
fn a_panic_is_a_bug_of_the_activation() {
    let rig = Rig::started::<Account>(json!([]));
    (1..=5).for_each(|level| rig.update("u", "set_level", json!([level])).unwrap());
    let _ = rig.update("u", "explode", json!([]));
}

#[test]
fn a_request_to_cancel_reaches_handlers_of_updates() {
    let rig = Rig::started::<Account>(json!([]));
    rig.update("u1", "wait", json!([])).unwrap();
    rig.cancel("enough");
    assert_eq!(rig.calls(), ["cancelled"], "the run is closed first, and the host answers the update");
}

#[test]
fn unfinished_handlers_are_warned_of_unless_abandoned() {
    let rig = Rig::started::<Account>(json!([]));
    rig.update("u1", "wait", json!([])).unwrap();
    rig.update("u2", "add", json!(["x"])).unwrap();
    rig.update("u3", "add", json!(["y"])).unwrap();
    rig.signal("leave", json!([]));
    assert_eq!(rig.calls().last().unwrap(), "fail [Left] the account is closed");
    assert_eq!(rig.log(), ["the run closes while 2 handlers of update add are at work"]);
}

#[test]
fn an_update_before_the_start_is_refused() {
    let rig = Rig::new::<Account>();
    let failure = rig.update("u1", "set_level", json!([1])).unwrap_err();
    assert_eq!(failure.application_type(), Some("NotStarted"));
}

#[test]
fn updates_of_the_first_activation_come_before_the_main_routine() {
    let rig = Rig::new::<Account>();
    let update = Event::UpdateAccepted(request("set_level", json!([9])));
    let finish = Event::Signalled(request("finish", json!([])));
    rig.activate([rig.start(json!([])), update, finish]).unwrap();
    assert_eq!(rig.calls(), ["complete update : 0", "complete 9"]);
}

/// Gives what has no JSON form.
#[derive(Default)]
struct Chess;

type Board = BTreeMap<(u8, u8), char>;

fn board() -> Board {
    [((1, 5), 'K')].into()
}

#[workflow]
impl Chess {
    #[run]
    async fn run(_: Context<Self>) -> Board {
        let _ = sleep(Duration::from_secs(1)).await;
        board()
    }

    #[update]
    fn look(&mut self) -> Board {
        board()
    }
}

#[test]
fn a_result_without_a_json_form_is_a_bug() {
    let message =
        |what: &str| format!("[BadResult] the result of {what} has no JSON form: key must be a string");
    let rig = Rig::started::<Chess>(json!([]));
    assert_eq!(rig.update("u1", "look", json!([])).unwrap_err().to_string(), message("the update `look`"));
    let rig = Rig::started::<Chess>(json!([]));
    assert_eq!(rig.activate([resumed(1, ())]).unwrap_err().to_string(), message("the workflow"));
}
