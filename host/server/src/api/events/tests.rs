use std::{collections::BTreeMap, sync::Arc};

use dalsegno_engine::{
    Failure, Payload, Seed,
    event::{
        ActivityTaskScheduled, CancellationType, ChildCancellationType, ChildInitiated, ContinuedAsNew,
        EventAttributes as E, ExternalFailure, IdReusePolicy, Marker, ModulePolicy, Origin,
        ParentClosePolicy, SignalInitiated, UpdateOutcome, WorkflowExecutionStarted,
    },
    failure::RetryState,
    ids::{ActivityId, ActivityType, ModuleDigest, Namespace, RunId, TaskQueue, WorkflowId, WorkflowType},
    retry::RetryPolicy,
    time::Millis,
};

use super::*;

fn started() -> E {
    E::WorkflowExecutionStarted(Arc::new(WorkflowExecutionStarted {
        workflow_type: WorkflowType::new("order"),
        workflow_id: WorkflowId::new("order-1"),
        task_queue: TaskQueue::new("default"),
        input: Vec::new(),
        headers: Vec::new(),
        module: ModuleDigest::new("sha256:0"),
        seed: Seed([7; 32]),
        engine_semantics: 1,
        first_run_id: RunId::new("r"),
        attempt: 1,
        execution_timeout: None,
        run_timeout: None,
        start_delay: None,
        memo: BTreeMap::new(),
        search_attributes: BTreeMap::new(),
        request_id: None,
        namespace: Namespace::new("default"),
        retry_policy: Some(RetryPolicy::default()),
        origin: Origin::default(),
    }))
}

fn scheduled() -> E {
    E::ActivityTaskScheduled(Arc::new(ActivityTaskScheduled {
        operation: 1,
        activity_id: ActivityId::new("1"),
        activity_type: ActivityType::new("charge"),
        task_queue: TaskQueue::new("default"),
        input: Vec::new(),
        headers: Vec::new(),
        schedule_to_close: None,
        schedule_to_start: None,
        start_to_close: None,
        heartbeat: None,
        retry_policy: RetryPolicy::default(),
        cancellation_type: CancellationType::TryCancel,
        summary: None,
        local_retry_threshold: None,
    }))
}

fn child() -> E {
    E::StartChildWorkflowExecutionInitiated(Arc::new(ChildInitiated {
        started: 1,
        closed: 2,
        namespace: Namespace::new("default"),
        workflow_id: WorkflowId::new("line-1"),
        run_id: RunId::new("r"),
        workflow_type: WorkflowType::new("line"),
        task_queue: TaskQueue::new("default"),
        input: Vec::new(),
        headers: Vec::new(),
        execution_timeout: None,
        run_timeout: None,
        retry_policy: None,
        id_reuse_policy: IdReusePolicy::Allow,
        parent_close_policy: ParentClosePolicy::Terminate,
        cancellation_type: ChildCancellationType::WaitCompleted,
        module_policy: ModulePolicy::Inherit,
        memo: BTreeMap::new(),
        search_attributes: BTreeMap::new(),
        summary: None,
    }))
}

fn signal_to_another() -> E {
    E::SignalExternalWorkflowExecutionInitiated(Arc::new(SignalInitiated {
        operation: 1,
        namespace: Namespace::new("default"),
        workflow_id: WorkflowId::new("other"),
        run_id: None,
        signal_name: "go".into(),
        input: Vec::new(),
        headers: Vec::new(),
        child_only: false,
    }))
}

fn continued_as_new() -> E {
    E::WorkflowExecutionContinuedAsNew(Arc::new(ContinuedAsNew {
        new_run_id: RunId::new("s"),
        workflow_type: WorkflowType::new("order"),
        task_queue: TaskQueue::new("default"),
        input: Vec::new(),
        headers: Vec::new(),
        run_timeout: None,
        retry_policy: None,
        memo: None,
        search_attributes: Some(BTreeMap::new()),
        module_policy: ModulePolicy::Inherit,
        carried_signals: Vec::new(),
    }))
}

/// One of each type, in the order of the table.
fn one_of_each() -> Vec<E> {
    let failure = || Failure::application("Declined", "no");
    let (operation, attempt, retry_state) = (1, 1, RetryState::Timeout);
    let (cause, run) = (ExternalFailure::WorkflowClosed, || RunId::new("r"));
    vec![
        started(),
        E::WorkflowExecutionSignaled {
            signal_name: "approve".into(),
            input: Vec::new(),
            headers: Vec::new(),
            request_id: None,
        },
        E::WorkflowExecutionCancelRequested { reason: String::new(), request_id: None },
        E::WorkflowExecutionUpdateAccepted {
            update_id: "u".into(),
            name: "add".into(),
            input: Vec::new(),
            headers: Vec::new(),
        },
        E::WorkflowExecutionUpdateCompleted {
            update_id: "u".into(),
            outcome: UpdateOutcome::Completed(Payload::json("1")),
        },
        scheduled(),
        E::ActivityTaskCompleted { operation, result: Some(Payload::json("1")), attempt },
        E::ActivityTaskFailed { operation, failure: failure(), attempt, retry_state },
        E::ActivityTaskTimedOut { operation, failure: failure(), attempt, retry_state },
        E::ActivityTaskCancelRequested { operation },
        E::ActivityTaskCanceled { operation, details: Vec::new(), attempt },
        E::TimerStarted { operation, start_to_fire: Millis(1), summary: None },
        E::TimerFired { operation },
        E::TimerCanceled { operation },
        child(),
        E::StartChildWorkflowExecutionFailed { operation, cause },
        E::ChildWorkflowExecutionStarted { operation, run_id: run() },
        E::ChildWorkflowExecutionCancelRequested { operation, reason: String::new() },
        E::ChildWorkflowExecutionCompleted { operation, run_id: run(), result: Some(Payload::json("1")) },
        E::ChildWorkflowExecutionFailed { operation, run_id: run(), failure: failure(), retry_state },
        E::ChildWorkflowExecutionCanceled { operation, run_id: run(), details: Vec::new() },
        E::ChildWorkflowExecutionTerminated { operation, run_id: run() },
        E::ChildWorkflowExecutionTimedOut { operation, run_id: run(), retry_state },
        signal_to_another(),
        E::SignalExternalWorkflowExecutionFailed { operation, cause },
        E::ExternalWorkflowExecutionSignaled { operation },
        E::RequestCancelExternalWorkflowExecutionInitiated {
            operation,
            namespace: Namespace::new("default"),
            workflow_id: WorkflowId::new("other"),
            run_id: None,
            reason: String::new(),
        },
        E::RequestCancelExternalWorkflowExecutionFailed { operation, cause },
        E::ExternalWorkflowExecutionCancelRequested { operation },
        E::MarkerRecorded { marker: Marker::Patch { id: "p".into(), deprecated: false } },
        E::UpsertWorkflowSearchAttributes { search_attributes: BTreeMap::new() },
        E::WorkflowPropertiesModified { upserted_memo: BTreeMap::new() },
        E::ActivationCompleted {},
        E::WorkflowExecutionCompleted { result: Some(Payload::json("1")) },
        E::WorkflowExecutionFailed { failure: failure(), retry_state, new_run_id: None },
        E::WorkflowExecutionCanceled { details: Vec::new() },
        E::WorkflowExecutionTerminated { reason: String::new() },
        E::WorkflowExecutionTimedOut { retry_state, new_run_id: Some(run()) },
        continued_as_new(),
    ]
}

/// The place of each type in the table. A new type does not compile until it is here.
fn place(event: &E) -> usize {
    match event {
        E::WorkflowExecutionStarted(_) => 0,
        E::WorkflowExecutionSignaled { .. } => 1,
        E::WorkflowExecutionCancelRequested { .. } => 2,
        E::WorkflowExecutionUpdateAccepted { .. } => 3,
        E::WorkflowExecutionUpdateCompleted { .. } => 4,
        E::ActivityTaskScheduled(_) => 5,
        E::ActivityTaskCompleted { .. } => 6,
        E::ActivityTaskFailed { .. } => 7,
        E::ActivityTaskTimedOut { .. } => 8,
        E::ActivityTaskCancelRequested { .. } => 9,
        E::ActivityTaskCanceled { .. } => 10,
        E::TimerStarted { .. } => 11,
        E::TimerFired { .. } => 12,
        E::TimerCanceled { .. } => 13,
        E::StartChildWorkflowExecutionInitiated(_) => 14,
        E::StartChildWorkflowExecutionFailed { .. } => 15,
        E::ChildWorkflowExecutionStarted { .. } => 16,
        E::ChildWorkflowExecutionCancelRequested { .. } => 17,
        E::ChildWorkflowExecutionCompleted { .. } => 18,
        E::ChildWorkflowExecutionFailed { .. } => 19,
        E::ChildWorkflowExecutionCanceled { .. } => 20,
        E::ChildWorkflowExecutionTerminated { .. } => 21,
        E::ChildWorkflowExecutionTimedOut { .. } => 22,
        E::SignalExternalWorkflowExecutionInitiated(_) => 23,
        E::SignalExternalWorkflowExecutionFailed { .. } => 24,
        E::ExternalWorkflowExecutionSignaled { .. } => 25,
        E::RequestCancelExternalWorkflowExecutionInitiated { .. } => 26,
        E::RequestCancelExternalWorkflowExecutionFailed { .. } => 27,
        E::ExternalWorkflowExecutionCancelRequested { .. } => 28,
        E::MarkerRecorded { .. } => 29,
        E::UpsertWorkflowSearchAttributes { .. } => 30,
        E::WorkflowPropertiesModified { .. } => 31,
        E::ActivationCompleted {} => 32,
        E::WorkflowExecutionCompleted { .. } => 33,
        E::WorkflowExecutionFailed { .. } => 34,
        E::WorkflowExecutionCanceled { .. } => 35,
        E::WorkflowExecutionTerminated { .. } => 36,
        E::WorkflowExecutionTimedOut { .. } => 37,
        E::WorkflowExecutionContinuedAsNew(_) => 38,
    }
}

#[test]
fn the_table_has_every_type_with_its_attributes() {
    let events = one_of_each();
    assert_eq!(events.len(), EVENT_TYPES.len());
    for (number, (event, documented)) in events.iter().zip(EVENT_TYPES).enumerate() {
        assert_eq!(place(event), number);
        assert_eq!(event.type_name(), documented.name);
        let json = event.attributes_json();
        let written: Vec<&str> =
            json.as_object().expect("attributes are an object").keys().map(String::as_str).collect();
        let documented: Vec<&str> = documented.attributes.iter().map(|(name, ..)| *name).collect();
        assert_eq!(written, documented, "{}", event.type_name());
    }
}

#[test]
fn attributes_have_the_form_that_is_documented() {
    for (event, documented) in one_of_each().iter().zip(EVENT_TYPES) {
        let json = event.attributes_json();
        for (name, form, _) in documented.attributes {
            let value = &json[*name];
            let fits = match form {
                Form::Text | Form::Time | Form::Length | Form::RetryState => value.is_string(),
                Form::LengthOrNull | Form::TextOrNull => value.is_string() || value.is_null(),
                Form::Number => value.is_u64(),
                Form::Payload => true,
                Form::Payloads | Form::Headers => value.is_array(),
                Form::Flag => value.is_boolean(),
                Form::Objects => value.is_array(),
                Form::Fields | Form::Failure | Form::Object => value.is_object(),
                Form::FieldsOrNull | Form::ObjectOrNull => value.is_object() || value.is_null(),
            };
            assert!(fits, "{}.{name}: {value}", documented.name);
        }
    }
}

/// The descriptions of engine types that other files have.
mod schemas {
    use dalsegno_engine::failure::{FailureKind, TimeoutKind};
    use serde_json::Value;

    use super::*;

    fn one_of_each_kind() -> Vec<FailureKind> {
        let retry_state = RetryState::InProgress;
        let kinds = vec![
            FailureKind::Application {
                r#type: String::new(),
                non_retryable: false,
                details: Vec::new(),
                next_retry_delay: None,
            },
            FailureKind::Cancelled { details: Vec::new() },
            FailureKind::Terminated {},
            FailureKind::Timeout { kind: TimeoutKind::Heartbeat, last_heartbeat_details: Vec::new() },
            FailureKind::Activity {
                activity_type: ActivityType::new("a"),
                activity_id: ActivityId::new("1"),
                attempts: 1,
                retry_state,
            },
            FailureKind::ChildWorkflow {
                namespace: Namespace::new("default"),
                workflow_id: WorkflowId::new("w"),
                run_id: RunId::new("r"),
                workflow_type: WorkflowType::new("t"),
                retry_state,
            },
            FailureKind::Server {},
        ];
        // A new kind does not compile until it is here.
        for kind in &kinds {
            match kind {
                FailureKind::Application { .. }
                | FailureKind::Cancelled { .. }
                | FailureKind::Terminated {}
                | FailureKind::Timeout { .. }
                | FailureKind::Activity { .. }
                | FailureKind::ChildWorkflow { .. }
                | FailureKind::Server {} => {}
            }
        }
        kinds
    }

    fn keys(value: &Value) -> Vec<String> {
        let mut keys: Vec<String> =
            value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect();
        keys.sort();
        keys
    }

    #[test]
    fn failures_are_described_as_they_are_written() {
        let document = serde_json::to_value(crate::api::openapi()).expect("plain data");
        let components = &document["components"]["schemas"];
        let documented = &components["FailureKind"]["oneOf"];
        let kinds = one_of_each_kind();
        assert_eq!(documented.as_array().map(Vec::len), Some(kinds.len()), "{documented}");
        for (kind, documented) in kinds.into_iter().zip(documented.as_array().into_iter().flatten()) {
            let failure = serde_json::to_value(Failure::new("", kind)).expect("plain data");
            assert_eq!(keys(&failure), keys(&components["Failure"]["properties"]));
            assert_eq!(keys(&failure["kind"]), keys(&documented["properties"]));
            for name in keys(&failure["kind"]) {
                let documented = &documented["properties"][&name]["properties"];
                assert_eq!(keys(&failure["kind"][&name]), keys(documented), "{name}");
            }
        }
    }
}
