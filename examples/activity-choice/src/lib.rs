//! Chooses the activity by what was ordered.

use dalsegno_sdk::{Failure, workflow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shop::Shop;

/// What is ordered, and where the services are.
#[derive(Deserialize)]
struct Order {
    order_id: String,
    delivery: Delivery,
    services: Shop,
}

/// How it gets to the customer.
#[derive(Deserialize)]
#[serde(tag = "by", rename_all = "lowercase")]
enum Delivery {
    Parcel { address: String },
    Pickup { sku: String },
    Download { email: String },
}

/// What was done for it.
#[derive(Serialize)]
struct Delivered {
    id: String,
}

/// Delivers an order in the way that it asks for.
#[workflow]
async fn activity_choice(order: Order) -> Result<Delivered, Failure> {
    let Order { order_id, delivery, services } = order;
    let delivered = match delivery {
        Delivery::Parcel { address } => {
            services.post("/shipping/shipments", &json!({ "order_id": order_id, "address": address }))
        }
        Delivery::Pickup { sku } => {
            let items = json!([{ "sku": sku, "quantity": 1 }]);
            services.post("/inventory/reservations", &json!({ "order_id": order_id, "items": items }))
        }
        Delivery::Download { email } => {
            let subject = format!("Your download {order_id}");
            services.post("/notifications/emails", &json!({ "to": email, "subject": subject }))
        }
    };
    Ok(Delivered { id: delivered.await?.body.id })
}

dalsegno_sdk::workflows![activity_choice];
