//! Children of any type, started by the number.

use std::time::Duration;

use dalsegno_sdk::{
    ChildCancellationType, ChildHandle, Failure, IdReusePolicy, ModulePolicy, ParentClosePolicy, RetryPolicy,
    StartFailure, child, info, signals, workflow,
};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The argument of `parent`.
#[derive(Deserialize)]
pub(crate) struct Family {
    #[serde(default = "one")]
    count: u64,
    workflow_type: String,
    #[serde(default)]
    input: Vec<Value>,
    /// The children are `PREFIX-0` and so on; the parent's own id by default.
    prefix: Option<String>,
    namespace: Option<String>,
    attempts: Option<u32>,
    run_timeout_ms: Option<u64>,
    #[serde(default)]
    id_reuse: Reuse,
    #[serde(default)]
    parent_close: Close,
    #[serde(default)]
    cancellation: Cancellation,
    /// The children take the module that is current.
    #[serde(default)]
    current: bool,
    #[serde(default)]
    then: Then,
}

fn one() -> u64 {
    1
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reuse {
    #[default]
    Allow,
    FailedOnly,
    Reject,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Close {
    #[default]
    Terminate,
    Abandon,
    RequestCancel,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Cancellation {
    #[default]
    WaitCompleted,
    TryCancel,
    WaitRequested,
    Abandon,
}

/// What the parent does with its children.
#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Then {
    /// Awaits them all, and tells how each ended.
    #[default]
    Collect,
    /// Awaits them all; the first failure is its own.
    Insist,
    /// Cancels them, and awaits them.
    Cancel { reason: String },
    /// Signals each, and awaits them.
    Signal { name: String, input: Vec<Value> },
    /// Completes, and leaves them to their policy.
    Leave,
    /// The same after the signal `go`.
    LeaveLater,
}

/// How a child began and ended.
#[derive(Default, Serialize)]
pub(crate) struct Ended {
    run_id: Option<String>,
    result: Option<Value>,
    failure: Option<String>,
    failure_type: Option<String>,
    start_failure: Option<String>,
    is_cancelled: bool,
}

impl Ended {
    fn failed(run_id: Option<String>, failure: &Failure) -> Self {
        Self {
            run_id,
            failure: Some(failure.to_string()),
            failure_type: failure.application_type().map(ToOwned::to_owned),
            start_failure: StartFailure::of(failure).map(|failure| format!("{failure:?}")),
            is_cancelled: failure.is_cancelled(),
            ..Self::default()
        }
    }
}

impl Family {
    fn make(&self, number: u64) -> dalsegno_sdk::Child<Value> {
        let prefix = self.prefix.clone().unwrap_or_else(|| info().workflow_id);
        let mut made = child(&self.workflow_type).workflow_id(format!("{prefix}-{number}"));
        for argument in &self.input {
            made = made.input(argument);
        }
        if let Some(namespace) = &self.namespace {
            made = made.namespace(namespace);
        }
        if let Some(attempts) = self.attempts {
            let interval = Some(Duration::from_millis(20));
            made = made.retry(RetryPolicy { initial_interval: interval, ..RetryPolicy::attempts(attempts) });
        }
        if let Some(limit) = self.run_timeout_ms {
            made = made.run_timeout(Duration::from_millis(limit));
        }
        let reuse = match self.id_reuse {
            Reuse::Allow => IdReusePolicy::Allow,
            Reuse::FailedOnly => IdReusePolicy::FailedOnly,
            Reuse::Reject => IdReusePolicy::Reject,
        };
        let close = match self.parent_close {
            Close::Terminate => ParentClosePolicy::Terminate,
            Close::Abandon => ParentClosePolicy::Abandon,
            Close::RequestCancel => ParentClosePolicy::RequestCancel,
        };
        let cancellation = match self.cancellation {
            Cancellation::WaitCompleted => ChildCancellationType::WaitCompleted,
            Cancellation::TryCancel => ChildCancellationType::TryCancel,
            Cancellation::WaitRequested => ChildCancellationType::WaitRequested,
            Cancellation::Abandon => ChildCancellationType::Abandon,
        };
        if self.current {
            made = made.module(ModulePolicy::Current);
        }
        made.id_reuse(reuse).parent_close(close).cancellation(cancellation)
    }

    /// What becomes of one child.
    async fn follow(&self, mut handle: ChildHandle<Value>) -> Result<Ended, Failure> {
        let run_id = Some(handle.run_id().to_owned());
        match &self.then {
            Then::Leave | Then::LeaveLater => {
                handle.detach();
                return Ok(Ended { run_id, ..Ended::default() });
            }
            Then::Cancel { reason } => handle.cancel(reason),
            Then::Signal { name, input } => {
                let mut signal = handle.signal(name);
                for argument in input {
                    signal = signal.input(argument);
                }
                signal.await?;
            }
            Then::Collect | Then::Insist => {}
        }
        match handle.await {
            Ok(result) => Ok(Ended { run_id, result: Some(result), ..Ended::default() }),
            Err(failure) if matches!(self.then, Then::Insist) => Err(failure),
            Err(failure) => Ok(Ended::failed(run_id, &failure)),
        }
    }
}

/// Starts children at once, and does with them as it is told.
#[workflow]
pub(crate) async fn parent(family: Family) -> Result<Vec<Ended>, Failure> {
    let started = join_all((0..family.count).map(|number| family.make(number).start())).await;
    if matches!(family.then, Then::LeaveLater) {
        signals::<()>("go").next().await?;
    }
    let ended = started.into_iter().map(async |started| match started {
        Ok(handle) => family.follow(handle).await,
        Err(failure) if matches!(family.then, Then::Insist) => Err(failure),
        Err(failure) => Ok(Ended::failed(None, &failure)),
    });
    join_all(ended).await.into_iter().collect()
}
