//! What holds after every turn of every scenario.

use std::collections::BTreeSet;

use dalsegno_engine::{State, Timestamp, Transition, attempts::RowState, export::ExportedHistory};

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
    let transitions = imported.into_transitions().expect("what was exported");
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
