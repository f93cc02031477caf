//! One run, live: it takes inputs, activates its guest, and says what is to be stored and done.
//!
//! Its owner lets it take turns. A turn begins with [`Run::tick`], goes on with [`Run::accept`] and
//! [`Run::attempt_ended`], then [`Run::activate`] if [`Run::is_ready`], and ends with [`Run::settle`], which
//! gives one [`Step`].
//!
//! **Invariant:** time moves only in [`Run::tick`], so all of a turn has the time its transition records.

use crate::{
    Failure, Headers, Payload,
    attempts::{
        ActivityRow, ActivityTask, AttemptResult, Attempts, RowChange, RowState, lost_with_host,
    },
    calls::Calls,
    event::EventAttributes as E,
    failure::{FailureKind, RetryState, TimeoutKind},
    guest::{Activation, ActivationError, Guest, Shown},
    history::Transition,
    ids::{Operation, RequestId},
    limits,
    machines::activity::PendingActivity,
    retry::{self, FailedAttempt, Verdict},
    state::{BadHistory, Pending, State, Status},
    time::Timestamp,
    trouble::{Blocked, Trouble},
};

/// Something from outside for a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A message.
    Signal {
        /// The handler.
        name: String,
        /// The arguments.
        input: Vec<Payload>,
        /// Context from the sender.
        headers: Headers,
        /// The client's mark on the request.
        request_id: Option<RequestId>,
    },
    /// A request to stop.
    Cancel {
        /// For people.
        reason: String,
        /// The client's mark on the request.
        request_id: Option<RequestId>,
    },
    /// An order to stop.
    Terminate {
        /// For people.
        reason: String,
    },
}

/// What became of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is in the next step.
    New,
    /// It was there before.
    Duplicate,
}

/// Why an input is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The run has ended.
    #[error("the run is closed")]
    Closed(Status),
    /// [`limits::SIGNALS_PER_RUN_MAX`].
    #[error("the run has taken {0} signals, which is the limit; continue as new to take more")]
    TooManySignals(u64),
    /// The attempt is not the one under way.
    #[error("the activity attempt is not under way any more")]
    StaleAttempt,
}

/// What is to be done once a step is durable.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Make an attempt.
    Dispatch(ActivityTask),
    /// Tell an attempt to stop.
    CancelActivity(Operation),
}

/// What a run looks like from outside; stored whenever it changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// How it stands.
    pub status: Status,
    /// When it closed.
    pub close_time: Option<Timestamp>,
    /// When an owner has to look at it; [`Timestamp::MIN`] while it has work that only memory holds.
    pub wake_at: Option<Timestamp>,
    /// Why it is parked.
    pub blocked: Option<Blocked>,
}

/// What one turn of a run stores and does. Once the run is closed, all its attempts are to be told to stop.
#[derive(Debug)]
pub struct Step {
    /// New events, if any.
    pub transition: Option<Transition>,
    /// New attempts, if any.
    pub rows: Vec<RowChange>,
    /// What the run looks like afterwards.
    pub summary: Summary,
    /// What is to be done once the rest is durable.
    pub effects: Vec<Effect>,
}

/// One run, live.
#[derive(Debug, Default)]
pub struct Run {
    state: State,
    /// Accepted and not stored.
    fresh: Vec<E>,
    /// The activation to be stored.
    activated: Option<(Shown, Vec<E>)>,
    attempts: Attempts,
    effects: Vec<Effect>,
    trouble: Trouble,
}

impl Run {
    /// A new run, with its first input.
    ///
    /// # Panics
    /// If a fresh state does not take a start, which is its first event.
    #[must_use]
    pub fn start(started: crate::event::WorkflowExecutionStarted, now: Timestamp) -> Self {
        let mut run = Self {
            state: State {
                time: now,
                ..State::default()
            },
            ..Self::default()
        };
        run.record(E::WorkflowExecutionStarted(started.into()));
        run
    }

    /// A run taken over from the store.
    #[must_use]
    pub fn take_over(
        state: State,
        rows: Vec<ActivityRow>,
        blocked: Option<Blocked>,
        now: Timestamp,
    ) -> Self {
        let mut run = Self {
            state,
            trouble: Trouble::taken_over(blocked),
            ..Self::default()
        };
        run.state.time = run.state.time.max(now);
        run.recover(rows);
        run
    }

    /// What the history tells.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Why it makes no progress, if so.
    #[must_use]
    pub fn trouble(&self) -> &Trouble {
        &self.trouble
    }

    /// What the store remembers of an activity's attempts.
    #[must_use]
    pub fn attempt(&self, operation: Operation) -> Option<&ActivityRow> {
        self.attempts.get(operation)
    }

    /// Takes an input.
    ///
    /// # Errors
    /// [`Refusal`]; nothing has changed.
    pub fn accept(&mut self, input: Input) -> Result<Accepted, Refusal> {
        match input {
            Input::Signal {
                request_id: Some(id),
                ..
            } if self.state.signal_ids.contains(&id) => {
                return Ok(Accepted::Duplicate);
            }
            _ if self.state.is_closed() => return Err(Refusal::Closed(self.state.status)),
            Input::Signal { .. } if self.state.signals >= limits::SIGNALS_PER_RUN_MAX => {
                return Err(Refusal::TooManySignals(self.state.signals));
            }
            Input::Signal {
                name,
                input,
                headers,
                request_id,
            } => {
                self.record(E::WorkflowExecutionSignaled {
                    signal_name: name,
                    input,
                    headers,
                    request_id,
                });
            }
            Input::Cancel { .. } if self.state.cancel_requested => return Ok(Accepted::Duplicate),
            Input::Cancel { reason, request_id } => {
                self.record(E::WorkflowExecutionCancelRequested { reason, request_id });
            }
            Input::Terminate { reason } => self.close(E::WorkflowExecutionTerminated { reason }),
        }
        Ok(Accepted::New)
    }

    /// Takes the end of an attempt: the activity's outcome, or another attempt.
    ///
    /// # Errors
    /// [`Refusal::StaleAttempt`]: it is not the one under way; nothing has changed.
    pub fn attempt_ended(
        &mut self,
        operation: Operation,
        attempt: u32,
        result: AttemptResult,
    ) -> Result<(), Refusal> {
        let activity = self.under_way(operation, attempt)?.clone();
        match result {
            AttemptResult::Completed(result) => {
                self.attempts.delete(operation);
                self.record(E::ActivityTaskCompleted {
                    operation,
                    result,
                    attempt,
                });
            }
            AttemptResult::Failed(failure) => self.attempt_failed(&activity, attempt, failure),
        }
        Ok(())
    }

    fn under_way(&self, operation: Operation, attempt: u32) -> Result<&PendingActivity, Refusal> {
        let current = match self.attempts.get(operation) {
            None => 1,
            Some(row) => row.attempt,
        };
        match self.state.pending.get(&operation) {
            Some(Pending::Activity(activity)) if attempt == current => Ok(activity),
            _ => Err(Refusal::StaleAttempt),
        }
    }

    fn attempt_failed(&mut self, activity: &PendingActivity, attempt: u32, failure: Failure) {
        let operation = activity.scheduled.operation;
        if activity.cancel_requested {
            let details = match failure.kind {
                FailureKind::Cancelled { details } => details,
                _ => Vec::new(),
            };
            self.attempts.delete(operation);
            return self.record(E::ActivityTaskCanceled { operation, details });
        }
        let failed = FailedAttempt {
            attempt,
            failure: &failure,
            now: self.state.time,
            expires: activity.expires(),
        };
        match retry::decide(&activity.scheduled.retry_policy, failed) {
            Verdict::Retry(at) => self.attempts.put(ActivityRow {
                operation,
                attempt: attempt + 1,
                state: RowState::Waiting(at),
                last_failure: Some(failure),
            }),
            Verdict::Stop(retry_state) => {
                self.activity_failed(operation, failure, attempt, retry_state)
            }
        }
    }

    fn activity_failed(
        &mut self,
        operation: Operation,
        failure: Failure,
        attempt: u32,
        retry_state: RetryState,
    ) {
        self.attempts.delete(operation);
        let timed_out = matches!(failure.kind, FailureKind::Timeout { .. });
        self.record(if timed_out {
            E::ActivityTaskTimedOut {
                operation,
                failure,
                attempt,
                retry_state,
            }
        } else {
            E::ActivityTaskFailed {
                operation,
                failure,
                attempt,
                retry_state,
            }
        });
    }

    /// Says that an attempt is about to begin; to be stored first.
    ///
    /// # Errors
    /// [`Refusal::StaleAttempt`]: it is not to begin any more.
    pub fn grant(&mut self, operation: Operation, attempt: u32) -> Result<(), Refusal> {
        self.under_way(operation, attempt)?;
        let last_failure = self
            .attempts
            .get(operation)
            .and_then(|row| row.last_failure.clone());
        self.attempts.put(ActivityRow {
            operation,
            attempt,
            state: RowState::Granted,
            last_failure,
        });
        Ok(())
    }

    /// Says that an attempt has not begun and will not, because the host stops.
    ///
    /// # Errors
    /// [`Refusal::StaleAttempt`]: it is not to begin any more.
    pub fn not_started(&mut self, operation: Operation, attempt: u32) -> Result<(), Refusal> {
        self.under_way(operation, attempt)?;
        let last_failure = self
            .attempts
            .get(operation)
            .and_then(|row| row.last_failure.clone());
        self.attempts.put(ActivityRow {
            operation,
            attempt,
            state: RowState::Waiting(self.state.time),
            last_failure,
        });
        Ok(())
    }

    /// Decides on the activities found pending at a take-over.
    fn recover(&mut self, rows: Vec<ActivityRow>) {
        rows.into_iter().for_each(|row| self.attempts.remember(row));
        let activities: Vec<PendingActivity> = self
            .state
            .pending
            .values()
            .filter_map(Pending::as_activity)
            .cloned()
            .collect();
        for activity in activities {
            let operation = activity.scheduled.operation;
            match self
                .attempts
                .get(operation)
                .map(|row| (row.attempt, row.state))
            {
                Some((_, RowState::Waiting(_))) => {}
                Some((attempt, RowState::Granted)) => {
                    self.attempt_failed(&activity, attempt, lost_with_host())
                }
                None if activity.scheduled.retry_policy.maximum_attempts == 1 => {
                    let task = self.task(&activity);
                    self.effects.push(Effect::Dispatch(task));
                }
                None => self.attempt_failed(&activity, 1, lost_with_host()),
            }
        }
    }

    /// Begins a turn: timers fire, activities and the run itself expire, waiting attempts begin.
    pub fn tick(&mut self, now: Timestamp) {
        self.state.time = self.state.time.max(now);
        let now = self.state.time;
        if self.state.is_closed() {
            return;
        }
        if self
            .state
            .run_expires()
            .is_some_and(|expires| expires <= now)
        {
            return self.close(E::WorkflowExecutionTimedOut {
                retry_state: RetryState::RetryPolicyNotSet,
            });
        }
        while let Some(&(at, operation)) = self.state.deadlines.first()
            && at <= now
        {
            self.expire(operation);
        }
        for operation in self.attempts.take_due(now) {
            self.begin_attempt(operation);
        }
    }

    fn begin_attempt(&mut self, operation: Operation) {
        match self
            .state
            .pending
            .get(&operation)
            .and_then(Pending::as_activity)
            .cloned()
        {
            Some(activity) if activity.cancel_requested => {
                self.attempts.delete(operation);
                self.record(E::ActivityTaskCanceled {
                    operation,
                    details: Vec::new(),
                });
            }
            Some(activity) => {
                let task = self.task(&activity);
                self.effects.push(Effect::Dispatch(task));
            }
            None => {}
        }
    }

    fn expire(&mut self, operation: Operation) {
        match self.state.pending.get(&operation) {
            Some(Pending::Timer(_)) => self.record(E::TimerFired { operation }),
            Some(Pending::Activity(_)) => {
                let row = self.attempts.get(operation);
                let attempt = row.map_or(1, |row| row.attempt);
                let mut failure = Failure::timeout(
                    TimeoutKind::ScheduleToClose,
                    "the activity was not done in time",
                );
                failure.cause = row.and_then(|row| row.last_failure.clone()).map(Box::new);
                self.effects.push(Effect::CancelActivity(operation));
                self.activity_failed(operation, failure, attempt, RetryState::Timeout);
            }
            None => {}
        }
    }

    /// Whether an activation is to be made now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.next_activation()
            .is_some_and(|at| at <= self.state.time)
    }

    /// When the next activation is to be made, if inputs wait for one.
    fn next_activation(&self) -> Option<Timestamp> {
        if self.state.is_closed() || self.state.undelivered.is_empty() {
            return None;
        }
        Some(
            self.trouble
                .next_activation()?
                .max(self.state.first_activation_at()),
        )
    }

    /// Makes an activation: delivers all that is undelivered.
    ///
    /// # Errors
    /// The guest failed and has to be dropped; its inputs are kept, and the run tries again or is blocked.
    pub fn activate(&mut self, guest: &mut dyn Guest) -> Result<(), ActivationError> {
        let shown = self.state.shown();
        let activation = Activation {
            number: self.state.activations + 1,
            time: self.state.time,
            replaying: false,
            shown: shown.clone(),
            events: self.state.undelivered.clone(),
        };
        let mut calls = Calls::live(std::mem::take(&mut self.state));
        let result = guest.activate(&activation, &mut calls);
        let (state, commands, _) = calls.finish();
        self.state = state;
        if let Err(error) = result {
            self.trouble.failed(error.clone(), self.state.time);
            return Err(error);
        }
        self.trouble = Trouble::None;
        self.state.activated();
        for command in &commands {
            self.apply(command);
        }
        self.follow(&commands);
        self.activated = Some((shown, commands));
        Ok(())
    }

    /// What the commands of an activation are to do.
    fn follow(&mut self, commands: &[E]) {
        for command in commands {
            match command {
                E::ActivityTaskScheduled(scheduled) => {
                    let pending = self.state.pending.get(&scheduled.operation);
                    if let Some(activity) = pending.and_then(Pending::as_activity).cloned() {
                        let task = self.task(&activity);
                        self.effects.push(Effect::Dispatch(task));
                    }
                }
                E::ActivityTaskCancelRequested { operation } => self.cancel(*operation),
                _ => {}
            }
        }
        if self.state.is_closed() {
            self.attempts.delete_all();
        }
    }

    /// Tells an activity to stop. One that waits for its next attempt stops right away.
    fn cancel(&mut self, operation: Operation) {
        let waiting = matches!(
            self.attempts.get(operation),
            Some(ActivityRow {
                state: RowState::Waiting(_),
                ..
            })
        );
        self.effects.push(Effect::CancelActivity(operation));
        if !self.state.pending.contains_key(&operation) {
            self.attempts.delete(operation);
        } else if waiting {
            let at_once = RowState::Waiting(Timestamp::MIN);
            self.attempts.put(ActivityRow {
                operation,
                attempt: 1,
                state: at_once,
                last_failure: None,
            });
        }
    }

    fn task(&self, activity: &PendingActivity) -> ActivityTask {
        let row = self.attempts.get(activity.scheduled.operation);
        ActivityTask {
            scheduled: activity.scheduled.clone(),
            scheduled_at: activity.scheduled_at,
            attempt: row.map_or(1, |row| row.attempt),
            needs_grant: row.is_some() || activity.scheduled.retry_policy.maximum_attempts == 1,
            last_failure: row.and_then(|row| row.last_failure.clone()),
        }
    }

    /// Ends a turn: what is to be stored, and done once it is.
    pub fn settle(&mut self) -> Step {
        Step {
            transition: self.transition(),
            rows: self.attempts.take_changes(),
            summary: self.summary(),
            effects: std::mem::take(&mut self.effects),
        }
    }

    fn transition(&mut self) -> Option<Transition> {
        let inputs = std::mem::take(&mut self.fresh);
        let (shown, commands) = self.activated.take().unzip();
        let commands = commands.unwrap_or_default();
        let transition = Transition {
            first_event_id: self.state.events + 1 - (inputs.len() + commands.len()) as u64,
            time: self.state.time,
            activation: self.state.activations + u64::from(shown.is_none()),
            activated: shown,
            inputs,
            commands,
        };
        (!transition.is_empty()).then_some(transition)
    }

    /// Counts what a transition takes up in the store.
    pub fn stored_bytes(&mut self, bytes: usize) {
        self.state.bytes += bytes as u64;
    }

    /// When the owner has to let it take a turn, at the latest.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        [self.next_activation(), self.next_deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        let first = self.state.deadlines.first().map(|(at, _)| *at);
        let expires = self.state.run_expires().filter(|_| !self.state.is_closed());
        [first, self.attempts.next_due(), expires]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether all that the run waits for is in the store or outside: it may be dropped from memory.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.summary().wake_at != Some(Timestamp::MIN)
    }

    /// What the run looks like from outside.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let only_in_memory = self.state.pending_activities > self.attempts.waiting();
        let now = self.next_activation().map(|at| {
            let waits_to_start = self.state.activations == 0 && at > self.state.time;
            if waits_to_start { at } else { Timestamp::MIN }
        });
        Summary {
            status: self.state.status,
            close_time: self.state.close_time,
            wake_at: if only_in_memory {
                Some(Timestamp::MIN)
            } else {
                now.into_iter().chain(self.next_deadline()).min()
            },
            blocked: self.trouble.blocked().cloned(),
        }
    }

    /// Lets a blocked or failing run try again at once.
    pub fn release(&mut self) {
        self.trouble = Trouble::default();
    }

    /// Parks the run until it is released.
    pub fn block(&mut self, reason: String) {
        self.trouble = Trouble::Blocked(Blocked {
            reason,
            since: self.state.time,
        });
    }

    /// Takes an event that is to be stored, an input.
    fn record(&mut self, event: E) {
        self.apply(&event);
        self.fresh.push(event);
    }

    fn close(&mut self, event: E) {
        self.record(event);
        self.attempts.delete_all();
    }

    /// Invariant: what a live run records or its guest was allowed to ask for fits its state.
    fn apply(&mut self, event: &E) {
        if let Err(BadHistory { event_id, problem }) = self.state.apply(event) {
            panic!("a live run recorded what its state does not take, event {event_id}: {problem}");
        }
    }
}
