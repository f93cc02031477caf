//! What the OpenAPI document says of the engine's own types. They are written by the engine's serialisers; these
//! describe them, and tests hold the two together.
#![expect(dead_code, reason = "the types describe JSON that others write and read")]

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr,
        schema::{AnyOfBuilder, ObjectBuilder, Schema, SchemaType},
    },
};

/// One value.
pub(crate) struct Payload;

impl PartialSchema for Payload {
    fn schema() -> RefOr<Schema> {
        let any = ObjectBuilder::new()
            .schema_type(SchemaType::AnyValue)
            .description(Some("A `json/plain` payload: its own JSON text, byte for byte."));
        let schema = AnyOfBuilder::new()
            .item(any)
            .item(Written::schema())
            .description(Some(
                "One value. A `json/plain` payload stands there as its own JSON text, kept byte for byte; any \
                 other is written out as `{\"$payload\": …}`. With `?payloads=raw` all are.",
            ))
            .examples([json!({"order": 1}), json!({"$payload": {"metadata": {"encoding": "YmluYXJ5L3BsYWlu"}, "data": "AAE="}})]);
        schema.into()
    }
}

impl ToSchema for Payload {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Payload")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Written::schemas(schemas);
    }
}

/// A payload with its bytes in base64.
#[derive(ToSchema)]
#[schema(as = WrittenPayload)]
pub(crate) struct Written {
    #[schema(inline)]
    #[schema(rename = "$payload")]
    payload: WrittenParts,
}

/// Its parts.
#[derive(ToSchema)]
#[schema(as = WrittenPayloadParts)]
pub(crate) struct WrittenParts {
    /// By key, each value in base64; the key `encoding` names the format.
    metadata: BTreeMap<String, String>,
    /// The value, in base64.
    data: String,
}

/// Payloads by name.
pub(crate) struct Payloads;

impl PartialSchema for Payloads {
    fn schema() -> RefOr<Schema> {
        let payload = Ref::from_schema_name(Payload::name());
        let object = ObjectBuilder::new().additional_properties(Some(payload));
        object.description(Some("Payloads by name.")).into()
    }
}

impl ToSchema for Payloads {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Payloads")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Payload::name().into_owned(), Payload::schema()));
        Payload::schemas(schemas);
    }
}

/// Why something failed, with what caused it.
#[derive(ToSchema)]
#[schema(no_recursion)]
pub(crate) struct Failure {
    /// One line for people.
    message: String,
    /// As the language prints it; empty if unknown.
    stack_trace: String,
    /// What failed: an object of one field, which names it.
    kind: FailureKind,
    /// What made it fail.
    #[schema(required)]
    cause: Option<Box<Failure>>,
}

/// What failed.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum FailureKind {
    /// Raised by user code.
    Application {
        /// What retry policies match.
        r#type: String,
        /// Never tried again.
        non_retryable: bool,
        /// The user's own values.
        details: Vec<Payload>,
        /// Overrides the backoff.
        #[schema(required)]
        next_retry_delay: Option<String>,
    },
    /// Cancelled, with details.
    Cancelled {
        /// What the cancelled side gave.
        details: Vec<Payload>,
    },
    /// Terminated from outside.
    Terminated {},
    /// A time limit was exceeded.
    Timeout {
        /// Which.
        kind: TimeoutKind,
        /// Of the last heartbeat.
        last_heartbeat_details: Vec<Payload>,
    },
    /// An activity came to its end without a result.
    Activity {
        /// Its code.
        activity_type: String,
        /// Its id in the run.
        activity_id: String,
        /// How many attempts were made.
        attempts: u32,
        /// Why there was no further one.
        retry_state: RetryState,
    },
    /// A child came to its end without a result.
    ChildWorkflow {
        /// Where it ran.
        namespace: String,
        /// Its workflow id.
        workflow_id: String,
        /// Its run.
        run_id: String,
        /// Its code.
        workflow_type: String,
        /// Why there was no further attempt.
        retry_state: RetryState,
    },
    /// The host itself failed.
    Server {},
}

/// Which time limit.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum TimeoutKind {
    /// Of one attempt.
    StartToClose,
    /// Of waiting to be started.
    ScheduleToStart,
    /// Of the whole, with retries.
    ScheduleToClose,
    /// Of silence.
    Heartbeat,
}

/// Why there was no further attempt.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum RetryState {
    /// There may be one.
    InProgress,
    /// The failure forbids it.
    NonRetryableFailure,
    /// It would start too late.
    Timeout,
    /// The policy's number is used up.
    MaximumAttemptsReached,
    /// There is no policy.
    RetryPolicyNotSet,
    /// The host failed.
    InternalServerError,
    /// Cancelling was asked for.
    CancelRequested,
}

/// How a run stands.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Status {
    /// Open.
    Running,
    /// It returned.
    Completed,
    /// It raised a failure.
    Failed,
    /// It stopped as it was asked to.
    Cancelled,
    /// It was ended from outside.
    Terminated,
    /// It exceeded a time limit.
    TimedOut,
    /// It goes on in another run.
    ContinuedAsNew,
}

/// Why a run is parked.
#[derive(ToSchema)]
pub(crate) struct Blocked {
    /// For people: the error, and where the workflow's code stood.
    reason: String,
    /// When it was parked.
    #[schema(format = DateTime)]
    since: String,
}

/// How what failed is tried again.
#[derive(ToSchema)]
pub(crate) struct RetryPolicy {
    /// Before the second attempt: 1 s if absent.
    #[schema(required = false, example = "1s")]
    initial_interval: String,
    /// From one interval to the next: 2 if absent.
    #[schema(required = false)]
    backoff_coefficient: f64,
    /// No interval is longer: 100 times the first if absent.
    maximum_interval: Option<String>,
    /// 0, as if absent: unlimited; 1: none is repeated.
    #[schema(required = false)]
    maximum_attempts: u32,
    /// Types of application failures that are not tried again, matched exactly.
    #[schema(required = false)]
    non_retryable_error_types: Vec<String>,
}

/// What a run can be found by.
pub(crate) struct SearchAttributes;

impl PartialSchema for SearchAttributes {
    fn schema() -> RefOr<Schema> {
        let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
        let object = ObjectBuilder::new().additional_properties(Some(any));
        object
            .description(Some(
                "By name: plain JSON if its value tells its type (bool, int, double, keyword, keyword-list), else \
                 `{\"type\": …, \"value\": …}`, as for datetime and text.",
            ))
            .examples([json!({"Region": "EU", "Due": {"type": "datetime", "value": "2026-01-02T03:04:05Z"}})])
            .into()
    }
}

impl ToSchema for SearchAttributes {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("SearchAttributes")
    }
}

/// A run that another one knows of.
#[derive(ToSchema)]
pub(crate) struct Run {
    /// Where it runs.
    namespace: String,
    /// Its workflow.
    workflow_id: String,
    /// It itself.
    run_id: String,
}
