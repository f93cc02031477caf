//! A run in memory.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use dalsegno_engine::{Run, Timestamp, guest::RunInfo, ids::Operation, run::Summary};
use dalsegno_sandbox::{Instance, Module, Telemetry};
use dalsegno_store::{HistoryRow, NewRun, RunKey};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    committer::{Ack, StoredStep},
    message::{Lost, Message},
    succession::Next,
};
use crate::telemetry::guest::Allowance;

/// Inputs of one turn, in bytes; what exceeds it waits for the next turn, so that one transition holds them.
const INPUT_BYTES_PER_TURN_MAX: usize = 4 << 20;

/// A run in memory: its inbox, and what its turns work on.
///
/// **Invariant:** at most one guest thread has it at a time, because it is queued once at most.
pub(crate) struct RunHandle {
    pub(crate) key: RunKey,
    pub(crate) module: Module,
    pub(crate) info: RunInfo,
    inbox: Mutex<Inbox>,
    pub(crate) live: Mutex<Live>,
    /// Steps handed to the committer and not yet decided.
    uncommitted: AtomicUsize,
    /// Why no further step is stored, once one was not: each step builds on the one before.
    lost: OnceLock<Lost>,
    /// The store has it.
    stored: AtomicBool,
    /// Present once it is being dropped with steps that may still become durable; ends when it is gone.
    leaving: OnceLock<CancellationToken>,
    /// Its guest was evicted while something kept the run itself in memory.
    lingers: AtomicBool,
    pub(crate) committed: Notify,
    attempts: Mutex<HashMap<Operation, CancellationToken>>,
    /// The last error of an activation, for people.
    pub(crate) last_error: Mutex<Option<String>>,
    /// What its guest may write into the host's log.
    pub(crate) log_allowance: Allowance,
}

#[derive(Default)]
struct Inbox {
    messages: Vec<Message>,
    state: InboxState,
}

#[derive(Default, PartialEq, Eq)]
enum InboxState {
    #[default]
    Idle,
    /// In the queue of the guest threads, or on one.
    Queued,
    /// Dropped from memory; whoever has it looks the run up again.
    Retired,
}

/// What turns work on.
pub(crate) struct Live {
    pub(crate) run: Run,
    pub(crate) guest: GuestSlot,
    /// Present until the first step is handed to the committer.
    pub(crate) new: Option<NewRun>,
    /// As last handed to the committer.
    pub(crate) summary: Option<Summary>,
    /// Bytes of the inputs that the next step stores, about.
    pub(crate) input_bytes: usize,
    /// Answers to give with the next step.
    pub(crate) acks: Vec<Ack>,
    /// When the run will be woken, while it is in memory.
    pub(crate) armed: Option<Timestamp>,
    /// A step that is kept open for the activities beside the workflow that it has begun.
    pub(crate) held: Option<Held>,
    /// What the guest told, to be released with the next step.
    pub(crate) telemetry: Vec<Telemetry>,
    /// Of the run that begins with this one's end.
    pub(crate) next: Next,
}

/// A step that is not handed to the committer yet.
pub(crate) struct Held {
    pub(crate) step: StoredStep,
    /// When it is handed over at the latest.
    pub(crate) until: Timestamp,
}

impl Live {
    pub(crate) fn new(run: Run, new: Option<NewRun>, summary: Option<Summary>) -> Self {
        Self {
            run,
            guest: GuestSlot::Absent,
            new,
            summary,
            input_bytes: 0,
            acks: Vec::new(),
            armed: None,
            held: None,
            telemetry: Vec::new(),
            next: Next::Unknown,
        }
    }

    /// When the run has to take a turn at the latest.
    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        match self.guest {
            // The history's arrival is the next turn.
            GuestSlot::Loading => None,
            _ => {
                [self.run.next_wake(), self.held.as_ref().map(|held| held.until)].into_iter().flatten().min()
            }
        }
    }
}

/// Where the guest of a run is.
#[derive(Default)]
pub(crate) enum GuestSlot {
    /// There is none.
    #[default]
    Absent,
    /// The stored history is being read for one.
    Loading,
    /// The history is here.
    Loaded(Vec<HistoryRow>),
    /// In memory, at the present.
    Resident(Box<Instance>),
}

impl fmt::Debug for RunHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RunHandle").field(&self.key).finish()
    }
}

/// The run is not in memory any more.
#[derive(Debug)]
pub(crate) struct Retired;

impl RunHandle {
    pub(crate) fn new(key: RunKey, module: Module, info: RunInfo, live: Live) -> Self {
        Self {
            key,
            module,
            info,
            inbox: Mutex::default(),
            stored: AtomicBool::new(live.new.is_none()),
            live: Mutex::new(live),
            uncommitted: AtomicUsize::new(0),
            lost: OnceLock::new(),
            leaving: OnceLock::new(),
            lingers: AtomicBool::new(false),
            committed: Notify::new(),
            attempts: Mutex::default(),
            last_error: Mutex::default(),
            log_allowance: Allowance::of_run(),
        }
    }

    /// Leaves a message. True: the run has to be queued for a turn.
    pub(crate) fn post(&self, message: Message) -> Result<bool, Retired> {
        let mut inbox = self.inbox.lock();
        if inbox.state == InboxState::Retired {
            return Err(Retired);
        }
        inbox.messages.push(message);
        let idle = inbox.state == InboxState::Idle;
        inbox.state = InboxState::Queued;
        Ok(idle)
    }

    /// Takes messages in order, as many as one turn may have; one at least, if there is any.
    pub(crate) fn take_messages(&self) -> Vec<Message> {
        let mut inbox = self.inbox.lock();
        match fitting(&inbox.messages) {
            all if all == inbox.messages.len() => std::mem::take(&mut inbox.messages),
            some => inbox.messages.drain(..some).collect(),
        }
    }

    /// Ends a turn. True: messages came meanwhile, and the run has to be queued again.
    pub(crate) fn end_turn(&self) -> bool {
        let mut inbox = self.inbox.lock();
        let more = !inbox.messages.is_empty();
        if inbox.state == InboxState::Queued && !more {
            inbox.state = InboxState::Idle;
        }
        more
    }

    /// Drops the run from memory, if it rests there.
    pub(crate) fn retire_if_idle(&self) -> bool {
        let mut inbox = self.inbox.lock();
        let idle = inbox.state == InboxState::Idle && inbox.messages.is_empty() && !self.has_uncommitted();
        if idle {
            inbox.state = InboxState::Retired;
        }
        idle
    }

    /// Drops the run from memory whatever it does, and gives what waits in its inbox. `None`: it was dropped before.
    pub(crate) fn retire(&self) -> Option<Vec<Message>> {
        let mut inbox = self.inbox.lock();
        if inbox.state == InboxState::Retired {
            return None;
        }
        inbox.state = InboxState::Retired;
        let messages = std::mem::take(&mut inbox.messages);
        drop(inbox);
        self.cancel_attempts();
        Some(messages)
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.inbox.lock().state == InboxState::Retired
    }

    /// Says that it is being dropped from memory, until the answer is cancelled.
    pub(crate) fn leave(&self) -> CancellationToken {
        self.leaving.get_or_init(CancellationToken::new).clone()
    }

    /// Ends when it is gone, if it is being dropped from memory.
    pub(crate) fn leaving(&self) -> Option<CancellationToken> {
        self.leaving.get().filter(|gone| !gone.is_cancelled()).cloned()
    }

    /// Says that no further step of it is stored.
    pub(crate) fn lose(&self, lost: Lost) {
        // The first reason is the one that counts.
        let _ = self.lost.set(lost);
    }

    /// Why no further step of it is stored, if so.
    pub(crate) fn lost(&self) -> Option<&Lost> {
        self.lost.get()
    }

    /// Hands a step to the committer.
    ///
    /// **Invariant:** nothing of a run follows its being dropped from memory, for it may be loaded again at once.
    pub(crate) fn hand_over(&self, commit: impl FnOnce()) -> Result<(), Retired> {
        let inbox = self.inbox.lock();
        if inbox.state == InboxState::Retired {
            return Err(Retired);
        }
        self.uncommitted.fetch_add(1, Ordering::SeqCst);
        commit();
        Ok(())
    }

    /// Notes that a step of the run is durable, and so the run.
    pub(crate) fn became_stored(&self) {
        self.stored.store(true, Ordering::Release);
    }

    pub(crate) fn is_stored(&self) -> bool {
        self.stored.load(Ordering::Acquire)
    }

    /// Notes whether the run stays in memory, its guest evicted, until what keeps it there is over.
    pub(crate) fn linger(&self, lingers: bool) {
        self.lingers.store(lingers, Ordering::SeqCst);
    }

    pub(crate) fn lingers(&self) -> bool {
        self.lingers.load(Ordering::SeqCst)
    }

    /// A step handed over is durable, or is known not to become so.
    pub(crate) fn decided(&self) {
        if self.uncommitted.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.committed.notify_waiters();
        }
    }

    pub(crate) fn has_uncommitted(&self) -> bool {
        self.uncommitted.load(Ordering::SeqCst) > 0
    }

    /// Waits until all steps handed over are decided.
    pub(crate) async fn all_decided(&self) {
        loop {
            let committed = self.committed.notified();
            tokio::pin!(committed);
            committed.as_mut().enable();
            if !self.has_uncommitted() {
                return;
            }
            committed.await;
        }
    }

    /// A token by which the attempt can be told to stop.
    pub(crate) fn begin_attempt(&self, operation: Operation) -> CancellationToken {
        let token = CancellationToken::new();
        self.attempts.lock().insert(operation, token.clone());
        token
    }

    pub(crate) fn end_attempt(&self, operation: Operation) {
        self.attempts.lock().remove(&operation);
    }

    pub(crate) fn cancel_attempt(&self, operation: Operation) {
        if let Some(token) = self.attempts.lock().get(&operation) {
            token.cancel();
        }
    }

    pub(crate) fn cancel_attempts(&self) {
        self.attempts.lock().values().for_each(CancellationToken::cancel);
    }
}

/// How many messages one turn may have: one at least, if there is any.
fn fitting(messages: &[Message]) -> usize {
    let mut bytes = 0;
    let fit = messages.iter().take_while(|message| {
        let first = bytes == 0;
        bytes += message.size_bytes();
        first || bytes <= INPUT_BYTES_PER_TURN_MAX
    });
    fit.count()
}

#[cfg(test)]
mod tests {
    use dalsegno_engine::{Payload, attempts::AttemptResult};
    use rstest::rstest;

    use super::*;

    fn result(bytes: usize) -> Message {
        let result =
            AttemptResult::Completed(Some(Payload { data: vec![0; bytes].into(), ..Payload::default() }));
        Message::AttemptEnded { operation: 1, attempt: 1, result }
    }

    #[rstest]
    #[case::nothing(&[], 0)]
    #[case::all_that_is_small(&[0, 10, 0, 10], 4)]
    #[case::the_last_is_too_much(&[3 << 20, 1 << 20, 1], 2)]
    #[case::one_that_is_larger_than_a_turn(&[8 << 20, 1], 1)]
    fn a_turn_takes_no_more_than_a_transition_holds(#[case] bytes: &[usize], #[case] taken: usize) {
        let messages: Vec<Message> = bytes.iter().map(|bytes| result(*bytes)).collect();
        assert_eq!(fitting(&messages), taken);
    }
}
