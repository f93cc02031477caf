//! What a guest may know of its run.

use dalsegno_engine::{guest::RunInfo, ids::ModuleDigest};

use super::payload;
use crate::bindings::run;

pub(crate) fn to_guest(info: &RunInfo, module: &ModuleDigest) -> run::RunInfo {
    let started = &*info.started;
    run::RunInfo {
        namespace: info.namespace.to_string(),
        workflow_id: started.workflow_id.to_string(),
        run_id: info.run_id.to_string(),
        first_run_id: started.first_run_id.to_string(),
        continued_run_id: None,
        workflow_type: started.workflow_type.to_string(),
        task_queue: started.task_queue.to_string(),
        attempt: started.attempt,
        start_time_us: info.start_time.as_micros(),
        execution_timeout_ms: started.execution_timeout.map(|limit| limit.0),
        run_timeout_ms: started.run_timeout.map(|limit| limit.0),
        retry_policy: None,
        parent: None,
        root: None,
        memo: payload::named_to_guest(&started.memo),
        search_attributes: payload::named_to_guest(&started.search_attributes),
        headers: payload::headers_to_guest(&started.headers),
        last_completion_result: None,
        last_failure: None,
        module_digest: module.to_string(),
        extensions: Vec::new(),
    }
}
