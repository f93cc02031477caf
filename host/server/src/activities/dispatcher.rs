//! Making attempts: a place in the task queue, the grant if one is needed, the limits of time, the end.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use dalsegno_engine::{
    Failure, Payload, Timestamp,
    attempts::{ActivityTask, AttemptResult},
    failure::{FailureKind, TimeoutKind},
    limits::PAYLOAD_BYTES_MAX,
};
use futures_util::FutureExt;
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{ActivityContext, ActivityInfo, Code, context::Pulse, pollers::Seat};
use crate::owner::{Owner, handle::RunHandle, message::Message, under_way::Busy};

/// What is kept of the message of a failure that is too large.
const MESSAGE_BYTES_MAX: usize = 4 << 10;

/// Begins an attempt. The step that asks for it is durable, unless it is one beside its workflow, which waits for the
/// steps before.
pub(crate) fn dispatch(owner: &Arc<Owner>, handle: &Arc<RunHandle>, task: ActivityTask) {
    let attempt = Attempt {
        cancelled: handle.begin_attempt(task.scheduled.operation),
        code: owner.activities.code(task.scheduled.activity_type.as_str()),
        owner: owner.clone(),
        handle: handle.clone(),
        task,
        _busy: owner.under_way.begin(),
    };
    // A guest thread may ask for it, which has no runtime of its own.
    owner.attempts.spawn_on(attempt.make(), &owner.runtime);
}

struct Attempt {
    owner: Arc<Owner>,
    handle: Arc<RunHandle>,
    task: ActivityTask,
    /// `None`: nobody can make it.
    code: Option<Code>,
    cancelled: CancellationToken,
    _busy: Busy,
}

/// Where an attempt is made.
enum Place {
    /// In the task queue or beside its workflow, by this host.
    Queue { _permit: OwnedSemaphorePermit },
    /// Elsewhere.
    Poller(Seat),
}

/// What came before an attempt could begin.
enum Before {
    Begin(Place),
    End(Failure),
    Draining,
    Forget,
}

impl Attempt {
    async fn make(self) {
        let (operation, attempt) = (self.task.scheduled.operation, self.task.attempt);
        let message = match self.before().await {
            Before::Begin(place) => {
                let result = self.work(place).await;
                self.owner.metrics.attempt_ended(&result);
                Message::AttemptEnded { operation, attempt, result }
            }
            Before::End(failure) => {
                Message::AttemptEnded { operation, attempt, result: AttemptResult::Failed(failure) }
            }
            // Without a grant it is known not to have begun.
            Before::Draining if self.task.needs_grant => return self.handle.end_attempt(operation),
            Before::Draining => Message::NotStarted { operation, attempt },
            Before::Forget => return self.handle.end_attempt(operation),
        };
        self.handle.end_attempt(operation);
        self.owner.send(&self.handle, message);
    }

    /// Waits for a place, and for leave to begin.
    async fn before(&self) -> Before {
        let place = tokio::select! {
            biased;
            () = self.owner.draining.cancelled() => return Before::Draining,
            () = self.cancelled.cancelled() => return Before::End(Failure::cancelled("cancelled before it began")),
            place = self.turn_to_begin() => match place {
                Ok(place) => place,
                Err(failure) => return Before::End(*failure),
            },
        };
        if self.task.scheduled.is_local() && self.handle.lost().is_some() {
            return Before::Forget;
        }
        if !self.task.needs_grant {
            return Before::Begin(place);
        }
        let (operation, attempt) = (self.task.scheduled.operation, self.task.attempt);
        match self.owner.ask(&self.handle, |reply| Message::Grant { operation, attempt, reply }).await {
            Some(Ok(Ok(_))) => Before::Begin(place),
            _ => Before::Forget,
        }
    }

    /// A place, once nothing has to come before.
    async fn turn_to_begin(&self) -> Result<Place, Box<Failure>> {
        if self.task.scheduled.is_local() {
            self.owner.all_decided(&self.handle).await;
        }
        self.place().await
    }

    /// A place in the task queue, or somebody who polls, unless it takes too long.
    async fn place(&self) -> Result<Place, Box<Failure>> {
        let scheduled = &self.task.scheduled;
        let limit = scheduled.schedule_to_start.map_or(Duration::MAX, dalsegno_engine::Millis::as_duration);
        let late =
            |_| Box::new(Failure::timeout(TimeoutKind::ScheduleToStart, "the attempt did not begin in time"));
        match &self.code {
            Some(Code::Pollers(pollers)) => {
                let info = self.info();
                timeout(limit, pollers.meet(&info)).await.map(Place::Poller).map_err(late)
            }
            _ if scheduled.is_local() => {
                let _permit = self.owner.activities.queues.place_beside().await;
                Ok(Place::Queue { _permit })
            }
            _ => {
                let place = self.owner.activities.queues.place(&scheduled.task_queue);
                timeout(limit, place).await.map(|_permit| Place::Queue { _permit }).map_err(late)
            }
        }
    }

    /// Calls the code, within its limits of time.
    async fn work(&self, place: Place) -> AttemptResult {
        let scheduled = &self.task.scheduled;
        let pulse = Arc::new(Pulse::new());
        let details = last_details(self.task.last_failure.as_ref());
        let context = ActivityContext::new(self.info(), self.cancelled.clone(), pulse.clone(), details);
        let code = AssertUnwindSafe(self.call(place, context)).catch_unwind();
        let (limit, kind) = self.limit();
        tokio::select! {
            result = code => ended(result),
            () = tokio::time::sleep(limit) => {
                self.cancelled.cancel();
                AttemptResult::Failed(within_limits(timed_out(kind, &pulse)))
            }
            () = silence(&pulse, scheduled.heartbeat.map(dalsegno_engine::Millis::as_duration)) => {
                self.cancelled.cancel();
                AttemptResult::Failed(within_limits(timed_out(TimeoutKind::Heartbeat, &pulse)))
            }
            () = self.owner.stopped.cancelled() => AttemptResult::Failed(Failure::cancelled("the host lost the run")),
        }
    }

    /// Calls the code, or has it called elsewhere.
    async fn call(&self, place: Place, context: ActivityContext) -> Result<Option<Payload>, Failure> {
        let input = self.task.scheduled.input.clone();
        match (&self.code, place) {
            (Some(Code::Pollers(pollers)), Place::Poller(seat)) => {
                pollers.attempt(seat, context, input).await
            }
            (Some(Code::Native(activity)), _place) => activity.attempt(context, input).await,
            _ => Err(self.not_registered()),
        }
    }

    fn not_registered(&self) -> Failure {
        let scheduled = &self.task.scheduled;
        let known = self.owner.activities.names().join(", ");
        let message =
            format!("no activity `{}` is registered in this host; it has: {known}", scheduled.activity_type);
        let mut failure = Failure::application("ActivityNotRegistered", message);
        if let (true, FailureKind::Application { non_retryable, .. }) =
            (scheduled.is_local(), &mut failure.kind)
        {
            *non_retryable = true;
        }
        failure
    }

    /// The time of this attempt, and which limit it is.
    fn limit(&self) -> (Duration, TimeoutKind) {
        let scheduled = &self.task.scheduled;
        let whole = scheduled.schedule_to_close.map(|limit| {
            let expires = self.task.scheduled_at.plus(limit);
            (remaining(expires, self.owner.clock.now()), TimeoutKind::ScheduleToClose)
        });
        let attempt = scheduled.start_to_close.map(|limit| (limit.as_duration(), TimeoutKind::StartToClose));
        let first = whole.into_iter().chain(attempt).min_by_key(|(limit, _)| *limit);
        first.unwrap_or((Duration::MAX, TimeoutKind::StartToClose))
    }

    fn info(&self) -> ActivityInfo {
        let (key, scheduled) = (&self.handle.key, &self.task.scheduled);
        ActivityInfo {
            namespace: key.namespace.clone(),
            workflow_id: key.workflow_id.clone(),
            run_id: key.run_id.clone(),
            workflow_type: self.handle.info.started.workflow_type.clone(),
            activity_id: scheduled.activity_id.clone(),
            activity_type: scheduled.activity_type.clone(),
            task_queue: scheduled.task_queue.clone(),
            attempt: self.task.attempt,
            idempotency_key: format!("{}/{}", key.run_id, scheduled.operation),
            scheduled_at: self.task.scheduled_at,
            start_to_close: scheduled.start_to_close,
            heartbeat_timeout: scheduled.heartbeat,
            headers: scheduled.headers.clone(),
        }
    }
}

fn remaining(until: Timestamp, now: Timestamp) -> Duration {
    Duration::from_micros(until.as_micros().saturating_sub(now.as_micros()))
}

fn ended(result: Result<Result<Option<Payload>, Failure>, Box<dyn std::any::Any + Send>>) -> AttemptResult {
    match result {
        Ok(Ok(Some(result))) if result.size_bytes() > PAYLOAD_BYTES_MAX => {
            let message = format!(
                "the result has {} bytes, at most {PAYLOAD_BYTES_MAX} are allowed: keep it elsewhere, and return a \
                 reference",
                result.size_bytes()
            );
            AttemptResult::Failed(Failure::non_retryable("ResultTooLarge", message))
        }
        Ok(Ok(result)) => AttemptResult::Completed(result),
        Ok(Err(failure)) => AttemptResult::Failed(within_limits(failure)),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().copied().map(ToOwned::to_owned);
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            AttemptResult::Failed(Failure::application("Panic", format!("the activity panicked: {text}")))
        }
    }
}

/// The failure, without its particulars if they are too large to be kept.
fn within_limits(failure: Failure) -> Failure {
    if failure.size_bytes() <= PAYLOAD_BYTES_MAX {
        return failure;
    }
    let Failure { mut message, mut kind, .. } = failure;
    if let FailureKind::Application { details, .. }
    | FailureKind::Cancelled { details }
    | FailureKind::Timeout { last_heartbeat_details: details, .. } = &mut kind
    {
        details.clear();
    }
    let end = message.floor_char_boundary(MESSAGE_BYTES_MAX);
    message.truncate(end);
    Failure::new(format!("{message} (cut: the failure had more than {PAYLOAD_BYTES_MAX} bytes)"), kind)
}

fn timed_out(kind: TimeoutKind, pulse: &Pulse) -> Failure {
    let message = match kind {
        TimeoutKind::StartToClose => "the attempt exceeded start_to_close",
        TimeoutKind::ScheduleToStart => "the attempt exceeded schedule_to_start",
        TimeoutKind::ScheduleToClose => "the activity exceeded schedule_to_close",
        TimeoutKind::Heartbeat => "the attempt gave no heartbeat in time",
    };
    Failure::new(message, FailureKind::Timeout { kind, last_heartbeat_details: pulse.details() })
}

fn last_details(last: Option<&Failure>) -> Vec<Payload> {
    match last.map(|failure| &failure.kind) {
        Some(FailureKind::Timeout { last_heartbeat_details, .. }) => last_heartbeat_details.clone(),
        _ => Vec::new(),
    }
}

/// Ends when no heartbeat came for this long; never without a limit.
async fn silence(pulse: &Pulse, limit: Option<Duration>) {
    let Some(limit) = limit else { return std::future::pending().await };
    loop {
        let silent_at: Instant = pulse.last() + limit;
        if silent_at <= Instant::now() {
            return;
        }
        tokio::time::sleep_until(silent_at.into()).await;
    }
}
