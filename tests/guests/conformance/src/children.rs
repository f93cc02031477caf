//! Children: run to their end, failing, cancelled, signalled, left.

use dalsegno_sdk::{
    CauseKind, Child, Context, Failure, FromPayload, ParentClosePolicy, child, info, workflow,
};
use serde_json::{Value, json};

use crate::{call, cancelled, go};

/// Greets by an activity.
#[workflow]
pub(crate) async fn child_greets(name: String) -> Result<String, Failure> {
    call("echo").input(&format!("Hello, {name}")).await
}

/// Fails.
#[workflow]
pub(crate) async fn child_fails() -> Result<(), Failure> {
    Err(Failure::application("ChildFailed", "the child has failed").detail(&1))
}

#[derive(Default)]
pub(crate) struct ChildWaits {
    notes: Vec<Value>,
    finished: bool,
}

/// Collects notes.
#[workflow]
impl ChildWaits {
    #[run]
    async fn run(ctx: Context<Self>) -> Result<Vec<Value>, Failure> {
        ctx.wait_condition(|child| child.finished).await?;
        Ok(ctx.state(|child| child.notes.clone()))
    }

    #[signal]
    fn note(&mut self, value: Value) {
        self.notes.push(value);
    }

    #[signal]
    fn finish(&mut self) {
        self.finished = true;
    }
}

/// The only child of this run.
#[track_caller]
pub(crate) fn only_child<T: FromPayload>(workflow_type: &str) -> Child<T> {
    child(workflow_type).workflow_id(format!("{}-child", info().workflow_id))
}

/// Has a child do it.
#[workflow]
pub(crate) async fn child_executed() -> Result<String, Failure> {
    only_child("child-greets").input("World").await
}

/// Fails as its child does.
#[workflow]
pub(crate) async fn child_failure() -> Result<(), Failure> {
    only_child("child-fails").await
}

/// Tells what the failure of its child says.
#[workflow]
pub(crate) async fn child_failure_caught() -> Result<Value, Failure> {
    let failure = only_child::<()>("child-fails").await.expect_err("it fails");
    let Some(CauseKind::ChildWorkflow(child)) = failure.causes().first().map(|cause| &cause.kind) else {
        return Err(failure);
    };
    Ok(json!({
        "message": failure.root_cause().message, "type": failure.application_type(),
        "workflow_id": child.workflow_id, "workflow_type": child.workflow_type,
    }))
}

/// Cancels its child at the signal `go`.
#[workflow]
pub(crate) async fn child_cancelled() -> Result<&'static str, Failure> {
    let mut waiting = only_child::<Value>("child-waits").start().await?;
    go().await?;
    waiting.cancel("");
    cancelled(waiting.await)
}

/// Signals its child.
#[workflow]
pub(crate) async fn child_signalled() -> Result<Value, Failure> {
    let waiting = only_child("child-waits").start().await?;
    waiting.signal("note").input("from the parent").await?;
    waiting.await
}

/// Leaves its child; tells which it is.
#[workflow]
pub(crate) async fn child_abandoned() -> Result<String, Failure> {
    let waiting = only_child::<Value>("child-waits").parent_close(ParentClosePolicy::Abandon).start().await?;
    let id = waiting.workflow_id().to_owned();
    waiting.detach();
    Ok(id)
}

/// Cannot have the child's workflow id.
#[workflow]
pub(crate) async fn child_id_taken() -> Result<Option<String>, Failure> {
    let failure = only_child::<Value>("child-waits").start().await.expect_err("a run of the id is open");
    Ok(failure.application_type().map(ToOwned::to_owned))
}

/// Asks its child what it knows of itself.
#[workflow]
pub(crate) async fn info_of_child() -> Result<Value, Failure> {
    only_child("info").await
}
