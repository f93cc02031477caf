//! What holds after every turn of every scenario.

use std::collections::BTreeSet;

use dalsegno_engine::{
    State, Timestamp, Transition, attempts::RowState, export::ExportedHistory, message::MessageId,
    state::Pending,
};

use super::{Stored, World};

/// Checks a run against its history, its history against itself, and what a new owner would find.
pub(super) fn after_turn(world: &World, stored_something: bool) {
    let folded = world.stored.state();
    let mut live = world.run.state().clone();
    if !stored_something {
        // Only a turn that stored something says when it was.
        live.time = folded.time;
    }
    assert_eq!(folded, live, "the folded state is not the live one");
    history_is_sound(&world.stored);
    replay_is_the_same(world, &folded);
    export_is_the_same(world, &folded);
    rows_belong_to_activities(world, &folded);
    the_store_knows_what_the_run_says(&world.stored, &folded);
    new_owner_is_called_in_time(world);
}

fn history_is_sound(stored: &Stored) {
    let mut next = 1;
    let mut time = Timestamp::MIN;
    for (transition, bytes) in stored.transitions() {
        let again = transition.encode();
        assert_eq!(again.len(), bytes);
        assert_eq!(Transition::decode(&again).expect("encoded just now"), transition);
        assert_eq!(transition.first_event_id, next, "event ids have no gaps");
        assert!(!transition.is_empty() && transition.time >= time);
        (next, time) = (next + transition.len(), transition.time);
    }
}

/// A fresh guest goes through the history, and has then seen what the live one saw.
fn replay_is_the_same(world: &World, folded: &State) {
    let mut guest = world.workflow.guest();
    let replayed = world.stored.replay(&mut guest).expect("a stored history replays");
    assert_eq!(replayed.state(), folded);
    if let Some(live) = &world.guest {
        assert_eq!(guest.seen, live.seen, "the live guest saw something else");
    }
}

fn export_is_the_same(world: &World, folded: &State) {
    let text = serde_json::to_string(&world.stored.export()).expect("histories are data");
    let imported: ExportedHistory = serde_json::from_str(&text).expect("what was exported");
    let transitions = imported.into_exact_transitions().expect("what was exported");
    let again = ExportedHistory::new(transitions.clone()).expect("it has a start");
    assert_eq!(serde_json::to_string(&again).expect("histories are data"), text);
    let mut replay = dalsegno_engine::replay::Replay::default();
    let mut guest = world.workflow.guest();
    for transition in &transitions {
        replay.step(transition, 0, &mut guest).expect("an exported history replays");
    }
    let mut state = replay.into_state();
    state.bytes = folded.bytes;
    assert_eq!(&state, folded);
}

fn rows_belong_to_activities(world: &World, folded: &State) {
    for (operation, row) in &world.stored.rows {
        let pending = folded.pending.get(operation);
        assert!(pending.is_some_and(|pending| pending.as_activity().is_some()), "{row:?} outlived it");
        assert_eq!(Some(row), world.run.attempt(*operation));
    }
}

/// What is stored beside the history agrees with it.
fn the_store_knows_what_the_run_says(stored: &Stored, folded: &State) {
    assert_eq!(stored.attributes, *folded.attributes);
    let answered = |(id, completed): (&String, &bool)| (*completed || folded.is_closed()).then(|| id.clone());
    let answered: BTreeSet<_> = folded.updates.iter().filter_map(answered).collect();
    assert_eq!(stored.updates.keys().cloned().collect::<BTreeSet<_>>(), answered);
    assert_eq!(folded.updates.values().filter(|completed| !**completed).count(), folded.updates_in_flight);
    let started = folded.started.as_ref().expect("a stored run has started");
    let next = stored.successor.as_ref().map(|successor| &successor.started);
    assert_eq!(next.map(|next| next.run_id()), folded.successor.as_ref());
    if let Some(next) = next {
        assert!(folded.is_closed() && next.run_id() != started.run_id() && next.seed != started.seed);
        assert_eq!(next.origin.continued_run_id.as_ref(), Some(started.run_id()));
        assert_eq!((&next.first_run_id, &next.workflow_id), (&started.first_run_id, &started.workflow_id));
        assert_eq!(next.origin.execution_expires, folded.execution_expires());
    }
    let last = if folded.is_closed() { folded.events + folded.operations } else { folded.events };
    let told = |id: &MessageId| id.event <= last;
    assert!(stored.sent.keys().all(told), "a message of an event that is not stored");
    for (operation, pending) in &folded.pending {
        let known = match pending {
            Pending::Child(child) => {
                let starting = child.run_id.is_none();
                assert!(!starting || folded.pending.contains_key(&child.initiated.started));
                folded.children.contains_key(operation)
            }
            Pending::ChildStart(closed) => folded.pending.contains_key(closed),
            Pending::Activity(_) | Pending::Timer(_) | Pending::External(_) => true,
        };
        assert!(known, "operation {operation} hangs in the air");
    }
}

/// Every open run has a live reason to wake: a new owner that comes before `wake_at` has nothing to do, and
/// whatever only memory holds makes it come at once.
fn new_owner_is_called_in_time(world: &World) {
    let summary = &world.stored.summary;
    let wake_at = summary.wake_at;
    if world.run.state().is_closed() {
        assert_eq!(wake_at, None, "a closed run does not wake");
        assert!(world.in_flight.is_empty() && world.stored.rows.is_empty());
    }
    if !world.in_flight.is_empty() {
        assert_eq!(wake_at, Some(Timestamp::MIN), "attempts are under way");
    }
    if let Some(next) = world.run.next_wake() {
        assert!(wake_at.is_some_and(|at| at <= next), "wakes at {wake_at:?}, needed at {next}");
    }
    assert_eq!(world.run.is_at_rest(), wake_at != Some(Timestamp::MIN));
    let mut other = world.stored.take_over(world.now);
    other.tick(world.now);
    if wake_at.is_none_or(|at| at > world.now) {
        let ready = other.is_ready();
        let step = other.settle();
        assert!(!ready && step.transition.is_none() && step.rows.is_empty() && step.effects.is_empty());
        assert!(step.outbox.is_empty() && step.consumed.is_empty() && step.updates.is_empty());
        assert!(step.attributes.is_none() && step.successor.is_none());
        assert_eq!(&step.summary, summary, "a new owner sees the run differently");
    } else {
        every_activity_is_decided(&mut other);
    }
}

/// After a take-over each pending activity waits for an attempt, is dispatched, or has an outcome.
fn every_activity_is_decided(other: &mut dalsegno_engine::Run) {
    use dalsegno_engine::run::Effect;
    let step = other.settle();
    let dispatched: BTreeSet<_> = step
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Dispatch(task) => Some(task.scheduled.operation),
            Effect::CancelActivity(_) => None,
        })
        .collect();
    for (operation, pending) in &other.state().pending {
        let waits = other.attempt(*operation).is_some_and(|row| matches!(row.state, RowState::Waiting(_)));
        assert!(pending.as_activity().is_none() || waits || dispatched.contains(operation));
    }
}
