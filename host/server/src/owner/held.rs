//! Steps that are kept open for activities that run beside their workflow.
//!
//! Such an activity begins before the step that asks for it is stored, and what follows from its end is stored with
//! that step: several of them cost one commit. It begins when all earlier steps are durable, so that it happens after
//! what its workflow did before; if the host is lost, it is done again.

use std::sync::Arc;

use dalsegno_engine::{Millis, attempts::ActivityTask, run::Effect};

use super::{
    Owner,
    committer::StoredStep,
    handle::{Held, Live, RunHandle},
    turn::submit,
};

/// How long a step is kept open at most.
const HELD_MAX: Millis = Millis::from_secs(5);
/// How long at most while a client waits for an answer that comes with it.
const HELD_WITH_ANSWERS_MAX: Millis = Millis(100);

/// Gives a step to the committer, or keeps it open while it has activities beside its workflow.
pub(super) fn submit_or_hold(
    owner: &Arc<Owner>,
    handle: &Arc<RunHandle>,
    live: &mut Live,
    mut step: StoredStep,
) {
    let locals = take_locals(&mut step);
    let now = owner.clock.now();
    let mut held = match live.held.take() {
        Some(mut held) => {
            held.step.add(step);
            held
        }
        None if locals.is_empty() => return submit(owner, handle, step),
        None => Held { step, until: now.plus(HELD_MAX) },
    };
    locals.into_iter().for_each(|task| crate::activities::dispatch(owner, handle, task));
    if !held.step.after.acks.is_empty() {
        held.until = held.until.min(now.plus(HELD_WITH_ANSWERS_MAX));
    }
    let waits = live.run.has_local_work() && now < held.until;
    if waits && !owner.draining.is_cancelled() {
        live.held = Some(held);
    } else {
        submit(owner, handle, held.step);
    }
}

/// Gives a step to the committer that was kept open as long as it may be.
pub(super) fn release_if_due(owner: &Arc<Owner>, handle: &Arc<RunHandle>, live: &mut Live) {
    if live.held.as_ref().is_some_and(|held| held.until <= owner.clock.now()) {
        release(owner, handle, live);
    }
}

/// Gives a step that was kept open to the committer.
pub(super) fn release(owner: &Arc<Owner>, handle: &Arc<RunHandle>, live: &mut Live) {
    if let Some(held) = live.held.take() {
        submit(owner, handle, held.step);
    }
}

/// Takes the attempts that do not wait for the commit out of what follows it.
fn take_locals(step: &mut StoredStep) -> Vec<ActivityTask> {
    let is_local =
        |effect: &mut Effect| matches!(effect, Effect::Dispatch(task) if task.scheduled.is_local());
    let locals = step.after.effects.extract_if(.., is_local);
    let task = |effect| match effect {
        Effect::Dispatch(task) => Some(task),
        Effect::CancelActivity(_) => None,
    };
    locals.filter_map(task).collect()
}
