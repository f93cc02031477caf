//! Asking a run: in a fresh guest, replayed to what is durable, that is thrown away.

use std::time::Duration;

use dalsegno_engine::{
    Failure, Payload, State, Status, Transition,
    failure::FailureKind,
    guest::{ActivationError, Request, RunInfo},
    replay::Replay,
};
use dalsegno_sandbox::{Module, Sandbox};
use dalsegno_store::HistoryRow;
use tokio::sync::SemaphorePermit;

use super::{ErrorCode, QueryReject, QueryRequest, RunRef, Service, ServiceError, lookup};
use crate::owner::{self, turn};

/// Queries at the same time.
pub(super) const QUERIES_MAX: usize = 64;
/// How long a query waits for others to end.
const QUERY_WAIT_MAX: Duration = Duration::from_secs(10);
/// The type of the failure by which a guest says that it has no such query.
const UNKNOWN_QUERY: &str = "UnknownQuery";
/// The type of the failure by which a guest says that the arguments do not fit.
const BAD_ARGUMENTS: &str = "BadArguments";

impl Service {
    /// Asks a query. The run may be open or closed, and is not changed.
    ///
    /// # Errors
    /// [`ErrorCode::QueryNotFound`], [`ErrorCode::QueryFailed`], [`ErrorCode::RunNotActivated`], or as for
    /// every call.
    pub async fn query(&self, run: &RunRef, request: QueryRequest) -> Result<Payload, ServiceError> {
        let owner = self.owner_with_room()?;
        let _place = self.place_for_query().await?;
        let row = self.resolve(run).await?;
        check_reject(request.reject, row.status)?;
        let rows = owner::read_history(&self.store, &row.key.run_id).await?;
        let module = owner.modules.load(&row.module).await.map_err(lookup::module)?;
        let (sandbox, namespace, run_id) = (owner.sandbox.clone(), row.key.namespace, row.key.run_id);
        let ask =
            Request { id: String::new(), name: request.name, input: request.input, headers: request.headers };
        let answer = owner.guests.call(move || {
            let state = begin(&rows)?;
            let started = state.started.clone().ok_or_else(not_activated)?;
            let info = RunInfo { namespace, run_id, start_time: state.start_time, started };
            ask_guest(&sandbox, &module, info, &rows, &ask)
        });
        answer
            .await
            .unwrap_or_else(|| Err(ServiceError::new(ErrorCode::ShuttingDown, "the host is stopping")))
    }
}

impl Service {
    /// A query holds a whole history and a guest.
    async fn place_for_query(&self) -> Result<SemaphorePermit<'_>, ServiceError> {
        let overloaded = || ServiceError::new(ErrorCode::Overloaded, "too many queries wait to be answered");
        let place = tokio::time::timeout(QUERY_WAIT_MAX, self.queries.acquire()).await;
        place.map_err(|_| overloaded())?.map_err(|_| overloaded())
    }
}

fn check_reject(reject: QueryReject, status: Status) -> Result<(), ServiceError> {
    let refused = match reject {
        QueryReject::None => false,
        QueryReject::NotOpen => status != Status::Running,
        QueryReject::NotCompletedCleanly => !matches!(status, Status::Running | Status::Completed),
    };
    if refused { Err(ServiceError::closed(status)) } else { Ok(()) }
}

/// The state after the first transition: enough to make a guest.
fn begin(rows: &[HistoryRow]) -> Result<State, ServiceError> {
    let internal = |error: String| ServiceError::new(ErrorCode::Internal, error);
    if !rows.iter().any(|row| row.activated) {
        return Err(not_activated());
    }
    let first =
        rows.first().map(|row| Transition::decode(&row.data)).into_iter().collect::<Result<Vec<_>, _>>();
    let first = first.map_err(|error| internal(error.to_string()))?;
    State::fold(first.iter().map(|transition| (transition, 0))).map_err(|error| internal(error.to_string()))
}

fn not_activated() -> ServiceError {
    ServiceError::new(ErrorCode::RunNotActivated, "the run has not made its first activation")
}

fn ask_guest(
    sandbox: &Sandbox,
    module: &Module,
    info: RunInfo,
    rows: &[HistoryRow],
    ask: &Request,
) -> Result<Payload, ServiceError> {
    let mut guest = sandbox.instantiate(module, info).map_err(failed)?;
    let mut replay = Replay::default();
    for row in rows {
        let transition = Transition::decode(&row.data)
            .map_err(|error| ServiceError::new(ErrorCode::Internal, error.to_string()))?;
        replay
            .step(&transition, row.data.len(), &mut guest)
            .map_err(|error| failed(turn::replay_failed(error)))?;
    }
    let time = replay.into_state().time;
    guest.query(time, ask).map_err(failed)?.map_err(|failure| refused(&ask.name, failure))
}

fn failed(error: ActivationError) -> ServiceError {
    ServiceError::new(ErrorCode::QueryFailed, error.to_report())
}

fn refused(name: &str, failure: Failure) -> ServiceError {
    let code = match &failure.kind {
        FailureKind::Application { r#type, .. } if r#type == UNKNOWN_QUERY => ErrorCode::QueryNotFound,
        FailureKind::Application { r#type, .. } if r#type == BAD_ARGUMENTS => ErrorCode::InvalidArgument,
        _ => ErrorCode::QueryFailed,
    };
    let message = format!("the query `{name}` failed: {}", failure.message);
    ServiceError { failure: Some(Box::new(failure)), ..ServiceError::new(code, message) }
}
