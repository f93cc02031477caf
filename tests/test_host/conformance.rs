//! What the workflows of the conformance suite ask for; see `tests/guests/conformance/README.md`.

use dalsegno_server::{ActivityContext, ActivityError};
use serde_json::{Value, json};

/// Refuses a card for good.
pub(crate) async fn decline(_: ActivityContext, card: String) -> Result<Value, ActivityError> {
    let message = format!("the card {card} was declined");
    Err(ActivityError::non_retryable("CardDeclined", message).detail(&json!({ "code": 51 })))
}

/// Fails at every attempt.
pub(crate) async fn unavailable(context: ActivityContext, _: Value) -> Result<Value, ActivityError> {
    Err(not_yet(&context))
}

/// Fails before this attempt; answers with the attempt.
pub(crate) async fn succeeds_at(context: ActivityContext, attempt: u32) -> Result<u32, ActivityError> {
    let now = context.info().attempt;
    if now < attempt { Err(not_yet(&context)) } else { Ok(now) }
}

fn not_yet(context: &ActivityContext) -> ActivityError {
    ActivityError::retryable("Unavailable", format!("attempt {} failed", context.info().attempt))
}

/// Ends only when it is told to.
pub(crate) async fn hang(context: ActivityContext, _: Value) -> Result<Value, ActivityError> {
    context.cancelled().await;
    Err(ActivityError::cancelled("told to stop"))
}
