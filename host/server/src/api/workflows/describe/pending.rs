//! What a run waits for.

use std::collections::BTreeMap;

use dalsegno_engine::{
    Failure, State, Timestamp,
    attempts::{ActivityRow, RowState},
    event::{ChildInitiated, ParentClosePolicy},
    ids::{ActivityId, ActivityType, Namespace, Operation, RunId, TaskQueue, WorkflowId, WorkflowType},
    machines::{
        activity::PendingActivity, child::PendingChild, external::PendingExternal, timer::PendingTimer,
    },
    state::Pending,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::schemas;

/// All that a run waits for.
#[derive(Default)]
pub(super) struct Pendings {
    pub(super) activities: Vec<ActivityBody>,
    pub(super) timers: Vec<TimerBody>,
    pub(super) children: Vec<ChildBody>,
    pub(super) externals: Vec<ExternalBody>,
}

impl Pendings {
    /// What the history and the rows of attempts tell.
    pub(super) fn of(state: &State, attempts: &[ActivityRow], now: Timestamp) -> Self {
        let attempts: BTreeMap<Operation, &ActivityRow> =
            attempts.iter().map(|row| (row.operation, row)).collect();
        let mut all = Self::default();
        for (operation, pending) in &state.pending {
            match pending {
                Pending::Activity(activity) => {
                    all.activities.push(activity_body(activity, attempts.get(operation).copied(), now));
                }
                Pending::Timer(timer) => all.timers.push(timer_body(*operation, timer)),
                Pending::External(external) => all.externals.push(external_body(*operation, *external)),
                Pending::ChildStart(_) | Pending::Child(_) => {}
            }
        }
        for (operation, initiated) in &state.children {
            let awaited = state.pending.get(operation).and_then(Pending::as_child);
            all.children.push(child_body(initiated, awaited));
        }
        all
    }
}

/// An activity without an outcome.
#[derive(Serialize, ToSchema)]
#[schema(as = PendingActivity)]
pub(crate) struct ActivityBody {
    /// The number of the operation within the run.
    operation: Operation,
    #[schema(value_type = String)]
    activity_id: ActivityId,
    #[schema(value_type = String)]
    activity_type: ActivityType,
    #[schema(value_type = String)]
    task_queue: TaskQueue,
    state: ActivityState,
    /// Whether it runs beside the workflow, in no task queue.
    local: bool,
    /// The attempt that is under way or comes next, from 1.
    attempt: u32,
    /// 0: unlimited.
    maximum_attempts: u32,
    #[schema(value_type = String, format = DateTime)]
    scheduled_time: Timestamp,
    /// When the next attempt begins, while it waits for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_time: Option<Timestamp>,
    /// When the whole expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expiration_time: Option<Timestamp>,
    /// Of the attempt before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Failure>)]
    pub(super) last_failure: Option<Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
}

/// How a pending activity stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PendingActivityState)]
pub(crate) enum ActivityState {
    /// The next attempt waits for its time.
    Scheduled,
    /// An attempt is under way, or waits for a free place in its task queue.
    Started,
    /// It was asked to stop, and its end is waited for.
    CancelRequested,
}

/// A timer that has not fired.
#[derive(Serialize, ToSchema)]
#[schema(as = PendingTimer)]
pub(crate) struct TimerBody {
    /// The number of the operation within the run.
    operation: Operation,
    #[schema(value_type = String, format = DateTime)]
    due: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
}

/// A child that is not known to have ended.
#[derive(Serialize, ToSchema)]
#[schema(as = PendingChild)]
pub(crate) struct ChildBody {
    /// The number of the operation that waits for its end.
    operation: Operation,
    #[schema(value_type = String)]
    namespace: Namespace,
    #[schema(value_type = String)]
    workflow_id: WorkflowId,
    /// Its first run.
    #[schema(value_type = String)]
    run_id: RunId,
    #[schema(value_type = String)]
    workflow_type: WorkflowType,
    /// Whether it is there.
    started: bool,
    /// Whether it was asked to stop.
    cancel_requested: bool,
    /// Whether the workflow waits for its end.
    awaited: bool,
    /// What becomes of it when the workflow ends: `terminate`, `abandon` or `request_cancel`.
    #[schema(value_type = String)]
    parent_close_policy: ParentClosePolicy,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
}

/// Something asked of another run, and not answered.
#[derive(Serialize, ToSchema)]
#[schema(as = PendingExternalOperation)]
pub(crate) struct ExternalBody {
    /// The number of the operation within the run.
    operation: Operation,
    kind: ExternalKind,
}

/// What is asked of another run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExternalOperationKind)]
pub(crate) enum ExternalKind {
    /// To take a signal.
    Signal,
    /// To stop.
    Cancel,
}

fn activity_body(activity: &PendingActivity, row: Option<&ActivityRow>, now: Timestamp) -> ActivityBody {
    let next_attempt_time = row.and_then(|row| match row.state {
        RowState::Waiting(at) if at > now => Some(at),
        RowState::Waiting(_) | RowState::Granted => None,
    });
    let state = match next_attempt_time {
        _ if activity.cancel_requested => ActivityState::CancelRequested,
        Some(_) => ActivityState::Scheduled,
        None => ActivityState::Started,
    };
    let scheduled = &*activity.scheduled;
    ActivityBody {
        operation: scheduled.operation,
        activity_id: scheduled.activity_id.clone(),
        activity_type: scheduled.activity_type.clone(),
        task_queue: scheduled.task_queue.clone(),
        state,
        local: scheduled.is_local(),
        attempt: row.map_or(1, |row| row.attempt),
        maximum_attempts: scheduled.retry_policy.maximum_attempts,
        scheduled_time: activity.scheduled_at,
        next_attempt_time,
        expiration_time: activity.expires(),
        last_failure: row.and_then(|row| row.last_failure.clone()),
        summary: scheduled.summary.clone(),
    }
}

fn timer_body(operation: Operation, timer: &PendingTimer) -> TimerBody {
    TimerBody { operation, due: timer.due, summary: timer.summary.clone() }
}

fn child_body(initiated: &ChildInitiated, awaited: Option<&PendingChild>) -> ChildBody {
    ChildBody {
        operation: initiated.closed,
        namespace: initiated.namespace.clone(),
        workflow_id: initiated.workflow_id.clone(),
        run_id: initiated.run_id.clone(),
        workflow_type: initiated.workflow_type.clone(),
        // The workflow gives up waiting for a child only by cancelling it, and may do that before it is there.
        started: awaited.is_some_and(|child| child.run_id.is_some()),
        cancel_requested: awaited.is_none_or(|child| child.cancel_requested),
        awaited: awaited.is_some(),
        parent_close_policy: initiated.parent_close_policy,
        summary: initiated.summary.clone(),
    }
}

fn external_body(operation: Operation, external: PendingExternal) -> ExternalBody {
    let kind = match external {
        PendingExternal::Signal => ExternalKind::Signal,
        PendingExternal::Cancel => ExternalKind::Cancel,
    };
    ExternalBody { operation, kind }
}

#[cfg(test)]
mod tests;
