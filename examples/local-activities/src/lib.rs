//! Looks up prices next to the workflow, all with one commit.

use std::time::Duration;

use dalsegno_sdk::{Failure, http, workflow};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};

/// What is asked for, and where the services are.
#[derive(Deserialize)]
struct Basket {
    skus: Vec<String>,
    services: String,
}

#[derive(Deserialize)]
struct Price {
    cents: u64,
}

/// What it costs.
#[derive(Serialize)]
struct Quote {
    cents: Vec<u64>,
    total: u64,
}

/// Adds up the prices of a basket.
///
/// Each price is a short request that may as well be made twice: a local activity. It has no task queue and
/// no history of its own; the results of all are stored together.
#[workflow]
async fn local_activities(basket: Basket) -> Result<Quote, Failure> {
    let Basket { skus, services } = basket;
    let price = async |sku: &String| {
        let request = http::get(format!("{services}/prices/{sku}")).send_local::<Price>();
        Ok::<_, Failure>(request.start_to_close(Duration::from_secs(5)).await?.body.cents)
    };
    let cents = try_join_all(skus.iter().map(price)).await?;
    let total = cents.iter().sum();
    Ok(Quote { cents, total })
}

dalsegno_sdk::workflows![local_activities];
