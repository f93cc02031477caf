//! Code that was changed while runs of the former code are open.

use std::time::Duration;

use dalsegno_sdk::{Context, Failure, get_version, patched, workflow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shop::Shop;

/// What is shipped, and where the services are.
#[derive(Deserialize)]
struct Order {
    order_id: String,
    address: String,
    email: String,
    services: Shop,
}

/// What was done.
#[derive(Serialize)]
struct Shipped {
    shipment: String,
    /// Not in runs that were here before parcels were insured.
    insurance: Option<String>,
    /// The version of the mail.
    mail: i32,
}

#[derive(Default)]
struct Patching {
    packed: bool,
}

/// Ships an order once it is packed.
///
/// Its history in three changes: at first it shipped, and sent one kind of mail. Then parcels were insured
/// (the patch `insure-parcels`), and the mail was written anew, twice (the versions of `mail`).
#[workflow]
impl Patching {
    #[run]
    async fn run(ctx: Context<Self>, order: Order) -> Result<Shipped, Failure> {
        let Order { order_id, address, email, services } = order;
        let week = Duration::from_secs(7 * 24 * 60 * 60);
        if !ctx.wait_condition_timeout(|state| state.packed, week).await? {
            return Err(Failure::application("NotPacked", "nobody packed it within a week"));
        }
        let insurance = if patched("insure-parcels") {
            let insured = services.post("/shipping/insurances", &json!({ "order_id": order_id })).await?;
            Some(insured.body.id)
        } else {
            None
        };
        let shipment = json!({ "order_id": order_id, "address": address });
        let shipment = services.post("/shipping/shipments", &shipment).await?.body.id;

        let mail = get_version("mail", 0, 2);
        let subject = match mail {
            0 => format!("Shipped: {order_id}"),
            1 => format!("We have shipped {order_id}"),
            _ => format!("On its way to you: {order_id}"),
        };
        services.post("/notifications/emails", &json!({ "to": email, "subject": subject })).await?;
        Ok(Shipped { shipment, insurance, mail })
    }

    /// The parcel is ready.
    #[signal]
    fn packed(&mut self) {
        self.packed = true;
    }
}

dalsegno_sdk::workflows![Patching];
