//! The end of a run, and the run that follows it.

use super::{Run, Successor};
use crate::{
    Failure,
    attributes::{Attributes, CHANGE_VERSION},
    calls::{retry_state, retry_verdict, successor_id},
    event::{EventAttributes as E, ModulePolicy, Origin, UpdateOutcome, WorkflowExecutionStarted},
    failure::{RetryState, TimeoutKind},
    history::ENGINE_SEMANTICS,
    ids::RunId,
    retry::Verdict,
};

/// The type of the failure of an update whose run closed first. Source: Temporal, `AcceptedUpdateCompletedWorkflow`.
const UPDATE_LOST: &str = "AcceptedUpdateCompletedWorkflow";

impl Run {
    /// The run that is to begin with this one's end, until that is settled.
    #[must_use]
    pub fn next_run(&self) -> Option<&Successor> {
        self.successor.as_ref()
    }

    /// Ends the run because its time is up. Only the time of one run is given anew to another.
    pub(super) fn time_out(&mut self) {
        let chain_is_over = self.state.execution_expires().is_some_and(|expires| expires <= self.state.time);
        let retry_state =
            if chain_is_over { RetryState::Timeout } else { retry_state(&self.state, &timed_out()) };
        let new_run_id = (retry_state == RetryState::InProgress).then(|| successor_id(&self.state)).flatten();
        self.close(E::WorkflowExecutionTimedOut { retry_state, new_run_id });
    }

    /// What follows from the last event, which closed the run.
    pub(super) fn ended(&mut self, last: &E) {
        self.stop_all();
        self.fail_updates();
        self.successor = self.state.started.clone().and_then(|started| self.successor(&started, last));
        self.tell_end();
    }

    /// Updates without an outcome have none any more: who waits for one is told.
    fn fail_updates(&mut self) {
        let lost = self.state.updates.iter().filter(|(_, completed)| !**completed);
        let failure = Failure::non_retryable(UPDATE_LOST, "the run closed before the update completed");
        self.updates.extend(lost.map(|(id, _)| (id.clone(), UpdateOutcome::Failed(failure.clone()))));
    }

    fn successor(&self, started: &WorkflowExecutionStarted, last: &E) -> Option<Successor> {
        match last {
            E::WorkflowExecutionContinuedAsNew(next) => {
                let mut origin = self.origin(started, next.new_run_id.clone());
                origin.carried_signals.clone_from(&next.carried_signals);
                origin.last_completion_result.clone_from(&started.origin.last_completion_result);
                let Attributes { memo, search_attributes } = self.attributes_to_carry();
                let started = WorkflowExecutionStarted {
                    workflow_type: next.workflow_type.clone(),
                    task_queue: next.task_queue.clone(),
                    input: next.input.clone(),
                    headers: next.headers.clone(),
                    attempt: 1,
                    run_timeout: next.run_timeout,
                    start_delay: None,
                    memo: next.memo.clone().unwrap_or(memo),
                    search_attributes: next.search_attributes.clone().unwrap_or(search_attributes),
                    retry_policy: next.retry_policy.clone(),
                    ..self.next_start(started, origin)
                };
                Some(Successor { started, module_policy: next.module_policy })
            }
            E::WorkflowExecutionFailed { failure, new_run_id: Some(new_run_id), .. } => {
                self.retried(started, new_run_id, failure.clone())
            }
            E::WorkflowExecutionTimedOut { new_run_id: Some(new_run_id), .. } => {
                self.retried(started, new_run_id, timed_out())
            }
            _ => None,
        }
    }

    /// The same again, after the backoff.
    fn retried(
        &self,
        started: &WorkflowExecutionStarted,
        new_run_id: &RunId,
        failure: Failure,
    ) -> Option<Successor> {
        let Some(Verdict::Retry(at)) = retry_verdict(&self.state, &failure) else { return None };
        let mut origin = self.origin(started, new_run_id.clone());
        origin.last_completion_result.clone_from(&started.origin.last_completion_result);
        origin.last_failure = Some(failure);
        let Attributes { memo, search_attributes } = self.attributes_to_carry();
        let started = WorkflowExecutionStarted {
            attempt: started.attempt.saturating_add(1),
            start_delay: Some(at.since(self.state.time)),
            memo,
            search_attributes,
            ..self.next_start(started, origin)
        };
        Some(Successor { started, module_policy: ModulePolicy::Inherit })
    }

    /// What the next run has of this one's notes. Which patches it has it finds out itself.
    fn attributes_to_carry(&self) -> Attributes {
        let mut attributes = (*self.state.attributes).clone();
        attributes.search_attributes.remove(CHANGE_VERSION);
        attributes
    }

    /// What every run of a chain has in common.
    fn next_start(&self, started: &WorkflowExecutionStarted, origin: Origin) -> WorkflowExecutionStarted {
        WorkflowExecutionStarted {
            seed: started.seed.derive("successor's seed", 0),
            engine_semantics: ENGINE_SEMANTICS,
            request_id: None,
            origin,
            ..started.clone()
        }
    }

    fn origin(&self, started: &WorkflowExecutionStarted, new_run_id: RunId) -> Origin {
        Origin {
            run_id: Some(new_run_id),
            continued_run_id: Some(started.run_id().clone()),
            parent: started.origin.parent.clone(),
            root: started.origin.root.clone(),
            execution_expires: self.state.execution_expires(),
            carried_signals: Vec::new(),
            signal_ids: self.state.signal_ids.iter().cloned().collect(),
            last_completion_result: None,
            last_failure: None,
        }
    }
}

fn timed_out() -> Failure {
    Failure::timeout(TimeoutKind::StartToClose, "the run exceeded its time limit")
}
