//! What a scripted workflow sees: activities, timers, signals, conditions.

use std::{
    cell::{RefCell, RefMut},
    future::{Future, IntoFuture},
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll},
};

use dalsegno_engine::{
    Failure, Millis, Payload, Timestamp,
    calls::{CallError, ScheduleActivity, StartChild},
    event::CancellationType,
    guest::{Request, Shown},
    ids::Operation,
};

use super::{Outcome, guest::Shared};

/// The workflow's side of its run.
#[derive(Clone)]
pub(crate) struct Ctx {
    shared: Rc<RefCell<Shared>>,
}

/// What an operation came to.
pub(crate) type Resumed = Result<Option<Payload>, Failure>;

impl Ctx {
    pub(super) fn new(shared: Rc<RefCell<Shared>>) -> Self {
        Self { shared }
    }

    pub(super) fn shared(&self) -> RefMut<'_, Shared> {
        self.shared.borrow_mut()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.shared().time
    }

    pub(crate) fn shown(&self) -> Shown {
        self.shared().shown.clone()
    }

    /// The arguments of the run.
    pub(crate) fn input(&self) -> Vec<Payload> {
        self.shared().input.clone()
    }

    /// An activity with a start-to-close limit of a minute; awaiting it starts it.
    pub(crate) fn activity(&self, activity_type: &str) -> Activity {
        let ask = ScheduleActivity {
            activity_type: activity_type.to_owned(),
            input: Vec::new(),
            activity_id: None,
            task_queue: None,
            headers: Vec::new(),
            schedule_to_close: None,
            schedule_to_start: None,
            start_to_close: Some(Millis::from_secs(60)),
            heartbeat: None,
            retry_policy: None,
            cancellation_type: CancellationType::TryCancel,
            summary: None,
            local_retry_threshold: None,
        };
        Activity { ctx: self.clone(), ask }
    }

    /// Starts a timer.
    pub(crate) fn timer(&self, millis: u64) -> Op {
        let started = self.shared().call(|calls| calls.start_timer(Millis(millis), None));
        self.op(started, OpKind::Timer)
    }

    /// Makes a call of any kind.
    pub(crate) fn call<T>(
        &self,
        call: impl FnOnce(&mut dalsegno_engine::Calls) -> Result<T, CallError>,
    ) -> Option<T> {
        self.shared().call(call)
    }

    /// The next signal of a name: its first argument as text.
    pub(crate) async fn signal(&self, name: &str) -> String {
        let payloads = self.poll(|shared| shared.take_signal(name)).await;
        payloads.first().map(super::text).unwrap_or_default()
    }

    /// The next update.
    pub(crate) async fn update(&self) -> Request {
        self.poll(|shared| shared.take_update()).await
    }

    /// Starts a child, to be known by the end of its start and its own.
    pub(crate) fn child(&self, ask: StartChild) -> (Op, Op) {
        let started = self.shared().call(|calls| calls.start_child(ask));
        let (started, closed) = started.unzip();
        (self.op(started, OpKind::ChildStart), self.op(closed, OpKind::Child))
    }

    /// Waits for what a call of another kind started.
    pub(crate) fn operation(&self, operation: Option<Operation>) -> Op {
        self.op(operation, OpKind::External)
    }

    /// Waits until cancelling is asked for.
    pub(crate) async fn cancel_requested(&self) -> String {
        self.poll(|shared| shared.cancel_requested.clone()).await
    }

    /// Waits until the predicate holds.
    pub(crate) async fn until(&self, predicate: impl Fn() -> bool) {
        self.poll(|_| predicate().then_some(())).await;
    }

    /// Waits until the predicate holds, or not for longer than this. False: it does not hold.
    pub(crate) async fn until_or_timeout(&self, predicate: impl Fn() -> bool, millis: u64) -> bool {
        let timer = self.timer(millis);
        match select(self.until(predicate), timer.clone()).await {
            Either::Left(()) => {
                timer.cancel();
                true
            }
            Either::Right(_) => false,
        }
    }

    /// Runs beside the main routine, before it.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.shared().spawned.push(Box::pin(task));
    }

    /// Fails the activation, as a bug of the code does.
    pub(crate) async fn trap<T>(&self, message: &str) -> T {
        self.shared().trap(message);
        std::future::pending().await
    }

    /// Closes the run as cancelled.
    pub(crate) async fn close_as_cancelled(&self) -> Outcome {
        self.shared().call(|calls| calls.cancelled(Vec::new()));
        self.shared().closed = true;
        std::future::pending().await
    }

    async fn poll<T>(&self, attempt: impl Fn(&mut Shared) -> Option<T>) -> T {
        std::future::poll_fn(|_| {
            let mut shared = self.shared();
            match attempt(&mut shared) {
                Some(value) => {
                    shared.progressed = true;
                    Poll::Ready(value)
                }
                None => Poll::Pending,
            }
        })
        .await
    }

    fn op(&self, operation: Option<Operation>, kind: OpKind) -> Op {
        // A call that failed ends the activation; nothing waits for its number.
        Op { ctx: self.clone(), operation: operation.unwrap_or(Operation::MAX), kind }
    }
}

/// An activity that is about to be scheduled.
pub(crate) struct Activity {
    ctx: Ctx,
    ask: ScheduleActivity,
}

impl Activity {
    pub(crate) fn with(mut self, change: impl FnOnce(&mut ScheduleActivity)) -> Self {
        change(&mut self.ask);
        self
    }

    /// Cancelling it waits until it has ended.
    pub(crate) fn cancelled_by(self, cancellation_type: CancellationType) -> Self {
        self.with(|ask| ask.cancellation_type = cancellation_type)
    }

    pub(crate) fn attempts(self, maximum_attempts: u32) -> Self {
        self.with(|ask| ask.retry_policy.get_or_insert_default().maximum_attempts = maximum_attempts)
    }

    pub(crate) fn start(self) -> Op {
        let started = self.ctx.shared().call(|calls| calls.schedule_activity(self.ask));
        self.ctx.op(started, OpKind::Activity)
    }
}

impl IntoFuture for Activity {
    type Output = Resumed;
    type IntoFuture = Op;

    fn into_future(self) -> Op {
        self.start()
    }
}

#[derive(Clone, Copy)]
enum OpKind {
    Activity,
    Timer,
    ChildStart,
    Child,
    External,
}

/// Something started.
#[derive(Clone)]
pub(crate) struct Op {
    ctx: Ctx,
    pub(crate) operation: Operation,
    kind: OpKind,
}

impl Op {
    /// Cancels it. True: its outcome is "cancelled", now.
    pub(crate) fn cancel(&self) -> bool {
        let mut shared = self.ctx.shared();
        let operation = self.operation;
        let now = shared.call(|calls| match self.kind {
            OpKind::Activity => calls.cancel_activity(operation),
            OpKind::Timer => calls.cancel_timer(operation),
            OpKind::Child => calls.cancel_child(operation, "enough".to_owned()),
            OpKind::ChildStart | OpKind::External => panic!("it cannot be cancelled"),
        });
        if now == Some(true) {
            let cancelled = Failure::cancelled("cancelled");
            shared.outcomes.insert(operation, Err(cancelled.clone()));
            if matches!(self.kind, OpKind::Child) {
                // The start of a child has the number before its end.
                shared.outcomes.entry(operation - 1).or_insert(Err(cancelled));
            }
        }
        now == Some(true)
    }
}

impl Future for Op {
    type Output = Resumed;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Resumed> {
        let mut shared = self.ctx.shared();
        match shared.outcomes.get(&self.operation).cloned() {
            Some(outcome) => {
                shared.progressed = true;
                Poll::Ready(outcome)
            }
            None => Poll::Pending,
        }
    }
}

/// Which of two came first.
pub(crate) enum Either<A, B> {
    Left(A),
    Right(B),
}

/// The first of two, the left one if both are there.
pub(crate) async fn select<A: Future, B: Future>(left: A, right: B) -> Either<A::Output, B::Output> {
    let (mut left, mut right) = (pin!(left), pin!(right));
    std::future::poll_fn(|context| {
        if let Poll::Ready(value) = left.as_mut().poll(context) {
            return Poll::Ready(Either::Left(value));
        }
        right.as_mut().poll(context).map(Either::Right)
    })
    .await
}
