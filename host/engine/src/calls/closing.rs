//! The calls that close a run.

use std::sync::Arc;

use super::{CallError, Calls, ContinueAsNew, invalid};
use crate::{
    Failure, Payload,
    attributes::Attributes,
    event::{self, EventAttributes},
    failure::RetryState,
    ids::{RunId, TaskQueue, WorkflowType},
    retry::{self, FailedAttempt, Verdict},
    state::State,
};

/// The rules from which on a request to cancel ends a workflow's retries.
const CANCEL_ENDS_RETRIES: u32 = 2;

impl Calls {
    /// Closes the run with its result.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn complete(&mut self, result: Option<Payload>) -> Result<(), CallError> {
        self.close("run.complete", EventAttributes::WorkflowExecutionCompleted { result })
    }

    /// Closes the run with a failure; its retry policy may begin another.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn fail(&mut self, failure: Failure) -> Result<(), CallError> {
        let failure = failure.bounded();
        let retry_state = retry_state(&self.state, &failure);
        let new_run_id = (retry_state == RetryState::InProgress).then(|| successor_id(&self.state)).flatten();
        self.close("run.fail", EventAttributes::WorkflowExecutionFailed { failure, retry_state, new_run_id })
    }

    /// Closes the run as cancelled.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn cancelled(&mut self, details: Vec<Payload>) -> Result<(), CallError> {
        self.close("run.cancelled", EventAttributes::WorkflowExecutionCanceled { details })
    }

    /// Closes the run, and begins one of the same workflow with a fresh history.
    ///
    /// # Errors
    /// [`CallError`]; the activation has to end.
    pub fn continue_as_new(&mut self, ask: ContinueAsNew) -> Result<(), CallError> {
        self.check_open("run.continue-as-new")?;
        let started = self.run()?;
        if let Some(policy) = &ask.retry_policy {
            policy.check().or_else(invalid)?;
        }
        let workflow_type = match ask.workflow_type {
            Some(name) => {
                WorkflowType::parse(name).or_else(|error| invalid(format!("workflow type {error}")))?
            }
            None => started.workflow_type.clone(),
        };
        let task_queue = match ask.task_queue {
            Some(name) => TaskQueue::parse(name).or_else(|error| invalid(format!("task queue {error}")))?,
            None => started.task_queue.clone(),
        };
        let (has_memo, has_search_attributes) = (ask.memo.is_some(), ask.search_attributes.is_some());
        let given = Attributes {
            memo: ask.memo.unwrap_or_default(),
            search_attributes: ask.search_attributes.unwrap_or_default(),
        };
        let Attributes { memo, search_attributes } = self.fresh_attributes(given)?;
        let next = event::ContinuedAsNew {
            new_run_id: successor_id(&self.state)
                .ok_or_else(|| CallError::Invalid("the run has not started".to_owned()))?,
            workflow_type,
            task_queue,
            input: ask.input,
            headers: ask.headers,
            run_timeout: ask.run_timeout.or(started.run_timeout),
            retry_policy: ask.retry_policy.or_else(|| started.retry_policy.clone()),
            memo: has_memo.then_some(memo),
            search_attributes: has_search_attributes.then_some(search_attributes),
            module_policy: ask.module_policy,
            carried_signals: ask.carried_signals,
        };
        self.close("run.continue-as-new", EventAttributes::WorkflowExecutionContinuedAsNew(Arc::new(next)))
    }

    fn close(&mut self, call: &'static str, event: EventAttributes) -> Result<(), CallError> {
        self.issue(call, event)?;
        self.closed = true;
        Ok(())
    }
}

/// Whether the run's retry policy tries again after this failure.
pub(crate) fn retry_state(state: &State, failure: &Failure) -> RetryState {
    match retry_verdict(state, failure) {
        Some(Verdict::Retry(_)) => RetryState::InProgress,
        Some(Verdict::Stop(retry_state)) => retry_state,
        None => RetryState::RetryPolicyNotSet,
    }
}

/// What the run's retry policy says of this failure; `None`: it has none. A run that was asked to cancel is not
/// tried again: the next one would know nothing of the request.
pub(crate) fn retry_verdict(state: &State, failure: &Failure) -> Option<Verdict> {
    let started = state.started.as_ref()?;
    let policy = started.retry_policy.as_ref()?;
    if state.cancel_requested && started.engine_semantics >= CANCEL_ENDS_RETRIES {
        return Some(Verdict::Stop(RetryState::CancelRequested));
    }
    let expires = state.execution_expires();
    Some(retry::decide(policy, FailedAttempt { attempt: started.attempt, failure, now: state.time, expires }))
}

/// The id of the next run of the chain.
pub(crate) fn successor_id(state: &State) -> Option<RunId> {
    let started = state.started.as_ref()?;
    Some(started.seed.derive("successor", 0).run_id(state.time))
}
