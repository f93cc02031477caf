//! Every option there is of local activities, children and runs that follow.

use std::time::Duration;

use dalsegno_sdk::{
    CancellationType, ChildCancellationType, Failure, IdReusePolicy, ModulePolicy, ParentClosePolicy,
    SearchAttribute, continue_as_new, local_activity, workflow,
};

use crate::{activities::retry, children::only_child};

/// The second attempt succeeds.
#[workflow]
pub(crate) async fn local_activity_options() -> Result<u32, Failure> {
    local_activity("succeeds-at")
        .input(&2)
        .id("my-id")
        .schedule_to_close(Duration::from_secs(40))
        .start_to_close(Duration::from_secs(10))
        .retry(retry(3))
        .local_retry_threshold(Duration::from_secs(30))
        .cancellation(CancellationType::Wait)
        .summary("for people")
        .await
}

/// Has a child do it.
#[workflow]
pub(crate) async fn child_options() -> Result<String, Failure> {
    only_child("child-greets")
        .input("World")
        .execution_timeout(Duration::from_secs(80))
        .run_timeout(Duration::from_secs(40))
        .retry(retry(3))
        .id_reuse(IdReusePolicy::FailedOnly)
        .parent_close(ParentClosePolicy::RequestCancel)
        .cancellation(ChildCancellationType::WaitRequested)
        .module(ModulePolicy::Current)
        .memo("note", "of the child")
        .search_attribute("Region", SearchAttribute::keyword("IS"))
        .summary("for people")
        .await
}

/// Has the next run do it.
#[workflow]
pub(crate) async fn continue_as_new_options() -> Result<String, Failure> {
    continue_as_new()
        .input("again")
        .workflow_type("child-greets")
        .run_timeout(Duration::from_secs(40))
        .retry(retry(3))
        .memo("note", "of the next run")
        .search_attribute("Region", SearchAttribute::keyword("IS"))
        .await
}
