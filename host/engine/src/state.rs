//! A run as its history tells it: a fold over events.
//!
//! **Invariant:** nothing but `State::apply` and `State::activated` changes what is known of the past,
//! so a state built from a stored history equals the one that was there when it was written.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use crate::{
    Failure, Payload,
    attributes::Attributes,
    event::{ChildInitiated, EventAttributes as E, Marker, WorkflowExecutionStarted},
    failure::{FailureKind, RetryState, TimeoutKind},
    guest::{ContinueAsNewReason, GuestEvent, Request, Shown},
    history::{ENGINE_SEMANTICS, Transition},
    ids::{ActivityId, EventId, Operation, RequestId, RunId},
    limits,
    machines::{
        Next, activity::PendingActivity, child::PendingChild, external::PendingExternal, timer::PendingTimer,
    },
    time::Timestamp,
};

pub use crate::status::Status;

/// An operation without an outcome.
#[derive(Debug, Clone, PartialEq)]
pub enum Pending {
    /// Work outside.
    Activity(PendingActivity),
    /// A wait.
    Timer(PendingTimer),
    /// The start of the child with this `closed` operation.
    ChildStart(Operation),
    /// A child.
    Child(PendingChild),
    /// Something asked of another run.
    External(PendingExternal),
}

/// A history that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the history is damaged at event {event_id}: {problem}")]
pub struct BadHistory {
    /// The first event that does not fit.
    pub event_id: EventId,
    /// Why not.
    pub problem: String,
}

/// A run as its history tells it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    /// How it began; absent before the first event.
    pub started: Option<Arc<WorkflowExecutionStarted>>,
    /// When it began.
    pub start_time: Timestamp,
    /// How it stands.
    pub status: Status,
    /// When it closed.
    pub close_time: Option<Timestamp>,
    /// The closing event, for who asks for the result.
    pub outcome: Option<Result<Option<Payload>, Failure>>,
    /// Of the last transition.
    pub time: Timestamp,
    /// Events so far.
    pub events: EventId,
    /// Bytes stored so far.
    pub bytes: u64,
    /// Activations so far.
    pub activations: u64,
    /// Operations so far.
    pub operations: Operation,
    /// Those without an outcome.
    pub pending: BTreeMap<Operation, Pending>,
    /// How many of those are activities.
    pub pending_activities: usize,
    /// How many of these run beside the workflow.
    pub pending_locals: usize,
    /// Whether cancelling was asked for.
    pub cancel_requested: bool,
    /// What was said of why, for people.
    pub cancel_reason: String,
    /// Signals so far.
    pub signals: u64,
    /// Their bytes, with those of the signals that the run was started with.
    pub signal_bytes: usize,
    /// Inputs that no activation has delivered.
    pub undelivered: Vec<GuestEvent>,
    /// Updates so far: whether each has its outcome.
    pub updates: BTreeMap<String, bool>,
    /// How many of them have none.
    pub updates_in_flight: usize,
    /// Children that are not known to have ended, by their `closed` operation; those too that the guest has given up.
    pub children: BTreeMap<Operation, Arc<ChildInitiated>>,
    /// What it can be found by, and what is noted of it.
    pub attributes: Arc<Attributes>,
    /// Which way it went where the code was changed.
    pub markers: BTreeMap<String, Marker>,
    /// The run in which it goes on.
    pub successor: Option<RunId>,
    /// Why it is not tried again, or that it is.
    pub retry_state: RetryState,
    /// When pending operations fire or expire.
    pub(crate) deadlines: BTreeSet<(Timestamp, Operation)>,
    /// Request ids of the last signals.
    pub(crate) signal_ids: VecDeque<RequestId>,
    pub(crate) activity_ids: BTreeSet<ActivityId>,
}

impl State {
    /// The state after these transitions, each with the bytes it takes up in the store.
    ///
    /// # Errors
    /// [`BadHistory`]: events are missing, or do not fit what came before.
    pub fn fold<'a>(
        transitions: impl IntoIterator<Item = (&'a Transition, usize)>,
    ) -> Result<Self, BadHistory> {
        let mut state = Self::default();
        for (transition, bytes) in transitions {
            state.begin(transition)?;
            state.apply_all(&transition.inputs)?;
            if transition.activated.is_some() {
                state.activated();
            }
            state.apply_all(&transition.commands)?;
            state.bytes += bytes as u64;
        }
        Ok(state)
    }

    /// Takes the time of a stored transition, which has to be the next one.
    pub(crate) fn begin(&mut self, transition: &Transition) -> Result<(), BadHistory> {
        if transition.first_event_id != self.events + 1 {
            return Err(self.bad(format!("the next transition begins at {}", transition.first_event_id)));
        }
        if transition.time < self.time {
            return Err(self.bad("its time is before that of the event before it".to_owned()));
        }
        if transition.activation != self.activations + 1 {
            return Err(self.bad(format!("it belongs to activation {}", transition.activation)));
        }
        let (inputs, commands) = (&transition.inputs, &transition.commands);
        if inputs.is_empty() && commands.is_empty() {
            return Err(self.bad("a transition without events stands there".to_owned()));
        }
        if inputs.iter().any(E::is_command) || !commands.iter().all(E::is_command) {
            return Err(self.bad("inputs and commands are mixed up".to_owned()));
        }
        if transition.activated.is_none() && !commands.is_empty() {
            return Err(self.bad("there are commands without an activation".to_owned()));
        }
        self.time = transition.time;
        Ok(())
    }

    /// Counts an activation, and takes the inputs it delivers.
    pub(crate) fn activated(&mut self) -> Vec<GuestEvent> {
        self.activations += 1;
        std::mem::take(&mut self.undelivered)
    }

    pub(crate) fn apply_all(&mut self, events: &[E]) -> Result<(), BadHistory> {
        events.iter().try_for_each(|event| self.apply(event))
    }

    /// What the next activation tells the guest of its history.
    pub(crate) fn shown(&self) -> Shown {
        let reasons = [
            (self.events >= limits::HISTORY_EVENTS_SUGGEST, ContinueAsNewReason::HistoryEvents),
            (self.bytes >= limits::HISTORY_BYTES_SUGGEST, ContinueAsNewReason::HistoryBytes),
            (self.updates.len() >= limits::UPDATES_SUGGEST, ContinueAsNewReason::Updates),
        ];
        Shown {
            history_events: self.events,
            history_bytes: self.bytes,
            continue_as_new: reasons
                .into_iter()
                .filter_map(|(holds, reason)| holds.then_some(reason))
                .collect(),
        }
    }

    /// Whether nothing can happen any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.status != Status::Running
    }

    /// Whether a signal with this request id is among those the run remembers.
    #[must_use]
    pub fn has_taken_signal(&self, request_id: &RequestId) -> bool {
        self.signal_ids.contains(request_id)
    }

    /// When the time of the run, or that of its chain, is up.
    #[must_use]
    pub fn run_expires(&self) -> Option<Timestamp> {
        let started = self.started.as_ref()?;
        let run = started.run_timeout.map(|limit| self.first_activation_at().plus(limit));
        [run, self.execution_expires()].into_iter().flatten().min()
    }

    /// When the time of the whole chain is up.
    #[must_use]
    pub fn execution_expires(&self) -> Option<Timestamp> {
        let started = self.started.as_ref()?;
        let own = || started.execution_timeout.map(|limit| self.first_activation_at().plus(limit));
        started.origin.execution_expires.or_else(own)
    }

    /// The start delay's end.
    #[must_use]
    pub fn first_activation_at(&self) -> Timestamp {
        let delay = self.started.as_ref().and_then(|started| started.start_delay);
        self.start_time.plus(delay.unwrap_or_default())
    }

    /// The next event, as a place in the history.
    fn bad(&self, problem: String) -> BadHistory {
        BadHistory { event_id: self.events + 1, problem }
    }

    /// One event further: the one place where a run changes.
    pub(crate) fn apply(&mut self, event: &E) -> Result<(), BadHistory> {
        self.check_place(event)?;
        match event {
            E::WorkflowExecutionStarted(started) => self.start(started)?,
            E::WorkflowExecutionSignaled { signal_name, input, headers, request_id } => {
                let id = self.signalled(request_id.as_ref());
                let (name, input, headers) = (signal_name.clone(), input.clone(), headers.clone());
                self.take_signal(Request { id, name, input, headers });
            }
            E::WorkflowExecutionCancelRequested { reason, .. } => {
                self.cancel_requested = true;
                self.cancel_reason.clone_from(reason);
                self.undelivered.push(GuestEvent::CancelRequested(reason.clone()));
            }
            E::WorkflowExecutionTerminated { reason } => {
                self.close(Status::Terminated, Err(Failure::new(reason, FailureKind::Terminated {})));
            }
            E::WorkflowExecutionTimedOut { new_run_id, retry_state } => {
                (self.retry_state, self.successor) = (*retry_state, new_run_id.clone());
                let kind = TimeoutKind::StartToClose;
                self.close(Status::TimedOut, Err(Failure::timeout(kind, "the run exceeded its time limit")));
            }
            E::WorkflowExecutionCompleted { result } => self.close(Status::Completed, Ok(result.clone())),
            E::WorkflowExecutionFailed { failure, new_run_id, retry_state } => {
                (self.retry_state, self.successor) = (*retry_state, new_run_id.clone());
                self.close(Status::Failed, Err(failure.clone()));
            }
            E::WorkflowExecutionContinuedAsNew(next) => {
                self.successor = Some(next.new_run_id.clone());
                self.close(Status::ContinuedAsNew, Ok(None));
            }
            E::WorkflowExecutionCanceled { details } => {
                let kind = FailureKind::Cancelled { details: details.clone() };
                self.close(Status::Cancelled, Err(Failure::new("the workflow was cancelled", kind)));
            }
            E::ActivityTaskScheduled(scheduled) => {
                let activity = PendingActivity {
                    scheduled: scheduled.clone(),
                    scheduled_at: self.time,
                    cancel_requested: false,
                };
                self.start_operation(scheduled.operation, Pending::Activity(activity))?;
            }
            E::TimerStarted { operation, start_to_fire, summary } => {
                let timer = PendingTimer { due: self.time.plus(*start_to_fire), summary: summary.clone() };
                self.start_operation(*operation, Pending::Timer(timer))?;
            }
            E::ActivityTaskCompleted { operation, .. }
            | E::ActivityTaskFailed { operation, .. }
            | E::ActivityTaskTimedOut { operation, .. }
            | E::ActivityTaskCancelRequested { operation }
            | E::ActivityTaskCanceled { operation, .. }
            | E::TimerFired { operation }
            | E::TimerCanceled { operation } => self.step_operation(*operation, event)?,
            E::ActivationCompleted {} => {}
            E::WorkflowExecutionUpdateAccepted { update_id, name, input, headers } => {
                self.updates.insert(update_id.clone(), false);
                self.updates_in_flight += 1;
                let (id, name) = (update_id.clone(), name.clone());
                let (input, headers) = (input.clone(), headers.clone());
                self.undelivered.push(GuestEvent::UpdateAccepted(Request { id, name, input, headers }));
            }
            E::WorkflowExecutionUpdateCompleted { update_id, .. } => self.complete_update(update_id)?,
            E::StartChildWorkflowExecutionInitiated(initiated) => self.start_child(initiated)?,
            E::StartChildWorkflowExecutionFailed { operation, .. }
            | E::ChildWorkflowExecutionCompleted { operation, .. }
            | E::ChildWorkflowExecutionFailed { operation, .. }
            | E::ChildWorkflowExecutionCanceled { operation, .. }
            | E::ChildWorkflowExecutionTerminated { operation, .. }
            | E::ChildWorkflowExecutionTimedOut { operation, .. } => self.end_child(*operation, event)?,
            E::ChildWorkflowExecutionStarted { operation, .. }
            | E::ChildWorkflowExecutionCancelRequested { operation, .. } => {
                self.step_child(*operation, event)?;
            }
            E::SignalExternalWorkflowExecutionInitiated(signal) => {
                self.start_operation(signal.operation, Pending::External(PendingExternal::Signal))?;
            }
            E::RequestCancelExternalWorkflowExecutionInitiated { operation, .. } => {
                self.start_operation(*operation, Pending::External(PendingExternal::Cancel))?;
            }
            E::SignalExternalWorkflowExecutionFailed { operation, .. }
            | E::ExternalWorkflowExecutionSignaled { operation }
            | E::RequestCancelExternalWorkflowExecutionFailed { operation, .. }
            | E::ExternalWorkflowExecutionCancelRequested { operation } => {
                self.step_operation(*operation, event)?;
            }
            E::MarkerRecorded { marker } => {
                self.markers.insert(marker.id().to_owned(), marker.clone());
                Arc::make_mut(&mut self.attributes).add_change_version(marker.change_version());
            }
            E::UpsertWorkflowSearchAttributes { search_attributes } => {
                Arc::make_mut(&mut self.attributes).change_search_attributes(search_attributes);
            }
            E::WorkflowPropertiesModified { upserted_memo } => {
                Arc::make_mut(&mut self.attributes).change_memo(upserted_memo);
            }
        }
        self.events += 1;
        Ok(())
    }

    /// A run begins with its start, and after its end comes nothing.
    fn check_place(&self, event: &E) -> Result<(), BadHistory> {
        let first = matches!(event, E::WorkflowExecutionStarted(_));
        if first != (self.events == 0) {
            return Err(self.bad(format!("{} stands there", event.type_name())));
        }
        if self.is_closed() {
            return Err(self.bad(format!("{} follows the end of the run", event.type_name())));
        }
        Ok(())
    }

    fn start(&mut self, started: &Arc<WorkflowExecutionStarted>) -> Result<(), BadHistory> {
        if started.engine_semantics > ENGINE_SEMANTICS {
            let (theirs, ours) = (started.engine_semantics, ENGINE_SEMANTICS);
            return Err(self.bad(format!("it follows rules {theirs}, this host knows {ours} at most")));
        }
        self.start_time = self.time;
        self.started = Some(started.clone());
        self.signal_bytes = started.origin.carried_signals.iter().map(Request::size_bytes).sum();
        self.signal_ids = started.origin.signal_ids.iter().cloned().collect();
        self.attributes = Arc::new(Attributes {
            memo: started.memo.clone(),
            search_attributes: started.search_attributes.clone(),
        });
        self.undelivered.push(GuestEvent::Started(started.clone()));
        Ok(())
    }

    fn take_signal(&mut self, signal: Request) {
        self.signal_bytes += signal.size_bytes();
        self.undelivered.push(GuestEvent::Signalled(signal));
    }

    /// Counts a signal. Gives its id as the guest sees it.
    fn signalled(&mut self, request_id: Option<&RequestId>) -> String {
        self.signals += 1;
        let Some(id) = request_id else { return String::new() };
        if self.signal_ids.len() == limits::SIGNAL_REQUEST_IDS_MAX {
            self.signal_ids.pop_front();
        }
        self.signal_ids.push_back(id.clone());
        id.to_string()
    }

    fn complete_update(&mut self, update_id: &str) -> Result<(), BadHistory> {
        match self.updates.get_mut(update_id) {
            Some(completed @ false) => *completed = true,
            _ => return Err(self.bad(format!("the update `{update_id}` is not under way"))),
        }
        self.updates_in_flight -= 1;
        Ok(())
    }

    fn close(&mut self, status: Status, outcome: Result<Option<Payload>, Failure>) {
        self.status = status;
        self.close_time = Some(self.time);
        self.outcome = Some(outcome);
        self.pending.clear();
        self.pending_activities = 0;
        self.pending_locals = 0;
        self.activity_ids.clear();
        self.deadlines.clear();
        self.undelivered.clear();
    }

    fn start_operation(&mut self, operation: Operation, pending: Pending) -> Result<(), BadHistory> {
        if operation != self.operations + 1 {
            return Err(
                self.bad(format!("operation {operation} stands there, {} is the next", self.operations + 1))
            );
        }
        self.operations = operation;
        self.deadlines.extend(pending.deadline().map(|deadline| (deadline, operation)));
        if let Pending::Activity(activity) = &pending {
            self.pending_activities += 1;
            self.pending_locals += usize::from(activity.scheduled.is_local());
            self.activity_ids.insert(activity.scheduled.activity_id.clone());
        }
        self.pending.insert(operation, pending);
        Ok(())
    }

    fn start_child(&mut self, initiated: &Arc<ChildInitiated>) -> Result<(), BadHistory> {
        self.start_operation(initiated.started, Pending::ChildStart(initiated.closed))?;
        let child = PendingChild { initiated: initiated.clone(), run_id: None, cancel_requested: false };
        self.start_operation(initiated.closed, Pending::Child(child))?;
        self.children.insert(initiated.closed, initiated.clone());
        Ok(())
    }

    /// The end of a child. Nobody is told of one that was given up; its parent's end does not concern it any more.
    fn end_child(&mut self, closed: Operation, event: &E) -> Result<(), BadHistory> {
        let is_known = self.children.remove(&closed).is_some();
        if is_known && !self.pending.contains_key(&closed) {
            return Ok(());
        }
        self.step_child(closed, event)
    }

    /// What an event of a child does: its start is an operation of its own, resolved before its end.
    fn step_child(&mut self, closed: Operation, event: &E) -> Result<(), BadHistory> {
        let Some(Pending::Child(child)) = self.pending.get(&closed) else {
            return self.step_operation(closed, event);
        };
        let (started, outcome) = (child.initiated.started, child.start_outcome(event));
        if let Some(outcome) = outcome
            && self.pending.remove(&started).is_some()
        {
            self.undelivered.push(GuestEvent::Resumed { operation: started, outcome });
        }
        self.step_operation(closed, event)?;
        if !self.pending.contains_key(&closed) {
            self.pending.remove(&started);
        }
        Ok(())
    }

    fn step_operation(&mut self, operation: Operation, event: &E) -> Result<(), BadHistory> {
        let Some(pending) = self.pending.remove(&operation) else {
            return Err(
                self.bad(format!("{} of operation {operation}, which is not pending", event.type_name()))
            );
        };
        let next = match &pending {
            Pending::Activity(activity) => activity.next(event),
            Pending::Timer(timer) => timer.next(event),
            Pending::Child(child) => child.next(event),
            Pending::External(external) => external.next(event),
            Pending::ChildStart(_) => Next::Impossible,
        };
        let outcome = match next {
            Next::Pending(next) => {
                self.pending.insert(operation, next);
                return Ok(());
            }
            Next::Gone => None,
            Next::Resolved(outcome) => Some(outcome),
            Next::Impossible => {
                return Err(self.bad(format!("{} does not fit operation {operation}", event.type_name())));
            }
        };
        if let Some(deadline) = pending.deadline() {
            self.deadlines.remove(&(deadline, operation));
        }
        if let Pending::Activity(activity) = &pending {
            self.pending_activities -= 1;
            self.pending_locals -= usize::from(activity.scheduled.is_local());
            self.activity_ids.remove(&activity.scheduled.activity_id);
        }
        self.undelivered.extend(outcome.map(|outcome| GuestEvent::Resumed { operation, outcome }));
        Ok(())
    }
}

impl Pending {
    /// When it fires or expires.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Activity(activity) => activity.expires(),
            Self::Timer(timer) => Some(timer.due),
            Self::ChildStart(_) | Self::Child(_) | Self::External(_) => None,
        }
    }

    /// If it is an activity.
    #[must_use]
    pub fn as_activity(&self) -> Option<&PendingActivity> {
        match self {
            Self::Activity(activity) => Some(activity),
            _ => None,
        }
    }

    /// If it is a child.
    #[must_use]
    pub fn as_child(&self) -> Option<&PendingChild> {
        match self {
            Self::Child(child) => Some(child),
            _ => None,
        }
    }
}
