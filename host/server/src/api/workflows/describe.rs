//! `GET /workflows/{id}`

mod pending;

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::{
    Failure, Millis, Payload, Status, Timestamp,
    attributes::Attributes,
    event::WorkflowExecutionStarted,
    ids::{ModuleDigest, Namespace, RunId, TaskQueue, WorkflowId, WorkflowType},
    message::RunIdentity,
    retry::RetryPolicy,
    trouble::Blocked,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use self::pending::{ActivityBody, ChildBody, ExternalBody, Pendings, TimerBody};
use crate::{
    api::{
        Api, attributes,
        params::{self, Params, Segments},
        payloads::{self, HasPayloads, PayloadForm},
        problem::Problem,
        schemas,
    },
    service::Description,
};

/// Which run, and how to write its payloads.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DescribeParams {
    /// The newest run if absent.
    run_id: Option<String>,
    /// How payloads are written.
    #[param(inline)]
    payloads: Option<PayloadForm>,
}

/// All there is to tell of a run. What is absent does not apply.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowDescription)]
pub(crate) struct DescribeBody {
    #[schema(value_type = String)]
    namespace: Namespace,
    #[schema(value_type = String)]
    workflow_id: WorkflowId,
    #[schema(value_type = String)]
    run_id: RunId,
    #[schema(value_type = String)]
    workflow_type: WorkflowType,
    #[schema(value_type = schemas::Status)]
    status: Status,
    /// Present if the run is parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Blocked>)]
    blocked: Option<Blocked>,
    /// Of the last activation, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    /// Why a closed run has no result.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Failure>)]
    last_failure: Option<Failure>,
    /// The digest of the module its code is in.
    #[schema(value_type = String)]
    module: ModuleDigest,
    /// Where its activities go unless they say otherwise.
    #[schema(value_type = Option<String>)]
    task_queue: Option<TaskQueue>,
    #[schema(value_type = String, format = DateTime)]
    start_time: Timestamp,
    /// When its first activation is due, after the start delay.
    #[schema(value_type = String, format = DateTime)]
    first_activation_time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    close_time: Option<Timestamp>,
    /// When its time is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expiration_time: Option<Timestamp>,
    #[serde(flatten)]
    began: Option<Began>,
    /// Whether it was asked to stop.
    cancel_requested: bool,
    /// Why it was asked to, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_reason: Option<String>,
    /// Events so far.
    history_length: u64,
    /// Bytes stored of them.
    history_bytes: u64,
    /// Activations so far.
    activations: u64,
    /// Signals so far.
    signals: u64,
    pending_activities: Vec<ActivityBody>,
    timers: Vec<TimerBody>,
    /// Children that are not known to have ended.
    children: Vec<ChildBody>,
    /// What was asked of other runs and is not answered.
    external_operations: Vec<ExternalBody>,
    /// Updates so far.
    updates: usize,
    /// Updates without an outcome.
    updates_in_flight: usize,
    /// The run in which it goes on, if it continued as new or is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    new_run_id: Option<RunId>,
    /// As they are now.
    #[schema(value_type = schemas::Payloads)]
    memo: BTreeMap<String, Payload>,
    /// As they are now.
    #[schema(value_type = schemas::SearchAttributes)]
    search_attributes: BTreeMap<String, Value>,
}

/// How a run began.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowBeginning)]
pub(crate) struct Began {
    /// The first run of the chain.
    #[schema(value_type = String)]
    first_run_id: RunId,
    /// The arguments.
    #[schema(value_type = Vec<schemas::Payload>)]
    input: Vec<Payload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    request_id: Option<dalsegno_engine::ids::RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Duration)]
    execution_timeout: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Duration)]
    run_timeout: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Duration)]
    start_delay: Option<Millis>,
    /// Of the retry policy, from 1.
    attempt: u32,
    /// How it is tried again when it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::RetryPolicy>)]
    retry_policy: Option<RetryPolicy>,
    /// The run before it, which continued as new or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    continued_run_id: Option<RunId>,
    /// Who started it as a child.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Run>)]
    parent: Option<RunIdentity>,
    /// The top of the tree of parents.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Run>)]
    root: Option<RunIdentity>,
}

/// Tells all there is of a run.
#[utoipa::path(
    get, path = "/workflows/{id}", tag = "workflows", operation_id = "describe_workflow", params(DescribeParams),
    responses((status = 200, description = "The run.", body = DescribeBody))
)]
pub(crate) async fn describe(
    State(api): State<Api>,
    Segments((namespace, id)): Segments<(String, String)>,
    Params(params): Params<DescribeParams>,
) -> Result<Response, Problem> {
    let run = params::run_ref(&namespace, &id, params.run_id.as_deref())?;
    let description = api.service.describe(&run).await?;
    let mut body = body(description, wall_clock());
    Ok(payloads::answer_as(params.payloads.unwrap_or_default(), StatusCode::OK, &mut body))
}

/// For telling whether an attempt still waits; nothing is decided by it.
fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

fn body(description: Description, now: Timestamp) -> DescribeBody {
    let Description { row, state, attempts, last_error } = description;
    let pending = Pendings::of(&state, &attempts, now);
    let Attributes { memo, search_attributes } = &*state.attributes;
    let started = state.started.as_deref();
    DescribeBody {
        namespace: row.key.namespace,
        workflow_id: row.key.workflow_id,
        run_id: row.key.run_id,
        workflow_type: row.workflow_type,
        status: state.status,
        blocked: row.blocked,
        last_error,
        last_failure: state.outcome.as_ref().and_then(|outcome| outcome.as_ref().err().cloned()),
        module: row.module,
        task_queue: started.map(|started| started.task_queue.clone()),
        start_time: row.start_time,
        first_activation_time: state.first_activation_at(),
        close_time: state.close_time,
        expiration_time: state.run_expires().filter(|_| !state.is_closed()),
        began: started.map(Began::from),
        cancel_requested: state.cancel_requested,
        cancel_reason: state.cancel_requested.then(|| state.cancel_reason.clone()),
        history_length: state.events,
        history_bytes: state.bytes,
        activations: state.activations,
        signals: state.signals,
        pending_activities: pending.activities,
        timers: pending.timers,
        children: pending.children,
        external_operations: pending.externals,
        updates: state.updates.len(),
        updates_in_flight: state.updates_in_flight,
        new_run_id: state.successor.clone(),
        memo: memo.clone(),
        search_attributes: attributes::write(search_attributes),
    }
}

impl From<&WorkflowExecutionStarted> for Began {
    fn from(started: &WorkflowExecutionStarted) -> Self {
        Self {
            first_run_id: started.first_run_id.clone(),
            input: started.input.clone(),
            request_id: started.request_id.clone(),
            execution_timeout: started.execution_timeout,
            run_timeout: started.run_timeout,
            start_delay: started.start_delay,
            attempt: started.attempt,
            retry_policy: started.retry_policy.clone(),
            continued_run_id: started.origin.continued_run_id.clone(),
            parent: started.origin.parent.as_ref().map(|parent| parent.run.clone()),
            root: started.origin.root.clone(),
        }
    }
}

impl HasPayloads for DescribeBody {
    fn for_each_payload_mut(&mut self, visit: &mut dyn FnMut(&mut Payload)) {
        let of_activities =
            self.pending_activities.iter_mut().filter_map(|activity| activity.last_failure.as_mut());
        for failure in self.last_failure.iter_mut().chain(of_activities) {
            failure.for_each_payload_mut(visit);
        }
        let input = self.began.iter_mut().flat_map(|began| &mut began.input);
        input.chain(self.memo.values_mut()).for_each(visit);
    }
}
