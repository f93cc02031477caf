//! A signal or an update to a workflow, which is started for it if it is not open: both in one step.

use std::sync::Arc;

use dalsegno_engine::{
    Payload, Run,
    event::WorkflowExecutionStarted,
    guest::{Request, RunInfo},
    ids::RunId,
    run::Input,
};
use tokio::time::Instant;

use super::{
    ErrorCode, RunRef, Service, ServiceError, SignalRequest, StartRequest, Started, UpdateRequest,
    UpdateStatus, Updated, UpdatedWithStart,
    fresh::Fresh,
    lookup, replayed,
    start::{Decided, Decision},
    update::{self, Taken},
};
use crate::{
    modules::{Call, Callee},
    owner::Owner,
};

impl Service {
    /// Sends a signal to a workflow; one that is not open is started with it. Source: Temporal, "Signal-With-Start".
    ///
    /// # Errors
    /// As for [`Service::start`] and [`Service::signal`].
    pub async fn signal_with_start(
        &self,
        start: StartRequest,
        signal: SignalRequest,
    ) -> Result<Started, ServiceError> {
        self.check_namespace(&start.namespace).await?;
        let owner = self.owner_with_room()?;
        let fresh = self.prepare(&owner, start).await?;
        // The mark on the whole request is one on its signal too.
        let request_id = signal.request_id.clone().or_else(|| fresh.started.request_id.clone());
        let signal = SignalRequest { request_id, ..signal };
        self.acknowledged(self.signal_or_start(&owner, fresh, signal)).await?
    }

    async fn signal_or_start(
        &self,
        owner: &Arc<Owner>,
        fresh: Fresh,
        signal: SignalRequest,
    ) -> Result<Started, ServiceError> {
        let mut closed: Option<RunId> = None;
        for _ in 0..lookup::LOOKUPS_MAX {
            let decided = self.decide(owner, &fresh).await?;
            let Decision::Use(run_id) = decided.decision else {
                if let Some(run_id) = self.took_signal(&fresh, &decided, &signal).await? {
                    let workflow_id = fresh.started.workflow_id;
                    return Ok(Started { workflow_id, run_id, new: false });
                }
                let SignalRequest { name, input, headers, request_id } = signal;
                self.check_first(&fresh, Call::Signal(&name), &input).await?;
                let signal = Input::Signal { name, input, headers, request_id };
                return self.begin(owner, fresh, vec![signal], decided).await;
            };
            drop(decided.alone);
            match self.signal(&fresh.run_ref(&run_id), signal.clone()).await {
                // It closed after it was found open.
                Err(error) if error.code == ErrorCode::WorkflowClosed && closed.as_ref() != Some(&run_id) => {
                    closed = Some(run_id);
                }
                Err(error) => return Err(error),
                Ok(()) => {
                    let workflow_id = fresh.started.workflow_id;
                    return Ok(Started { workflow_id, run_id, new: false });
                }
            }
        }
        Err(lookup::moving())
    }

    /// The newest run, closed since, if it has taken the signal: its sender may not have heard the answer.
    async fn took_signal(
        &self,
        fresh: &Fresh,
        decided: &Decided<'_>,
        signal: &SignalRequest,
    ) -> Result<Option<RunId>, ServiceError> {
        let newest = decided.newest.as_ref().filter(|_| decided.decision == Decision::Start);
        let (Some(run_id), Some(request_id)) = (newest, &signal.request_id) else { return Ok(None) };
        let taken = self.has_taken_signal(&fresh.run_ref(run_id), request_id).await?;
        Ok(taken.then(|| run_id.clone()))
    }

    /// Checks the arguments of what comes with a start.
    async fn check_first(
        &self,
        fresh: &Fresh,
        call: Call<'_>,
        input: &[Payload],
    ) -> Result<(), ServiceError> {
        let (module, workflow_type) = (fresh.module.digest(), &fresh.started.workflow_type);
        self.check_arguments(Callee { module, workflow_type, call }, input).await
    }

    /// Calls an update handler of a workflow; one that is not open is started with the update, if its validator lets
    /// it pass. Ours: in one step; with Temporal the start may be there without the update.
    ///
    /// # Errors
    /// As for [`Service::start`] and [`Service::update`].
    pub async fn update_with_start(
        &self,
        start: StartRequest,
        update: UpdateRequest,
    ) -> Result<UpdatedWithStart, ServiceError> {
        let deadline = update.wait.deadline();
        self.check_namespace(&start.namespace).await?;
        let owner = self.owner_with_room()?;
        let fresh = self.prepare(&owner, start).await?;
        // The mark on the whole request is one on its update too.
        let request_id = fresh.started.request_id.as_ref().map(ToString::to_string);
        let update = UpdateRequest { update_id: update.update_id.or(request_id), ..update };
        let (update, given) = update::named(update)?;
        if given && let Some(known) = self.known(&fresh.run_ref(fresh.run_id()), &update.id).await? {
            return Ok(fresh.updated(known));
        }
        self.update_or_start(&owner, fresh, update, deadline).await
    }

    async fn update_or_start(
        &self,
        owner: &Arc<Owner>,
        fresh: Fresh,
        update: Request,
        deadline: Instant,
    ) -> Result<UpdatedWithStart, ServiceError> {
        let mut validated = false;
        let mut closed: Option<RunId> = None;
        for _ in 0..lookup::LOOKUPS_MAX {
            let decided = self.acknowledged(self.decide(owner, &fresh)).await??;
            if let Decision::Use(run_id) = decided.decision {
                drop(decided.alone);
                let run = fresh.run_ref(&run_id);
                match self.take_update(owner, &run, &update).await {
                    // It closed after it was found open.
                    Err(error)
                        if error.code == ErrorCode::WorkflowClosed && closed.as_ref() != Some(&run_id) =>
                    {
                        closed = Some(run_id);
                        continue;
                    }
                    taken => {
                        let updated = self.outcome(owner, &run, &update.id, taken?, deadline).await?;
                        return Ok(fresh.updated(updated));
                    }
                }
            }
            if validated {
                // Others may have sent it while it was validated, to a run that has ended since.
                if let Some(known) = self.known(&fresh.run_ref(fresh.run_id()), &update.id).await? {
                    return Ok(fresh.updated(known));
                }
                return self.begin_updated(owner, fresh, update, decided, deadline).await;
            }
            // Others may go on meanwhile, so what was decided does not hold any longer.
            drop(decided);
            if let Some(rejected) = self.validate_first(owner, &fresh, &update).await? {
                return Ok(fresh.updated(Updated::new(&update.id, None, rejected)));
            }
            validated = true;
        }
        Err(lookup::moving())
    }

    async fn begin_updated(
        &self,
        owner: &Arc<Owner>,
        fresh: Fresh,
        update: Request,
        decided: Decided<'_>,
        deadline: Instant,
    ) -> Result<UpdatedWithStart, ServiceError> {
        let (run_id, run) = (fresh.run_id().clone(), fresh.run_ref(fresh.run_id()));
        let outcome = owner.waiters.updated(&run_id, &update.id);
        let begun = self.begin(owner, fresh, vec![Input::Update(update.clone())], decided);
        let Started { workflow_id, new, .. } = self.acknowledged(begun).await??;
        let taken = Taken::Accepted(run_id, outcome);
        let update = self.outcome(owner, &run, &update.id, taken, deadline).await?;
        Ok(UpdatedWithStart { workflow_id, new, update })
    }

    /// Asks the validator of a run that does not exist yet: in a guest that makes its first activation, and is thrown
    /// away.
    async fn validate_first(
        &self,
        owner: &Arc<Owner>,
        fresh: &Fresh,
        update: &Request,
    ) -> Result<Option<UpdateStatus>, ServiceError> {
        self.check_first(fresh, Call::Update(&update.name), &update.input).await?;
        let _place = self.place_for_query().await?;
        let (sandbox, module, update) = (owner.sandbox.clone(), fresh.module.clone(), update.clone());
        let started = WorkflowExecutionStarted { start_delay: None, ..fresh.started.clone() };
        let now = owner.clock.now();
        let verdict = owner.guests.call(move || {
            let mut run = Run::start(started.clone(), now);
            let info = RunInfo {
                namespace: started.namespace.clone(),
                run_id: started.run_id().clone(),
                start_time: now,
                started: started.into(),
            };
            let mut guest = sandbox.instantiate(&module, info).map_err(update::failed)?;
            run.activate(&mut guest).map_err(update::failed)?;
            match guest.validate_update(now, &update).map_err(update::failed)? {
                Ok(()) => Ok(None),
                Err(failure) => update::rejected(&update.name, failure)
                    .map(|failure| Some(UpdateStatus::Rejected(failure))),
            }
        });
        verdict.await.unwrap_or_else(|| Err(replayed::no_threads()))
    }
}

impl Fresh {
    fn run_id(&self) -> &RunId {
        self.started.run_id()
    }

    /// A run of the same workflow id.
    fn run_ref(&self, run_id: &RunId) -> RunRef {
        RunRef {
            namespace: self.started.namespace.clone(),
            workflow_id: self.started.workflow_id.clone(),
            run_id: Some(run_id.clone()),
        }
    }

    /// An update that began no run.
    fn updated(&self, update: Updated) -> UpdatedWithStart {
        UpdatedWithStart { workflow_id: self.started.workflow_id.clone(), new: false, update }
    }
}
