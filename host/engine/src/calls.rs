//! What a guest may ask for within an activation, checked as it asks.
//!
//! Live, a call becomes a command. Replayed, it is compared with the next command of the history, so a
//! divergence is found while the guest still stands at the line that diverged.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use crate::{
    attributes::Attributes,
    divergence::Divergence,
    event::{
        ActivityTaskScheduled, CancellationType, ChildCancellationType, EventAttributes, Marker,
        WorkflowExecutionStarted,
    },
    ids::{ActivityId, ActivityType, EventId, Operation, TaskQueue},
    limits,
    state::{Pending, State},
    time::Millis,
};

mod ask;
mod attributes;
mod children;
mod closing;
mod markers;
mod runs;
mod updates;

pub use ask::{CallError, ContinueAsNew, ScheduleActivity, StartChild};
pub(crate) use closing::{retry_state, retry_verdict, successor_id};

#[derive(Debug, Default)]
enum Mode {
    /// Nothing that changes the run may be asked for.
    #[default]
    ReadOnly,
    /// Calls become commands.
    Live,
    /// Calls are compared with the rest of these commands.
    Replay(VecDeque<EventAttributes>),
}

/// The guest's calls of one activation.
#[derive(Debug, Default)]
pub struct Calls {
    mode: Mode,
    state: Arc<State>,
    commands: Vec<EventAttributes>,
    bytes: usize,
    operations: Operation,
    /// Started in this activation and still pending.
    started: BTreeMap<Operation, Started>,
    /// Pending before this activation, and given up in it.
    gone: BTreeSet<Operation>,
    /// Asked to stop in this activation, and waited for.
    stopping: BTreeSet<Operation>,
    /// Taken in this activation.
    activity_ids: BTreeSet<ActivityId>,
    /// Known since this activation.
    markers: BTreeMap<String, Marker>,
    /// Patches and changes that the run was found to be without.
    without: BTreeSet<String>,
    /// Answered in this activation.
    updates: BTreeSet<String>,
    /// As this activation leaves them, if it has changed them.
    attributes: Option<Attributes>,
    closed: bool,
    divergence: Option<Divergence>,
}

#[derive(Debug, Clone, Copy)]
enum Started {
    Activity(CancellationType),
    Timer,
    ChildStart,
    Child { started: Operation, cancellation_type: ChildCancellationType },
    External,
}

/// What an activation came to.
pub(crate) struct Made {
    pub(crate) commands: Vec<EventAttributes>,
    /// Of the commands, near enough for limits.
    pub(crate) bytes: usize,
    pub(crate) divergence: Option<Divergence>,
    /// Patches and changes that the run was found to be without; for its next activation.
    pub(crate) without: BTreeSet<String>,
}

impl Calls {
    /// For queries and validators.
    #[must_use]
    pub fn read_only() -> Self {
        Self::default()
    }

    pub(crate) fn live(state: Arc<State>, without: BTreeSet<String>) -> Self {
        Self::over(state, without, Mode::Live)
    }

    pub(crate) fn replay(
        state: Arc<State>,
        without: BTreeSet<String>,
        commands: Vec<EventAttributes>,
    ) -> Self {
        Self::over(state, without, Mode::Replay(commands.into()))
    }

    fn over(state: Arc<State>, without: BTreeSet<String>, mode: Mode) -> Self {
        Self { mode, operations: state.operations, state, without, ..Self::default() }
    }

    /// The commands, and where the guest diverged, if it did.
    pub(crate) fn finish(mut self) -> Made {
        assert!(!matches!(self.mode, Mode::ReadOnly), "a guest kept the calls of its activation");
        self.skip_deprecated_patches(None);
        if let (Mode::Replay(expected), None) = (&mut self.mode, &self.divergence)
            && let Some(expected) = expected.pop_front()
        {
            self.divergence = Some(Divergence::new(self.next_event_id(), Some(expected), None));
        }
        let Self { commands, bytes, divergence, without, .. } = self;
        Made { commands, bytes, divergence, without }
    }

    /// Where the guest diverged from its history.
    #[must_use]
    pub fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    /// The place in the history of the next command.
    fn next_event_id(&self) -> EventId {
        self.state.events + 1 + self.commands.len() as u64
    }

    /// Schedules an activity.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn schedule_activity(&mut self, ask: ScheduleActivity) -> Result<Operation, CallError> {
        self.check_open("activities.schedule")?;
        let scheduled = self.activity(ask)?;
        let (operation, id) = (scheduled.operation, scheduled.activity_id.clone());
        let started = Started::Activity(scheduled.cancellation_type);
        self.issue("activities.schedule", EventAttributes::ActivityTaskScheduled(Arc::new(scheduled)))?;
        self.activity_ids.insert(id);
        self.start(operation, started);
        Ok(operation)
    }

    fn activity(&self, ask: ScheduleActivity) -> Result<ActivityTaskScheduled, CallError> {
        if ask.start_to_close.is_none() && ask.schedule_to_close.is_none() {
            let name = &ask.activity_type;
            return invalid(format!(
                "activity `{name}` has no time limit: set start_to_close or schedule_to_close"
            ));
        }
        let operation = self.next_operation()?;
        let retry_policy = ask.retry_policy.unwrap_or_default();
        retry_policy.check().or_else(invalid)?;
        let activity_id = ask.activity_id.unwrap_or_else(|| operation.to_string());
        let activity_id =
            ActivityId::parse(activity_id).or_else(|error| invalid(format!("activity id {error}")))?;
        if self.activity_ids.contains(&activity_id) || self.state.activity_ids.contains(&activity_id) {
            return invalid(format!("activity id `{activity_id}` is taken by a pending activity"));
        }
        let parse_queue =
            |name| TaskQueue::parse(name).or_else(|error| invalid(format!("task queue {error}")));
        Ok(ActivityTaskScheduled {
            operation,
            activity_id,
            activity_type: ActivityType::parse(ask.activity_type)
                .or_else(|error| invalid(format!("activity type {error}")))?,
            task_queue: ask.task_queue.map_or_else(|| Ok(self.task_queue()), parse_queue)?,
            input: ask.input,
            headers: ask.headers,
            schedule_to_close: ask.schedule_to_close,
            schedule_to_start: ask.schedule_to_start,
            start_to_close: ask.start_to_close,
            heartbeat: ask.heartbeat,
            retry_policy,
            cancellation_type: ask.cancellation_type,
            summary: ask.summary,
            local_retry_threshold: ask.local_retry_threshold,
        })
    }

    /// Cancels an activity. True: the guest hears nothing more of it.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn cancel_activity(&mut self, operation: Operation) -> Result<bool, CallError> {
        self.check_open("activities.cancel")?;
        let cancellation_type = match (self.started.get(&operation), self.before(operation)) {
            _ if self.stopping.contains(&operation) => return Ok(false),
            (Some(Started::Activity(cancellation_type)), _) => *cancellation_type,
            (None, Some(Pending::Activity(activity))) if activity.cancel_requested => return Ok(false),
            (None, Some(Pending::Activity(activity))) => activity.scheduled.cancellation_type,
            (None, None) => return self.no_longer_pending(operation),
            _ => return invalid(format!("operation {operation} is no activity")),
        };
        self.issue("activities.cancel", EventAttributes::ActivityTaskCancelRequested { operation })?;
        let waits = cancellation_type == CancellationType::Wait;
        if waits {
            self.stopping.insert(operation);
        } else {
            self.forget(operation);
        }
        Ok(!waits)
    }

    /// Starts a timer.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn start_timer(
        &mut self,
        start_to_fire: Millis,
        summary: Option<String>,
    ) -> Result<Operation, CallError> {
        self.check_open("timers.start")?;
        let operation = self.next_operation()?;
        self.issue("timers.start", EventAttributes::TimerStarted { operation, start_to_fire, summary })?;
        self.start(operation, Started::Timer);
        Ok(operation)
    }

    /// Cancels a timer. True: it will not fire.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn cancel_timer(&mut self, operation: Operation) -> Result<bool, CallError> {
        self.check_open("timers.cancel")?;
        match (self.started.get(&operation), self.before(operation)) {
            (Some(Started::Timer), _) | (None, Some(Pending::Timer(_))) => {}
            (None, None) => return self.no_longer_pending(operation),
            _ => return invalid(format!("operation {operation} is no timer")),
        }
        self.issue("timers.cancel", EventAttributes::TimerCanceled { operation })?;
        self.forget(operation);
        Ok(true)
    }

    fn task_queue(&self) -> TaskQueue {
        let started = self.state.started.as_ref();
        started.map_or_else(
            || TaskQueue::new(crate::ids::DEFAULT_TASK_QUEUE),
            |started| started.task_queue.clone(),
        )
    }

    /// What was pending before this activation and still is.
    fn before(&self, operation: Operation) -> Option<&Pending> {
        self.state.pending.get(&operation).filter(|_| !self.gone.contains(&operation))
    }

    /// The start of the run, which every activation follows.
    fn run(&self) -> Result<Arc<WorkflowExecutionStarted>, CallError> {
        let started = self.state.started.clone();
        started.ok_or_else(|| CallError::Invalid("the run has not started".to_owned()))
    }

    fn next_operation(&self) -> Result<Operation, CallError> {
        let pending = self.state.pending.len() - self.gone.len() + self.started.len();
        if pending >= limits::PENDING_OPERATIONS_MAX && !self.is_replay() {
            let max = limits::PENDING_OPERATIONS_MAX;
            return Err(CallError::Limit(format!(
                "the run has {max} pending operations; wait for some before starting more"
            )));
        }
        Ok(self.operations + 1)
    }

    fn no_longer_pending(&self, operation: Operation) -> Result<bool, CallError> {
        if operation == 0 || operation > self.operations {
            return invalid(format!("operation {operation} was never started"));
        }
        Ok(false)
    }

    fn start(&mut self, operation: Operation, started: Started) {
        self.operations = operation;
        self.started.insert(operation, started);
    }

    fn forget(&mut self, operation: Operation) {
        if self.started.remove(&operation).is_none() {
            self.gone.insert(operation);
        }
    }

    /// Limits are for what is new: what the history has was allowed when it was written.
    fn is_replay(&self) -> bool {
        matches!(self.mode, Mode::Replay(_))
    }

    /// Whether anything may be asked for.
    fn check_open(&self, call: &'static str) -> Result<(), CallError> {
        if matches!(self.mode, Mode::ReadOnly) {
            return Err(CallError::ReadOnly(call));
        }
        if self.divergence.is_some() {
            return Err(CallError::Diverged);
        }
        Ok(())
    }

    /// Takes one command, or compares it.
    fn issue(&mut self, call: &'static str, event: EventAttributes) -> Result<(), CallError> {
        self.check_open(call)?;
        if self.closed {
            return invalid(format!("`{call}` was called after the run was closed"));
        }
        if !self.is_replay() {
            self.check_size(&event)?;
        }
        self.skip_deprecated_patches(Some(&event));
        let event_id = self.next_event_id();
        let Mode::Replay(expected) = &mut self.mode else {
            self.commands.push(event);
            return Ok(());
        };
        match expected.pop_front() {
            Some(expected) if expected.is_repeated_by(&event) => {
                self.commands.push(expected);
                Ok(())
            }
            expected => {
                self.divergence = Some(Divergence::new(event_id, expected, Some(event)));
                Err(CallError::Diverged)
            }
        }
    }

    fn check_size(&mut self, event: &EventAttributes) -> Result<(), CallError> {
        if self.commands.len() >= limits::COMMANDS_PER_ACTIVATION_MAX {
            let max = limits::COMMANDS_PER_ACTIVATION_MAX;
            return Err(CallError::Limit(format!("one activation gave more than {max} commands")));
        }
        self.bytes += event.text_bytes();
        let mut largest = 0;
        event.for_each_payload(&mut |payload| {
            self.bytes += payload.size_bytes();
            largest = largest.max(payload.size_bytes());
        });
        if largest > limits::PAYLOAD_BYTES_MAX {
            let max = limits::PAYLOAD_BYTES_MAX;
            return Err(CallError::Limit(format!(
                "a payload of {} has {largest} bytes, {max} are allowed: keep large values elsewhere and pass a reference",
                event.type_name()
            )));
        }
        if self.bytes > limits::TRANSITION_BYTES_MAX {
            let max = limits::TRANSITION_BYTES_MAX;
            return Err(CallError::Limit(format!(
                "the commands of one activation have more than {max} bytes"
            )));
        }
        Ok(())
    }
}

fn invalid<T>(message: String) -> Result<T, CallError> {
    Err(CallError::Invalid(message))
}
