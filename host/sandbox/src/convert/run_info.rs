//! What a guest may know of its run.

use dalsegno_engine::{guest::RunInfo, ids::ModuleDigest, message::RunIdentity};

use super::{activity, failure, payload};
use crate::bindings::run;

pub(crate) fn to_guest(info: &RunInfo, module: &ModuleDigest) -> run::RunInfo {
    let started = &*info.started;
    let origin = &started.origin;
    run::RunInfo {
        namespace: info.namespace.to_string(),
        workflow_id: started.workflow_id.to_string(),
        run_id: info.run_id.to_string(),
        first_run_id: started.first_run_id.to_string(),
        continued_run_id: origin.continued_run_id.as_ref().map(ToString::to_string),
        workflow_type: started.workflow_type.to_string(),
        task_queue: started.task_queue.to_string(),
        attempt: started.attempt,
        start_time_us: info.start_time.as_micros(),
        execution_timeout_ms: started.execution_timeout.map(|limit| limit.0),
        run_timeout_ms: started.run_timeout.map(|limit| limit.0),
        retry_policy: started.retry_policy.as_ref().map(activity::retry_policy_to_guest),
        parent: origin.parent.as_ref().map(|parent| parent_to_guest(&parent.run)),
        root: origin.root.as_ref().map(parent_to_guest),
        memo: payload::named_to_guest(&started.memo),
        search_attributes: payload::named_to_guest(&started.search_attributes),
        headers: payload::headers_to_guest(&started.headers),
        last_completion_result: origin.last_completion_result.as_ref().map(payload::to_guest),
        last_failure: origin.last_failure.as_ref().map(failure::to_guest),
        module_digest: module.to_string(),
        extensions: Vec::new(),
    }
}

fn parent_to_guest(parent: &RunIdentity) -> run::Parent {
    run::Parent {
        namespace: parent.namespace.to_string(),
        workflow_id: parent.workflow_id.to_string(),
        run_id: parent.run_id.to_string(),
    }
}
