//! Failures with their causes, caught and passed on.

use std::time::Duration;

use dalsegno_sdk::{Failure, RetryPolicy, http, workflow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shop::Shop;

/// What is ordered, and where the services are.
#[derive(Deserialize)]
struct Order {
    order_id: String,
    card: String,
    cents: u64,
    /// How often the payment service fails before it works.
    #[serde(default)]
    flaky: u32,
    /// Accept orders that are not paid yet.
    #[serde(default)]
    on_account: bool,
    services: Shop,
}

/// How it was paid.
#[derive(Serialize)]
#[serde(tag = "paid", rename_all = "snake_case")]
enum Payment {
    ByCard { charge: String },
    Later { because: String },
}

/// Charges a card; tells refusals, which may be caught, from failures, which may not.
#[workflow]
async fn exceptions(order: Order) -> Result<Payment, Failure> {
    match charge(&order).await {
        Ok(charge) => Ok(Payment::ByCard { charge }),
        // Caught: the workflow goes on, and what was refused is part of its result.
        Err(failure) if order.on_account && failure.application_type() == Some("CardRefused") => {
            Ok(Payment::Later { because: failure.root_cause().message.clone() })
        }
        // A request to cancel is no failure of the order.
        Err(failure) if failure.is_cancelled() => Err(failure),
        // Passed on, with what it means here put before it.
        Err(failure) => {
            let message = format!("cannot fulfil {}", order.order_id);
            Err(Failure::application("OrderFailed", message).detail(&order.cents).caused_by(failure))
        }
    }
}

/// Raises failures of our own kinds, with those of the activity as their causes.
async fn charge(order: &Order) -> Result<String, Failure> {
    let Order { order_id, card, cents, flaky, services, .. } = order;
    let body = json!({ "order_id": order_id, "card": card, "cents": cents, "flaky": flaky });
    let soon = RetryPolicy { initial_interval: Some(Duration::from_millis(100)), ..RetryPolicy::attempts(3) };
    let charged = services.post("/payments/charges", &body).retry(soon).await;
    charged.map(|charged| charged.body.id).map_err(|failure| match http::error_status(&failure) {
        Some(refused) if refused.status == 402 => {
            Failure::application("CardRefused", "the bank has refused").non_retryable().caused_by(failure)
        }
        _ if failure.is_cancelled() => failure,
        _ => Failure::application("BankSilent", "the bank does not answer").caused_by(failure),
    })
}

dalsegno_sdk::workflows![exceptions];
