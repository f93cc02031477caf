//! What a workflow language has: cancellation, signals, conditions, failures, retries.

mod cancellation;
mod failures;
mod handlers;
mod limits;

use cancellation::{cancel_caught, cancel_cleanup};
use failures::{failing, retrying};
use handlers::{AsyncHandlers, Conditions, SignalsOrder};
use limits::limited;

dalsegno_sdk::workflows![
    cancel_cleanup,
    cancel_caught,
    SignalsOrder,
    AsyncHandlers,
    Conditions,
    failing,
    limited,
    retrying
];
