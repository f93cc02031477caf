//! Handlers of names that no other handler has.

use std::time::Duration;

use serde_json::json;

use super::rig::Rig;
use crate::{Context, Failure, Payload, Workflow, activity, workflow};

/// Takes whatever comes.
#[derive(Default)]
struct Open {
    heard: Vec<String>,
}

#[workflow]
impl Open {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<Vec<String>, Failure> {
        ctx.wait_condition(|open| open.heard.iter().any(|name| name == "end 0")).await?;
        Ok(ctx.state(|open| open.heard.clone()))
    }

    #[signal]
    fn known(&mut self) {
        self.heard.push("known".to_owned());
    }

    #[signal(dynamic)]
    fn signalled(&mut self, name: String, input: Vec<Payload>) {
        self.heard.push(format!("{name} {}", input.len()));
    }

    #[query(dynamic)]
    fn asked(&self, name: String, input: Vec<Payload>) -> Result<String, Failure> {
        let suffix: String = input[0].decode()?;
        Ok(format!("{name}{suffix}"))
    }

    #[update(dynamic)]
    async fn updated(ctx: Context<Self>, name: String, input: Vec<Payload>) -> Result<u32, Failure> {
        let mut work = activity(name).start_to_close(Duration::from_secs(1));
        for payload in input {
            work = work.input(&payload);
        }
        let result = work.await?;
        ctx.state_mut(|open| open.heard.push("updated".to_owned()));
        Ok(result)
    }

    #[validator(updated)]
    fn may_update(&self, name: String, _input: Vec<Payload>) -> Result<(), Failure> {
        if name.starts_with("do-") { Ok(()) } else { Err(Failure::application("NotAllowed", name)) }
    }
}

#[test]
fn unknown_names_go_to_the_dynamic_handlers() {
    let rig = Rig::started::<Open>(json!([]));
    rig.signal("known", json!([]));
    rig.signal("new", json!([1, 2]));
    assert_eq!(rig.query("prefix", json!(["-suffix"])).unwrap(), json!("prefix-suffix"));
    rig.update("u1", "do-it", json!([1, "b"])).unwrap();
    rig.resume(1, 5);
    rig.signal("end", json!([]));
    let result = r#"complete ["known","new 2","updated","end 0"]"#;
    assert_eq!(rig.calls(), ["schedule do-it(1, \"b\")", "complete update u1: 5", result]);
}

#[test]
fn a_dynamic_update_is_validated() {
    let rig = Rig::started::<Open>(json!([]));
    let failure = rig.update("u1", "undo", json!([])).unwrap_err();
    assert_eq!(failure.to_string(), "[NotAllowed] undo");
}

#[test]
fn the_definition_says_that_they_are_dynamic() {
    let definition = Open::definition().0;
    assert!(definition.dynamic_signals && definition.dynamic_queries && definition.dynamic_updates);
    assert_eq!(definition.signals.len(), 1);
    let rig = Rig::started::<Open>(json!([]));
    assert_eq!(rig.query("__metadata", json!([])).unwrap()["dynamic_updates"], true);
}
