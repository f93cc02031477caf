//! Waiting for the end of a run.

use std::sync::Arc;

use dalsegno_engine::ids::RunId;
use dalsegno_store::RunRow;
use tokio::time::Instant;

use super::{ErrorCode, ResultRequest, RunRef, RunResult, Service, ServiceError, lookup};
use crate::{
    owner::{self, Owner, waiters::Closed},
    testing,
};

impl Service {
    /// Tells the end of a run, or of its chain, waiting for it as long as asked.
    ///
    /// # Errors
    /// As for every call.
    pub async fn result(&self, run: &RunRef, request: ResultRequest) -> Result<RunResult, ServiceError> {
        let deadline = Instant::now() + request.wait;
        let mut run = run.clone();
        loop {
            let result = self.result_of(&run, deadline).await?;
            match &result.new_run_id {
                Some(next) if request.follow => run.run_id = Some(next.clone()),
                _ => return Ok(result),
            }
        }
    }

    async fn result_of(&self, run: &RunRef, deadline: Instant) -> Result<RunResult, ServiceError> {
        let owner = self.owner().ok();
        if let Some(closed) = owner.as_ref().and_then(|owner| recently_closed(owner, run)) {
            return Ok(RunResult::closed(&closed));
        }
        let run_id = match owner.as_ref().and_then(|owner| open(owner, run)) {
            Some(run_id) => run_id,
            None => {
                let row = self.resolve(run).await?;
                if row.close_time.is_some() {
                    return self.stored_result(&row).await;
                }
                row.key.run_id
            }
        };
        match owner {
            Some(owner) => self.wait_for_end(&owner, run, run_id, deadline).await,
            None => Ok(RunResult::running(run_id)),
        }
    }

    async fn wait_for_end(
        &self,
        owner: &Arc<Owner>,
        run: &RunRef,
        run_id: RunId,
        deadline: Instant,
    ) -> Result<RunResult, ServiceError> {
        let mut end = owner.waiters.closed(&run_id);
        // It may have ended between the first look and the beginning of the wait.
        let this = RunRef { run_id: Some(run_id.clone()), ..run.clone() };
        if let Some(closed) = recently_closed(owner, &this) {
            return Ok(RunResult::closed(&closed));
        }
        if open(owner, &this).is_none() {
            let row = self.resolve(&this).await?;
            if row.close_time.is_some() {
                return self.stored_result(&row).await;
            }
        }
        let gone = tokio::select! {
            closed = testing::waits(end.told()) => match closed {
                Some(closed) => return Ok(RunResult::closed(&closed)),
                None => true,
            },
            () = tokio::time::sleep_until(deadline) => false,
            () = owner.stopped.cancelled() => false,
        };
        if gone {
            // It could not be stored: it never was, or it stands as it is stored.
            self.resolve(&this).await?;
        }
        Ok(RunResult::running(run_id))
    }

    async fn stored_result(&self, row: &RunRow) -> Result<RunResult, ServiceError> {
        let run_id = row.key.run_id.clone();
        let (_, state) = owner::read_state(&self.store, &run_id).await.map_err(lookup::load)?;
        let new_run_id = state.successor;
        match state.outcome {
            Some(outcome) => {
                Ok(RunResult { run_id, status: state.status, outcome: Some(outcome), new_run_id })
            }
            None => Err(ServiceError::new(ErrorCode::Internal, "the closed run has no closing event")),
        }
    }
}

/// The run a reference means, if it is open, in memory, and stored.
fn open(owner: &Owner, run: &RunRef) -> Option<RunId> {
    let handle = owner.registry.get(&run.namespace, &run.workflow_id)?;
    let run_id = &handle.key.run_id;
    let meant = run.run_id.as_ref().is_none_or(|wanted| wanted == run_id);
    (meant && handle.is_stored()).then(|| run_id.clone())
}

/// The end of the run a reference means, if it was a short time ago.
fn recently_closed(owner: &Owner, run: &RunRef) -> Option<Arc<Closed>> {
    if run.run_id.is_none() && owner.registry.get(&run.namespace, &run.workflow_id).is_some() {
        return None;
    }
    let closed = owner.registry.closed(&run.namespace, &run.workflow_id)?;
    run.run_id.as_ref().is_none_or(|wanted| *wanted == closed.run_id).then_some(closed)
}

impl RunResult {
    fn running(run_id: RunId) -> Self {
        Self { run_id, status: dalsegno_engine::Status::Running, outcome: None, new_run_id: None }
    }

    fn closed(closed: &Closed) -> Self {
        Self {
            run_id: closed.run_id.clone(),
            status: closed.status,
            outcome: Some(closed.outcome.clone()),
            new_run_id: closed.successor.clone(),
        }
    }
}
