//! The host around a scripted guest: its clock, its store, its activities.

use std::collections::BTreeMap;

use dalsegno_engine::{
    Failure, Run, Status, Timestamp,
    attempts::{ActivityTask, AttemptResult, RowState},
    event::{EventAttributes, WorkflowExecutionStarted},
    guest::{ActivationError, ActivationErrorKind},
    ids::{Operation, RequestId},
    run::{Accepted, Effect, Input, Refusal},
    time::Millis,
};

use super::{ScriptedGuest, Stored, Way, Workflow, checks, guest::Faults, json};

/// Turns in a row without anything from outside; more is a run that never rests.
const TURNS_MAX: u32 = 100;

/// The host around one run.
pub(crate) struct World {
    way: Way,
    pub(crate) workflow: Workflow,
    pub(crate) run: Run,
    pub(crate) guest: Option<ScriptedGuest>,
    pub(crate) now: Timestamp,
    pub(crate) stored: Stored,
    /// Attempts that were dispatched and have not ended.
    pub(crate) in_flight: BTreeMap<Operation, ActivityTask>,
    /// Activities whose attempts were told to stop, in order.
    pub(crate) told_to_stop: Vec<Operation>,
    /// Errors of activations, in order.
    pub(crate) errors: Vec<ActivationError>,
    faults: Faults,
    /// Whether everything is checked after every turn: too slow for long histories.
    pub(crate) checked: bool,
}

impl World {
    /// Starts a run, and gives it its first turn.
    pub(crate) fn start(way: Way, workflow: Workflow, started: WorkflowExecutionStarted) -> Self {
        Self::start_with(way, workflow, started, Vec::new())
    }

    /// Starts a run with inputs in its first turn.
    pub(crate) fn start_with(
        way: Way,
        workflow: Workflow,
        started: WorkflowExecutionStarted,
        inputs: Vec<Input>,
    ) -> Self {
        let mut world = Self::new(way, workflow, started);
        world.turn(|run| {
            for input in inputs {
                run.accept(input).expect("a fresh run takes inputs");
            }
        });
        world
    }

    /// A world for long histories: not everything is checked after every turn.
    pub(crate) fn unchecked(workflow: Workflow, started: WorkflowExecutionStarted) -> Self {
        let mut world = Self { checked: false, ..Self::new(Way::Resident, workflow, started) };
        world.turn(|_| ());
        world
    }

    fn new(way: Way, workflow: Workflow, started: WorkflowExecutionStarted) -> Self {
        let now = Timestamp::from_micros(1_700_000_000_000_000);
        Self::of(way, workflow, Run::start(started, now), now)
    }

    /// The world of a run that has not taken a turn.
    pub(super) fn of(way: Way, workflow: Workflow, run: Run, now: Timestamp) -> Self {
        let stored = Stored::new(run.summary());
        Self {
            way,
            workflow,
            run,
            guest: None,
            now,
            stored,
            in_flight: BTreeMap::new(),
            told_to_stop: Vec::new(),
            errors: Vec::new(),
            faults: Faults::default(),
            checked: true,
        }
    }

    /// Lets the run take a turn with these inputs, and those that follow from it by themselves.
    pub(crate) fn turn<T>(&mut self, input: impl FnOnce(&mut Run) -> T) -> T {
        let answer = self.one_turn(input);
        for _ in 0..TURNS_MAX {
            if self.run.next_wake().is_none_or(|at| at > self.now) {
                return answer;
            }
            self.one_turn(|_| ());
        }
        panic!("the run takes turn after turn by itself");
    }

    fn one_turn<T>(&mut self, input: impl FnOnce(&mut Run) -> T) -> T {
        self.run.tick(self.now);
        let answer = input(&mut self.run);
        if self.run.is_ready() {
            self.activate();
        }
        let mut step = self.run.settle();
        assert_eq!(step.summary, self.run.summary());
        let effects = std::mem::take(&mut step.effects);
        let bytes = self.stored.take(&self.identity().run_id, step);
        bytes.into_iter().for_each(|bytes| self.run.stored_bytes(bytes));
        effects.into_iter().for_each(|effect| self.follow(effect));
        let pending = &self.run.state().pending;
        self.in_flight.retain(|operation, _| pending.contains_key(operation));
        if self.checked {
            checks::after_turn(self, bytes.is_some());
        }
        answer
    }

    fn follow(&mut self, effect: Effect) {
        match effect {
            Effect::Dispatch(task) => {
                let before = self.in_flight.insert(task.scheduled.operation, task);
                assert_eq!(before, None, "two attempts of one activity at once");
            }
            Effect::CancelActivity(operation) => self.told_to_stop.push(operation),
        }
    }

    fn activate(&mut self) {
        if self.way == Way::Evicted {
            self.evict();
        }
        let mut guest = match self.guest.take() {
            Some(guest) => guest,
            None => self.replayed(),
        };
        match self.run.activate(&mut guest) {
            Ok(()) => self.guest = Some(guest),
            Err(error) => self.errors.push(error),
        }
    }

    /// A new guest, brought to the present.
    fn replayed(&mut self) -> ScriptedGuest {
        let mut guest = self.workflow.guest();
        guest.faults = self.faults.clone();
        let replay = self.stored.replay(&mut guest).expect("a stored history replays");
        self.run.resume(replay);
        guest
    }

    /// Drops the guest from memory.
    pub(crate) fn evict(&mut self) {
        self.guest = None;
    }

    /// The host is lost; another takes the run over.
    pub(crate) fn take_over(&mut self) {
        self.evict();
        self.in_flight.clear();
        self.run = self.stored.take_over(self.now);
        self.turn(|_| ());
    }

    /// Time passes, with all that comes due on the way at its own time.
    pub(crate) fn advance(&mut self, millis: u64) {
        let end = self.now.plus(Millis(millis));
        while let Some(at) = self.run.next_wake().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.turn(|_| ());
        }
        self.now = end;
        self.turn(|_| ());
    }

    /// The host was away while time passed.
    pub(crate) fn sleep(&mut self, millis: u64) {
        self.now = self.now.plus(Millis(millis));
    }

    pub(crate) fn input(&mut self, input: Input) -> Result<Accepted, Refusal> {
        self.turn(|run| run.accept(input))
    }

    pub(crate) fn signal(&mut self, name: &str, argument: &str) {
        assert_eq!(self.input(signal(name, argument)), Ok(Accepted::New));
    }

    pub(crate) fn cancel(&mut self) {
        let cancel = Input::Cancel { reason: "enough".to_owned(), request_id: None };
        assert_eq!(self.input(cancel), Ok(Accepted::New));
    }

    pub(crate) fn terminate(&mut self) {
        assert_eq!(self.input(Input::Terminate { reason: "stop".to_owned() }), Ok(Accepted::New));
    }

    /// The attempt under way of an activity, by type.
    pub(crate) fn task(&self, activity_type: &str) -> ActivityTask {
        let mut tasks = self.in_flight.values();
        let found = tasks.find(|task| task.scheduled.activity_type.as_str() == activity_type);
        found.unwrap_or_else(|| panic!("`{activity_type}` is not under way: {:?}", self.in_flight)).clone()
    }

    /// Stores the grant of an attempt that needs one.
    pub(crate) fn grant(&mut self, task: &ActivityTask) {
        let operation = task.scheduled.operation;
        let granted = |row: &dalsegno_engine::attempts::ActivityRow| row.state == RowState::Granted;
        if task.needs_grant && !self.run.attempt(operation).is_some_and(granted) {
            self.turn(|run| run.grant(operation, task.attempt)).expect("it is to begin");
        }
    }

    pub(crate) fn complete(&mut self, activity_type: &str, result: &str) {
        self.end(activity_type, AttemptResult::Completed(Some(json(result))));
    }

    pub(crate) fn fail(&mut self, activity_type: &str, failure: Failure) {
        self.end(activity_type, AttemptResult::Failed(failure));
    }

    /// Ends the attempt under way of an activity.
    pub(crate) fn end(&mut self, activity_type: &str, result: AttemptResult) {
        let task = self.task(activity_type);
        self.end_task(&task, result).expect("it is under way");
    }

    pub(crate) fn end_task(&mut self, task: &ActivityTask, result: AttemptResult) -> Result<(), Refusal> {
        self.grant(task);
        self.end_granted(task, result)
    }

    /// Ends an attempt that has been granted, or needs no grant.
    pub(crate) fn end_granted(&mut self, task: &ActivityTask, result: AttemptResult) -> Result<(), Refusal> {
        let operation = task.scheduled.operation;
        let under_way = self.in_flight.remove(&operation);
        let answer = self.turn(|run| run.attempt_ended(operation, task.attempt, result));
        if answer.is_err() {
            self.in_flight.extend(under_way.map(|task| (operation, task)));
        }
        answer
    }

    /// The next live activations end so, after the code has run.
    pub(crate) fn break_activations(&mut self, times: usize, kind: ActivationErrorKind, message: &str) {
        let error = ActivationError { kind, message: message.to_owned(), backtrace: String::new() };
        self.faults.borrow_mut().extend(std::iter::repeat_n(error, times));
        if let Some(guest) = &mut self.guest {
            guest.faults = self.faults.clone();
        }
    }

    pub(crate) fn status(&self) -> Status {
        self.run.state().status
    }

    /// The result as text.
    pub(crate) fn result(&self) -> String {
        match &self.run.state().outcome {
            Some(Ok(Some(payload))) => super::text(payload),
            other => panic!("the run has no result: {other:?}"),
        }
    }

    pub(crate) fn failure(&self) -> &Failure {
        match &self.run.state().outcome {
            Some(Err(failure)) => failure,
            other => panic!("the run has no failure: {other:?}"),
        }
    }

    /// Types of the events, one line for each transition: inputs, an arrow if it is activated, commands.
    pub(crate) fn story(&self) -> Vec<String> {
        let names = |events: &[EventAttributes]| {
            events.iter().map(EventAttributes::type_name).collect::<Vec<_>>().join(" ")
        };
        let line = |transition: dalsegno_engine::Transition| {
            let arrow = if transition.activated.is_some() { " ->" } else { "" };
            let (inputs, commands) = (names(&transition.inputs), names(&transition.commands));
            format!("{inputs}{arrow} {commands}").trim().to_owned()
        };
        self.stored.transitions().into_iter().map(|(transition, _)| line(transition)).collect()
    }
}

pub(crate) fn signal(name: &str, argument: &str) -> Input {
    Input::Signal {
        name: name.to_owned(),
        input: vec![json(argument)],
        headers: Vec::new(),
        request_id: None,
    }
}

pub(crate) fn signal_with_id(name: &str, argument: &str, request_id: &str) -> Input {
    Input::Signal {
        name: name.to_owned(),
        input: vec![json(argument)],
        headers: Vec::new(),
        request_id: Some(RequestId::new(request_id)),
    }
}
