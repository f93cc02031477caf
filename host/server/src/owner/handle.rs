//! A run in memory.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use dalsegno_engine::{Run, Timestamp, guest::RunInfo, ids::Operation, run::Summary};
use dalsegno_sandbox::{Instance, Module};
use dalsegno_store::{HistoryRow, NewRun, RunKey};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{committer::Ack, message::Message};

/// A run in memory: its inbox, and what its turns work on.
///
/// **Invariant:** at most one guest thread has it at a time, because it is queued once at most.
pub(crate) struct RunHandle {
    pub(crate) key: RunKey,
    pub(crate) module: Module,
    pub(crate) info: RunInfo,
    inbox: Mutex<Inbox>,
    pub(crate) live: Mutex<Live>,
    /// Steps handed to the committer and not yet durable.
    uncommitted: AtomicUsize,
    pub(crate) committed: Notify,
    attempts: Mutex<HashMap<Operation, CancellationToken>>,
    /// The last error of an activation, for people.
    pub(crate) last_error: Mutex<Option<String>>,
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
    /// Answers to give with the next step.
    pub(crate) acks: Vec<Ack>,
    /// When the run will be woken.
    pub(crate) armed: Option<Timestamp>,
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
            live: Mutex::new(live),
            uncommitted: AtomicUsize::new(0),
            committed: Notify::new(),
            attempts: Mutex::default(),
            last_error: Mutex::default(),
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

    pub(crate) fn take_messages(&self) -> Vec<Message> {
        std::mem::take(&mut self.inbox.lock().messages)
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

    /// Drops the run from memory whatever it does; what waits in the inbox is lost with it.
    pub(crate) fn retire(&self) -> Vec<Message> {
        let mut inbox = self.inbox.lock();
        inbox.state = InboxState::Retired;
        let messages = std::mem::take(&mut inbox.messages);
        drop(inbox);
        self.cancel_attempts();
        messages
    }

    pub(crate) fn handed_over(&self) {
        self.uncommitted.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn became_durable(&self) {
        if self.uncommitted.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.committed.notify_waiters();
        }
    }

    pub(crate) fn has_uncommitted(&self) -> bool {
        self.uncommitted.load(Ordering::Acquire) > 0
    }

    /// Waits until all steps handed over are durable.
    pub(crate) async fn all_durable(&self) {
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
