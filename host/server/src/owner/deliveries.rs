//! What runs say to each other: carried from the run that sent it to the one that is to take it.
//!
//! A message is in the store from the step that sends it to the step that records it; what is carried here is a copy.
//! Messages of one run to one workflow are carried one after the other, so that a child is there before it is
//! cancelled, and signals keep their order.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};

use dalsegno_engine::{
    Run, Status,
    event::{ChildInitiated, ExternalFailure, IdReusePolicy},
    ids::{Namespace, RunId, WorkflowId},
    message::{Address, Message, MessageBody, MessageId, StartChild},
    run::{Accepted, Refusal},
};
use dalsegno_store::{MessageRow, RunKey, StoreError};
use parking_lot::Mutex;
use tokio::sync::{Semaphore, mpsc};

use super::{
    LoadError, Owner,
    begin::{self, NoModule},
    handle::RunHandle,
    load::RETRY,
    message::{Lost, Message as Post},
};
use crate::modules::{BadArguments, Call, Callee};

/// Messages that are carried at a time.
const CARRIED_MAX: usize = 256;
/// No wait before another attempt at carrying a message is longer.
const RETRY_MAX: Duration = Duration::from_secs(30);
/// Messages of one page of the store's. So many of those that earlier owners left are in memory at a time, and those
/// that cannot be carried at the moment.
const PAGE: u32 = 256;

/// Messages of one run to one workflow.
type Lane = (RunId, Namespace, WorkflowId);

/// The messages on their way.
pub(crate) struct Deliveries {
    lanes: Mutex<HashMap<Lane, VecDeque<Parcel>>>,
    places: Semaphore,
    /// Present while this owner still reads what earlier owners left.
    resuming: Mutex<Option<Resuming>>,
}

/// What this owner's runs send while it still reads what earlier owners left.
#[derive(Default)]
struct Resuming {
    /// These are no messages that were left.
    sent: HashSet<MessageId>,
    /// Stored, and to be carried behind all that was left.
    waiting: Vec<Message>,
}

/// A message to be carried.
struct Parcel {
    message: Message,
    /// Present while the next page of messages waits for this one.
    page: Option<mpsc::Sender<Infallible>>,
}

/// What became of carrying a message.
enum Carried {
    /// It is recorded.
    Done,
    /// Its target cannot take it.
    Refused(ExternalFailure),
    /// Its target was asked the same before.
    TakenBefore,
    /// Its target has moved; another look finds it.
    Again,
    /// It cannot be carried at the moment.
    Later,
}

/// Where a message is to go.
enum Target {
    Open(Arc<RunHandle>),
    Closed,
    Missing(ExternalFailure),
}

impl Deliveries {
    pub(crate) fn new() -> Self {
        Self {
            lanes: Mutex::default(),
            places: Semaphore::new(CARRIED_MAX),
            resuming: Mutex::new(Some(Resuming::default())),
        }
    }

    /// Messages are about to be stored.
    pub(super) fn note(&self, outbox: &[Message]) {
        if outbox.is_empty() {
            return;
        }
        if let Some(resuming) = &mut *self.resuming.lock() {
            resuming.sent.extend(outbox.iter().map(|message| message.id.clone()));
        }
    }

    fn was_sent(&self, id: &MessageId) -> bool {
        self.resuming.lock().as_ref().is_some_and(|resuming| resuming.sent.contains(id))
    }

    /// Puts a message behind those of its lane. True: nobody carries for the lane yet.
    fn push(&self, lane: &Lane, parcel: Parcel) -> bool {
        let mut lanes = self.lanes.lock();
        let idle = !lanes.contains_key(lane);
        lanes.entry(lane.clone()).or_default().push_back(parcel);
        idle
    }

    /// The next message of a lane; without one nobody carries for it any more.
    fn next(&self, lane: &Lane) -> Option<Parcel> {
        let mut lanes = self.lanes.lock();
        let next = lanes.get_mut(lane).and_then(VecDeque::pop_front);
        if next.is_none() {
            lanes.remove(lane);
        }
        next
    }

    /// Lets no page wait for the messages of a lane that stands still.
    fn hold_up_none(&self, lane: &Lane) {
        self.lanes.lock().get_mut(lane).into_iter().flatten().for_each(|parcel| parcel.page = None);
    }
}

/// Carries messages that were just stored, behind those that earlier owners left.
pub(super) fn deliver(owner: &Arc<Owner>, messages: Vec<Message>) {
    match &mut *owner.deliveries.resuming.lock() {
        Some(resuming) => resuming.waiting.extend(messages),
        None => carry_all(owner, messages, None),
    }
}

fn carry_all(owner: &Arc<Owner>, messages: Vec<Message>, page: Option<&mpsc::Sender<Infallible>>) {
    for message in messages {
        let lane = (message.id.sender.clone(), message.to.namespace.clone(), message.to.workflow_id.clone());
        if owner.deliveries.push(&lane, Parcel { message, page: page.cloned() }) {
            let owner = owner.clone();
            owner.work().spawn(async move {
                while let Some(parcel) = owner.deliveries.next(&lane) {
                    Box::pin(carry(&owner, &lane, parcel)).await;
                }
            });
        }
    }
}

/// Carries messages, and waits until that is done, but for those that have to wait.
async fn carry_page(owner: &Arc<Owner>, messages: Vec<Message>) {
    let (page, mut carried) = mpsc::channel(1);
    carry_all(owner, messages, Some(&page));
    drop(page);
    tokio::select! {
        _ = carried.recv() => {}
        () = owner.stopped.cancelled() => {}
    }
}

/// Carries what earlier owners left.
pub(super) async fn resume(owner: Arc<Owner>) {
    let mut after: Option<MessageId> = None;
    while !owner.stopped.is_cancelled() {
        match owner.store.inbox(after.as_ref(), PAGE).await {
            Ok(page) => {
                let full = page.len() == PAGE as usize;
                after = page.last().map(|row| row.id.clone()).or(after);
                let left = page.into_iter().filter(|row| !owner.deliveries.was_sent(&row.id));
                let left: Vec<Message> = left.filter_map(read).collect();
                if !full {
                    carry_all(&owner, left, None);
                    let mut resuming = owner.deliveries.resuming.lock();
                    let waiting = resuming.take().unwrap_or_default().waiting;
                    return carry_all(&owner, waiting, None);
                }
                carry_page(&owner, left).await;
            }
            Err(error) => {
                tracing::warn!(%error, "messages between runs could not be read; trying again");
                owner.wait(RETRY).await;
            }
        }
    }
}

fn read(row: MessageRow) -> Option<Message> {
    let MessageRow { id, namespace, workflow_id, run_id, data } = row;
    match MessageBody::decode(&data) {
        Ok(body) => Some(Message { id, to: Address { namespace, workflow_id, run_id }, body }),
        Err(error) => {
            tracing::error!(sender = %id.sender, event = id.event, %error, "a message between runs is left where it is");
            None
        }
    }
}

/// Carries one message, however long that takes.
async fn carry(owner: &Arc<Owner>, lane: &Lane, mut parcel: Parcel) {
    let mut wait = RETRY;
    while !owner.stopped.is_cancelled() {
        match try_carry(owner, &parcel.message).await {
            Ok(Carried::Again) => continue,
            Ok(Carried::Later) => {}
            Ok(_) => return,
            Err(error) => {
                let Message { id, to, .. } = &parcel.message;
                tracing::warn!(sender = %id.sender, workflow_id = %to.workflow_id, %error,
                    "a message between runs could not be delivered; trying again");
            }
        }
        parcel.page = None;
        owner.deliveries.hold_up_none(lane);
        owner.wait(wait).await;
        wait = (wait * 2).min(RETRY_MAX);
    }
}

/// Carries a message to its target, or back. Who has to wait for another attempt keeps no place from others.
async fn try_carry(owner: &Arc<Owner>, message: &Message) -> Result<Carried, LoadError> {
    let Ok(_place) = owner.deliveries.places.acquire().await else { return Ok(Carried::Later) };
    let carried = match &message.body {
        MessageBody::StartChild(start) => start_child(owner, message, start).await,
        _ => to_target(owner, message).await,
    };
    match carried {
        Ok(Carried::Refused(cause)) => give_back(owner, message, Some(cause)).await,
        Ok(Carried::TakenBefore) => give_back(owner, message, None).await,
        carried => carried,
    }
}

async fn to_target(owner: &Arc<Owner>, message: &Message) -> Result<Carried, LoadError> {
    let handle = match find(owner, &message.to).await? {
        Target::Open(handle) => handle,
        Target::Closed => return Ok(Carried::Refused(ExternalFailure::WorkflowClosed)),
        Target::Missing(cause) => return Ok(Carried::Refused(cause)),
    };
    if !fits(owner, &handle, &message.body).await? {
        return Ok(Carried::Refused(ExternalFailure::BadArguments));
    }
    Ok(match owner.ask(&handle, |reply| Post::Delivery(Box::new(message.clone()), reply)).await {
        Some(Ok(Ok(Accepted::Duplicate))) if matches!(message.body, MessageBody::Cancel { .. }) => {
            Carried::TakenBefore
        }
        Some(Ok(Ok(_))) => Carried::Done,
        Some(Ok(Err(Refusal::Continued(_)))) if message.to.run_id.is_none() => {
            owner.all_decided(&handle).await;
            Carried::Again
        }
        Some(Ok(Err(refusal))) => Carried::Refused(cause(&refusal)),
        None => Carried::Again,
        Some(Err(_)) => Carried::Later,
    })
}

/// Whether a message has the arguments that its target declares; one that has not would park it.
async fn fits(owner: &Owner, handle: &RunHandle, body: &MessageBody) -> Result<bool, LoadError> {
    let MessageBody::Signal { name, input, .. } = body else { return Ok(true) };
    let workflow_type = &handle.info.started.workflow_type;
    let callee = Callee { module: handle.module.digest(), workflow_type, call: Call::Signal(name) };
    match owner.modules.check_arguments(callee, input).await {
        Ok(()) => Ok(true),
        Err(BadArguments::Unfit(_)) => Ok(false),
        Err(BadArguments::Unknown(error)) => Err(error.into()),
    }
}

fn cause(refusal: &Refusal) -> ExternalFailure {
    match refusal {
        Refusal::NotAChild => ExternalFailure::NotAChild,
        Refusal::TooManySignals(_) | Refusal::TooManySignalBytes(_) | Refusal::HistoryFull => {
            ExternalFailure::SignalLimit
        }
        Refusal::Closed(_)
        | Refusal::Continued(_)
        | Refusal::TooManyUpdates(_)
        | Refusal::TooManyUpdatesInFlight(_)
        | Refusal::MovedOn(_)
        | Refusal::StaleAttempt => ExternalFailure::WorkflowClosed,
    }
}

/// Tells the sender of a message what became of it. If nobody is there to hear it, the message is gone.
async fn give_back(
    owner: &Arc<Owner>,
    message: &Message,
    cause: Option<ExternalFailure>,
) -> Result<Carried, LoadError> {
    let sender = match &message.body {
        MessageBody::StartChild(start) => &start.parent,
        MessageBody::Signal { sender, .. }
        | MessageBody::Cancel { sender, .. }
        | MessageBody::ParentClosed { sender, .. } => sender,
        MessageBody::ChildStarted { .. } | MessageBody::ChildClosed { .. } | MessageBody::Taken { .. } => {
            return discard(owner, message).await;
        }
    };
    let Target::Open(handle) = find(owner, &sender.address()).await? else {
        return discard(owner, message).await;
    };
    let back = |reply| Post::Back(Box::new(message.clone()), cause, reply);
    match owner.ask(&handle, back).await {
        Some(Ok(Ok(_))) => Ok(Carried::Done),
        Some(Ok(Err(_))) => discard(owner, message).await,
        None => Ok(Carried::Again),
        Some(Err(_)) => Ok(Carried::Later),
    }
}

async fn discard(owner: &Arc<Owner>, message: &Message) -> Result<Carried, LoadError> {
    owner.store.discard(&message.id).await?;
    Ok(Carried::Done)
}

/// The run that an address means.
async fn find(owner: &Arc<Owner>, to: &Address) -> Result<Target, LoadError> {
    let open = owner.find_open(&to.namespace, &to.workflow_id).await?;
    match (open, &to.run_id) {
        (Some(handle), None) => return Ok(Target::Open(handle)),
        (Some(handle), Some(run_id)) if handle.key.run_id == *run_id => return Ok(Target::Open(handle)),
        _ => {}
    }
    let known = match &to.run_id {
        Some(run_id) => {
            let (namespace, workflow_id) = (to.namespace.clone(), to.workflow_id.clone());
            owner.store.run(&RunKey { namespace, workflow_id, run_id: run_id.clone() }).await?
        }
        None => owner.store.newest_run(&to.namespace, &to.workflow_id).await?,
    };
    if known.is_some() {
        return Ok(Target::Closed);
    }
    let missing = match owner.store.namespace_exists(&to.namespace).await? {
        true => ExternalFailure::WorkflowNotFound,
        false => ExternalFailure::NamespaceNotFound,
    };
    Ok(Target::Missing(missing))
}

/// Begins a child. The message is gone with its first step.
async fn start_child(
    owner: &Arc<Owner>,
    message: &Message,
    start: &StartChild,
) -> Result<Carried, LoadError> {
    let initiated = &start.initiated;
    let (namespace, workflow_id) = (&initiated.namespace, &initiated.workflow_id);
    if *namespace != start.parent.namespace && !owner.store.namespace_exists(namespace).await? {
        return Ok(Carried::Refused(ExternalFailure::NamespaceNotFound));
    }
    let policy = initiated.module_policy;
    let module = match owner.module_after(namespace, &initiated.workflow_type, policy, &start.module).await {
        Ok(module) => module,
        Err(NoModule::UnknownType(_)) => {
            return Ok(Carried::Refused(ExternalFailure::WorkflowTypeNotFound));
        }
        Err(NoModule::Load(error)) if error.is_unavailable() => return Err(error),
        Err(NoModule::Load(error)) => {
            tracing::error!(%workflow_id, %error, "a child cannot be started");
            return Ok(Carried::Refused(ExternalFailure::ModuleUnusable));
        }
    };
    let alone = owner.alone(namespace, workflow_id).await;
    if let Some(taken) = taken(owner, start).await? {
        return Ok(taken);
    }
    let run = Run::start_child(&message.id, start, module.digest().clone(), owner.clock.now());
    let handle = Arc::new(begin::new_run(module, run)?);
    owner.registry.insert(handle.clone());
    drop(alone);
    owner.metrics.runs_started.inc();
    Ok(match owner.ask(&handle, Post::Barrier).await {
        Some(Ok(_)) => Carried::Done,
        Some(Err(Lost::WorkflowIdTaken)) => Carried::Refused(ExternalFailure::WorkflowAlreadyRunning),
        // Somebody has ended it meanwhile; its end is durable, and so is its start.
        None if handle.is_stored() => Carried::Done,
        None => Carried::Again,
        Some(Err(Lost::Refused(_))) => Carried::Refused(ExternalFailure::ModuleUnusable),
        Some(Err(Lost::NotOwner)) => Carried::Later,
    })
}

/// What is there under the child's workflow id, if that cannot be used: the child itself, or another run.
async fn taken(owner: &Arc<Owner>, start: &StartChild) -> Result<Option<Carried>, StoreError> {
    let initiated = &start.initiated;
    if let Some(handle) = owner.registry.get(&initiated.namespace, &initiated.workflow_id) {
        // What memory knows of it has to be durable before the store is asked.
        let _ = owner.ask(&handle, Post::Barrier).await;
    }
    let newest = owner.store.newest_run(&initiated.namespace, &initiated.workflow_id).await?;
    if newest.is_some() && owner.store.run(&first_run(initiated)).await?.is_some() {
        // It began when this was carried before, and so the message is gone.
        return Ok(Some(Carried::Done));
    }
    let taken = newest.and_then(|newest| match (newest.status, initiated.id_reuse_policy) {
        (Status::Running, _) => Some(ExternalFailure::WorkflowAlreadyRunning),
        (_, IdReusePolicy::Reject) => Some(ExternalFailure::WorkflowIdReused),
        (Status::Completed, IdReusePolicy::FailedOnly) => Some(ExternalFailure::WorkflowIdReused),
        (_, IdReusePolicy::Allow | IdReusePolicy::FailedOnly) => None,
    });
    Ok(taken.map(Carried::Refused))
}

fn first_run(child: &ChildInitiated) -> RunKey {
    RunKey {
        namespace: child.namespace.clone(),
        workflow_id: child.workflow_id.clone(),
        run_id: child.run_id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn lane(target: &str) -> Lane {
        (RunId::new("sender"), Namespace::new("default"), WorkflowId::new(target))
    }

    fn parcel(event: u64, page: &mpsc::Sender<Infallible>) -> Parcel {
        let (namespace, workflow_id) = (Namespace::new("default"), WorkflowId::new("target"));
        let message = Message {
            id: MessageId { sender: RunId::new("sender"), event, kind: 7 },
            to: Address { namespace, workflow_id, run_id: None },
            body: MessageBody::Taken { operation: event },
        };
        Parcel { message, page: Some(page.clone()) }
    }

    #[test]
    fn a_page_is_done_once_each_of_its_messages_is_carried_or_stands_still() {
        let deliveries = Deliveries::new();
        let (page, mut carried) = mpsc::channel(1);
        for event in 1..=3 {
            deliveries.push(&lane("fast"), parcel(event, &page));
            deliveries.push(&lane("stuck"), parcel(event, &page));
        }
        drop(page);
        while let Some(parcel) = deliveries.next(&lane("fast")) {
            assert_eq!(carried.recv().now_or_never(), None, "{:?} is not carried yet", parcel.message.id);
        }
        let first = deliveries.next(&lane("stuck")).map(|parcel| parcel.message.id.event);
        assert_eq!(carried.recv().now_or_never(), None, "others of the lane wait");
        deliveries.hold_up_none(&lane("stuck"));
        assert_eq!(carried.recv().now_or_never(), Some(None));
        let rest =
            std::iter::from_fn(|| deliveries.next(&lane("stuck"))).map(|parcel| parcel.message.id.event);
        assert_eq!(first.into_iter().chain(rest).collect::<Vec<_>>(), [1, 2, 3], "nothing is forgotten");
    }
}
