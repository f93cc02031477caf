//! Functions as activities.

use std::{future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use dalsegno_engine::{Failure, Payload};
use serde::{Serialize, de::DeserializeOwned};

use super::{ActivityContext, ActivityError};

/// The end of an attempt, as its code sees it.
pub(crate) type AttemptFuture = Pin<Box<dyn Future<Output = Result<Option<Payload>, Failure>> + Send>>;

/// Code of an activity.
pub(crate) trait Activity: Send + Sync {
    fn attempt(&self, context: ActivityContext, input: Vec<Payload>) -> AttemptFuture;
}

/// A function that can be an activity: `async fn(ActivityContext, A) -> Result<R, ActivityError>`.
///
/// `A` is the argument; a tuple takes several, `()` none.
pub trait ActivityFn<A, R>: Send + Sync + 'static {
    /// What calling it gives.
    type Future: Future<Output = Result<R, ActivityError>> + Send + 'static;

    /// Calls it.
    fn call(&self, context: ActivityContext, argument: A) -> Self::Future;
}

impl<F, Fut, A, R> ActivityFn<A, R> for F
where
    F: Fn(ActivityContext, A) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, ActivityError>> + Send + 'static,
{
    type Future = Fut;

    fn call(&self, context: ActivityContext, argument: A) -> Fut {
        self(context, argument)
    }
}

struct Typed<F, A, R> {
    function: Arc<F>,
    types: std::marker::PhantomData<fn(A) -> R>,
}

/// A typed function as an activity: arguments from JSON, the result to JSON.
pub(crate) fn typed<F, A, R>(function: F) -> Arc<dyn Activity>
where
    F: ActivityFn<A, R>,
    A: DeserializeOwned + Send + 'static,
    R: Serialize + Send + 'static,
{
    Arc::new(Typed { function: Arc::new(function), types: std::marker::PhantomData })
}

impl<F, A, R> Activity for Typed<F, A, R>
where
    F: ActivityFn<A, R>,
    A: DeserializeOwned + Send + 'static,
    R: Serialize + Send + 'static,
{
    fn attempt(&self, context: ActivityContext, input: Vec<Payload>) -> AttemptFuture {
        let function = self.function.clone();
        Box::pin(async move {
            let argument = arguments(&input).map_err(ActivityError::into_failure)?;
            let result = function.call(context, argument).await.map_err(ActivityError::into_failure)?;
            let bytes = serde_json::to_vec(&result).map_err(|error| {
                Failure::non_retryable("BadResult", format!("the result cannot be JSON: {error}"))
            })?;
            Ok(Some(Payload::json(bytes)))
        })
    }
}

/// One argument as itself, several as a tuple, none as the unit.
fn arguments<A: DeserializeOwned>(input: &[Payload]) -> Result<A, ActivityError> {
    let bytes = match input {
        [] => Bytes::from_static(b"null"),
        [one] => json(one)?,
        several => {
            let values = several.iter().map(json).collect::<Result<Vec<_>, _>>()?;
            [b"[".as_slice(), &values.join(b",".as_slice()), b"]"].concat().into()
        }
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        ActivityError::non_retryable(
            "BadArguments",
            format!("the arguments do not fit the activity: {error}"),
        )
    })
}

fn json(payload: &Payload) -> Result<Bytes, ActivityError> {
    if payload.as_json().is_some() {
        return Ok(payload.data.clone());
    }
    let encoding = payload.encoding().unwrap_or("none");
    Err(ActivityError::non_retryable(
        "BadArguments",
        format!("an argument has the encoding {encoding}, the activity takes json/plain"),
    ))
}
