//! Headers: what travels beside the arguments, and goes on where the code hands it on.

use std::time::Duration;

use serde_json::{Value, json};

use super::rig::{Rig, request};
use crate::{
    Activity, Context, Failure, Payload, activity, bindings::dalsegno::workflow::types::Request,
    bindings::exports::dalsegno::workflow::guest::Event, child, continue_as_new, external, headers,
    local_activity, signals, sleep, workflow,
};

/// The trace of the present code.
fn trace() -> String {
    headers().get("trace").map_or_else(|| "none".to_owned(), |trace| trace.decode().unwrap())
}

fn step(name: &str) -> Activity<()> {
    activity(name).start_to_close(Duration::from_secs(1))
}

fn traced(name: &str, arguments: Value, trace: &str) -> Request {
    let headers = vec![("trace".to_owned(), Payload::json(trace).unwrap())];
    Request { headers, ..request(name, arguments) }
}

/// Says the trace wherever code runs.
#[derive(Default)]
struct Traced(Vec<String>);

#[workflow]
impl Traced {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<Vec<String>, Failure> {
        let mut taken = signals::<()>("taken");
        taken.next().await?;
        let of_taken: String = taken.headers()["trace"].decode().unwrap();
        ctx.wait_condition(|traced| traced.0.len() == 4).await?;
        let mut traces = ctx.state(|traced| traced.0.clone());
        traces.extend([format!("run {}", trace()), format!("taken {of_taken}")]);
        Ok(traces)
    }

    #[signal]
    fn noted(&mut self) {
        self.0.push(format!("noted {}", trace()));
    }

    #[signal]
    async fn worked(ctx: Context<Self>) -> Result<(), Failure> {
        ctx.state_mut(|traced| traced.0.push(format!("begun {}", trace())));
        step("work").await?;
        ctx.state_mut(|traced| traced.0.push(format!("worked {}", trace())));
        Ok(())
    }

    #[update]
    async fn changed(ctx: Context<Self>) -> String {
        ctx.state_mut(|traced| traced.0.push(format!("changed {}", trace())));
        trace()
    }

    #[validator(changed)]
    fn is_traced(&self) -> Result<(), Failure> {
        if trace() == "u" { Ok(()) } else { Err(Failure::application("Untraced", trace())) }
    }

    #[query]
    fn asked(&self) -> String {
        trace()
    }
}

#[test]
fn each_handler_has_the_headers_of_its_call_whoever_runs_meanwhile() {
    let rig = Rig::started::<Traced>(json!([]));
    rig.activate([
        Event::Signalled(traced("worked", json!([]), "w")),
        Event::Signalled(traced("noted", json!([]), "n")),
    ])
    .unwrap();
    assert_eq!(rig.query_with(&traced("asked", json!([]), "q")).unwrap(), "q");
    rig.update_with(Request { id: "1".into(), ..traced("changed", json!([]), "u") }).unwrap();
    let refused = rig.update_with(traced("changed", json!([]), "other")).unwrap_err();
    assert_eq!(refused.message(), "other", "the validator has them too");
    rig.resume(1, ());
    rig.calls();
    rig.activate([Event::Signalled(traced("taken", json!([]), "t"))]).unwrap();
    let traces = json!(["begun w", "noted n", "changed u", "worked w", "run none", "taken t"]);
    assert_eq!(rig.calls(), [format!("complete {traces}")]);
}

#[workflow]
async fn hands_on() -> Result<(), Failure> {
    let (queued, local) = (step("queued"), local_activity::<()>("local"));
    drop(queued.header("own", &1).headers(headers()).start());
    drop(local.start_to_close(Duration::from_secs(1)).headers(headers()).start());
    drop(futures::poll!(Box::pin(child::<()>("child").headers(headers()).start())));
    drop(futures::poll!(Box::pin(external("other").signal("told").headers(headers()))));
    continue_as_new::<()>().headers(headers()).await;
    sleep(Duration::from_secs(1)).await
}

#[test]
fn headers_are_handed_on_as_they_came() {
    let rig = Rig::new::<hands_on>();
    let Event::Started(mut start) = rig.start(json!([])) else { unreachable!() };
    let trace = ("trace".to_owned(), Payload::json("t").unwrap());
    start.headers = vec![trace.clone()];
    rig.notes.headers.replace(start.headers.clone());
    rig.activate([Event::Started(start)]).unwrap();
    let notes = &rig.notes;
    let own = ("own".to_owned(), Payload::json(&1).unwrap());
    assert_eq!(notes.activity.take().unwrap().headers, [own, trace.clone()]);
    let only_trace = [trace];
    assert_eq!(notes.local_activity.take().unwrap().headers, only_trace);
    assert_eq!(notes.child.take().unwrap().headers, only_trace);
    assert_eq!(notes.signal.take().unwrap().1.headers, only_trace);
    assert_eq!(notes.successor.take().unwrap().headers, only_trace);
}
