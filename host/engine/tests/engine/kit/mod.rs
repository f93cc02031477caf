//! A scripted guest, the host around it, and what has to hold after every step.
//!
//! A workflow is an async function over a [`Ctx`]; [`scenario`] runs it in a [`World`] that plays the host,
//! the store and the activities, once for each [`Way`], and compares the histories byte for byte. A [`Net`] has
//! several worlds, and carries what their runs say to each other.

use std::future::Future;

use dalsegno_engine::{
    Failure, Payload, Seed,
    event::WorkflowExecutionStarted,
    history::ENGINE_SEMANTICS,
    ids::{ModuleDigest, Namespace, RunId, TaskQueue, WorkflowId, WorkflowType},
};

pub(crate) mod asks;
mod checks;
mod ctx;
mod guest;
mod net;
mod store;
pub(crate) mod talk;
mod world;

pub(crate) use ctx::{Ctx, Either, Op, select};
pub(crate) use guest::{ScriptedGuest, Workflow};
pub(crate) use net::{Net, net_scenario, net_scenario_from};
pub(crate) use store::Stored;
pub(crate) use world::{World, signal, signal_with_id};

/// What a workflow comes to.
pub(crate) type Outcome = Result<Payload, Failure>;

/// Where the guest is between activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It stays in memory.
    Resident,
    /// It is dropped and rebuilt through a replay before each activation.
    Evicted,
}

/// Runs a scenario in every way. Replaying is part of each, see [`checks`].
pub(crate) fn scenario<F: Future<Output = Outcome> + 'static>(
    workflow: impl Fn(Ctx) -> F + 'static,
    play: impl Fn(&mut World),
) {
    scenario_from(started(), workflow, play);
}

/// As [`scenario`], of a run that starts in this way.
pub(crate) fn scenario_from<F: Future<Output = Outcome> + 'static>(
    started: WorkflowExecutionStarted,
    workflow: impl Fn(Ctx) -> F + 'static,
    play: impl Fn(&mut World),
) {
    let workflow = Workflow::new(workflow);
    let [resident, evicted] = [Way::Resident, Way::Evicted].map(|way| {
        let mut world = World::start(way, workflow.clone(), started.clone());
        play(&mut world);
        (world.stored.history, world.stored.sent, world.stored.successor)
    });
    assert_eq!(resident, evicted, "eviction changed the history, or what the run said");
}

/// A plain start.
pub(crate) fn started() -> WorkflowExecutionStarted {
    WorkflowExecutionStarted {
        workflow_type: WorkflowType::new("scripted"),
        workflow_id: WorkflowId::new("order-1"),
        task_queue: TaskQueue::new("default"),
        input: vec![json("\"input\"")],
        headers: Vec::new(),
        module: ModuleDigest::new("sha256:00"),
        seed: Seed([7; 32]),
        engine_semantics: ENGINE_SEMANTICS,
        first_run_id: RunId::new("run-1"),
        attempt: 1,
        execution_timeout: None,
        run_timeout: None,
        start_delay: None,
        memo: Default::default(),
        search_attributes: Default::default(),
        request_id: None,
        namespace: Namespace::new("default"),
        retry_policy: None,
        origin: Default::default(),
    }
}

pub(crate) fn json(text: &str) -> Payload {
    Payload::json(text.to_owned())
}

/// The text of a JSON payload.
pub(crate) fn text(payload: &Payload) -> String {
    payload.as_json().expect("scenarios use JSON").to_owned()
}

/// What a payload holds, as text, whatever its metadata says.
pub(crate) fn data(payload: &Payload) -> String {
    String::from_utf8(payload.data.to_vec()).expect("scenarios use text")
}
