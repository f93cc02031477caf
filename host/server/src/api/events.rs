//! The table of event types, for the OpenAPI document. A test holds it to what the engine writes.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr,
        schema::{
            ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, SchemaType, Type,
        },
    },
};

/// One type of events.
pub(crate) struct EventType {
    /// As `type` has it.
    pub(crate) name: &'static str,
    /// What happened.
    pub(crate) meaning: &'static str,
    /// Its attributes, in order.
    pub(crate) attributes: &'static [Attribute],
}

/// One attribute: its name, its form, and what it is.
type Attribute = (&'static str, Form, &'static str);

/// What JSON an attribute has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Number,
    Time,
    /// ISO 8601.
    Length,
    /// ISO 8601, or `null` for none.
    LengthOrNull,
    TextOrNull,
    Payload,
    Payloads,
    /// Payloads by name.
    Fields,
    /// Pairs of a name and a payload, in order.
    Headers,
    Failure,
    RetryState,
    /// An object of its own, described here.
    Object,
}

const OPERATION: Attribute =
    ("operation", Form::Number, "the number of the operation within the run, from 1");
const ATTEMPT: Attribute = ("attempt", Form::Number, "attempts made");
const RETRY_STATE: Attribute = ("retry_state", Form::RetryState, "why there is no further attempt");
const REQUEST_ID: Attribute = ("request_id", Form::TextOrNull, "the client's mark on the request");
const SUMMARY: Attribute = ("summary", Form::TextOrNull, "a line for people");

/// Every type of events, in the order of a life.
pub(crate) const EVENT_TYPES: &[EventType] = &[
    EventType {
        name: "WorkflowExecutionStarted",
        meaning: "The run begins; always the first event.",
        attributes: &[
            ("workflow_type", Form::Text, "its code within the module"),
            ("workflow_id", Form::Text, "what the user calls it"),
            ("task_queue", Form::Text, "where its activities go unless they say otherwise"),
            ("input", Form::Payloads, "the arguments"),
            ("headers", Form::Headers, "context from the caller"),
            ("module", Form::Text, "the digest of the module"),
            ("seed", Form::Text, "of the run's random stream, 64 hexadecimal digits"),
            ("engine_semantics", Form::Number, "the rules that the history is written by"),
            ("first_run_id", Form::Text, "the first run of the chain"),
            ("attempt", Form::Number, "of the workflow's retry policy, from 1"),
            ("execution_timeout", Form::LengthOrNull, "of the whole chain"),
            ("run_timeout", Form::LengthOrNull, "of this run"),
            ("start_delay", Form::LengthOrNull, "before the first activation"),
            ("memo", Form::Fields, "the user's notes"),
            ("search_attributes", Form::Fields, "what the run can be found by"),
            REQUEST_ID,
        ],
    },
    EventType {
        name: "WorkflowExecutionSignaled",
        meaning: "A signal came.",
        attributes: &[
            ("signal_name", Form::Text, "the handler"),
            ("input", Form::Payloads, "the arguments"),
            ("headers", Form::Headers, "context from the sender"),
            REQUEST_ID,
        ],
    },
    EventType {
        name: "WorkflowExecutionCancelRequested",
        meaning: "The run was asked to stop.",
        attributes: &[("reason", Form::Text, "for people"), REQUEST_ID],
    },
    EventType {
        name: "ActivityTaskScheduled",
        meaning: "The workflow wants an activity.",
        attributes: &[
            OPERATION,
            ("activity_id", Form::Text, "unique among the pending ones"),
            ("activity_type", Form::Text, "its code"),
            ("task_queue", Form::Text, "where it waits to be run"),
            ("input", Form::Payloads, "the arguments"),
            ("headers", Form::Headers, "context from the workflow"),
            ("schedule_to_close", Form::LengthOrNull, "the whole, with retries"),
            ("schedule_to_start", Form::LengthOrNull, "from scheduled to started, of each attempt"),
            ("start_to_close", Form::LengthOrNull, "one attempt"),
            ("heartbeat", Form::LengthOrNull, "the longest silence"),
            (
                "retry_policy",
                Form::Object,
                "how attempts are repeated: initial_interval, backoff_coefficient, maximum_interval (null: 100 \
                 times the first), maximum_attempts (0: unlimited), non_retryable_error_types",
            ),
            ("cancellation_type", Form::Text, "what cancelling waits for: try_cancel, wait or abandon"),
            SUMMARY,
        ],
    },
    EventType {
        name: "ActivityTaskCompleted",
        meaning: "An activity has its result.",
        attributes: &[OPERATION, ("result", Form::Payload, "what it returned; absent if nothing"), ATTEMPT],
    },
    EventType {
        name: "ActivityTaskFailed",
        meaning: "An activity failed for the last time.",
        attributes: &[OPERATION, ("failure", Form::Failure, "of the last attempt"), ATTEMPT, RETRY_STATE],
    },
    EventType {
        name: "ActivityTaskTimedOut",
        meaning: "An activity exceeded a time limit for the last time.",
        attributes: &[
            OPERATION,
            ("failure", Form::Failure, "the limit, and what came before as its cause"),
            ATTEMPT,
            RETRY_STATE,
        ],
    },
    EventType {
        name: "ActivityTaskCancelRequested",
        meaning: "The workflow does not want an activity any more.",
        attributes: &[OPERATION],
    },
    EventType {
        name: "ActivityTaskCanceled",
        meaning: "An activity ended because it was cancelled.",
        attributes: &[OPERATION, ("details", Form::Payloads, "what it gave"), ATTEMPT],
    },
    EventType {
        name: "TimerStarted",
        meaning: "The workflow waits for a time.",
        attributes: &[OPERATION, ("start_to_fire", Form::Length, "from the activation's time"), SUMMARY],
    },
    EventType { name: "TimerFired", meaning: "A timer is due.", attributes: &[OPERATION] },
    EventType {
        name: "TimerCanceled",
        meaning: "The workflow does not wait for a timer any more.",
        attributes: &[OPERATION],
    },
    EventType {
        name: "ActivationCompleted",
        meaning: "The workflow was told what came before, and asked for nothing.",
        attributes: &[],
    },
    EventType {
        name: "WorkflowExecutionCompleted",
        meaning: "The run ended with a result.",
        attributes: &[("result", Form::Payload, "what the workflow returned; absent if nothing")],
    },
    EventType {
        name: "WorkflowExecutionFailed",
        meaning: "The run ended with a failure.",
        attributes: &[("failure", Form::Failure, "what the workflow raised"), RETRY_STATE],
    },
    EventType {
        name: "WorkflowExecutionCanceled",
        meaning: "The run stopped as it was asked to.",
        attributes: &[("details", Form::Payloads, "what the workflow gave")],
    },
    EventType {
        name: "WorkflowExecutionTerminated",
        meaning: "The run was ended from outside.",
        attributes: &[("reason", Form::Text, "for people")],
    },
    EventType {
        name: "WorkflowExecutionTimedOut",
        meaning: "The run exceeded a time limit of its own.",
        attributes: &[RETRY_STATE],
    },
];

impl Form {
    /// In a word, for the table.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Time => "time",
            Self::Length => "duration",
            Self::LengthOrNull => "duration or null",
            Self::TextOrNull => "text or null",
            Self::Payload => "payload",
            Self::Payloads => "payloads",
            Self::Fields => "payloads by name",
            Self::Headers => "[name, payload] pairs",
            Self::Failure => "Failure",
            Self::RetryState => "RetryState",
            Self::Object => "object",
        }
    }

    fn schema(self, description: &str) -> RefOr<Schema> {
        let text = |format: Option<KnownFormat>, or_null: bool| -> RefOr<Schema> {
            let text =
                if or_null { SchemaType::from_iter([Type::String, Type::Null]) } else { Type::String.into() };
            let object = ObjectBuilder::new().schema_type(text).format(format.map(SchemaFormat::KnownFormat));
            object.description(Some(description)).into()
        };
        let payload = || Ref::from_schema_name("Payload");
        match self {
            Self::Text => text(None, false),
            Self::TextOrNull => text(None, true),
            Self::Time => text(Some(KnownFormat::DateTime), false),
            Self::Length => text(Some(KnownFormat::Duration), false),
            Self::LengthOrNull => text(Some(KnownFormat::Duration), true),
            Self::Number => {
                ObjectBuilder::new().schema_type(Type::Integer).description(Some(description)).into()
            }
            Self::Payload => payload().into(),
            Self::Payloads => ArrayBuilder::new().items(payload()).description(Some(description)).into(),
            Self::Fields => {
                let fields = ObjectBuilder::new().additional_properties(Some(payload()));
                fields.description(Some(description)).into()
            }
            Self::Headers => {
                let pair = ArrayBuilder::new().min_items(Some(2)).max_items(Some(2));
                ArrayBuilder::new().items(pair).description(Some(description)).into()
            }
            Self::Failure => Ref::from_schema_name("Failure").into(),
            Self::RetryState => Ref::from_schema_name("RetryState").into(),
            Self::Object => ObjectBuilder::new().description(Some(description)).into(),
        }
    }
}

impl EventType {
    /// The whole event.
    fn schema(&self) -> RefOr<Schema> {
        let attributes =
            self.attributes.iter().fold(ObjectBuilder::new(), |object, (name, form, meaning)| {
                let object = object.property(*name, form.schema(meaning));
                if *form == Form::Payload { object } else { object.required(*name) }
            });
        let number = || Form::Number.schema("from 1, without gaps");
        ObjectBuilder::new()
            .title(Some(self.name))
            .description(Some(self.meaning))
            .property("event_id", number())
            .property("time", Form::Time.schema("when its transition was made"))
            .property(
                "activation",
                Form::Number.schema("the activation that made it or was shown it, from 1"),
            )
            .property("type", ObjectBuilder::new().schema_type(Type::String).enum_values(Some([self.name])))
            .property("attributes", attributes)
            .required("event_id")
            .required("time")
            .required("activation")
            .required("type")
            .required("attributes")
            .into()
    }
}

/// One line of a history.
pub(crate) struct EventSchema;

impl PartialSchema for EventSchema {
    fn schema() -> RefOr<Schema> {
        let all = EVENT_TYPES.iter().fold(OneOfBuilder::new(), |all, event| all.item(event.schema()));
        all.description(Some("One line of a history. The attributes depend on the type.")).into()
    }
}

impl ToSchema for EventSchema {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Event")
    }
}

#[cfg(test)]
mod tests;
