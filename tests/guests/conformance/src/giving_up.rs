//! What a request to cancel comes to: everything at once is given up, or a failure is made of it.

use dalsegno_sdk::{ChildCancellationType, Failure, ParentClosePolicy, sleep, workflow};
use futures::join;
use serde_json::Value;

use crate::{HOUR, call, children::only_child};

/// Waits for an activity, a timer and a child at the same time.
#[workflow]
pub(crate) async fn cancel_several() -> Result<(), Failure> {
    let child = only_child::<Value>("child-waits")
        .cancellation(ChildCancellationType::TryCancel)
        .parent_close(ParentClosePolicy::Abandon);
    let (activity, timer, child) = join!(call::<Value>("hang"), sleep(HOUR), child);
    activity?;
    timer?;
    child.map(drop)
}

/// Says that its clean-up failed.
#[workflow]
pub(crate) async fn cancel_becomes_failure() -> Result<Value, Failure> {
    call("hang").await.map_err(|failure: Failure| match failure.is_cancelled() {
        true => Failure::application("CleanUpFailed", "not released").caused_by(failure),
        false => failure,
    })
}
