//! Random hosts: attempts end, messages come and go in any order, hosts are lost, time passes, code is changed.

use dalsegno_engine::{
    Failure,
    attempts::{ActivityTask, AttemptResult, RowState},
    event::{ExternalFailure, ParentClosePolicy},
    failure::RetryState,
    guest::ActivationErrorKind,
    message::{ChildOutcome, Message, MessageBody},
    run::{Accepted, Input, Refusal},
};
use proptest::{prelude::*, sample::Index};

use super::script::{Script, policies, workflow};
use crate::kit::{
    World, json, signal, signal_with_id,
    talk::{cancel_from, signal_from, stranger},
};

/// Actions of a host on one run.
const ACTIONS_MAX: usize = 50;
/// Rounds in which a run that is given all it waits for has to end.
const ROUNDS_MAX: usize = 300;

/// What a host does next.
#[derive(Debug, Clone)]
pub(super) enum Action {
    Complete(Index),
    Fail(Index),
    FailForGood(Index),
    Stop(Index),
    Grant(Index),
    NotStarted(Index),
    /// Ends an attempt that is not under way any more.
    Late(Index),
    Signal(u8, u8),
    Cancel,
    Terminate,
    Break(ActivationErrorKind),
    Release,
    Evict,
    TakeOver,
    Advance(u64),
    Sleep(u64),
    Update(u8),
    /// Carries a message of the run, or tells that it cannot be taken.
    Carry(Index, u8),
    /// Brings what others have to say, maybe once more.
    Hear(Index, bool),
    Stranger {
        cancels: bool,
        child_only: bool,
    },
    ParentClosed(ParentClosePolicy),
    /// Newer code from here on.
    Change,
}

pub(super) fn actions() -> impl Strategy<Value = Vec<Action>> {
    use ActivationErrorKind::{Bug, Environmental};
    let rarely = |often: Action, rare: Action| {
        proptest::bool::weighted(0.1).prop_map(move |now| if now { rare.clone() } else { often.clone() })
    };
    let action = prop_oneof![
        8 => any::<Index>().prop_map(Action::Complete),
        4 => any::<Index>().prop_map(Action::Fail),
        1 => any::<Index>().prop_map(Action::FailForGood),
        1 => any::<Index>().prop_map(Action::Stop),
        2 => any::<Index>().prop_map(Action::Grant),
        1 => any::<Index>().prop_map(Action::NotStarted),
        1 => any::<Index>().prop_map(Action::Late),
        5 => (0..3u8, 0..6u8).prop_map(|(name, id)| Action::Signal(name, id)),
        1 => rarely(Action::Change, Action::Cancel),
        1 => rarely(Action::Evict, Action::Terminate),
        2 => prop_oneof![Just(Bug), Just(Environmental)].prop_map(Action::Break),
        1 => Just(Action::Release),
        2 => Just(Action::Evict),
        3 => Just(Action::TakeOver),
        5 => (0..8_000u64).prop_map(Action::Advance),
        1 => (0..8_000u64).prop_map(Action::Sleep),
        2 => (0..20u8).prop_map(Action::Update),
        8 => (any::<Index>(), any::<u8>()).prop_map(|(index, choice)| Action::Carry(index, choice)),
        8 => (any::<Index>(), any::<bool>()).prop_map(|(index, again)| Action::Hear(index, again)),
        1 => (proptest::bool::weighted(0.1), any::<bool>())
            .prop_map(|(cancels, child_only)| Action::Stranger { cancels, child_only }),
        1 => (policies(), proptest::bool::weighted(0.2)).prop_map(|(policy, now)| match now {
            true => Action::ParentClosed(policy),
            false => Action::ParentClosed(ParentClosePolicy::Abandon),
        }),
        2 => Just(Action::Change),
    ];
    proptest::collection::vec(action, 0..ACTIONS_MAX)
}

/// A host that remembers attempts it was given, and what others have to say.
pub(super) struct Host {
    pub(super) world: World,
    script: Script,
    past: Vec<ActivityTask>,
    coming: Vec<MessageBody>,
}

impl Host {
    pub(super) fn new(world: World, script: Script) -> Self {
        Self { world, script, past: Vec::new(), coming: Vec::new() }
    }

    fn chosen(&self, index: &Index) -> Option<ActivityTask> {
        let tasks: Vec<_> = self.world.in_flight.values().collect();
        if tasks.is_empty() { None } else { Some((*index.get(&tasks)).clone()) }
    }

    fn end(&mut self, task: Option<ActivityTask>, result: AttemptResult) {
        let Some(task) = task else { return };
        self.past.push(task.clone());
        if task.needs_grant && self.grant(&task).is_err() {
            return;
        }
        // The activity may expire, and the run may close, in the turn of the grant.
        if self.world.in_flight.contains_key(&task.scheduled.operation) {
            drop(self.world.end_granted(&task, result));
        }
    }

    fn grant(&mut self, task: &ActivityTask) -> Result<(), Refusal> {
        let row = self.world.run.attempt(task.scheduled.operation);
        if row.is_some_and(|row| row.state == RowState::Granted) {
            return Ok(());
        }
        self.world.turn(|run| run.grant(task.scheduled.operation, task.attempt))
    }

    pub(super) fn act(&mut self, action: &Action) {
        match action {
            Action::Complete(index) => {
                self.end(self.chosen(index), AttemptResult::Completed(Some(json("1"))));
            }
            Action::Fail(index) => {
                self.end(self.chosen(index), AttemptResult::Failed(Failure::application("Busy", "later")));
            }
            Action::FailForGood(index) => {
                self.end(self.chosen(index), AttemptResult::Failed(Failure::non_retryable("Never", "no")));
            }
            Action::Stop(index) => {
                self.end(self.chosen(index), AttemptResult::Failed(Failure::cancelled("stopped")));
            }
            Action::Grant(index) => {
                if let Some(task) = self.chosen(index) {
                    drop(self.grant(&task));
                }
            }
            Action::NotStarted(index) => {
                let Some(task) = self.chosen(index) else { return };
                let operation = task.scheduled.operation;
                self.world.in_flight.remove(&operation);
                let said = self.world.turn(|run| run.not_started(operation, task.attempt));
                assert!(said.is_ok() || !self.world.run.state().pending.contains_key(&operation));
            }
            Action::Late(index) => {
                if !self.past.is_empty() {
                    let task = index.get(&self.past).clone();
                    self.late(&task);
                }
            }
            Action::Carry(index, choice) => self.carry(|length| index.index(length), *choice),
            Action::Hear(index, again) => self.hear(|length| index.index(length), *again),
            Action::Change => {
                self.world.workflow = workflow(&self.script, true);
                self.world.evict();
            }
            other => self.act_on_world(other),
        }
    }

    fn act_on_world(&mut self, action: &Action) {
        let world = &mut self.world;
        match action {
            Action::Signal(name, id) => {
                let input = signal_with_id(&name.to_string(), "1", &format!("{name}-{id}"));
                let said = world.input(input);
                assert!(said.is_ok() || world.run.state().is_closed(), "{said:?}");
            }
            Action::Cancel => {
                drop(world.input(Input::Cancel { reason: "enough".to_owned(), request_id: None }));
            }
            Action::Terminate => drop(world.input(Input::Terminate { reason: "stop".to_owned() })),
            Action::Break(kind) => world.break_activations(1, *kind, "broken"),
            Action::Release => world.turn(dalsegno_engine::Run::release),
            Action::Evict => world.evict(),
            Action::TakeOver => world.take_over(),
            Action::Advance(millis) => world.advance(*millis),
            Action::Sleep(millis) => world.sleep(*millis),
            Action::Update(id) => drop(world.update(&format!("u{id}"), "1")),
            Action::Stranger { cancels: true, child_only } => {
                drop(world.hear(cancel_from(stranger(), *child_only)));
            }
            Action::Stranger { cancels: false, child_only } => {
                let is_child = has_parent(world);
                let said = world.hear(signal_from(stranger(), "1", *child_only));
                let closed = world.run.state().is_closed();
                assert!(closed || said.is_ok() == (is_child || !child_only), "{said:?}");
            }
            Action::ParentClosed(policy) => {
                let body = MessageBody::ParentClosed { sender: stranger(), operation: 2, policy: *policy };
                let is_child = has_parent(world);
                let said = world.hear(body);
                assert!(world.run.state().is_closed() || said.is_ok() == is_child, "{said:?}");
            }
            other => panic!("the host itself does {other:?}"),
        }
    }

    /// An outcome that comes too late changes nothing, unless the same attempt is under way again.
    fn late(&mut self, task: &ActivityTask) {
        let (operation, attempt) = (task.scheduled.operation, task.attempt);
        let present = self.world.run.attempt(operation).map_or(1, |row| row.attempt);
        let said =
            self.world.turn(|run| run.attempt_ended(operation, attempt, AttemptResult::Completed(None)));
        assert!(said == Err(Refusal::StaleAttempt) || present == attempt);
    }

    /// Carries a message, after those that were sent before it to the same workflow.
    fn carry(&mut self, pick: impl Fn(usize) -> usize, choice: u8) {
        let inbox = self.world.stored.inbox();
        if inbox.is_empty() {
            return;
        }
        let workflow_id = &inbox[pick(inbox.len())].to.workflow_id;
        let first = inbox.iter().find(|message| message.to.workflow_id == *workflow_id);
        let message = first.expect("there is one").clone();
        let (refused, asked_before) = (choice.is_multiple_of(4), choice % 4 == 1);
        match &message.body {
            MessageBody::StartChild(_) | MessageBody::Signal { .. } | MessageBody::Cancel { .. }
                if refused =>
            {
                let cause = ExternalFailure::WorkflowClosed;
                self.world.turn(|run| run.undeliverable(&message, cause));
            }
            MessageBody::Cancel { .. } if asked_before => {
                self.world.turn(|run| run.taken_before(&message));
            }
            _ => {
                self.world.recorded(&message.id);
                self.answer(&message, choice);
            }
        }
    }

    /// What others will say to a message that they have recorded.
    fn answer(&mut self, message: &Message, choice: u8) {
        match &message.body {
            MessageBody::StartChild(start) => {
                let operation = start.initiated.closed;
                let run_id = start.initiated.run_id.clone();
                self.coming.push(MessageBody::ChildStarted { operation, run_id: run_id.clone() });
                let outcome = match choice % 5 {
                    0 => ChildOutcome::Completed(Some(json("1"))),
                    1 => ChildOutcome::Failed {
                        failure: Failure::application("Test", "no"),
                        retry_state: RetryState::RetryPolicyNotSet,
                    },
                    2 => ChildOutcome::Canceled { details: Vec::new() },
                    3 => ChildOutcome::Terminated,
                    _ => ChildOutcome::TimedOut { retry_state: RetryState::Timeout },
                };
                self.coming.push(MessageBody::ChildClosed { operation, run_id, outcome });
            }
            MessageBody::Signal { operation, .. }
            | MessageBody::Cancel { operation: Some(operation), .. } => {
                self.coming.push(MessageBody::Taken { operation: *operation });
            }
            _ => {}
        }
    }

    fn hear(&mut self, pick: impl Fn(usize) -> usize, again: bool) {
        if self.coming.is_empty() {
            return;
        }
        let body = self.coming.swap_remove(pick(self.coming.len()));
        let said = self.world.hear(body.clone());
        assert!(said.is_ok(), "answers are never refused: {said:?}");
        if again {
            assert_eq!(self.world.hear(body), Ok(Accepted::Duplicate));
        }
    }

    /// Gives the run all it may wait for, until it ends and all is silent.
    pub(super) fn finish(&mut self) {
        for round in 0..ROUNDS_MAX {
            self.exchange(round);
            if self.world.run.state().is_closed() {
                self.exchange(round);
                assert!(self.world.stored.inbox().is_empty() && self.coming.is_empty());
                return;
            }
            self.world.turn(dalsegno_engine::Run::release);
            while let Some(task) = self.world.in_flight.values().next().cloned() {
                self.end(Some(task), AttemptResult::Completed(None));
            }
            if !self.world.run.state().is_closed() {
                let name = (round % 3).to_string();
                drop(self.world.input(signal(&name, "1")));
                drop(self.world.update(&format!("last-{round}"), "1"));
            }
            self.world.advance(10_000);
        }
        panic!("it never ends: {:?}\n{:?}", self.world.story(), self.world.run);
    }

    /// Carries and brings all there is.
    fn exchange(&mut self, round: usize) {
        while !self.world.stored.inbox().is_empty() || !self.coming.is_empty() {
            self.carry(|_| 0, u8::try_from(round % 7).expect("it is small"));
            self.hear(|_| 0, false);
        }
    }
}

fn has_parent(world: &World) -> bool {
    world.run.state().started.as_ref().is_some_and(|started| started.origin.parent.is_some())
}
