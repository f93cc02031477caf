//! Guests for questions: fresh ones, brought to what is durable, and thrown away.

use dalsegno_engine::{
    Failure, State, Transition,
    failure::FailureKind,
    guest::{ActivationError, RunInfo},
    ids::{Namespace, RunId},
    replay::Replay,
};
use dalsegno_sandbox::{Instance, Module, Sandbox};
use dalsegno_store::HistoryRow;

use super::{ErrorCode, ServiceError};
use crate::owner::turn;

/// The type of the failure by which a guest says that the arguments of a handler do not fit.
pub(super) const BAD_ARGUMENTS: &str = "BadArguments";

/// A guest at what is durable, and what the history tells.
pub(super) struct Replayed {
    pub(super) guest: Instance,
    pub(super) state: State,
}

/// Brings a fresh guest to what is durable.
///
/// # Errors
/// [`ErrorCode::RunNotActivated`], or what `failed` makes of a guest's failure.
pub(super) fn replay(
    sandbox: &Sandbox,
    module: &Module,
    (namespace, run_id): (Namespace, RunId),
    rows: &[HistoryRow],
    failed: fn(ActivationError) -> ServiceError,
) -> Result<Replayed, ServiceError> {
    let begun = begin(rows)?;
    let started = begun.started.clone().ok_or_else(not_activated)?;
    let info = RunInfo { namespace, run_id, start_time: begun.start_time, started };
    let mut guest = sandbox.instantiate(module, info).map_err(failed)?;
    let mut replay = Replay::default();
    for row in rows {
        let transition = decode(row)?;
        replay
            .step(&transition, row.data.len(), &mut guest)
            .map_err(|error| failed(turn::replay_failed(error)))?;
    }
    Ok(Replayed { guest, state: replay.into_state() })
}

/// The state after the first transition: enough to make a guest.
fn begin(rows: &[HistoryRow]) -> Result<State, ServiceError> {
    if !rows.iter().any(|row| row.activated) {
        return Err(not_activated());
    }
    let first = rows.first().map(decode).transpose()?;
    State::fold(first.iter().map(|transition| (transition, 0))).map_err(|error| internal(error.to_string()))
}

fn decode(row: &HistoryRow) -> Result<Transition, ServiceError> {
    Transition::decode(&row.data).map_err(|error| internal(error.to_string()))
}

fn internal(problem: String) -> ServiceError {
    ServiceError::new(ErrorCode::Internal, problem)
}

fn not_activated() -> ServiceError {
    ServiceError::new(ErrorCode::RunNotActivated, "the run has not made its first activation")
}

/// The threads of the guests have ended.
pub(super) fn no_threads() -> ServiceError {
    ServiceError::new(ErrorCode::ShuttingDown, "the host is stopping")
}

/// The type of an application failure.
pub(super) fn type_of(failure: &Failure) -> Option<&str> {
    match &failure.kind {
        FailureKind::Application { r#type, .. } => Some(r#type),
        _ => None,
    }
}
