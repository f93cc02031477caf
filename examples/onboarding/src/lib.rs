//! Does several things at once, waits for days, and follows up.

use std::time::Duration;

use dalsegno_sdk::{Failure, http, sleep, workflow};
use futures::try_join;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const DAYS_TO_FOLLOW_UP: u64 = 3;

/// Who joins, and where the services are.
#[derive(Deserialize)]
struct Customer {
    name: String,
    email: String,
    address: String,
    /// The base URL: `http://127.0.0.1:7500`.
    services: String,
    /// How long to wait before the follow-up; three days by default.
    wait_seconds: Option<u64>,
}

/// What was set up.
#[derive(Serialize)]
struct Onboarded {
    account: String,
    welcome_kit: String,
    followed_up: bool,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

/// Sets up an account, a welcome kit and a mail at once; follows up days later.
#[workflow]
async fn onboarding(customer: Customer) -> Result<Onboarded, Failure> {
    let Customer { name, email, address, services, wait_seconds } = customer;
    let post = |path: &str, body: Value| http::post(format!("{services}{path}")).json(&body);
    let mail = |subject: String| post("/notifications/emails", json!({ "to": email, "subject": subject }));

    let (account, welcome_kit, _) = try_join!(
        post("/accounts", json!({ "name": name, "email": email })).send::<Created>(),
        post("/shipping/shipments", json!({ "order_id": "welcome kit", "address": address }))
            .send::<Created>(),
        mail(format!("Welcome, {name}!")).send::<Value>(),
    )?;
    sleep(Duration::from_secs(wait_seconds.unwrap_or(DAYS_TO_FOLLOW_UP * 24 * 60 * 60))).await?;
    mail(format!("How do you like it, {name}?")).send::<Value>().await?;
    Ok(Onboarded { account: account.body.id, welcome_kit: welcome_kit.body.id, followed_up: true })
}

dalsegno_sdk::workflows![onboarding];
