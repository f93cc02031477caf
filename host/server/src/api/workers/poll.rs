//! `POST /task-queues/{queue}/activities/poll`

use std::{collections::BTreeMap, time::Duration};

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use dalsegno_engine::{
    Millis, Payload, Timestamp,
    ids::{ActivityId, ActivityType, Namespace, RunId, TaskQueue, WorkflowId, WorkflowType},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    activities::{PolledTask, Wanted},
    api::{
        body::Json,
        params::{self, Params, Segments},
        payloads,
        problem::Problem,
        schemas,
        serve::Draining,
        testing::TestApi,
    },
    testing,
};

/// How long a poll waits unless it says so.
const WAIT: Duration = Duration::from_secs(30);

/// How long to wait.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PollParams {
    /// How long to wait for an attempt: 30 s if absent, at most 60 s.
    #[param(value_type = Option<String>, example = "30s")]
    wait: Option<Millis>,
}

/// What somebody can do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PollRequest)]
pub(crate) struct PollBody {
    /// The activities to be given attempts of; of every one if absent.
    #[serde(default)]
    activity_types: Vec<String>,
}

/// An attempt to be made.
#[derive(Serialize, ToSchema)]
#[schema(as = ActivityTask)]
pub(crate) struct TaskBody<'a> {
    /// By which it is answered.
    token: &'a str,
    #[schema(value_type = String)]
    namespace: &'a Namespace,
    #[schema(value_type = String)]
    workflow_id: &'a WorkflowId,
    #[schema(value_type = String)]
    run_id: &'a RunId,
    #[schema(value_type = String)]
    workflow_type: &'a WorkflowType,
    #[schema(value_type = String)]
    activity_id: &'a ActivityId,
    #[schema(value_type = String)]
    activity_type: &'a ActivityType,
    #[schema(value_type = String)]
    task_queue: &'a TaskQueue,
    /// From 1.
    attempt: u32,
    /// The same for every attempt.
    idempotency_key: &'a str,
    /// When it was first scheduled.
    #[schema(value_type = String, format = DateTime)]
    scheduled_at: Timestamp,
    /// The arguments.
    #[schema(value_type = Vec<schemas::Payload>)]
    input: &'a [Payload],
    /// Context from the workflow.
    #[schema(value_type = schemas::Payloads)]
    headers: BTreeMap<&'a str, &'a Payload>,
    /// Of the last heartbeat of an attempt before.
    #[schema(value_type = Vec<schemas::Payload>)]
    heartbeat_details: &'a [Payload],
    /// The time for this attempt, if that is limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    start_to_close: Option<Millis>,
    /// The longest silence between heartbeats, if that is limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    heartbeat_timeout: Option<Millis>,
}

/// Gives an attempt of an activity that no code of the host makes.
///
/// It counts as made: answer it, within its limits of time.
#[utoipa::path(
    post, path = "/task-queues/{queue}/activities/poll", tag = "workers", operation_id = "poll_activity",
    params(PollParams, ("queue" = String, Path, description = "The task queue's name.")), request_body = PollBody,
    responses(
        (status = 200, description = "An attempt.", body = TaskBody<'_>),
        (status = 204, description = "There was none in time."),
    )
)]
pub(crate) async fn poll(
    State(api): State<TestApi>,
    Segments((namespace, queue)): Segments<(String, String)>,
    Params(params): Params<PollParams>,
    draining: Draining,
    Json(body): Json<PollBody>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        namespace: Some(params::namespace(&namespace)?),
        task_queue: Some(params::id("task queue", &queue, TaskQueue::parse)?),
        activity_types: body.activity_types,
    };
    wait_for_task(&api, &wanted, params, &draining).await
}

/// Gives an attempt that somebody wants, as soon as there is one.
pub(crate) async fn wait_for_task(
    api: &TestApi,
    wanted: &Wanted,
    params: PollParams,
    draining: &Draining,
) -> Result<Response, Problem> {
    let wait = params::wait(params.wait, WAIT)?;
    let task = testing::rests(async {
        tokio::select! {
            biased;
            task = api.testing.pollers.poll(wanted) => Some(task),
            () = tokio::time::sleep(wait) => None,
            () = draining.begun() => None,
        }
    });
    Ok(match task.await {
        Some(task) => payloads::answer(StatusCode::OK, &TaskBody::from(&task)),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

impl PollBody {
    /// Any attempt of these activities.
    pub(crate) fn anywhere(self) -> Wanted {
        Wanted { namespace: None, task_queue: None, activity_types: self.activity_types }
    }
}

impl<'a> From<&'a PolledTask> for TaskBody<'a> {
    fn from(task: &'a PolledTask) -> Self {
        let info = task.context.info();
        Self {
            token: &task.token,
            namespace: &info.namespace,
            workflow_id: &info.workflow_id,
            run_id: &info.run_id,
            workflow_type: &info.workflow_type,
            activity_id: &info.activity_id,
            activity_type: &info.activity_type,
            task_queue: &info.task_queue,
            attempt: info.attempt,
            idempotency_key: &info.idempotency_key,
            scheduled_at: info.scheduled_at,
            input: &task.input,
            headers: info.headers.iter().map(|(name, payload)| (name.as_str(), payload)).collect(),
            heartbeat_details: task.context.last_details(),
            start_to_close: info.start_to_close,
            heartbeat_timeout: info.heartbeat_timeout,
        }
    }
}
