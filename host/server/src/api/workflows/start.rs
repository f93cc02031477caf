//! `POST /workflows`

use axum::{extract::State, http::StatusCode, response::Response};
use dalsegno_engine::{
    Millis, Payload,
    ids::{RequestId, RunId, TaskQueue, WorkflowId, WorkflowType},
    retry::RetryPolicy,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{
        Api, attributes,
        body::Json,
        params::{self, Segments},
        payloads::{self, PayloadMap},
        problem::Problem,
        schemas,
    },
    service::{IdConflictPolicy, IdReusePolicy, StartRequest, Started},
};

/// A workflow to start.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StartRequest)]
pub(crate) struct StartBody {
    /// Its code: a type of a module that was uploaded.
    #[schema(example = "order-fulfilment", min_length = 1, max_length = 255)]
    workflow_type: String,
    /// What it will be known by. Without it the host makes one: from `request_id` if there is that, so that the
    /// same request always means the same workflow, else at random.
    #[schema(example = "order-1", min_length = 1, max_length = 255)]
    workflow_id: Option<String>,
    /// The arguments.
    #[schema(value_type = Option<Vec<schemas::Payload>>)]
    input: Option<Vec<Payload>>,
    /// The client's mark on the request. If the newest run of the workflow id has the same, that run is the
    /// answer, with 200.
    request_id: Option<String>,
    /// What closed runs of the workflow id mean.
    #[schema(value_type = Option<ReusePolicy>)]
    id_reuse_policy: Option<ReusePolicy>,
    /// What an open run of the workflow id means.
    #[schema(value_type = Option<ConflictPolicy>)]
    id_conflict_policy: Option<ConflictPolicy>,
    /// Where its activities go unless they say otherwise; `default` if absent.
    task_queue: Option<String>,
    /// Of the whole chain of runs: ISO 8601 or like `7 days`.
    #[schema(value_type = Option<String>, example = "7 days")]
    execution_timeout: Option<Millis>,
    /// Of this run.
    #[schema(value_type = Option<String>, example = "PT1H")]
    run_timeout: Option<Millis>,
    /// Before the first activation. Ours: whatever comes meanwhile waits for the first activation too, signals, requests
    /// to cancel and a repeated signal-with-start; with Temporal the last of these ends the delay.
    #[schema(value_type = Option<String>, example = "30s")]
    start_delay: Option<Millis>,
    /// How the workflow is tried again when it fails, each time as another run; not at all if absent.
    #[schema(value_type = Option<schemas::RetryPolicy>)]
    retry_policy: Option<RetryPolicy>,
    /// Notes, shown by describe.
    #[schema(value_type = Option<schemas::Payloads>)]
    memo: Option<PayloadMap>,
    /// What the run can be found by.
    #[schema(value_type = Option<schemas::SearchAttributes>)]
    search_attributes: Option<PayloadMap>,
    /// Context that travels with the workflow's calls.
    #[schema(value_type = Option<schemas::Payloads>)]
    headers: Option<PayloadMap>,
    /// The digest of a module, instead of the deployed one.
    module: Option<String>,
}

/// What closed runs of a workflow id mean to a new one.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = IdReusePolicy)]
pub(crate) enum ReusePolicy {
    /// Nothing.
    #[default]
    Allow,
    /// There may be another if the last did not complete.
    FailedOnly,
    /// There may be no other.
    Reject,
}

/// What an open run of a workflow id means to a new one.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = IdConflictPolicy)]
pub(crate) enum ConflictPolicy {
    /// The new one is refused.
    Fail,
    /// The open one is the answer.
    UseExisting,
    /// The open one is terminated first.
    TerminateExisting,
}

/// A started workflow.
#[derive(Serialize, ToSchema)]
#[schema(as = StartedWorkflow)]
pub(crate) struct StartedBody {
    /// As given or made.
    #[schema(value_type = String)]
    workflow_id: WorkflowId,
    /// The run.
    #[schema(value_type = String)]
    run_id: RunId,
}

/// Starts a workflow.
///
/// The answer comes when the start is durable.
#[utoipa::path(
    post, path = "/workflows", tag = "workflows", operation_id = "start_workflow", request_body = StartBody,
    responses(
        (status = 201, description = "It has started.", body = StartedBody),
        (status = 200, description = "It had started before: the same request id, or `use_existing`.", body = StartedBody),
    )
)]
pub(crate) async fn start(
    State(api): State<Api>,
    Segments(namespace): Segments<String>,
    Json(body): Json<StartBody>,
) -> Result<Response, Problem> {
    let request = request(&namespace, body, IdConflictPolicy::Fail)?;
    let started = api.service.start(request).await?;
    Ok(answer(started))
}

/// Says which run was started, or was there.
pub(super) fn answer(started: Started) -> Response {
    let status = if started.new { StatusCode::CREATED } else { StatusCode::OK };
    let body = StartedBody { workflow_id: started.workflow_id, run_id: started.run_id };
    payloads::answer(status, &body)
}

/// What the body asks for; `conflict` counts if it does not say what an open run means.
pub(super) fn request(
    namespace: &str,
    body: StartBody,
    conflict: IdConflictPolicy,
) -> Result<StartRequest, Problem> {
    let memo = body.memo.unwrap_or_default().into_map("memo")?;
    payloads::check_size("memo", memo.values())?;
    let search_attributes = attributes::read(body.search_attributes.unwrap_or_default())?;
    let workflow_id = body.workflow_id.as_deref();
    Ok(StartRequest {
        namespace: params::namespace(namespace)?,
        workflow_type: params::id("workflow_type", &body.workflow_type, WorkflowType::parse)?,
        workflow_id: params::optional_id("workflow_id", workflow_id, WorkflowId::parse)?,
        input: payloads::arguments(body.input)?,
        headers: payloads::headers(body.headers)?,
        request_id: params::optional_id("request_id", body.request_id.as_deref(), RequestId::parse)?,
        task_queue: params::optional_id("task_queue", body.task_queue.as_deref(), TaskQueue::parse)?,
        id_reuse_policy: body.id_reuse_policy.unwrap_or_default().into(),
        id_conflict_policy: body.id_conflict_policy.map_or(conflict, IdConflictPolicy::from),
        execution_timeout: positive("execution_timeout", body.execution_timeout)?,
        run_timeout: positive("run_timeout", body.run_timeout)?,
        start_delay: body.start_delay,
        retry_policy: body.retry_policy,
        memo,
        search_attributes,
        module: body.module.as_deref().map(params::digest).transpose()?,
    })
}

/// A time limit of zero would close the run before it does anything.
fn positive(field: &str, limit: Option<Millis>) -> Result<Option<Millis>, Problem> {
    match limit {
        Some(Millis(0)) => Err(Problem::invalid(format!("{field} is zero; leave it out for no limit"))),
        limit => Ok(limit),
    }
}

impl From<ReusePolicy> for IdReusePolicy {
    fn from(policy: ReusePolicy) -> Self {
        match policy {
            ReusePolicy::Allow => Self::Allow,
            ReusePolicy::FailedOnly => Self::FailedOnly,
            ReusePolicy::Reject => Self::Reject,
        }
    }
}

impl From<ConflictPolicy> for IdConflictPolicy {
    fn from(policy: ConflictPolicy) -> Self {
        match policy {
            ConflictPolicy::Fail => Self::Fail,
            ConflictPolicy::UseExisting => Self::UseExisting,
            ConflictPolicy::TerminateExisting => Self::TerminateExisting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(body: &str) -> Result<StartRequest, Problem> {
        let body = serde_json::from_str(body).expect("the body has the form");
        request("default", body, IdConflictPolicy::Fail)
    }

    fn detail(body: &str) -> String {
        let problem = parsed(body).expect_err("it is refused");
        serde_json::to_value(problem.body()).expect("plain data")["detail"].as_str().expect("text").to_owned()
    }

    #[test]
    fn a_type_is_enough() {
        let request = parsed(r#"{"workflow_type": "hello"}"#).expect("it is taken");
        assert_eq!(request.workflow_type.as_str(), "hello");
        assert_eq!(request.namespace.as_str(), "default");
        assert!(request.workflow_id.is_none() && request.input.is_empty() && request.memo.is_empty());
        assert_eq!(request.id_reuse_policy, IdReusePolicy::Allow);
        assert_eq!(request.id_conflict_policy, IdConflictPolicy::Fail);
    }

    #[test]
    fn everything_the_contract_has_is_read() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let body = format!(
            r#"{{"workflow_type": "order", "workflow_id": "a/b", "input": [ {{"n": 1.0}}, "x" ], "request_id": "r",
                "id_reuse_policy": "failed_only", "id_conflict_policy": "use_existing", "task_queue": "q",
                "execution_timeout": "7 days", "run_timeout": "PT1H", "start_delay": "0s",
                "memo": {{"note": 1}}, "search_attributes": {{"Region": "EU"}}, "headers": {{"b": 1, "a": 2}},
                "module": "{digest}", "retry_policy": {{"maximum_attempts": 3}}}}"#
        );
        let request = parsed(&body).expect("it is taken");
        assert_eq!(request.input, [Payload::json(r#"{"n": 1.0}"#), Payload::json(r#""x""#)]);
        assert_eq!(request.execution_timeout, Some(Millis(604_800_000)));
        assert_eq!(request.run_timeout, Some(Millis(3_600_000)));
        assert_eq!(request.start_delay, Some(Millis(0)));
        assert_eq!(request.id_reuse_policy, IdReusePolicy::FailedOnly);
        assert_eq!(request.id_conflict_policy, IdConflictPolicy::UseExisting);
        assert_eq!(request.headers[0].0, "b");
        let policy = request.retry_policy.expect("it is given");
        assert_eq!((policy.maximum_attempts, policy.initial_interval), (3, Millis(1_000)));
        assert_eq!(request.module.map(|module| module.to_string()), Some(digest));
    }

    #[test]
    fn refusals_name_the_field() {
        for (body, part) in [
            (r#"{"workflow_type": ""}"#, "workflow_type is empty"),
            (r#"{"workflow_type": "a", "workflow_id": "\u0007"}"#, "workflow_id has a control character"),
            (r#"{"workflow_type": "a", "module": "sha256:12"}"#, "no digest"),
            (r#"{"workflow_type": "a", "run_timeout": "0s"}"#, "run_timeout is zero"),
            (r#"{"workflow_type": "a", "memo": {"x": 1, "x": 2}}"#, "memo has `x` twice"),
            (r#"{"workflow_type": "a", "search_attributes": {"x": {"type": "date", "value": 1}}}"#, "`date`"),
        ] {
            assert!(detail(body).contains(part), "{body}: {}", detail(body));
        }
    }

    #[test]
    fn typos_and_wrong_durations_do_not_pass() {
        for body in [
            r#"{"workflow_type": "a", "workflow_idd": "x"}"#,
            r#"{"workflow_type": "a", "start_delay": "-1s"}"#,
            r#"{"workflow_type": "a", "start_delay": 5}"#,
            r#"{"workflow_type": "a", "retry_policy": {"attempts": 5}}"#,
            r#"{"workflow_type": "a", "input": {"not": "an array"}}"#,
            r#"{}"#,
        ] {
            assert!(serde_json::from_str::<StartBody>(body).is_err(), "{body}");
        }
    }
}
