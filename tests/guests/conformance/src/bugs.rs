//! What tells its place in the source.

use dalsegno_sdk::{Failure, workflow};
use serde_json::Value;

use crate::call;

/// Fails with a chain of three causes.
#[workflow]
pub(crate) async fn cause_chain() -> Result<(), Failure> {
    let declined = Failure::application("CardDeclined", "not enough funds").non_retryable();
    let declined = declined.detail(&42).detail("EUR");
    let payment = Failure::application("PaymentFailed", "cannot charge the card").caused_by(declined);
    Err(Failure::application("OrderFailed", "cannot fulfil the order").caused_by(payment))
}

/// Has a bug.
#[workflow]
pub(crate) async fn bug() -> Result<(), Failure> {
    panic!("this is a bug")
}

/// Waits for an activity that never ends.
#[workflow]
pub(crate) async fn hangs() -> Result<&'static str, Failure> {
    let _: Value = call("hang").await?;
    Ok("hung")
}
