//! How runs live: the one writer of the runs this host owns.
//!
//! A message reaches a [`handle`]; a guest thread lets the run take a [`turn`]; the [`committer`] stores
//! what the turn gave; [`effects`] follow the commit. [`wakes`] says when to look at a run, [`load`] brings
//! it from the store, [`residents`] bounds what stays in memory, [`tenure`] claims the right to all that.
//! [`deliveries`] carry what runs say to each other, [`begin`] makes new runs, [`succession`] those that follow others.

pub(crate) mod begin;
pub(crate) mod clock;
pub(crate) mod committer;
mod deliveries;
mod effects;
pub(crate) mod guests;
pub(crate) mod handle;
mod held;
mod inputs;
mod load;
pub(crate) mod message;
mod registry;
mod residents;
pub(crate) mod succession;
pub(crate) mod tenure;
pub(crate) mod turn;
pub(crate) mod under_way;
pub(crate) mod waiters;
mod wakes;

pub(crate) use load::{LoadError, read_history, read_state};

use std::sync::Arc;

use dalsegno_engine::run::{Accepted, Refusal};
use dalsegno_sandbox::Sandbox;
use dalsegno_store::{Fence, RunKey, SharedStore};
use futures_util::future::join_all;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    clock::Clock,
    committer::{Committer, StoredStep},
    deliveries::Deliveries,
    guests::{GuestThreads, GuestWork},
    handle::{Retired, RunHandle},
    message::{Lost, Message, Reply},
    registry::Registry,
    residents::Residents,
    under_way::{UnderWay, Work},
    waiters::{Closed, Waiters},
    wakes::Wakes,
};
use crate::{
    activities::Activities,
    modules::Modules,
    telemetry::{guest::Allowance, metrics::Metrics},
    testing::{self, TestTime},
};

/// What every owner of this host uses.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) store: SharedStore,
    pub(crate) sandbox: Sandbox,
    pub(crate) modules: Arc<Modules>,
    pub(crate) activities: Arc<Activities>,
    pub(crate) guests: GuestThreads,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) resident_bytes_max: usize,
    pub(crate) under_way: UnderWay,
    /// Of a test host, which skips time.
    pub(crate) test_time: Option<Arc<TestTime>>,
}

/// The runs of this host, for as long as it owns them.
pub(crate) struct Owner {
    pub(crate) store: SharedStore,
    pub(crate) sandbox: Sandbox,
    pub(crate) modules: Arc<Modules>,
    pub(crate) activities: Arc<Activities>,
    pub(crate) guests: GuestThreads,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) clock: Clock,
    pub(crate) registry: Registry,
    pub(crate) residents: Residents,
    pub(crate) wakes: Wakes,
    pub(crate) waiters: Waiters,
    /// What all guests together may write into the host's log.
    log_allowance: Allowance,
    deliveries: Deliveries,
    /// One for each of some groups of workflow ids: starting and loading a workflow happen one at a time.
    stripes: Vec<tokio::sync::Mutex<()>>,
    /// Places for runs that are brought into memory because they are due.
    loads: Semaphore,
    committer: mpsc::UnboundedSender<StoredStep>,
    /// For what guest threads leave to tasks.
    pub(crate) runtime: tokio::runtime::Handle,
    /// The right to write.
    fence: Fence,
    pub(crate) under_way: UnderWay,
    /// Attempts under way, or waiting to begin.
    pub(crate) attempts: TaskTracker,
    /// Cancelled when the runs are not this host's any more.
    pub(crate) stopped: CancellationToken,
    /// Cancelled when no attempt is to begin any more, because the host stops.
    pub(crate) draining: CancellationToken,
}

/// Groups of workflow ids that are started or loaded one at a time.
const STRIPES: usize = 256;

impl Owner {
    /// Begins to own all runs, under a fence.
    pub(crate) fn begin(parts: Parts, fence: Fence, clock: Clock) -> Arc<Self> {
        let (committer, steps) = mpsc::unbounded_channel();
        let (decided, follow) = mpsc::unbounded_channel();
        let stopped = CancellationToken::new();
        let writer = Committer {
            store: parts.store.clone(),
            fence: fence.clone(),
            batches: 0,
            decided,
            metrics: parts.metrics.clone(),
            stopped: stopped.clone(),
        };
        let owner = Arc::new(Self {
            store: parts.store,
            sandbox: parts.sandbox,
            modules: parts.modules,
            activities: parts.activities,
            guests: parts.guests,
            clock,
            registry: Registry::new(),
            residents: Residents::new(parts.resident_bytes_max, parts.metrics.clone()),
            metrics: parts.metrics,
            wakes: Wakes::default(),
            waiters: Waiters::new(parts.under_way.clone()),
            log_allowance: Allowance::of_host(),
            deliveries: Deliveries::new(),
            stripes: (0..STRIPES).map(|_| tokio::sync::Mutex::default()).collect(),
            loads: Semaphore::new(load::LOADS_MAX),
            committer,
            runtime: tokio::runtime::Handle::current(),
            fence,
            under_way: parts.under_way,
            attempts: TaskTracker::new(),
            stopped,
            draining: CancellationToken::new(),
        });
        tokio::spawn(writer.run(steps));
        tokio::spawn(effects::follow(owner.clone(), follow));
        tokio::spawn(wakes::fire(owner.clone()));
        tokio::spawn(wakes::scan(owner.clone()));
        tokio::spawn(deliveries::resume(owner.clone()));
        if let Some(time) = parts.test_time {
            tokio::spawn(testing::skip(owner.clone(), time));
        }
        owner
    }

    /// Steps that are not decided, and turns that wait for a thread.
    pub(crate) fn backlog(&self) -> usize {
        let steps = usize::try_from(self.metrics.queued_steps.get()).unwrap_or(0);
        self.guests.queued() + steps
    }

    /// Begins work for a task.
    fn work(&self) -> Work {
        Work { runtime: self.runtime.clone(), busy: self.under_way.begin() }
    }

    fn commit(&self, mut step: StoredStep) {
        step.after.busy = self.under_way.begin();
        self.metrics.queued_steps.inc();
        if let Err(mpsc::error::SendError(step)) = self.committer.send(step) {
            self.metrics.queued_steps.dec();
            effects::refuse_acks(step.after.acks, &Lost::NotOwner);
            step.handle.decided();
        }
    }

    /// Waits until all steps of a run are decided. False: the owner has stopped.
    pub(crate) async fn all_decided(&self, handle: &RunHandle) -> bool {
        tokio::select! {
            () = handle.all_decided() => true,
            () = self.stopped.cancelled() => false,
        }
    }

    /// Sends a message to a run in memory. False: it is not there any more.
    pub(crate) fn send(self: &Arc<Self>, handle: &Arc<RunHandle>, message: Message) -> bool {
        self.try_send(handle, message).is_ok()
    }

    fn try_send(self: &Arc<Self>, handle: &Arc<RunHandle>, message: Message) -> Result<(), Retired> {
        if handle.post(message)? {
            self.guests.submit(GuestWork::Turn(self.clone(), handle.clone()));
        }
        Ok(())
    }

    /// Sends a message to a run in memory, and waits until what it does is durable. `None`: the run was
    /// dropped from memory; look it up again.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        handle: &Arc<RunHandle>,
        message: impl FnOnce(Reply) -> Message,
    ) -> Option<Result<Result<Accepted, Refusal>, Lost>> {
        let (reply, answer) = oneshot::channel();
        self.try_send(handle, message(reply)).ok()?;
        tokio::select! {
            answer = answer => Some(answer.unwrap_or(Err(Lost::NotOwner))),
            () = self.stopped.cancelled() => Some(Err(Lost::NotOwner)),
        }
    }

    /// Answers a message to a run that has closed.
    fn answer_closed(&self, closed: &Closed, message: Message) {
        match message {
            Message::Barrier(reply) => drop(reply.send(Ok(Ok(Accepted::Duplicate)))),
            Message::Input(_, reply)
            | Message::Validated(_, _, reply)
            | Message::Delivery(_, reply)
            | Message::Back(_, _, reply)
            | Message::Replace(_, reply)
            | Message::Release(reply) => {
                drop(reply.send(Ok(Err(closed.refusal()))));
            }
            Message::Grant { reply, .. } => drop(reply.send(Ok(Err(Refusal::StaleAttempt)))),
            other => effects::refuse(other, &Lost::NotOwner),
        }
    }

    /// Wakes a run if it is in memory.
    fn wake_resident(self: &Arc<Self>, run: &RunKey) -> bool {
        let handle = self.registry.get(&run.namespace, &run.workflow_id);
        handle.is_some_and(|handle| handle.key == *run && self.send(&handle, Message::Wake))
    }

    /// Lets the attempts under way end, and begins no others.
    async fn drain_attempts(&self) {
        self.draining.cancel();
        self.attempts.close();
        self.attempts.wait().await;
    }

    /// Waits until all that runs have done is durable.
    async fn settle(self: &Arc<Self>) {
        let runs = self.registry.all();
        join_all(runs.iter().map(|handle| self.ask(handle, Message::Barrier))).await;
    }

    /// Stops for good: nothing more is stored or done.
    pub(crate) fn stop(&self) {
        self.stopped.cancel();
        for handle in self.registry.all() {
            handle.lose(Lost::NotOwner);
            let messages = handle.retire().unwrap_or_default();
            messages.into_iter().for_each(|message| effects::refuse(message, &Lost::NotOwner));
            self.registry.remove(&handle);
        }
    }
}
