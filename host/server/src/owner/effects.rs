//! What follows once steps are durable: answers, attempts, the end of runs.

use std::sync::Arc;

use dalsegno_engine::run::Effect;
use tokio::sync::mpsc;

use super::{
    Owner,
    committer::{AfterCommit, Decided},
    handle::RunHandle,
    message::{Lost, Message},
};
use crate::telemetry::guest;

/// Follows the committer, batch after batch.
pub(crate) async fn follow(owner: Arc<Owner>, mut decided: mpsc::UnboundedReceiver<Vec<Decided>>) {
    while let Some(batch) = decided.recv().await {
        for Decided { handle, after, outcome } in batch {
            match outcome {
                Ok(()) => apply(&owner, &handle, after),
                Err(lost) => undo(&owner, &handle, after, &lost),
            }
        }
    }
}

fn apply(owner: &Arc<Owner>, handle: &Arc<RunHandle>, after: AfterCommit) {
    if let Some(closed) = &after.closed {
        handle.cancel_attempts();
        handle.retire().into_iter().for_each(|message| owner.answer_closed(closed.status, message));
        owner.registry.close(handle, closed.clone());
        owner.residents.forget(&handle.key.run_id);
        owner.metrics.run_closed(closed.status);
    }
    handle.became_durable();
    guest::release(&handle.info, after.telemetry);
    for ack in after.acks {
        let _ = ack.reply.send(Ok(ack.answer));
    }
    for effect in after.effects {
        match effect {
            Effect::Dispatch(task) => crate::activities::dispatch(owner, handle, task),
            Effect::CancelActivity(operation) => handle.cancel_attempt(operation),
        }
    }
    if let Some(closed) = &after.closed {
        owner.waiters.tell_closed(closed);
    } else if after.has_events {
        owner.waiters.tell_changed(&handle.key.run_id);
    }
}

/// A step is not stored: memory is ahead of the store, and the store is right.
fn undo(owner: &Arc<Owner>, handle: &Arc<RunHandle>, after: AfterCommit, lost: &Lost) {
    handle.became_durable();
    for ack in after.acks {
        let _ = ack.reply.send(Err(lost.clone()));
    }
    give_up(owner, handle, lost);
}

/// Drops a run from memory. If it is to blame, it comes back as the store knows it, blocked.
pub(super) fn give_up(owner: &Arc<Owner>, handle: &Arc<RunHandle>, lost: &Lost) {
    handle.retire().into_iter().for_each(|message| refuse(message, lost));
    owner.registry.remove(handle);
    owner.residents.forget(&handle.key.run_id);
    if let Lost::Refused(problem) = lost {
        tracing::error!(workflow_id = %handle.key.workflow_id, run_id = %handle.key.run_id, %problem,
            "a run cannot go on; it is blocked");
        let (owner, handle, reason) = (owner.clone(), handle.clone(), problem.clone());
        owner.runtime.clone().spawn(async move {
            handle.all_durable().await;
            owner.load_blocked(&handle.key, reason).await;
        });
    }
}

/// Tells whoever sent a message that it was not taken.
pub(crate) fn refuse(message: Message, lost: &Lost) {
    match message {
        Message::Barrier(reply)
        | Message::Input(_, reply)
        | Message::Release(reply)
        | Message::Grant { reply, .. } => drop(reply.send(Err(lost.clone()))),
        Message::Wake
        | Message::AttemptEnded { .. }
        | Message::NotStarted { .. }
        | Message::History(_) => {}
    }
}
