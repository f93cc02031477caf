//! What follows once steps are durable: answers, attempts, the end of runs.

use std::sync::Arc;

use dalsegno_engine::run::Effect;
use tokio::sync::mpsc;

use super::{
    Owner,
    committer::{Ack, AfterCommit, Decided},
    deliveries,
    handle::{Live, RunHandle},
    message::{Lost, Message},
    residents,
};
use crate::telemetry::guest;

/// Follows the committer, batch after batch.
pub(crate) async fn follow(owner: Arc<Owner>, mut decided: mpsc::UnboundedReceiver<Vec<Decided>>) {
    while let Some(batch) = decided.recv().await {
        for Decided { handle, after, outcome } in batch {
            owner.metrics.queued_steps.dec();
            match outcome {
                Ok(()) => apply(&owner, &handle, after),
                Err(lost) => undo(&owner, &handle, after, &lost),
            }
        }
    }
}

fn apply(owner: &Arc<Owner>, handle: &Arc<RunHandle>, after: AfterCommit) {
    handle.became_stored();
    if let Some(closed) = &after.closed {
        owner.registry.close(handle, closed.clone(), after.successor.clone());
        let messages = handle.retire().unwrap_or_default();
        messages.into_iter().for_each(|message| owner.answer_closed(closed, message));
        owner.residents.forget(&handle.key.run_id);
        owner.metrics.run_closed(closed.status);
    }
    handle.decided();
    guest::release(&handle.info, &handle.log_allowance, &owner.log_allowance, after.telemetry);
    for effect in after.effects {
        match effect {
            Effect::Dispatch(task) => crate::activities::dispatch(owner, handle, task),
            Effect::CancelActivity(operation) => handle.cancel_attempt(operation),
        }
    }
    deliveries::deliver(owner, after.outbox);
    for (update_id, outcome) in after.updates {
        owner.waiters.tell_updated(&handle.key.run_id, &update_id, &Arc::new(outcome));
    }
    if let Some(successor) = after.successor {
        successor.became_stored();
        owner.metrics.runs_started.inc();
        owner.send(&successor, Message::Wake);
    }
    // Invariant: whoever is answered finds the effects begun; a stopping host counts on that.
    for ack in after.acks {
        let _ = ack.reply.send(Ok(ack.answer));
    }
    if let Some(closed) = &after.closed {
        owner.waiters.tell_closed(closed);
    } else if after.has_events {
        owner.waiters.tell_changed(&handle.key.run_id);
    }
    if let Some(at) = after.wakes_later_at {
        owner.wakes.became_durable(handle, at);
    }
    residents::let_go(owner, handle);
}

/// A step is not stored: memory is ahead of the store, and the store is right.
fn undo(owner: &Arc<Owner>, handle: &Arc<RunHandle>, after: AfterCommit, lost: &Lost) {
    match lost {
        // What the database does not take may be the other run, and then this one goes on.
        Lost::Refused(problem) if after.is_replaced => {
            tracing::warn!(workflow_id = %handle.key.workflow_id, run_id = %handle.key.run_id, %problem,
                "a run cannot be started in the place of this one, which goes on");
            drop_from_memory(owner, handle, lost, Afterwards::GoOn);
        }
        lost => give_up(owner, handle, lost),
    }
    // Who is refused and comes again finds the run as it will be.
    refuse_acks(after.acks, lost);
    handle.decided();
}

/// Drops a run from memory. If it is to blame, it comes back as the store knows it, blocked.
pub(super) fn give_up(owner: &Arc<Owner>, handle: &Arc<RunHandle>, lost: &Lost) {
    let afterwards = match lost {
        Lost::Refused(problem) => Afterwards::Block(problem.clone()),
        Lost::NotOwner | Lost::WorkflowIdTaken => Afterwards::Forget,
    };
    drop_from_memory(owner, handle, lost, afterwards);
}

/// What becomes of a run that was dropped from memory.
enum Afterwards {
    Forget,
    GoOn,
    Block(String),
}

fn drop_from_memory(owner: &Arc<Owner>, handle: &Arc<RunHandle>, lost: &Lost, afterwards: Afterwards) {
    if handle.is_retired() {
        return;
    }
    // Until it is gone nobody else takes it over, from a store that may be behind it.
    let gone = handle.leave();
    let Some(messages) = handle.retire() else { return };
    messages.into_iter().for_each(|message| refuse(message, lost));
    // A turn under way sees at its end that the run is gone.
    if let Some(mut live) = handle.live.try_lock() {
        refuse_all(&mut live, lost);
    }
    owner.residents.forget(&handle.key.run_id);
    owner.waiters.forget(&handle.key.run_id);
    if let Afterwards::Block(problem) = &afterwards {
        tracing::error!(workflow_id = %handle.key.workflow_id, run_id = %handle.key.run_id, %problem,
            "a run cannot go on; it is blocked");
    }
    let handed_on = (owner.clone(), handle.clone());
    owner.work().spawn(async move {
        let (owner, handle) = handed_on;
        if !owner.all_decided(&handle).await {
            return;
        }
        let goes_on = matches!(afterwards, Afterwards::GoOn);
        if let Afterwards::Block(problem) = afterwards {
            owner.load_blocked(&handle.key, problem).await;
        }
        owner.registry.remove(&handle);
        gone.cancel();
        if goes_on {
            owner.wake_stored(&handle.key).await;
        }
    });
}

/// Tells all whose answers wait for a step that there will be none.
pub(super) fn refuse_all(live: &mut Live, lost: &Lost) {
    refuse_acks(std::mem::take(&mut live.acks), lost);
    if let Some(held) = live.held.take() {
        refuse_acks(held.step.after.acks, lost);
    }
}

pub(super) fn refuse_acks(acks: Vec<Ack>, lost: &Lost) {
    for ack in acks {
        let _ = ack.reply.send(Err(lost.clone()));
    }
}

/// Tells whoever sent a message that it was not taken.
pub(crate) fn refuse(message: Message, lost: &Lost) {
    match message {
        Message::Barrier(reply)
        | Message::Input(_, reply)
        | Message::Validated(_, _, reply)
        | Message::Delivery(_, reply)
        | Message::Back(_, _, reply)
        | Message::Replace(_, reply)
        | Message::Release(reply)
        | Message::Grant { reply, .. } => drop(reply.send(Err(lost.clone()))),
        Message::Wake
        | Message::AttemptEnded { .. }
        | Message::NotStarted { .. }
        | Message::History(_)
        | Message::NextModule(_) => {}
    }
}
