//! Random workflows under random hosts: what is live is what a replay gives, whatever happens between.

use std::rc::Rc;

use dalsegno_engine::{
    Failure, Millis,
    attempts::{ActivityTask, AttemptResult},
    event::{CancellationType, WorkflowExecutionStarted},
    guest::ActivationErrorKind,
    run::{Input, Refusal},
};
use proptest::{prelude::*, sample::Index};

use crate::kit::{Ctx, Either, Op, Outcome, Way, Workflow, World, json, select, signal_with_id, started};

/// Cases of a run of the tests that does not choose.
const CASES: u32 = 64;
/// Actions of a host on one run.
const ACTIONS_MAX: usize = 40;
/// Rounds in which a run that is given all it waits for has to end.
const ROUNDS_MAX: usize = 300;

/// What one task of a workflow does next.
#[derive(Debug, Clone)]
enum Step {
    Activity {
        kind: CancellationType,
        attempts: u32,
        expires: Option<u64>,
    },
    Timer(u64),
    Signal(u8),
    /// Starts an activity and cancels it when a timer fires first.
    Impatient {
        kind: CancellationType,
        millis: u64,
    },
    /// Starts and cancels in the same activation.
    Futile(CancellationType),
    CancelTimer,
    /// Waits for all that was started and not waited for.
    Join,
    Fork {
        kind: CancellationType,
    },
}

/// What a host does next.
#[derive(Debug, Clone)]
enum Action {
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
}

fn kinds() -> impl Strategy<Value = CancellationType> {
    use CancellationType::{Abandon, TryCancel, Wait};
    prop_oneof![Just(TryCancel), Just(Wait), Just(Abandon)]
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (kinds(), 0..4u32, proptest::option::weighted(0.2, 1..20_000u64))
            .prop_map(|(kind, attempts, expires)| Step::Activity { kind, attempts, expires }),
        2 => (0..5_000u64).prop_map(Step::Timer),
        2 => (0..3u8).prop_map(Step::Signal),
        2 => (kinds(), 0..5_000u64).prop_map(|(kind, millis)| Step::Impatient { kind, millis }),
        1 => kinds().prop_map(Step::Futile),
        1 => Just(Step::CancelTimer),
        1 => Just(Step::Join),
        2 => kinds().prop_map(|kind| Step::Fork { kind }),
    ]
}

fn starts() -> impl Strategy<Value = WorkflowExecutionStarted> {
    let limit = || proptest::option::weighted(0.1, (0..60_000u64).prop_map(Millis));
    (limit(), limit()).prop_map(|(run_timeout, start_delay)| WorkflowExecutionStarted {
        run_timeout,
        start_delay,
        ..started()
    })
}

fn scripts() -> impl Strategy<Value = Vec<Vec<Step>>> {
    proptest::collection::vec(proptest::collection::vec(steps(), 0..6), 1..4)
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    use ActivationErrorKind::{Bug, Environmental};
    let action = prop_oneof![
        8 => any::<Index>().prop_map(Action::Complete),
        4 => any::<Index>().prop_map(Action::Fail),
        1 => any::<Index>().prop_map(Action::FailForGood),
        1 => any::<Index>().prop_map(Action::Stop),
        2 => any::<Index>().prop_map(Action::Grant),
        1 => any::<Index>().prop_map(Action::NotStarted),
        1 => any::<Index>().prop_map(Action::Late),
        5 => (0..3u8, 0..6u8).prop_map(|(name, id)| Action::Signal(name, id)),
        1 => Just(Action::Cancel),
        1 => proptest::bool::weighted(0.1).prop_map(|end| if end { Action::Terminate } else { Action::Evict }),
        2 => prop_oneof![Just(Bug), Just(Environmental)].prop_map(Action::Break),
        1 => Just(Action::Release),
        2 => Just(Action::Evict),
        3 => Just(Action::TakeOver),
        5 => (0..8_000u64).prop_map(Action::Advance),
        1 => (0..8_000u64).prop_map(Action::Sleep),
    ];
    proptest::collection::vec(action, 0..ACTIONS_MAX)
}

async fn step(ctx: &Ctx, step: &Step, forked: &mut Vec<Op>) {
    match step {
        Step::Activity { kind, attempts, expires } => {
            let activity = ctx.activity("a").attempts(*attempts).cancelled_by(*kind);
            drop(activity.with(|ask| ask.schedule_to_close = expires.map(Millis)).await);
        }
        Step::Timer(millis) => drop(ctx.timer(*millis).await),
        Step::Signal(name) => drop(ctx.signal(&name.to_string()).await),
        Step::Impatient { kind, millis } => {
            let activity = ctx.activity("b").cancelled_by(*kind).start();
            let timer = ctx.timer(*millis);
            match select(activity.clone(), timer.clone()).await {
                Either::Left(_) => drop(timer.cancel()),
                Either::Right(_) => {
                    activity.cancel();
                    drop(activity.await);
                }
            }
        }
        Step::Futile(kind) => {
            let activity = ctx.activity("c").cancelled_by(*kind).start();
            activity.cancel();
            drop(activity.await);
        }
        Step::CancelTimer => drop(ctx.timer(1_000).cancel()),
        Step::Join => {
            for activity in forked.drain(..) {
                drop(activity.await);
            }
        }
        Step::Fork { kind } => forked.push(ctx.activity("d").cancelled_by(*kind).start()),
    }
}

/// Runs the scripts side by side; stops early when it is cancelled.
fn workflow(scripts: Vec<Vec<Step>>) -> Workflow {
    let scripts: Rc<[Vec<Step>]> = scripts.into();
    Workflow::new(move |ctx: Ctx| {
        let scripts = scripts.clone();
        async move {
            let done = Rc::new(std::cell::Cell::new(0));
            for place in 0..scripts.len() {
                let (task_ctx, done, scripts) = (ctx.clone(), done.clone(), scripts.clone());
                ctx.spawn(async move {
                    let mut forked = Vec::new();
                    for line in &scripts[place] {
                        step(&task_ctx, line, &mut forked).await;
                    }
                    done.set(done.get() + 1);
                });
            }
            let all = scripts.len();
            match select(ctx.until(move || done.get() == all), ctx.cancel_requested()).await {
                Either::Left(()) => Ok(json("\"all\"")),
                Either::Right(reason) => {
                    ctx.activity("undo").await?;
                    Err(Failure::cancelled(reason)) as Outcome
                }
            }
        }
    })
}

/// A host that remembers attempts it was given.
struct Host {
    world: World,
    past: Vec<ActivityTask>,
}

impl Host {
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
        if row.is_some_and(|row| row.state == dalsegno_engine::attempts::RowState::Granted) {
            return Ok(());
        }
        self.world.turn(|run| run.grant(task.scheduled.operation, task.attempt))
    }

    fn act(&mut self, action: &Action) {
        let world = &mut self.world;
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

    /// Gives the run all it may wait for, until it ends.
    fn finish(&mut self) {
        for round in 0..ROUNDS_MAX {
            if self.world.run.state().is_closed() {
                return;
            }
            self.world.turn(dalsegno_engine::Run::release);
            while let Some(task) = self.world.in_flight.values().next().cloned() {
                self.end(Some(task), AttemptResult::Completed(None));
            }
            if !self.world.run.state().is_closed() {
                let name = (round % 3).to_string();
                drop(self.world.input(crate::kit::signal(&name, "1")));
            }
            self.world.advance(10_000);
        }
        panic!("it never ends: {:?}\n{:?}", self.world.story(), self.world.run);
    }
}

/// As many cases as `PROPTEST_CASES` says, or few enough for every build.
fn config() -> ProptestConfig {
    let chosen = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    ProptestConfig { cases: if chosen { default.cases } else { CASES }, failure_persistence: None, ..default }
}

/// A history cut at any transition replays to the same prefix.
fn every_prefix_replays(world: &World) {
    let mut whole = world.workflow.guest();
    world.stored.replay(&mut whole).expect("it replays");
    let mut prefix = world.stored.clone();
    while prefix.history.len() > 1 {
        prefix.history.pop_last();
        let mut guest = world.workflow.guest();
        let state = prefix.replay(&mut guest).expect("a part of it replays");
        assert_eq!(state.state(), &prefix.state());
        assert!(whole.seen.starts_with(&guest.seen));
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_live_run_is_what_its_replay_gives(
        start in starts(),
        scripts in scripts(),
        actions in actions(),
    ) {
        let histories = [Way::Resident, Way::Evicted].map(|way| {
            let world = World::start(way, workflow(scripts.clone()), start.clone());
            let mut host = Host { world, past: Vec::new() };
            actions.iter().for_each(|action| host.act(action));
            host.finish();
            every_prefix_replays(&host.world);
            host.world.stored.history
        });
        let [resident, evicted] = histories;
        prop_assert_eq!(resident, evicted);
    }
}
