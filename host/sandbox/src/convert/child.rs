//! What a guest asks of a child.

use dalsegno_engine::{
    calls::StartChild,
    event::{ChildCancellationType, IdReusePolicy, ModulePolicy, ParentClosePolicy},
    time::Millis,
};

use super::{activity, payload};
use crate::bindings::{children, types};

pub(crate) fn from_guest(
    workflow_type: String,
    input: Vec<types::Payload>,
    options: children::Options,
) -> StartChild {
    StartChild {
        workflow_type,
        input: payload::list_from_guest(input),
        workflow_id: options.workflow_id,
        namespace: options.namespace,
        task_queue: options.task_queue,
        execution_timeout: options.execution_timeout_ms.map(Millis),
        run_timeout: options.run_timeout_ms.map(Millis),
        retry_policy: options.retry_policy.map(activity::retry_policy),
        id_reuse_policy: match options.id_reuse_policy {
            children::IdReusePolicy::Allow => IdReusePolicy::Allow,
            children::IdReusePolicy::FailedOnly => IdReusePolicy::FailedOnly,
            children::IdReusePolicy::Reject => IdReusePolicy::Reject,
        },
        parent_close_policy: match options.parent_close_policy {
            children::ParentClosePolicy::Terminate => ParentClosePolicy::Terminate,
            children::ParentClosePolicy::Abandon => ParentClosePolicy::Abandon,
            children::ParentClosePolicy::RequestCancel => ParentClosePolicy::RequestCancel,
        },
        cancellation_type: match options.cancellation_type {
            children::CancellationType::WaitCompleted => ChildCancellationType::WaitCompleted,
            children::CancellationType::TryCancel => ChildCancellationType::TryCancel,
            children::CancellationType::WaitRequested => ChildCancellationType::WaitRequested,
            children::CancellationType::Abandon => ChildCancellationType::Abandon,
        },
        module_policy: match options.module_policy {
            children::ModulePolicy::Inherit => ModulePolicy::Inherit,
            children::ModulePolicy::Current => ModulePolicy::Current,
        },
        memo: payload::named_from_guest(options.memo),
        search_attributes: payload::named_from_guest(options.search_attributes),
        summary: options.summary,
        headers: payload::headers_from_guest(options.headers),
    }
}
