//! Long histories and wide fans cost work in proportion: counted in bytes and pieces of memory asked for,
//! which do not depend on the machine. What copies or rebuilds all of a run in every activation shows here.

#![expect(unsafe_code, reason = "counting what is allocated takes an allocator")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use dalsegno_engine::{
    Calls, Millis, Run, Seed, State, Timestamp, Transition,
    attempts::AttemptResult,
    calls::{ScheduleActivity, StartChild},
    event::{CancellationType, WorkflowExecutionStarted},
    guest::{Activation, ActivationError, Guest, GuestEvent},
    history::ENGINE_SEMANTICS,
    ids::{ModuleDigest, Namespace, Operation, RunId, TaskQueue, WorkflowId, WorkflowType},
    message::{ChildOutcome, Message, MessageBody, MessageId},
    replay::Replay,
    run::Input,
};

thread_local! {
    /// Pieces and bytes this thread has asked for.
    static ASKED: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ASKED.try_with(|asked| {
            let (pieces, bytes) = asked.get();
            asked.set((pieces + 1, bytes + layout.size() as u64));
        });
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What a piece of work asks for: pieces, bytes.
#[derive(Debug, Clone, Copy)]
struct Cost {
    pieces: u64,
    bytes: u64,
}

fn cost<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    let (pieces, bytes) = ASKED.get();
    let value = work();
    let (pieces_after, bytes_after) = ASKED.get();
    (value, Cost { pieces: pieces_after - pieces, bytes: bytes_after - bytes })
}

/// At most `times` as much, and half of that more for larger numbers and buffers that grow in doubles. What
/// touches all of a run in every turn costs a hundred times more here.
fn is_at_most(large: Cost, small: Cost, times: u64) {
    let enough = |large: u64, small: u64| large * 2 <= small * times * 3;
    assert!(enough(large.pieces, small.pieces) && enough(large.bytes, small.bytes), "{large:?}, {small:?}");
}

fn started() -> WorkflowExecutionStarted {
    WorkflowExecutionStarted {
        workflow_type: WorkflowType::new("scale"),
        workflow_id: WorkflowId::new("scale-1"),
        task_queue: TaskQueue::new("default"),
        input: Vec::new(),
        headers: Vec::new(),
        module: ModuleDigest::new("sha256:00"),
        seed: Seed([0; 32]),
        engine_semantics: ENGINE_SEMANTICS,
        first_run_id: RunId::new("run-1"),
        attempt: 1,
        execution_timeout: None,
        run_timeout: None,
        start_delay: None,
        memo: Default::default(),
        search_attributes: Default::default(),
        request_id: None,
        namespace: Namespace::new("default"),
        retry_policy: None,
        origin: Default::default(),
    }
}

/// Schedules activities and starts children at its start, and more activities after each outcome.
#[derive(Default)]
struct Fan {
    at_start: usize,
    after_each: usize,
    children: usize,
}

impl Guest for Fan {
    fn activate(&mut self, activation: &Activation, calls: &mut Calls) -> Result<(), ActivationError> {
        for event in &activation.events {
            if matches!(event, GuestEvent::Started(_)) {
                for _ in 0..self.children {
                    let child = StartChild { workflow_type: "line".to_owned(), ..StartChild::default() };
                    calls.start_child(child).expect("it is within the limits");
                }
            }
            let number = match event {
                GuestEvent::Started(_) => self.at_start,
                _ => self.after_each,
            };
            for _ in 0..number {
                calls.schedule_activity(ask()).expect("it is within the limits");
            }
        }
        Ok(())
    }

    fn stack_trace(&mut self) -> Option<String> {
        None
    }
}

fn ask() -> ScheduleActivity {
    ScheduleActivity {
        activity_type: "work".to_owned(),
        input: Vec::new(),
        activity_id: None,
        task_queue: None,
        headers: Vec::new(),
        schedule_to_close: Some(Millis::from_secs(3_600)),
        schedule_to_start: None,
        start_to_close: None,
        heartbeat: None,
        retry_policy: None,
        cancellation_type: CancellationType::TryCancel,
        summary: None,
        local_retry_threshold: None,
    }
}

/// A run that takes turns, and what it has stored.
struct Host {
    run: Run,
    guest: Fan,
    stored: Vec<Vec<u8>>,
}

impl Host {
    fn start(guest: Fan) -> Self {
        let run = Run::start(started(), Timestamp::from_micros(1));
        let mut host = Self { run, guest, stored: Vec::new() };
        host.turn(|_| ());
        host
    }

    fn turn(&mut self, input: impl FnOnce(&mut Run)) {
        self.run.tick(Timestamp::from_micros(1));
        input(&mut self.run);
        if self.run.is_ready() {
            self.run.activate(&mut self.guest).expect("it does not fail");
        }
        let step = self.run.settle();
        let transition = step.transition.expect("every turn here has events");
        let bytes = transition.encode();
        self.run.stored_bytes(bytes.len());
        self.stored.push(bytes);
    }

    fn complete(&mut self, operation: Operation) {
        self.turn(|run| {
            run.attempt_ended(operation, 1, AttemptResult::Completed(None)).expect("it is under way");
        });
    }

    /// A child has begun and ended.
    fn end_child(&mut self, closed: Operation) {
        let run_id = RunId::new("child");
        let bodies = [
            MessageBody::ChildStarted { operation: closed, run_id: run_id.clone() },
            MessageBody::ChildClosed { operation: closed, run_id, outcome: ChildOutcome::Completed(None) },
        ];
        for body in bodies {
            let id = MessageId { sender: RunId::new("child"), event: closed, kind: body.kind() };
            let to = self.run.state().started.as_ref().expect("it has started").identity().address();
            let message = Message { id, to, body };
            self.turn(|run| {
                run.deliver(&message).expect("it is open");
            });
        }
    }

    fn complete_all(&mut self, operations: std::ops::RangeInclusive<Operation>) -> Cost {
        cost(|| operations.for_each(|operation| self.complete(operation))).1
    }
}

/// A sequence of activities, with two events for each.
fn sequence(activities: u64) -> Host {
    let mut host = Host::start(Fan { at_start: 1, after_each: 1, children: 0 });
    (1..=activities).for_each(|operation| host.complete(operation));
    host
}

fn fold(stored: &[Vec<u8>]) -> State {
    let decoded: Vec<_> =
        stored.iter().map(|bytes| Transition::decode(bytes).expect("just encoded")).collect();
    State::fold(decoded.iter().zip(stored).map(|(transition, bytes)| (transition, bytes.len())))
        .expect("it is sound")
}

fn replay(stored: &[Vec<u8>]) -> State {
    replay_with(stored, &mut Fan { at_start: 1, after_each: 1, children: 0 })
}

fn replay_with(stored: &[Vec<u8>], guest: &mut Fan) -> State {
    let mut replay = Replay::default();
    for bytes in stored {
        let transition = Transition::decode(bytes).expect("just encoded");
        replay.step(&transition, bytes.len(), guest).expect("it does the same");
    }
    replay.into_state()
}

#[test]
fn a_history_ten_times_as_long_costs_ten_times_as_much() {
    let (short, long) = (sequence(2_500), sequence(25_000));
    assert_eq!(long.run.state().events, 50_002);
    let (folded, small) = cost(|| fold(&short.stored));
    assert_eq!(&folded, short.run.state());
    let (folded, large) = cost(|| fold(&long.stored));
    assert_eq!(&folded, long.run.state());
    is_at_most(large, small, 10);
    let (replayed, small) = cost(|| replay(&short.stored));
    assert_eq!(&replayed, short.run.state());
    let (replayed, large) = cost(|| replay(&long.stored));
    assert_eq!(&replayed, long.run.state());
    is_at_most(large, small, 10);
}

#[test]
fn a_turn_late_in_a_run_costs_what_it_costs_early() {
    let mut host = sequence(1_000);
    let early = host.complete_all(1_001..=2_000);
    (2_001..=20_000).for_each(|operation| host.complete(operation));
    let late = host.complete_all(20_001..=21_000);
    is_at_most(late, early, 1);
}

#[test]
fn a_turn_among_ten_thousand_activities_costs_what_it_costs_among_a_hundred() {
    let mut narrow = Host::start(Fan { at_start: 100, after_each: 0, children: 0 });
    let mut wide = Host::start(Fan { at_start: 10_000, after_each: 0, children: 0 });
    assert_eq!(wide.run.state().pending_activities, 10_000);
    let small = narrow.complete_all(1..=50);
    let large = wide.complete_all(1..=50);
    is_at_most(large, small, 1);
}

#[test]
fn ten_thousand_parallel_activities_cost_a_hundred_times_a_hundred() {
    let whole = |number: usize| {
        let work = || {
            let mut host = Host::start(Fan { at_start: number, after_each: 0, children: 0 });
            (1..=number as Operation).for_each(|operation| host.complete(operation));
            host.run.state().pending_activities
        };
        let (pending, cost) = cost(work);
        assert_eq!(pending, 0);
        cost
    };
    is_at_most(whole(10_000), whole(100), 100);
}

#[test]
fn taking_over_ten_thousand_activities_costs_ten_times_a_thousand() {
    let take_over = |number: usize| {
        let host = Host::start(Fan { at_start: number, after_each: 0, children: 0 });
        let state = fold(&host.stored);
        let (step, cost) =
            cost(|| Run::take_over(state, Vec::new(), None, Timestamp::from_micros(9)).settle());
        assert_eq!(step.rows.len(), number);
        cost
    };
    is_at_most(take_over(10_000), take_over(1_000), 10);
}

/// A run with so many children, at its start.
fn parent(children: usize) -> Host {
    Host::start(Fan { children, ..Fan::default() })
}

#[test]
fn ten_thousand_children_awaited_at_once_cost_a_hundred_times_a_hundred() {
    let whole = |number: u64| {
        let work = || {
            let mut host = parent(usize::try_from(number).expect("it is small"));
            (1..=number).for_each(|child| host.end_child(2 * child));
            host.run.state().children.len() + host.run.state().pending.len()
        };
        let (left, cost) = cost(work);
        assert_eq!(left, 0);
        cost
    };
    is_at_most(whole(10_000), whole(100), 100);
}

#[test]
fn a_turn_among_ten_thousand_children_costs_what_it_costs_among_a_hundred() {
    let turns = |host: &mut Host| cost(|| (1..=50).for_each(|child| host.end_child(2 * child))).1;
    let (mut narrow, mut wide) = (parent(100), parent(10_000));
    assert_eq!(wide.run.state().pending.len(), 20_000);
    let (large, small) = (turns(&mut wide), turns(&mut narrow));
    is_at_most(large, small, 1);
}

#[test]
fn the_end_of_a_parent_of_ten_thousand_costs_ten_times_that_of_one_of_a_thousand() {
    let end = |number: usize| {
        let mut host = parent(number);
        let terminate = Input::Terminate { reason: String::new() };
        let (step, cost) = cost(|| {
            host.run.accept(terminate).expect("it is open");
            host.run.settle()
        });
        assert_eq!(step.outbox.len(), number);
        cost
    };
    is_at_most(end(10_000), end(1_000), 10);
}

#[test]
fn replaying_ten_thousand_children_costs_ten_times_a_thousand() {
    let replayed = |number: usize| {
        let mut host = parent(number);
        (1..=10).for_each(|child| host.end_child(2 * child));
        let mut guest = Fan { children: number, ..Fan::default() };
        let (state, cost) = cost(|| replay_with(&host.stored, &mut guest));
        assert_eq!(&state, host.run.state());
        cost
    };
    is_at_most(replayed(10_000), replayed(1_000), 10);
}
