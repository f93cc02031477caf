//! The attempts of a run's activities: how they begin, end, expire, and what a new owner makes of them.

use super::{Effect, Refusal, Run};
use crate::{
    Failure,
    attempts::{ActivityRow, ActivityTask, AttemptResult, RowState, lost_with_host},
    event::{CancellationType, EventAttributes as E},
    failure::{FailureKind, RetryState, TimeoutKind},
    ids::Operation,
    machines::activity::PendingActivity,
    retry::{self, FailedAttempt, Verdict},
    state::Pending,
    time::Timestamp,
};

impl Run {
    /// Takes the end of an attempt: the activity's outcome, or another attempt.
    ///
    /// # Errors
    /// [`Refusal::StaleAttempt`]: it is not the one under way; nothing has changed.
    ///
    /// # Panics
    /// If the turn has had its activation.
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
                self.record(E::ActivityTaskCompleted { operation, result, attempt });
            }
            AttemptResult::Failed(failure) => self.attempt_failed(&activity, attempt, failure.bounded()),
        }
        Ok(())
    }

    /// The activity of an attempt that was dispatched and has not ended.
    fn under_way(&self, operation: Operation, attempt: u32) -> Result<&PendingActivity, Refusal> {
        let current = self.attempts.get(operation).map_or(1, |row| row.attempt);
        match self.activity(operation) {
            Some(activity) if attempt == current && !self.attempts.is_waiting(operation) => Ok(activity),
            _ => Err(Refusal::StaleAttempt),
        }
    }

    fn activity(&self, operation: Operation) -> Option<&PendingActivity> {
        self.state.pending.get(&operation).and_then(Pending::as_activity)
    }

    fn attempt_failed(&mut self, activity: &PendingActivity, attempt: u32, failure: Failure) {
        let operation = activity.scheduled.operation;
        let verdict = if activity.cancel_requested {
            Verdict::Stop(RetryState::CancelRequested)
        } else {
            let (now, expires) = (self.state.time, activity.expires());
            let failed = FailedAttempt { attempt, failure: &failure, now, expires };
            retry::decide(&activity.scheduled.retry_policy, failed)
        };
        match (verdict, failure.kind) {
            (Verdict::Stop(RetryState::CancelRequested), FailureKind::Cancelled { details }) => {
                self.activity_cancelled(operation, attempt, details);
            }
            (Verdict::Stop(retry_state), kind) => {
                self.activity_failed(operation, Failure { kind, ..failure }, attempt, retry_state);
            }
            (Verdict::Retry(at), kind) => self.attempts.put(ActivityRow {
                operation,
                attempt: attempt.saturating_add(1),
                state: RowState::Waiting(at),
                last_failure: Some(Failure { kind, ..failure }),
            }),
        }
    }

    fn activity_cancelled(&mut self, operation: Operation, attempt: u32, details: Vec<crate::Payload>) {
        self.attempts.delete(operation);
        self.record(E::ActivityTaskCanceled { operation, details, attempt });
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
            E::ActivityTaskTimedOut { operation, failure, attempt, retry_state }
        } else {
            E::ActivityTaskFailed { operation, failure, attempt, retry_state }
        });
    }

    /// Whether an activity beside the workflow is at work, or is tried again so soon that the store need not know.
    #[must_use]
    pub fn has_local_work(&self) -> bool {
        let is_near = |activity: &PendingActivity| {
            let row = self.attempts.get(activity.scheduled.operation);
            match (activity.scheduled.local_retry_threshold, row.map(|row| row.state)) {
                (Some(threshold), Some(RowState::Waiting(at))) => at <= self.state.time.plus(threshold),
                (threshold, _) => threshold.is_some(),
            }
        };
        self.state.pending_locals > 0
            && self.state.pending.values().filter_map(Pending::as_activity).any(is_near)
    }

    /// Says that an attempt is about to begin; to be stored first.
    ///
    /// # Errors
    /// [`Refusal::StaleAttempt`]: it is not to begin, or was granted already.
    pub fn grant(&mut self, operation: Operation, attempt: u32) -> Result<(), Refusal> {
        let unwanted = self.under_way(operation, attempt)?.cancel_requested;
        let row = self.attempts.get(operation);
        if row.is_some_and(|row| row.state == RowState::Granted) {
            return Err(Refusal::StaleAttempt);
        }
        if unwanted {
            self.put_state(operation, RowState::Waiting(Timestamp::MIN));
            return Err(Refusal::StaleAttempt);
        }
        self.put_state(operation, RowState::Granted);
        Ok(())
    }

    /// Says that an attempt has not begun and will not, because the host stops.
    ///
    /// # Errors
    /// [`Refusal::StaleAttempt`]: it is not to begin any more.
    pub fn not_started(&mut self, operation: Operation, attempt: u32) -> Result<(), Refusal> {
        self.under_way(operation, attempt)?;
        self.put_state(operation, RowState::Waiting(self.state.time));
        Ok(())
    }

    /// Stores where the current attempt stands.
    fn put_state(&mut self, operation: Operation, state: RowState) {
        let row = self.attempts.get(operation);
        let (attempt, last_failure) = row.map_or((1, None), |row| (row.attempt, row.last_failure.clone()));
        self.attempts.put(ActivityRow { operation, attempt, state, last_failure });
    }

    /// Decides on the activities found pending at a take-over.
    pub(super) fn recover(&mut self, rows: Vec<ActivityRow>) {
        for row in rows {
            let operation = row.operation;
            self.attempts.remember(row);
            if self.activity(operation).is_none() {
                self.attempts.delete(operation);
            }
        }
        let activities: Vec<PendingActivity> =
            self.state.pending.values().filter_map(Pending::as_activity).cloned().collect();
        for activity in activities {
            let operation = activity.scheduled.operation;
            match self.attempts.get(operation).map(|row| (row.attempt, row.state)) {
                Some((_, RowState::Waiting(_))) => {}
                Some((attempt, RowState::Granted)) => {
                    self.attempt_failed(&activity, attempt, lost_with_host());
                }
                None if activity.scheduled.needs_first_grant() => {
                    self.begin_attempt(operation);
                }
                None => self.attempt_failed(&activity, 1, lost_with_host()),
            }
        }
    }

    /// Begins an attempt that has not begun, unless the activity is not wanted any more.
    pub(super) fn begin_attempt(&mut self, operation: Operation) {
        let Some(activity) = self.activity(operation) else { return };
        if activity.cancel_requested {
            let made = self.attempts.get(operation).map_or(0, |row| row.attempt.saturating_sub(1));
            self.activity_cancelled(operation, made, Vec::new());
        } else {
            let task = self.task(activity);
            self.effects.push(Effect::Dispatch(task));
        }
    }

    pub(super) fn expire(&mut self, operation: Operation) {
        match self.state.pending.get(&operation) {
            Some(Pending::Timer(_)) => self.record(E::TimerFired { operation }),
            Some(Pending::Activity(_)) => {
                let row = self.attempts.get(operation);
                let made = row.map_or(1, |row| match row.state {
                    RowState::Waiting(_) => row.attempt.saturating_sub(1),
                    RowState::Granted => row.attempt,
                });
                let kind = TimeoutKind::ScheduleToClose;
                let mut failure = Failure::timeout(kind, "the activity was not done in time");
                failure.cause = row.and_then(|row| row.last_failure.clone()).map(Box::new);
                self.effects.push(Effect::CancelActivity(operation));
                self.activity_failed(operation, failure.bounded(), made, RetryState::Timeout);
            }
            Some(Pending::ChildStart(_) | Pending::Child(_) | Pending::External(_)) | None => {}
        }
    }

    /// Applies the commands of an activation, and notes what they are to do.
    pub(super) fn follow(&mut self, commands: &[E]) {
        let operations_before = self.state.operations;
        for command in commands {
            if let E::ActivityTaskCancelRequested { operation } = command
                && *operation <= operations_before
            {
                self.ask_to_stop(*operation);
            }
            self.apply(command);
            self.tell(command);
            if let E::WorkflowExecutionUpdateCompleted { update_id, outcome } = command {
                self.updates.push((update_id.clone(), outcome.clone()));
            }
        }
        if self.state.is_closed() {
            commands.last().into_iter().for_each(|last| self.ended(last));
            return;
        }
        for command in commands {
            if let E::ActivityTaskScheduled(scheduled) = command {
                self.dispatch_first(scheduled.operation);
            }
        }
    }

    /// Begins the first attempt of an activity that was just scheduled.
    fn dispatch_first(&mut self, operation: Operation) {
        let Some(activity) = self.activity(operation) else { return };
        if activity.cancel_requested {
            self.put_state(operation, RowState::Waiting(Timestamp::MIN));
        } else {
            let task = self.task(activity);
            self.effects.push(Effect::Dispatch(task));
        }
    }

    /// Tells a pending activity to stop, as its cancellation type says. One that is waited for and whose
    /// attempt has not begun stops at the next tick.
    fn ask_to_stop(&mut self, operation: Operation) {
        let Some(activity) = self.activity(operation) else { return };
        let cancellation_type = activity.scheduled.cancellation_type;
        let row_state = self.attempts.get(operation).map(|row| row.state);
        if cancellation_type != CancellationType::Abandon && !self.attempts.is_waiting(operation) {
            self.effects.push(Effect::CancelActivity(operation));
        }
        match (cancellation_type, row_state) {
            (CancellationType::TryCancel | CancellationType::Abandon, _) => self.attempts.delete(operation),
            (CancellationType::Wait, Some(RowState::Waiting(_))) => {
                self.put_state(operation, RowState::Waiting(Timestamp::MIN));
            }
            (CancellationType::Wait, Some(RowState::Granted) | None) => {}
        }
    }

    /// Forgets all attempts, because the run is closed.
    pub(super) fn stop_all(&mut self) {
        self.attempts.delete_all();
        self.effects.clear();
    }

    fn task(&self, activity: &PendingActivity) -> ActivityTask {
        let row = self.attempts.get(activity.scheduled.operation);
        ActivityTask {
            scheduled: activity.scheduled.clone(),
            scheduled_at: activity.scheduled_at,
            attempt: row.map_or(1, |row| row.attempt),
            needs_grant: !activity.scheduled.is_local()
                && (row.is_some() || activity.scheduled.needs_first_grant()),
            last_failure: row.and_then(|row| row.last_failure.clone()),
        }
    }
}
