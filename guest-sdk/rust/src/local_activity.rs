//! Local activities: short work in the host, next to the workflow.

use std::time::Duration;

use crate::{
    activity::{Activity, CancellationType, Options},
    arguments::Outgoing,
    duration::milliseconds,
    host::{Host, LocalActivityOptions, Operation},
    payload::FromPayload,
    retry::RetryPolicy,
    waits::Awaited,
};

/// Short work in the host itself, by its name. Needs a time limit; is scheduled when it is first polled.
///
/// It has no task queue, and its result is stored together with what the workflow does next: several in a
/// row cost one commit. For this it is repeated from its beginning if the host stops meanwhile, and it
/// cannot heartbeat.
///
/// ```
/// use std::time::Duration;
/// use dalsegno_sdk::{Failure, local_activity};
///
/// async fn price(sku: &str, country: &str) -> Result<u64, Failure> {
///     let limit = Duration::from_secs(5);
///     let net: u64 = local_activity("look-up-price").input(sku).start_to_close(limit).await?;
///     local_activity("add-tax").input(&net).input(country).start_to_close(limit).await
/// }
/// ```
///
/// Results, cancelling and dropping are as with an [`activity`](crate::activity()).
#[track_caller]
pub fn local_activity<T: FromPayload>(name: impl Into<String>) -> LocalActivity<T> {
    Activity::new(name.into(), schedule)
}

/// The future of [`local_activity`], and its options.
pub type LocalActivity<T> = Activity<T, Local>;

/// Says of an [`Activity`] that it runs beside the workflow.
#[derive(Debug)]
pub enum Local {}

impl<T: FromPayload> LocalActivity<T> {
    /// A backoff longer than this becomes a durable timer; a minute by default.
    pub fn local_retry_threshold(self, backoff: Duration) -> Self {
        self.change(|request| request.options.local_retry_threshold_ms = Some(milliseconds(backoff)))
    }
}

fn schedule(host: &dyn Host, name: &str, outgoing: Outgoing, options: Options) -> (Operation, Awaited) {
    let request = LocalActivityOptions {
        activity_id: options.id,
        schedule_to_close_ms: options.schedule_to_close_ms,
        start_to_close_ms: options.start_to_close_ms,
        retry_policy: options.retry.map(RetryPolicy::into_contract),
        local_retry_threshold_ms: options.local_retry_threshold_ms,
        cancellation_type: options.cancellation_type.unwrap_or(CancellationType::TryCancel),
        summary: options.summary,
        headers: outgoing.headers,
        extensions: Vec::new(),
    };
    let operation = host.schedule_local_activity(name, &outgoing.input, &request);
    (operation, Awaited::LocalActivity(name.to_owned(), operation))
}
