//! The child: one line of an order.

use dalsegno_sdk::{CancellationType, Failure, shielded, workflow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shop::Shop;

/// What is ordered.
#[derive(Deserialize, Serialize)]
pub(crate) struct Line {
    pub(crate) order_id: String,
    pub(crate) address: String,
    pub(crate) sku: String,
    pub(crate) delay_ms: u64,
    pub(crate) services: Shop,
}

/// What was done for it.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Fulfilled {
    sku: String,
    reservation: String,
    shipment: String,
}

/// Reserves and ships one line; releases what it has reserved if it cannot be shipped, or is cancelled.
#[workflow]
pub(crate) async fn order_line(line: Line) -> Result<Fulfilled, Failure> {
    let Line { order_id, address, sku, delay_ms, services } = line;
    let items = json!([{ "sku": sku, "quantity": 1 }]);
    let reserve = services.post("/inventory/reservations", &json!({ "order_id": order_id, "items": items }));
    let reservation = reserve.cancellation(CancellationType::Wait).await?.body.id;
    let body = json!({ "order_id": order_id, "address": address, "delay_ms": delay_ms });
    let ship = services.post("/shipping/shipments", &body);
    match ship.cancellation(CancellationType::Wait).await {
        Ok(shipped) => Ok(Fulfilled { sku, reservation, shipment: shipped.body.id }),
        Err(failure) => {
            let release = services.post("/inventory/releases", &json!({ "reservation": reservation }));
            shielded(release).await?;
            Err(failure)
        }
    }
}
