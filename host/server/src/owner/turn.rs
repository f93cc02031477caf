//! One turn of a run, on a guest thread: messages in, an activation if one is due, a step out.

use std::sync::Arc;

use bytes::Bytes;
use dalsegno_engine::{
    Transition,
    event::UpdateOutcome,
    guest::{ActivationError, ActivationErrorKind},
    ids::RunId,
    message::{Address, Message as Letter},
    replay::{Replay, ReplayError},
    run::Step,
};
use dalsegno_sandbox::Instance;
use dalsegno_store::{Attributes, HistoryRow, Item, MessageRow, UpdateRow};
use uuid::Uuid;

use super::{
    Owner,
    committer::{self, AfterCommit, StoredStep},
    effects,
    guests::GuestWork,
    handle::{GuestSlot, Live, Retired, RunHandle},
    held, inputs,
    message::Lost,
    residents,
    succession::{self, Next},
    under_way::Busy,
    waiters::Closed,
    wakes::Wakes,
};

/// What a run takes up in memory beside its guest, about.
const RUN_BYTES: usize = 4 << 10;
/// Inputs that wait for a guest that is being brought, in bytes; with one turn's more they still fit one transition.
const INPUT_BYTES_HELD_MAX: usize = 4 << 20;

/// Takes a turn.
pub(crate) fn take(owner: &Arc<Owner>, handle: &Arc<RunHandle>) {
    if handle.is_retired() {
        return;
    }
    let mut live = handle.live.lock();
    let messages = handle.take_messages();
    live.run.tick(owner.clock.now());
    for message in messages {
        live.input_bytes += message.size_bytes();
        inputs::receive(&mut live, message);
    }
    // A guest that has to be replayed needs all that was done.
    if !matches!(live.guest, GuestSlot::Resident(_)) {
        held::release(owner, handle, &mut live);
    }
    let loads = live.run.is_ready() && !bring_guest(owner, handle, &mut live);
    if live.run.is_ready() && !loads {
        activate(owner, handle, &mut live);
    }
    // Inputs wait for the guest that is being brought, so that they are stored with what it makes of them, unless
    // they become too many for that. An end waits for the module of the run that follows.
    let waits = loads && live.input_bytes <= INPUT_BYTES_HELD_MAX;
    if !waits && succession::bring_module(owner, handle, &mut live) {
        hand_over(owner, handle, &mut live);
    }
    rest(owner, handle, live);
    if handle.end_turn() {
        owner.guests.submit(GuestWork::Turn(owner.clone(), handle.clone()));
    } else {
        leave(owner, handle);
    }
}

/// Looks after a run whose next turn is not due: its guest may have been evicted, or all of it dropped, in the course of
/// this one.
fn leave(owner: &Owner, handle: &Arc<RunHandle>) {
    residents::let_go(owner, handle);
    if handle.is_retired()
        && let Some(mut live) = handle.live.try_lock()
    {
        effects::refuse_all(&mut live, handle.lost().unwrap_or(&Lost::NotOwner));
    }
}

/// Sees to it that the guest is in memory. False: its history has to be read first.
fn bring_guest(owner: &Arc<Owner>, handle: &Arc<RunHandle>, live: &mut Live) -> bool {
    let rows = match std::mem::take(&mut live.guest) {
        GuestSlot::Resident(guest) => {
            live.guest = GuestSlot::Resident(guest);
            return true;
        }
        GuestSlot::Loading => {
            live.guest = GuestSlot::Loading;
            return false;
        }
        GuestSlot::Absent if live.run.state().activations > 0 => {
            live.guest = GuestSlot::Loading;
            owner.load_history(handle.clone());
            return false;
        }
        GuestSlot::Absent => Vec::new(),
        GuestSlot::Loaded(rows) => rows,
    };
    match replay(owner, handle, &rows) {
        Ok((guest, replay)) => {
            live.run.resume(replay);
            live.guest = GuestSlot::Resident(Box::new(guest));
        }
        Err(error) => fail(owner, handle, live, error),
    }
    true
}

/// A guest at the present: a fresh one that has repeated the stored history.
pub(crate) fn replay(
    owner: &Owner,
    handle: &RunHandle,
    rows: &[HistoryRow],
) -> Result<(Instance, Replay), ActivationError> {
    let mut guest = owner.sandbox.instantiate(&handle.module, handle.info.clone())?;
    let mut replay = Replay::default();
    for row in rows {
        let transition = Transition::decode(&row.data)
            .map_err(|error| nondeterminism(error.to_string(), String::new()))?;
        replay.step(&transition, row.data.len(), &mut guest).map_err(replay_failed)?;
    }
    owner.metrics.replays.inc();
    Ok((guest, replay))
}

pub(crate) fn replay_failed(error: ReplayError) -> ActivationError {
    match error {
        ReplayError::Diverged(divergence) => {
            let backtrace = divergence.backtrace.clone();
            nondeterminism(ReplayError::Diverged(divergence).to_string(), backtrace)
        }
        ReplayError::Failed { activation, error } => ActivationError {
            message: format!("activation {activation} failed in the replay: {error}"),
            ..error
        },
        ReplayError::BadHistory(bad) => nondeterminism(bad.to_string(), String::new()),
    }
}

fn nondeterminism(message: String, backtrace: String) -> ActivationError {
    ActivationError { kind: ActivationErrorKind::Nondeterminism, message, backtrace }
}

/// Counts a failure, and drops the guest: nobody knows what state it is in.
fn fail(owner: &Owner, handle: &RunHandle, live: &mut Live, error: ActivationError) {
    live.run.failed(error.clone());
    failed(owner, handle, live, &error);
}

fn failed(owner: &Owner, handle: &RunHandle, live: &mut Live, error: &ActivationError) {
    live.guest = GuestSlot::Absent;
    owner.metrics.activation_failures.inc();
    let blocked = live.run.trouble().blocked().is_some();
    tracing::warn!(namespace = %handle.key.namespace, workflow_id = %handle.key.workflow_id, run_id = %handle.key.run_id,
        kind = ?error.kind, blocked, error = %error.to_report(), "an activation failed");
    *handle.last_error.lock() = Some(error.to_report());
}

fn activate(owner: &Owner, handle: &RunHandle, live: &mut Live) {
    let GuestSlot::Resident(guest) = &mut live.guest else { return };
    owner.metrics.activations.inc();
    // What has failed once is explained the second time, which takes the guest longer.
    guest.want_call_sites(live.run.trouble().is_failing());
    let result = live.run.activate(guest.as_mut());
    live.telemetry.extend(guest.take_telemetry());
    match result {
        Ok(()) => *handle.last_error.lock() = None,
        Err(error) => failed(owner, handle, live, &error),
    }
}

/// Settles the turn, and hands what it gave to the committer.
fn hand_over(owner: &Arc<Owner>, handle: &Arc<RunHandle>, live: &mut Live) {
    let mut step = live.run.settle();
    let is_replaced = matches!(live.next, Next::Run(_));
    let successor = match succession::begin(live, step.successor.take()) {
        Ok(successor) => successor,
        Err(problem) => {
            let lost = Lost::Refused(format!("the run cannot go on in another one: {problem}"));
            handle.lose(lost.clone());
            // Who is refused and comes again finds the run as it will be.
            effects::give_up(owner, handle, &lost);
            return effects::refuse_all(live, &lost);
        }
    };
    let (effects, outbox, updates) = (step.effects.clone(), step.outbox.clone(), step.updates.clone());
    let has_events = step.transition.is_some();
    let now = owner.clock.now();
    let wakes_later_at = step.summary.wake_at.filter(|at| Wakes::is_beyond_horizon(*at, now));
    let mut item = item(handle, live, step);
    let changed = item.summary.is_some();
    item.successor = successor.as_ref().map(|next| Box::new(first_item(next)));
    owner.deliveries.note(&outbox);
    let after = AfterCommit {
        acks: std::mem::take(&mut live.acks),
        effects,
        telemetry: std::mem::take(&mut live.telemetry),
        closed: (live.run.state().is_closed() && changed).then(|| closed_run(handle, live)).flatten(),
        successor,
        is_replaced,
        outbox,
        updates,
        has_events,
        wakes_later_at: wakes_later_at.filter(|_| changed),
        busy: Busy::default(),
    };
    live.input_bytes = 0;
    if after.acks.is_empty() && after.effects.is_empty() && committer::is_empty(&item) {
        return held::release_if_due(owner, handle, live);
    }
    let step = StoredStep { handle: handle.clone(), item, after };
    held::submit_or_hold(owner, handle, live, step);
}

/// What a step changes in the store.
fn item(handle: &RunHandle, live: &mut Live, step: Step) -> Item {
    let history: Vec<HistoryRow> = step.transition.map(|transition| row(&transition)).into_iter().collect();
    live.run.stored_bytes(history.iter().map(|row| row.data.len()).sum());
    let changed = live.summary.as_ref() != Some(&step.summary);
    let attributes = step.attributes.map(|attributes| Attributes {
        memo: attributes.memo.clone(),
        search_attributes: attributes.search_attributes.clone(),
    });
    let update = |(update_id, outcome): (String, UpdateOutcome)| UpdateRow {
        update_id,
        run_id: handle.key.run_id.clone(),
        data: outcome.encode().into(),
    };
    let item = Item {
        run: handle.key.clone(),
        new: live.new.take(),
        history,
        summary: changed.then(|| step.summary.clone()),
        activities: step.rows,
        attributes,
        outbox: step.outbox.into_iter().map(message_row).collect(),
        consumed: step.consumed,
        updates: step.updates.into_iter().map(update).collect(),
        successor: None,
    };
    live.summary = Some(step.summary);
    item
}

fn message_row(letter: Letter) -> MessageRow {
    let Address { namespace, workflow_id, run_id } = letter.to;
    let run_id = run_id.map(storable);
    MessageRow { id: letter.id, namespace, workflow_id, run_id, data: letter.body.encode().into() }
}

/// A guest may mean a run by any text, and the store takes ids of runs only. There is no run of another text, nor one
/// of the id of zeros.
fn storable(run_id: RunId) -> RunId {
    match Uuid::try_parse(run_id.as_str()) {
        Ok(uuid) if uuid.to_string() == run_id.as_str() => run_id,
        _ => RunId::new(Uuid::nil().to_string()),
    }
}

/// What the store takes of a run that begins with the end of another.
fn first_item(successor: &RunHandle) -> Item {
    let mut live = successor.live.lock();
    let step = live.run.settle();
    item(successor, &mut live, step)
}

/// Gives a step to the committer. One of a run that was dropped from memory meanwhile is not stored.
pub(super) fn submit(owner: &Owner, handle: &RunHandle, step: StoredStep) {
    let mut step = Some(step);
    let handed_over = handle.hand_over(|| step.take().into_iter().for_each(|step| owner.commit(step)));
    let (Err(Retired), Some(step)) = (handed_over, step) else { return };
    for ack in step.after.acks {
        // After its end a run takes nothing new, so what is left to answer has been durable for long.
        let _ = ack.reply.send(match handle.lost() {
            None => Ok(ack.answer),
            Some(lost) => Err(lost.clone()),
        });
    }
}

fn closed_run(handle: &RunHandle, live: &Live) -> Option<Arc<Closed>> {
    let state = live.run.state();
    let outcome = state.outcome.clone()?;
    let (status, successor) = (state.status, state.successor.clone());
    Some(Arc::new(Closed { run_id: handle.key.run_id.clone(), status, outcome, successor }))
}

fn row(transition: &Transition) -> HistoryRow {
    HistoryRow {
        first_event_id: transition.first_event_id,
        events: u32::try_from(transition.len()).unwrap_or(u32::MAX),
        activation: transition.activation,
        activated: transition.activated.is_some(),
        time: transition.time,
        data: Bytes::from(transition.encode()),
    }
}

/// Lets go of the run: arms its wake-up, and counts its guest.
fn rest(owner: &Owner, handle: &Arc<RunHandle>, mut live: parking_lot::MutexGuard<'_, Live>) {
    let wake = live.next_wake();
    let now = owner.clock.now();
    let at_rest = live.run.is_at_rest();
    if let Some(at) = wake.and_then(|at| Wakes::time_to_arm(at, now, at_rest))
        && live.armed.is_none_or(|armed| at < armed || armed <= now)
    {
        live.armed = Some(at);
        owner.wakes.arm(handle, at);
    }
    if live.run.state().is_closed() {
        live.guest = GuestSlot::Absent;
        return;
    }
    let guest_bytes = match &live.guest {
        GuestSlot::Resident(guest) => guest.memory_bytes(),
        GuestSlot::Absent | GuestSlot::Loading | GuestSlot::Loaded(_) => 0,
    };
    drop(live);
    owner.residents.used(handle, RUN_BYTES + guest_bytes);
    if owner.residents.is_over() {
        residents::evict(owner);
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::of_a_run("0198a3a0-0000-7000-8000-000000000000", true)]
    #[case::in_another_form("0198A3A0-0000-7000-8000-000000000000", false)]
    #[case::of_none("order-1", false)]
    fn whom_a_guest_means_can_be_stored(#[case] text: &str, #[case] is_kept: bool) {
        let stored = storable(RunId::new(text));
        assert_eq!(stored == RunId::new(text), is_kept);
        assert!(Uuid::try_parse(stored.as_str()).is_ok());
    }
}
