//! Updates: decided by the workflow's validator, accepted, and waited for.
//!
//! A validator runs as a query does, in a guest that is thrown away, at what is durable. The update is accepted if
//! the run is still there; else it is asked again.

use std::sync::Arc;

use dalsegno_engine::{
    Failure,
    event::UpdateOutcome,
    guest::{ActivationError, Request},
    ids::{EventId, RunId},
    run::{Accepted, Refusal},
};
use dalsegno_store::HistoryRow;
use tokio::time::Instant;

use super::{
    ErrorCode, RunRef, Service, ServiceError, UpdateRequest, UpdateStage, UpdateStatus, UpdateWait, Updated,
    fresh, lookup,
    replayed::{self, BAD_ARGUMENTS, Replayed},
};
use crate::{
    modules::Call,
    owner::{self, Owner, handle::RunHandle, message::Message, waiters::Waiter},
    testing,
};

/// Times an update is validated because its run went on meanwhile; then its caller has to come again.
const VALIDATIONS_MAX: usize = 8;
/// The type of the failure by which a guest says that it has no such update.
const UNKNOWN_UPDATE: &str = "UnknownUpdate";

/// What became of an update that was sent.
pub(super) enum Taken<'o> {
    /// It had come to its outcome before.
    Known(Updated),
    Rejected(RunId, Failure),
    /// It is in the history of this run.
    Accepted(RunId, Waiter<'o, Arc<UpdateOutcome>>),
}

/// What a validator says.
pub(super) enum Verdict {
    /// The run has the update already.
    Known,
    /// The run has ended.
    Closed,
    /// The run has taken inputs that its guest has not seen: nobody knows what the handler will find.
    Behind,
    Rejected(Failure),
    /// At this state of the run.
    Passed(EventId),
}

impl Service {
    /// Calls an update handler. An update id seen before changes nothing.
    ///
    /// # Errors
    /// [`ErrorCode::UpdateHandlerNotFound`], [`ErrorCode::UpdateLimit`], [`ErrorCode::ValidatorFailed`],
    /// [`ErrorCode::RunBlocked`], [`ErrorCode::RunNotActivated`], [`ErrorCode::WorkflowClosed`],
    /// [`ErrorCode::HistoryFull`], or as for every call.
    pub async fn update(&self, run: &RunRef, request: UpdateRequest) -> Result<Updated, ServiceError> {
        let deadline = request.wait.deadline();
        self.check_namespace(&run.namespace).await?;
        let owner = self.owner_with_room()?;
        let (update, _) = named(request)?;
        let taken = self.take_update(&owner, run, &update).await?;
        self.outcome(&owner, run, &update.id, taken, deadline).await
    }

    /// Tells what became of an update, waiting for it as long as asked.
    ///
    /// # Errors
    /// [`ErrorCode::UpdateNotFound`], or as for every call.
    pub async fn update_result(
        &self,
        run: &RunRef,
        update_id: &str,
        wait: UpdateWait,
    ) -> Result<Updated, ServiceError> {
        let deadline = wait.deadline();
        let run_id = self.resolve(run).await?.key.run_id;
        let owner = self.owner().ok();
        // Whoever waits first and looks then misses nothing.
        let outcome = owner.as_ref().map(|owner| owner.waiters.updated(&run_id, update_id));
        if let Some(known) = self.known(run, update_id).await? {
            return Ok(known);
        }
        let (_, state) = owner::read_state(&self.store, &run_id).await.map_err(lookup::load)?;
        if !state.updates.contains_key(update_id) {
            let message = format!("the workflow `{}` has no update `{update_id}`", run.workflow_id);
            return Err(ServiceError::new(ErrorCode::UpdateNotFound, message));
        }
        match (&owner, outcome) {
            (Some(owner), Some(outcome)) => {
                let taken = Taken::Accepted(run_id, outcome);
                self.outcome(owner, run, update_id, taken, deadline).await
            }
            _ => Ok(Updated::new(update_id, Some(run_id), UpdateStatus::Accepted)),
        }
    }

    /// Sends an update to an open run. One that is known already is found.
    pub(super) async fn take_update<'o>(
        &self,
        owner: &'o Arc<Owner>,
        run: &RunRef,
        update: &Request,
    ) -> Result<Taken<'o>, ServiceError> {
        for _ in 0..lookup::LOOKUPS_MAX {
            let handle = match self.open_run(owner, run).await {
                Ok(Some(handle)) => handle,
                Ok(None) => continue,
                Err(error) if error.code == ErrorCode::WorkflowClosed => {
                    return self.known(run, &update.id).await?.map(Taken::Known).ok_or(error);
                }
                Err(error) => return Err(error),
            };
            self.check_arguments_of(&handle, Call::Update(&update.name), &update.input).await?;
            let _turn = self.update_turns.take(&handle.key.run_id).await;
            if let Some(taken) = self.try_update(owner, &handle, run, update).await? {
                return Ok(taken);
            }
        }
        Err(lookup::moving())
    }

    /// Validates an update, and sends it. `None`: the run is not there any more.
    async fn try_update<'o>(
        &self,
        owner: &'o Arc<Owner>,
        handle: &Arc<RunHandle>,
        run: &RunRef,
        update: &Request,
    ) -> Result<Option<Taken<'o>>, ServiceError> {
        let run_id = &handle.key.run_id;
        for others in (0..VALIDATIONS_MAX).rev() {
            self.acknowledged(lookup::settled(owner, handle)).await??;
            let outcome = owner.waiters.updated(run_id, &update.id);
            let rows = owner::read_history(&self.store, run_id).await?;
            // Invariant: asked after the history was read. What an earlier run had decided was durable before this
            // run began, so either this run knows the update, or the store does.
            if let Some(known) = self.known(run, &update.id).await? {
                return Ok(Some(Taken::Known(known)));
            }
            self.check_not_blocked(handle).await?;
            let validated_at = match self.validate(owner, handle, rows, update).await? {
                Verdict::Known => return Ok(Some(Taken::Accepted(run_id.clone(), outcome))),
                Verdict::Closed => return Ok(None),
                Verdict::Behind if others > 0 => continue,
                Verdict::Behind => return Err(behind()),
                Verdict::Rejected(failure) => return Ok(Some(Taken::Rejected(run_id.clone(), failure))),
                Verdict::Passed(events) => events,
            };
            let message = |reply| Message::Validated(update.clone(), validated_at, reply);
            let asked = self.ask_again(owner, handle, message);
            let Some(answer) = self.acknowledged(asked).await?? else { return Ok(None) };
            match answer.map_err(lookup::lost)? {
                Ok(Accepted::New | Accepted::Duplicate) => {
                    return Ok(Some(Taken::Accepted(run_id.clone(), outcome)));
                }
                Err(Refusal::MovedOn(_)) => {}
                Err(Refusal::Closed(_) | Refusal::Continued(_)) => return Ok(None),
                Err(refusal) => return Err(lookup::refusal(refusal)),
            }
        }
        Err(lookup::moving())
    }

    async fn check_not_blocked(&self, handle: &RunHandle) -> Result<(), ServiceError> {
        let row = self.store.run(&handle.key).await?;
        match row.and_then(|row| row.blocked) {
            Some(blocked) => {
                let message = format!("the run is blocked: {}", blocked.reason);
                Err(ServiceError::new(ErrorCode::RunBlocked, message))
            }
            None => Ok(()),
        }
    }

    async fn validate(
        &self,
        owner: &Arc<Owner>,
        handle: &Arc<RunHandle>,
        rows: Vec<HistoryRow>,
        update: &Request,
    ) -> Result<Verdict, ServiceError> {
        let _place = self.place_for_query().await?;
        let (sandbox, module) = (owner.sandbox.clone(), handle.module.clone());
        let run = (handle.key.namespace.clone(), handle.key.run_id.clone());
        let update = update.clone();
        let verdict = owner.guests.call(move || {
            let Replayed { mut guest, state } = replayed::replay(&sandbox, &module, run, &rows, failed)?;
            if state.updates.contains_key(&update.id) {
                return Ok(Verdict::Known);
            }
            if state.is_closed() {
                return Ok(Verdict::Closed);
            }
            if !state.undelivered.is_empty() {
                return Ok(Verdict::Behind);
            }
            match guest.validate_update(state.time, &update).map_err(failed)? {
                Ok(()) => Ok(Verdict::Passed(state.events)),
                Err(failure) => rejected(&update.name, failure).map(Verdict::Rejected),
            }
        });
        verdict.await.unwrap_or_else(|| Err(replayed::no_threads()))
    }

    /// The outcome of an update, if it has one.
    pub(super) async fn known(&self, run: &RunRef, update_id: &str) -> Result<Option<Updated>, ServiceError> {
        let row = self.store.update(&run.namespace, &run.workflow_id, update_id).await?;
        let Some(row) = row else { return Ok(None) };
        let outcome = UpdateOutcome::decode(&row.data)
            .map_err(|problem| ServiceError::new(ErrorCode::Internal, problem))?;
        Ok(Some(Updated::new(update_id, Some(row.run_id), UpdateStatus::Completed(outcome))))
    }

    /// Waits for the outcome of an update that was accepted.
    pub(super) async fn outcome(
        &self,
        owner: &Arc<Owner>,
        run: &RunRef,
        update_id: &str,
        taken: Taken<'_>,
        deadline: Instant,
    ) -> Result<Updated, ServiceError> {
        let (run_id, mut outcome) = match taken {
            Taken::Known(known) => return Ok(known),
            Taken::Rejected(run_id, failure) => {
                return Ok(Updated::new(update_id, Some(run_id), UpdateStatus::Rejected(failure)));
            }
            Taken::Accepted(run_id, outcome) => (run_id, outcome),
        };
        let told = tokio::select! {
            biased;
            told = testing::waits(outcome.told()) => told,
            () = tokio::time::sleep_until(deadline) => None,
            // A host that stops tells those who wait that they have to ask again.
            () = owner.draining.cancelled() => None,
            () = owner.stopped.cancelled() => None,
        };
        let status = match told {
            Some(outcome) => UpdateStatus::Completed((*outcome).clone()),
            None => match self.known(run, update_id).await {
                Ok(Some(known)) => return Ok(known),
                // It is accepted whatever the store says now.
                Ok(None) | Err(_) => UpdateStatus::Accepted,
            },
        };
        Ok(Updated::new(update_id, Some(run_id), status))
    }
}

/// As the engine has it, with an id in any case. True: the client gave the id.
pub(super) fn named(request: UpdateRequest) -> Result<(Request, bool), ServiceError> {
    let UpdateRequest { update_id, name, input, headers, .. } = request;
    let given = update_id.is_some();
    let id = update_id.map_or_else(fresh::random_uuid, Ok)?;
    Ok((Request { id, name, input, headers }, given))
}

/// What a validator's failure means: that the update is rejected, or that it makes no sense.
pub(super) fn rejected(name: &str, failure: Failure) -> Result<Failure, ServiceError> {
    let code = match replayed::type_of(&failure) {
        Some(UNKNOWN_UPDATE) => ErrorCode::UpdateHandlerNotFound,
        Some(BAD_ARGUMENTS) => ErrorCode::BadArguments,
        _ => return Ok(failure),
    };
    let message = format!("the update `{name}` was not taken: {}", failure.message);
    Err(ServiceError { failure: Some(Box::new(failure)), ..ServiceError::new(code, message) })
}

fn behind() -> ServiceError {
    let message = "the run has taken inputs that its guest has not seen yet";
    ServiceError::new(ErrorCode::RunNotActivated, message)
}

pub(super) fn failed(error: ActivationError) -> ServiceError {
    ServiceError::new(ErrorCode::ValidatorFailed, error.to_report())
}

impl UpdateWait {
    /// When the waiting ends.
    pub(super) fn deadline(self) -> Instant {
        match self.stage {
            UpdateStage::Accepted => Instant::now(),
            UpdateStage::Completed => Instant::now() + self.time,
        }
    }
}

impl Updated {
    pub(super) fn new(update_id: &str, run_id: Option<RunId>, status: UpdateStatus) -> Self {
        Self { update_id: update_id.to_owned(), run_id, status }
    }
}
