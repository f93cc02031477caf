//! Reserves all items at the same time.

use dalsegno_sdk::{Failure, workflow};
use futures::future::{join_all, try_join_all};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shop::Shop;

/// What is ordered, and where the services are.
#[derive(Deserialize)]
struct Order {
    order_id: String,
    skus: Vec<String>,
    /// Reserves what there is, instead of all or nothing.
    #[serde(default)]
    in_part: bool,
    services: Shop,
}

/// What is reserved, in the order of the skus.
#[derive(Serialize)]
struct Reserved {
    reservations: Vec<String>,
    missing: Vec<String>,
}

/// Reserves each item by an activity of its own; all are under way at the same time.
#[workflow]
async fn parallel_activities(order: Order) -> Result<Reserved, Failure> {
    let Order { order_id, skus, in_part, services } = order;
    let reserve = async |sku: &String| {
        let items = json!([{ "sku": sku, "quantity": 1 }]);
        let body = json!({ "order_id": order_id, "items": items });
        Ok::<_, Failure>(services.post("/inventory/reservations", &body).await?.body.id)
    };

    if !in_part {
        // The first failure ends the waiting, and cancels the others.
        let reservations = try_join_all(skus.iter().map(reserve)).await?;
        return Ok(Reserved { reservations, missing: Vec::new() });
    }
    let mut reserved = Reserved { reservations: Vec::new(), missing: Vec::new() };
    for (sku, outcome) in skus.iter().zip(join_all(skus.iter().map(reserve)).await) {
        match outcome {
            Ok(id) => reserved.reservations.push(id),
            Err(failure) if failure.is_cancelled() => return Err(failure),
            Err(_) => reserved.missing.push(sku.clone()),
        }
    }
    Ok(reserved)
}

dalsegno_sdk::workflows![parallel_activities];
