//! Pays by a second provider when the first does not answer.

use std::time::Duration;

use dalsegno_sdk::{Failure, RetryPolicy, http, workflow};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shop::Shop;

/// What is paid, and where the services are.
#[derive(Deserialize)]
struct Payment {
    order_id: String,
    card: String,
    cents: u64,
    /// How often the first provider fails before it works.
    #[serde(default)]
    flaky: u32,
    services: Shop,
}

/// Who was paid.
#[derive(Serialize)]
struct Paid {
    provider: &'static str,
    charge: String,
    /// Why it was not the first one.
    fell_back_because: Option<String>,
}

/// Charges a card, by the first provider that answers.
#[workflow]
async fn payment_fallback(payment: Payment) -> Result<Paid, Failure> {
    let Payment { order_id, card, cents, flaky, services } = payment;
    let body = |flaky: u32| json!({ "order_id": order_id, "card": card, "cents": cents, "flaky": flaky });
    match charge(&services, "/payments/charges", &body(flaky)).await {
        Ok(charge) => Ok(Paid { provider: "first", charge, fell_back_because: None }),
        // A provider that has said no is not to be got round.
        Err(failure) if http::error_status(&failure).is_some_and(|error| error.status < 500) => Err(failure),
        Err(failure) if failure.is_cancelled() => Err(failure),
        Err(failure) => {
            let charge = charge(&services, "/backup-payments/charges", &body(0)).await?;
            Ok(Paid { provider: "second", charge, fell_back_because: Some(failure.to_string()) })
        }
    }
}

/// Three tries, as the customer waits.
async fn charge(services: &Shop, path: &str, body: &Value) -> Result<String, Failure> {
    let soon = RetryPolicy { initial_interval: Some(Duration::from_millis(100)), ..RetryPolicy::attempts(3) };
    Ok(services.post(path, body).start_to_close(Duration::from_secs(5)).retry(soon).await?.body.id)
}

dalsegno_sdk::workflows![payment_fallback];
