//! Every type of events, with its attributes.

use super::{Attribute, EventType, Form};

const OPERATION: Attribute =
    ("operation", Form::Number, "the number of the operation within the run, from 1");
const ATTEMPT: Attribute = ("attempt", Form::Number, "attempts made");
const RETRY_STATE: Attribute = ("retry_state", Form::RetryState, "why there is no further attempt");
const REQUEST_ID: Attribute = ("request_id", Form::TextOrNull, "the client's mark on the request");
const SUMMARY: Attribute = ("summary", Form::TextOrNull, "a line for people");
const UPDATE_ID: Attribute = ("update_id", Form::Text, "the client's name for the update");
const CHILD: Attribute = ("operation", Form::Number, "the number of the child's end");
const CHILD_RUN: Attribute = ("run_id", Form::Text, "the run that ended");
const CAUSE: Attribute = (
    "cause",
    Form::Text,
    "why: workflow_already_running, workflow_id_reused, workflow_type_not_found, namespace_not_found, \
     workflow_not_found, workflow_closed, not_a_child, signal_limit, bad_arguments or module_unusable",
);
const NEW_RUN: Attribute = ("new_run_id", Form::TextOrNull, "the run that tries again");
/// What all retry policies say.
macro_rules! policy {
    ($what:literal) => {
        concat!(
            $what,
            ": initial_interval, backoff_coefficient, maximum_interval (null: 100 times the first), \
             maximum_attempts (0: unlimited), non_retryable_error_types"
        )
    };
}

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
            ("namespace", Form::Text, "where it runs"),
            (
                "retry_policy",
                Form::ObjectOrNull,
                policy!("how it is tried again when it fails; null: it is not"),
            ),
            (
                "origin",
                Form::Object,
                "what it has from another run: run_id (its own, unless it is the first of its chain), \
                 continued_run_id (the run before it), parent (run and operation), root (the top of the tree of \
                 parents), execution_expires, carried_signals, signal_ids, last_completion_result, last_failure",
            ),
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
        name: "WorkflowExecutionUpdateAccepted",
        meaning: "An update came, and its validator let it pass.",
        attributes: &[
            UPDATE_ID,
            ("name", Form::Text, "the handler"),
            ("input", Form::Payloads, "the arguments"),
            ("headers", Form::Headers, "context from the caller"),
        ],
    },
    EventType {
        name: "WorkflowExecutionUpdateCompleted",
        meaning: "An update came to its outcome.",
        attributes: &[
            UPDATE_ID,
            ("outcome", Form::Object, "completed, with the result as a payload; or failed, with a Failure"),
        ],
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
            ("retry_policy", Form::Object, policy!("how attempts are repeated")),
            ("cancellation_type", Form::Text, "what cancelling waits for: try_cancel, wait or abandon"),
            SUMMARY,
            (
                "local_retry_threshold",
                Form::LengthOrNull,
                "of a local activity: a longer backoff is waited for in the store; null: it is none",
            ),
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
        name: "StartChildWorkflowExecutionInitiated",
        meaning: "The workflow wants a child.",
        attributes: &[
            ("started", Form::Number, "the number of the child's start"),
            ("closed", Form::Number, "the number of its end, which later events name"),
            ("namespace", Form::Text, "where it runs"),
            ("workflow_id", Form::Text, "what it is called"),
            ("run_id", Form::Text, "its first run"),
            ("workflow_type", Form::Text, "its code"),
            ("task_queue", Form::Text, "where its activities go unless they say otherwise"),
            ("input", Form::Payloads, "the arguments"),
            ("headers", Form::Headers, "context from the parent"),
            ("execution_timeout", Form::LengthOrNull, "of its whole chain"),
            ("run_timeout", Form::LengthOrNull, "of one run"),
            (
                "retry_policy",
                Form::ObjectOrNull,
                policy!("how it is tried again when it fails; null: it is not"),
            ),
            ("id_reuse_policy", Form::Text, "what closed runs of its id mean: allow, failed_only or reject"),
            (
                "parent_close_policy",
                Form::Text,
                "what becomes of it when the parent ends: terminate, abandon or request_cancel",
            ),
            (
                "cancellation_type",
                Form::Text,
                "what cancelling it waits for: wait_completed, try_cancel, wait_requested or abandon",
            ),
            ("module_policy", Form::Text, "which module it gets: inherit or current"),
            ("memo", Form::Fields, "the user's notes"),
            ("search_attributes", Form::Fields, "what it can be found by"),
            SUMMARY,
        ],
    },
    EventType {
        name: "StartChildWorkflowExecutionFailed",
        meaning: "A child could not be started.",
        attributes: &[CHILD, CAUSE],
    },
    EventType {
        name: "ChildWorkflowExecutionStarted",
        meaning: "A child has begun.",
        attributes: &[CHILD, ("run_id", Form::Text, "its first run")],
    },
    EventType {
        name: "ChildWorkflowExecutionCancelRequested",
        meaning: "The workflow does not want a child any more.",
        attributes: &[CHILD, ("reason", Form::Text, "for people")],
    },
    EventType {
        name: "ChildWorkflowExecutionCompleted",
        meaning: "A child has its result.",
        attributes: &[CHILD, CHILD_RUN, ("result", Form::Payload, "what it returned; absent if nothing")],
    },
    EventType {
        name: "ChildWorkflowExecutionFailed",
        meaning: "A child failed for the last time.",
        attributes: &[CHILD, CHILD_RUN, ("failure", Form::Failure, "what it raised"), RETRY_STATE],
    },
    EventType {
        name: "ChildWorkflowExecutionCanceled",
        meaning: "A child stopped as it was asked to.",
        attributes: &[CHILD, CHILD_RUN, ("details", Form::Payloads, "what it gave")],
    },
    EventType {
        name: "ChildWorkflowExecutionTerminated",
        meaning: "A child was ended from outside.",
        attributes: &[CHILD, CHILD_RUN],
    },
    EventType {
        name: "ChildWorkflowExecutionTimedOut",
        meaning: "A child exceeded a time limit of its own.",
        attributes: &[CHILD, CHILD_RUN, RETRY_STATE],
    },
    EventType {
        name: "SignalExternalWorkflowExecutionInitiated",
        meaning: "The workflow sends a signal to another run.",
        attributes: &[
            OPERATION,
            ("namespace", Form::Text, "where the other runs"),
            ("workflow_id", Form::Text, "its workflow"),
            ("run_id", Form::TextOrNull, "the newest if null"),
            ("signal_name", Form::Text, "the handler"),
            ("input", Form::Payloads, "the arguments"),
            ("headers", Form::Headers, "context"),
            ("child_only", Form::Flag, "only if it is a child of this one"),
        ],
    },
    EventType {
        name: "SignalExternalWorkflowExecutionFailed",
        meaning: "The other run could not take the signal.",
        attributes: &[OPERATION, CAUSE],
    },
    EventType {
        name: "ExternalWorkflowExecutionSignaled",
        meaning: "The signal is in the other run's history.",
        attributes: &[OPERATION],
    },
    EventType {
        name: "RequestCancelExternalWorkflowExecutionInitiated",
        meaning: "The workflow asks another run to stop.",
        attributes: &[
            OPERATION,
            ("namespace", Form::Text, "where the other runs"),
            ("workflow_id", Form::Text, "its workflow"),
            ("run_id", Form::TextOrNull, "the newest if null"),
            ("reason", Form::Text, "for people"),
        ],
    },
    EventType {
        name: "RequestCancelExternalWorkflowExecutionFailed",
        meaning: "The other run could not take the request to stop.",
        attributes: &[OPERATION, CAUSE],
    },
    EventType {
        name: "ExternalWorkflowExecutionCancelRequested",
        meaning: "The request to stop is in the other run's history.",
        attributes: &[OPERATION],
    },
    EventType {
        name: "MarkerRecorded",
        meaning: "The run went one way where the code was changed.",
        attributes: &[(
            "marker",
            Form::Object,
            "patch, with id and deprecated; or version, with change_id and version",
        )],
    },
    EventType {
        name: "UpsertWorkflowSearchAttributes",
        meaning: "The workflow changed what it can be found by.",
        attributes: &[("search_attributes", Form::Fields, "those that change; null removes one")],
    },
    EventType {
        name: "WorkflowPropertiesModified",
        meaning: "The workflow changed its notes.",
        attributes: &[("upserted_memo", Form::Fields, "those that change; null removes one")],
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
        attributes: &[("failure", Form::Failure, "what the workflow raised"), RETRY_STATE, NEW_RUN],
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
        attributes: &[RETRY_STATE, NEW_RUN],
    },
    EventType {
        name: "WorkflowExecutionContinuedAsNew",
        meaning: "The run goes on in another one, with a fresh history.",
        attributes: &[
            ("new_run_id", Form::Text, "the next run"),
            ("workflow_type", Form::Text, "its code"),
            ("task_queue", Form::Text, "where its activities go unless they say otherwise"),
            ("input", Form::Payloads, "its arguments"),
            ("headers", Form::Headers, "context"),
            ("run_timeout", Form::LengthOrNull, "of one run"),
            (
                "retry_policy",
                Form::ObjectOrNull,
                policy!("how it is tried again when it fails; null: it is not"),
            ),
            ("memo", Form::FieldsOrNull, "all of its notes; null: as they are"),
            ("search_attributes", Form::FieldsOrNull, "all of what it can be found by; null: as it is"),
            ("module_policy", Form::Text, "which module it gets: inherit or current"),
            (
                "carried_signals",
                Form::Objects,
                "signals it receives first, each with id, name, input and headers",
            ),
        ],
    },
];
