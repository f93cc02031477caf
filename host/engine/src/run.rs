//! One run, live: it takes inputs, activates its guest, and says what is to be stored and done.
//!
//! Its owner lets it take turns. A turn begins with [`Run::tick`], goes on with [`Run::accept`] and
//! [`Run::attempt_ended`], then [`Run::activate`] if [`Run::is_ready`], and ends with [`Run::settle`], which
//! gives one [`Step`]. Inputs come before the activation; what comes later waits for the next turn.
//!
//! **Invariant:** time moves only in a [`Run::tick`] that begins a turn, so all of a turn has the time its
//! transition records.
//!
//! Read `turn` for what goes in and out, `activities` for attempts, `wake` for when a run needs its owner.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    attempts::{ActivityRow, Attempts},
    attributes::Attributes,
    calls::Calls,
    event::{EventAttributes as E, UpdateOutcome, WorkflowExecutionStarted},
    guest::{Activation, ActivationError, Guest, Request, Shown},
    history::Transition,
    ids::{EventId, Operation},
    limits,
    message::{Message, MessageId},
    payload::arguments_bytes,
    replay::Replay,
    state::{BadHistory, State},
    time::Timestamp,
    trouble::{Blocked, Trouble},
};

mod activities;
mod messages;
mod succession;
mod turn;
mod wake;

pub use turn::{Accepted, Effect, Input, Refusal, Step, Successor, Summary};

/// One run, live.
#[derive(Debug, Default)]
pub struct Run {
    /// Shared with the calls of an activation under way, so that it survives whatever that does.
    state: Arc<State>,
    /// Accepted and not stored.
    fresh: Vec<E>,
    /// The activation to be stored.
    activated: Option<(Shown, Vec<E>)>,
    attempts: Attempts,
    effects: Vec<Effect>,
    trouble: Trouble,
    /// Patches and changes that the guest was found to be without, while it was brought to the present.
    without: BTreeSet<String>,
    /// Messages of the step to come.
    outbox: Vec<Message>,
    /// Messages that the step to come has taken.
    consumed: Vec<MessageId>,
    /// Outcomes of the step to come.
    updates: Vec<(String, UpdateOutcome)>,
    /// As last settled.
    attributes: Arc<Attributes>,
    successor: Option<Successor>,
}

impl Run {
    /// A new run, with its first input.
    ///
    /// # Panics
    /// If a fresh state does not take a start, which is its first event.
    #[must_use]
    pub fn start(started: WorkflowExecutionStarted, now: Timestamp) -> Self {
        let state = State { time: now, ..State::default() };
        let mut run = Self { state: state.into(), ..Self::default() };
        run.record(E::WorkflowExecutionStarted(started.into()));
        run
    }

    /// A run taken over from the store.
    #[must_use]
    pub fn take_over(state: State, rows: Vec<ActivityRow>, blocked: Option<Blocked>, now: Timestamp) -> Self {
        let state = State { time: state.time.max(now), ..state };
        let trouble = Trouble::taken_over(blocked);
        let attributes = state.attributes.clone();
        let mut run = Self { state: state.into(), trouble, attributes, ..Self::default() };
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

    /// Begins a turn: timers fire, activities and the run itself expire, waiting attempts begin.
    pub fn tick(&mut self, now: Timestamp) {
        if self.state.is_closed() {
            return;
        }
        if self.is_settled() {
            let state = self.state_mut();
            state.time = state.time.max(now);
        }
        let now = self.state.time;
        if self.state.run_expires().is_some_and(|expires| expires <= now) {
            return self.time_out();
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

    /// Takes an input.
    ///
    /// # Errors
    /// [`Refusal`]; nothing has changed.
    pub fn accept(&mut self, input: Input) -> Result<Accepted, Refusal> {
        match input {
            Input::Signal { request_id: Some(id), .. } if self.state.has_taken_signal(&id) => {
                return Ok(Accepted::Duplicate);
            }
            Input::Update(Request { id, .. }) if self.state.updates.contains_key(&id) => {
                return Ok(Accepted::Duplicate);
            }
            Input::Cancel { .. } if self.state.cancel_requested && !self.state.is_closed() => {
                return Ok(Accepted::Duplicate);
            }
            input => self.accept_new(input)?,
        }
        Ok(Accepted::New)
    }

    /// Takes an update that its validator let pass when the run was at this event.
    ///
    /// # Errors
    /// [`Refusal`]; nothing has changed. [`Refusal::MovedOn`]: it is to be validated again.
    pub fn accept_validated(&mut self, update: Request, at: EventId) -> Result<Accepted, Refusal> {
        let known = self.state.updates.contains_key(&update.id);
        if !known && !self.state.is_closed() && self.state.events != at {
            return Err(Refusal::MovedOn(self.state.events));
        }
        self.accept(Input::Update(update))
    }

    fn accept_new(&mut self, input: Input) -> Result<(), Refusal> {
        self.check_open()?;
        if !matches!(input, Input::Terminate { .. }) {
            self.check_room()?;
        }
        match input {
            Input::Signal { name, input, headers, request_id } => {
                let id = request_id.as_ref().map_or(0, |id| id.as_str().len());
                self.check_signals(id + name.len() + arguments_bytes(&input, &headers))?;
                self.record(E::WorkflowExecutionSignaled { signal_name: name, input, headers, request_id });
            }
            Input::Cancel { reason, request_id } => {
                self.record(E::WorkflowExecutionCancelRequested { reason, request_id });
            }
            Input::Terminate { reason } => self.close(E::WorkflowExecutionTerminated { reason }),
            Input::Update(request) => self.accept_update(request)?,
        }
        Ok(())
    }

    fn accept_update(&mut self, request: Request) -> Result<(), Refusal> {
        if self.state.updates.len() >= limits::UPDATES_PER_RUN_MAX {
            return Err(Refusal::TooManyUpdates(self.state.updates.len()));
        }
        if self.state.updates_in_flight >= limits::UPDATES_IN_FLIGHT_MAX {
            return Err(Refusal::TooManyUpdatesInFlight(self.state.updates_in_flight));
        }
        let Request { id: update_id, name, input, headers } = request;
        self.record(E::WorkflowExecutionUpdateAccepted { update_id, name, input, headers });
        Ok(())
    }

    fn check_open(&self) -> Result<(), Refusal> {
        match (self.state.is_closed(), &self.state.successor) {
            (false, _) => Ok(()),
            (true, None) => Err(Refusal::Closed(self.state.status)),
            (true, Some(_)) => Err(Refusal::Continued(self.state.status)),
        }
    }

    /// Refuses inputs that the history cannot hold: of a run that makes no activations, which would close it.
    fn check_room(&self) -> Result<(), Refusal> {
        let full =
            self.state.events >= limits::HISTORY_EVENTS_MAX || self.state.bytes >= limits::HISTORY_BYTES_MAX;
        if full { Err(Refusal::HistoryFull) } else { Ok(()) }
    }

    /// Makes an activation: delivers all that is undelivered.
    ///
    /// # Errors
    /// The guest failed and has to be dropped; its inputs are kept, and the run tries again or is blocked.
    ///
    /// # Panics
    /// If the run is not ready, see [`Run::is_ready`].
    pub fn activate(&mut self, guest: &mut dyn Guest) -> Result<(), ActivationError> {
        assert!(self.is_ready(), "a run was activated that is not ready");
        let shown = self.state.shown();
        let activation = Activation {
            number: self.state.activations + 1,
            time: self.state.time,
            replaying: false,
            shown: shown.clone(),
            events: self.state.undelivered.clone(),
        };
        let mut calls = Calls::live(self.state.clone(), self.without.clone());
        let result = guest.activate(&activation, &mut calls);
        if let Err(error) = result {
            self.failed(error.clone());
            return Err(error);
        }
        let made = calls.finish();
        self.without = made.without;
        self.trouble = Trouble::None;
        if let Some(reason) = self.too_long(made.commands.len() as u64, made.bytes) {
            self.close(E::WorkflowExecutionTerminated { reason });
            return Ok(());
        }
        if self.fresh.is_empty() && made.commands.is_empty() {
            self.record(E::ActivationCompleted {});
        }
        self.state_mut().activated();
        self.follow(&made.commands);
        self.activated = Some((shown, made.commands));
        Ok(())
    }

    /// Why the history cannot take these commands, if so. Source: Temporal, "Event History limits".
    fn too_long(&self, commands: u64, bytes: usize) -> Option<String> {
        let (events, bytes) = (self.state.events + commands, self.state.bytes + bytes as u64);
        if events > limits::HISTORY_EVENTS_MAX {
            let max = limits::HISTORY_EVENTS_MAX;
            Some(format!(
                "the history would have {events} events, {max} are allowed: continue as new earlier"
            ))
        } else if bytes > limits::HISTORY_BYTES_MAX {
            let max = limits::HISTORY_BYTES_MAX;
            Some(format!("the history would have {bytes} bytes, {max} are allowed: continue as new earlier"))
        } else {
            None
        }
    }

    /// Ends a turn: what is to be stored, and done once it is.
    pub fn settle(&mut self) -> Step {
        Step {
            transition: self.transition(),
            rows: self.attempts.take_changes(),
            summary: self.summary(),
            attributes: self.changed_attributes(),
            updates: std::mem::take(&mut self.updates),
            outbox: std::mem::take(&mut self.outbox),
            consumed: std::mem::take(&mut self.consumed),
            successor: self.successor.take(),
            effects: std::mem::take(&mut self.effects),
        }
    }

    fn changed_attributes(&mut self) -> Option<Arc<Attributes>> {
        let now = &self.state.attributes;
        if Arc::ptr_eq(now, &self.attributes) || *now == self.attributes {
            return None;
        }
        self.attributes = now.clone();
        Some(now.clone())
    }

    /// Says that the guest was brought to the present by this replay.
    pub fn resume(&mut self, replay: Replay) {
        self.without = replay.into_without();
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
        self.state_mut().bytes += bytes as u64;
    }

    /// Lets a blocked or failing run try again at once.
    pub fn release(&mut self) {
        self.trouble = Trouble::default();
    }

    /// Counts a failure to bring the guest to the present: as of an activation.
    pub fn failed(&mut self, error: ActivationError) {
        self.trouble.failed(error, self.state.time);
    }

    /// Parks the run until it is released.
    pub fn block(&mut self, reason: String) {
        self.trouble = Trouble::Blocked(Blocked { reason, since: self.state.time });
    }

    /// Nothing waits for [`Run::settle`]: no turn is under way.
    fn is_settled(&self) -> bool {
        self.fresh.is_empty()
            && self.activated.is_none()
            && self.effects.is_empty()
            && self.consumed.is_empty()
            && !self.attempts.has_changes()
    }

    fn state_mut(&mut self) -> &mut State {
        Arc::make_mut(&mut self.state)
    }

    /// Takes an event that is to be stored, an input.
    fn record(&mut self, event: E) {
        assert!(self.activated.is_none(), "an input came after the activation of its turn");
        self.apply(&event);
        self.fresh.push(event);
    }

    fn close(&mut self, event: E) {
        self.record(event.clone());
        self.ended(&event);
    }

    /// Invariant: what a live run records or its guest was allowed to ask for fits its state.
    fn apply(&mut self, event: &E) {
        if let Err(BadHistory { event_id, problem }) = self.state_mut().apply(event) {
            panic!("a live run recorded what its state does not take, event {event_id}: {problem}");
        }
    }
}
