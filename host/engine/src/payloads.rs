//! Finding the payloads in events: for sizes, for another form, for encryption.

use std::sync::Arc;

use crate::{Failure, Payload, event::EventAttributes as E, failure::FailureKind};

/// The same walk over shared and over mutable events.
macro_rules! walk {
    ($events:ident, $failures:ident, $iter:ident, $values:ident, $arc:expr, ($($mutable:tt)*)) => {
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
                    }
                    E::ActivityTaskScheduled(scheduled) => {
                        let scheduled = $arc(scheduled);
                        scheduled.input.$iter().for_each(&mut *visit);
                        scheduled.headers.$iter().for_each(|(_, payload)| visit(payload));
                    }
                    E::WorkflowExecutionSignaled { input, headers, .. } => {
                        input.$iter().for_each(&mut *visit);
                        headers.$iter().for_each(|(_, payload)| visit(payload));
                    }
                    E::WorkflowExecutionCompleted { result } | E::ActivityTaskCompleted { result, .. } => {
                        result.$iter().for_each(&mut *visit);
                    }
                    E::WorkflowExecutionCanceled { details } | E::ActivityTaskCanceled { details, .. } => {
                        details.$iter().for_each(&mut *visit);
                    }
                    E::WorkflowExecutionFailed { failure, .. }
                    | E::ActivityTaskFailed { failure, .. }
                    | E::ActivityTaskTimedOut { failure, .. } => $failures(failure, visit),
                    E::WorkflowExecutionCancelRequested { .. }
                    | E::WorkflowExecutionTerminated { .. }
                    | E::WorkflowExecutionTimedOut { .. }
                    | E::ActivityTaskCancelRequested { .. }
                    | E::TimerStarted { .. }
                    | E::TimerFired { .. }
                    | E::TimerCanceled { .. }
                    | E::ActivationCompleted {} => {}
                }
            }
        }
    };
}

walk!(for_each_payload, in_failure, iter, values, Arc::as_ref, ());
walk!(for_each_payload_mut, in_failure_mut, iter_mut, values_mut, Arc::make_mut, (mut));

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
            E::WorkflowExecutionFailed { failure, .. } => failure.text_bytes(),
            _ => 0,
        }
    }
}
