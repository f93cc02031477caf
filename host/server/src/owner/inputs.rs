//! What a turn takes: what clients, attempts and other runs have to say to its run.

use dalsegno_engine::{
    Run,
    event::ExternalFailure,
    message::Message as Letter,
    run::{Accepted, Input, Refusal},
};

use super::{
    committer::Ack,
    handle::{GuestSlot, Live},
    message::Message,
    succession::Next,
};

/// Why a run was terminated in whose place another was started.
const REPLACED: &str = "a new run of the workflow id was started";

/// Lets a run take what has come.
pub(super) fn receive(live: &mut Live, message: Message) {
    let run = &mut live.run;
    let (answer, reply) = match message {
        Message::Wake => return,
        Message::Barrier(reply) => (Ok(Accepted::Duplicate), reply),
        Message::Input(input, reply) => (run.accept(input), reply),
        Message::Validated(update, at, reply) => (run.accept_validated(update, at), reply),
        Message::Delivery(letter, reply) => (delivered(run, &letter), reply),
        Message::Back(letter, cause, reply) => (given_back(run, &letter, cause), reply),
        Message::Replace(next, reply) => {
            let answer = run.accept(Input::Terminate { reason: REPLACED.to_owned() });
            if answer.is_ok() {
                live.next = Next::Run(next);
            }
            (answer, reply)
        }
        Message::Release(reply) => {
            run.release();
            (Ok(Accepted::New), reply)
        }
        Message::Grant { operation, attempt, reply } => {
            (run.grant(operation, attempt).map(|()| Accepted::New), reply)
        }
        Message::AttemptEnded { operation, attempt, result } => {
            // A stale end is one that the run has given up waiting for.
            let _ = run.attempt_ended(operation, attempt, result);
            return;
        }
        Message::NotStarted { operation, attempt } => {
            let _ = run.not_started(operation, attempt);
            return;
        }
        Message::History(rows) => {
            live.guest = GuestSlot::Loaded(rows);
            return;
        }
        Message::NextModule(module) => {
            live.next = Next::Module(*module);
            return;
        }
    };
    match answer {
        // That the run has ended is told once it is durable: who is refused for it counts on that.
        Ok(_) | Err(Refusal::Closed(_) | Refusal::Continued(_)) => live.acks.push(Ack { reply, answer }),
        Err(_) => drop(reply.send(Ok(answer))),
    }
}

/// Takes what another run said.
fn delivered(run: &mut Run, letter: &Letter) -> Result<Accepted, Refusal> {
    check_open(run)?;
    run.deliver(letter)
}

/// A run that has ended takes no messages, not even those that would change nothing: nobody would consume them.
fn check_open(run: &Run) -> Result<(), Refusal> {
    let state = run.state();
    match (state.is_closed(), &state.successor) {
        (false, _) => Ok(()),
        (true, None) => Err(Refusal::Closed(state.status)),
        (true, Some(_)) => Err(Refusal::Continued(state.status)),
    }
}

/// Takes back what this run said.
fn given_back(run: &mut Run, letter: &Letter, cause: Option<ExternalFailure>) -> Result<Accepted, Refusal> {
    check_open(run)?;
    match cause {
        Some(cause) => run.undeliverable(letter, cause),
        None => run.taken_before(letter),
    }
    Ok(Accepted::New)
}
