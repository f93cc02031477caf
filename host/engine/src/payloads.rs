//! Finding the payloads in events: for sizes, for another form, for encryption.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    Failure, Payload,
    event::{EventAttributes as E, UpdateOutcome},
    failure::FailureKind,
    guest::Request,
};

/// The same walk over shared and over mutable events.
macro_rules! walk {
    ($events:ident, $failures:ident, $requests:ident, $iter:ident, $values:ident, $arc:expr, ($($mutable:tt)*)) => {
        fn $failures(failure: & $($mutable)* Failure, visit: &mut dyn FnMut(& $($mutable)* Payload)) {
            match & $($mutable)* failure.kind {
                FailureKind::Application { details, .. } | FailureKind::Cancelled { details } => {
                    details.$iter().for_each(&mut *visit);
                }
                FailureKind::Timeout { last_heartbeat_details, .. } => {
                    last_heartbeat_details.$iter().for_each(&mut *visit);
                }
                FailureKind::Terminated {}
                | FailureKind::Activity { .. }
                | FailureKind::ChildWorkflow { .. }
                | FailureKind::Server {} => {}
            }
            if let Some(cause) = & $($mutable)* failure.cause {
                $failures(cause, visit);
            }
        }

        fn $requests(request: & $($mutable)* Request, visit: &mut dyn FnMut(& $($mutable)* Payload)) {
            request.input.$iter().for_each(&mut *visit);
            request.headers.$iter().for_each(|(_, payload)| visit(payload));
        }

        impl E {
            /// Visits every payload.
            pub fn $events(& $($mutable)* self, visit: &mut dyn FnMut(& $($mutable)* Payload)) {
                match self {
                    E::WorkflowExecutionStarted(started) => {
                        let started = $arc(started);
                        started.input.$iter().for_each(&mut *visit);
                        started.headers.$iter().for_each(|(_, payload)| visit(payload));
                        started.memo.$values().for_each(&mut *visit);
                        started.search_attributes.$values().for_each(&mut *visit);
                        let origin = & $($mutable)* started.origin;
                        origin.carried_signals.$iter().for_each(|request| $requests(request, visit));
                        origin.last_completion_result.$iter().for_each(&mut *visit);
                        origin.last_failure.$iter().for_each(|failure| $failures(failure, visit));
                    }
                    E::WorkflowExecutionContinuedAsNew(next) => {
                        let next = $arc(next);
                        next.input.$iter().for_each(&mut *visit);
                        next.headers.$iter().for_each(|(_, payload)| visit(payload));
                        next.memo.$iter().for_each(|memo| memo.$values().for_each(&mut *visit));
                        next.search_attributes.$iter().for_each(|all| all.$values().for_each(&mut *visit));
                        next.carried_signals.$iter().for_each(|request| $requests(request, visit));
                    }
                    E::StartChildWorkflowExecutionInitiated(child) => {
                        let child = $arc(child);
                        child.input.$iter().for_each(&mut *visit);
                        child.headers.$iter().for_each(|(_, payload)| visit(payload));
                        child.memo.$values().for_each(&mut *visit);
                        child.search_attributes.$values().for_each(&mut *visit);
                    }
                    E::SignalExternalWorkflowExecutionInitiated(signal) => {
                        let signal = $arc(signal);
                        signal.input.$iter().for_each(&mut *visit);
                        signal.headers.$iter().for_each(|(_, payload)| visit(payload));
                    }
                    E::UpsertWorkflowSearchAttributes { search_attributes: changed }
                    | E::WorkflowPropertiesModified { upserted_memo: changed } => {
                        changed.$values().for_each(|value| value.$iter().for_each(&mut *visit));
                    }
                    E::WorkflowExecutionUpdateCompleted { outcome, .. } => match outcome {
                        UpdateOutcome::Completed(result) => visit(result),
                        UpdateOutcome::Failed(failure) => $failures(failure, visit),
                    },
                    E::ActivityTaskScheduled(scheduled) => {
                        let scheduled = $arc(scheduled);
                        scheduled.input.$iter().for_each(&mut *visit);
                        scheduled.headers.$iter().for_each(|(_, payload)| visit(payload));
                    }
                    E::WorkflowExecutionSignaled { input, headers, .. }
                    | E::WorkflowExecutionUpdateAccepted { input, headers, .. } => {
                        input.$iter().for_each(&mut *visit);
                        headers.$iter().for_each(|(_, payload)| visit(payload));
                    }
                    E::WorkflowExecutionCompleted { result }
                    | E::ActivityTaskCompleted { result, .. }
                    | E::ChildWorkflowExecutionCompleted { result, .. } => {
                        result.$iter().for_each(&mut *visit);
                    }
                    E::WorkflowExecutionCanceled { details }
                    | E::ActivityTaskCanceled { details, .. }
                    | E::ChildWorkflowExecutionCanceled { details, .. } => {
                        details.$iter().for_each(&mut *visit);
                    }
                    E::WorkflowExecutionFailed { failure, .. }
                    | E::ChildWorkflowExecutionFailed { failure, .. }
                    | E::ActivityTaskFailed { failure, .. }
                    | E::ActivityTaskTimedOut { failure, .. } => $failures(failure, visit),
                    E::WorkflowExecutionCancelRequested { .. }
                    | E::WorkflowExecutionTerminated { .. }
                    | E::WorkflowExecutionTimedOut { .. }
                    | E::ActivityTaskCancelRequested { .. }
                    | E::TimerStarted { .. }
                    | E::TimerFired { .. }
                    | E::TimerCanceled { .. }
                    | E::ActivationCompleted {}
                    | E::StartChildWorkflowExecutionFailed { .. }
                    | E::ChildWorkflowExecutionStarted { .. }
                    | E::ChildWorkflowExecutionCancelRequested { .. }
                    | E::ChildWorkflowExecutionTerminated { .. }
                    | E::ChildWorkflowExecutionTimedOut { .. }
                    | E::SignalExternalWorkflowExecutionFailed { .. }
                    | E::ExternalWorkflowExecutionSignaled { .. }
                    | E::RequestCancelExternalWorkflowExecutionInitiated { .. }
                    | E::RequestCancelExternalWorkflowExecutionFailed { .. }
                    | E::ExternalWorkflowExecutionCancelRequested { .. }
                    | E::MarkerRecorded { .. } => {}
                }
            }
        }
    };
}

walk!(for_each_payload, in_failure, in_request, iter, values, Arc::as_ref, ());
walk!(for_each_payload_mut, in_failure_mut, in_request_mut, iter_mut, values_mut, Arc::make_mut, (mut));

impl E {
    /// Visits every search attribute.
    pub fn for_each_search_attribute_mut(&mut self, visit: &mut dyn FnMut(&mut Payload)) {
        match self {
            E::WorkflowExecutionStarted(started) => {
                Arc::make_mut(started).search_attributes.values_mut().for_each(visit);
            }
            E::StartChildWorkflowExecutionInitiated(child) => {
                Arc::make_mut(child).search_attributes.values_mut().for_each(visit);
            }
            E::WorkflowExecutionContinuedAsNew(next) => {
                let all = Arc::make_mut(next).search_attributes.iter_mut().flat_map(BTreeMap::values_mut);
                all.for_each(visit);
            }
            E::UpsertWorkflowSearchAttributes { search_attributes } => {
                search_attributes.values_mut().flatten().for_each(visit);
            }
            _ => {}
        }
    }
}

impl Failure {
    /// Bytes it takes up in a history, near enough for limits.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        let mut payloads = 0;
        in_failure(self, &mut |payload| payloads += payload.size_bytes());
        payloads + self.text_bytes()
    }
}

impl E {
    /// Text of a command, apart from payloads: what else a guest can make large.
    pub(crate) fn text_bytes(&self) -> usize {
        match self {
            E::ActivityTaskScheduled(scheduled) => {
                let headers: usize = scheduled.headers.iter().map(|(name, _)| name.len()).sum();
                let types = scheduled.retry_policy.non_retryable_error_types.iter().map(String::len);
                headers + types.sum::<usize>() + scheduled.summary.as_ref().map_or(0, String::len)
            }
            E::TimerStarted { summary, .. } => summary.as_ref().map_or(0, String::len),
            E::WorkflowExecutionFailed { failure, .. }
            | E::WorkflowExecutionUpdateCompleted { outcome: UpdateOutcome::Failed(failure), .. } => {
                failure.text_bytes()
            }
            E::StartChildWorkflowExecutionInitiated(child) => {
                let headers: usize = child.headers.iter().map(|(name, _)| name.len()).sum();
                let names: usize =
                    child.memo.keys().chain(child.search_attributes.keys()).map(String::len).sum();
                headers + names + child.summary.as_ref().map_or(0, String::len)
            }
            E::SignalExternalWorkflowExecutionInitiated(signal) => {
                signal.headers.iter().map(|(name, _)| name.len()).sum()
            }
            E::WorkflowExecutionContinuedAsNew(next) => {
                let names =
                    [&next.memo, &next.search_attributes].into_iter().flatten().flat_map(BTreeMap::keys);
                names.chain(next.headers.iter().map(|(name, _)| name)).map(String::len).sum()
            }
            E::UpsertWorkflowSearchAttributes { search_attributes: changed }
            | E::WorkflowPropertiesModified { upserted_memo: changed } => {
                changed.keys().map(String::len).sum()
            }
            E::RequestCancelExternalWorkflowExecutionInitiated { reason, .. }
            | E::ChildWorkflowExecutionCancelRequested { reason, .. } => reason.len(),
            E::MarkerRecorded { marker } => marker.id().len(),
            _ => 0,
        }
    }
}
