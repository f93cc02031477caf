//! What a guest asks of the run that follows, and what a run has from the one before.

use dalsegno_engine::{calls::ContinueAsNew, event::ModulePolicy, time::Millis};

use super::{activity, payload};
use crate::bindings::{run, types};

pub(crate) fn from_guest(input: Vec<types::Payload>, options: run::ContinueAsNewOptions) -> ContinueAsNew {
    ContinueAsNew {
        input: payload::list_from_guest(input),
        workflow_type: options.workflow_type,
        task_queue: options.task_queue,
        run_timeout: options.run_timeout_ms.map(Millis),
        retry_policy: options.retry_policy.map(activity::retry_policy),
        memo: options.memo.map(payload::named_from_guest),
        search_attributes: options.search_attributes.map(payload::named_from_guest),
        module_policy: if options.current_module { ModulePolicy::Current } else { ModulePolicy::Inherit },
        carried_signals: options.carried_signals.into_iter().map(payload::request_from_guest).collect(),
        headers: payload::headers_from_guest(options.headers),
    }
}
