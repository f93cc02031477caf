//! Payment, inventory, confirmation, shipping; undone in reverse order when one fails.
//!
//! Each step is an HTTP call that the host repeats until it has an answer. A step that succeeds leaves
//! behind how to undo it. When a later one fails, or the run is asked to cancel, what was done is undone.

mod saga;

use dalsegno_sdk::{
    CancellationType, Context, Failure, http,
    schemars::{self, JsonSchema},
    shielded, workflow,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::saga::Saga;

/// What is ordered, and where the services are. By its schema the host refuses orders of another form.
#[derive(Clone, Deserialize, JsonSchema)]
struct Order {
    order_id: String,
    card: String,
    cents: u64,
    items: Vec<Item>,
    address: String,
    email: String,
    /// The base URL: `http://127.0.0.1:7500`.
    services: String,
    /// How often the payment service is to fail before it works.
    #[serde(default)]
    flaky: u32,
}

#[derive(Clone, Deserialize, JsonSchema, Serialize)]
struct Item {
    sku: String,
    quantity: u32,
}

/// What the customer gets.
#[derive(Serialize)]
struct Receipt {
    order_id: String,
    charge: String,
    reservation: String,
    shipment: String,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Default)]
struct OrderFulfilment {
    status: &'static str,
}

/// Fulfils an order, or leaves nothing behind.
#[workflow]
impl OrderFulfilment {
    #[run]
    async fn run(ctx: Context<Self>, order: Order) -> Result<Receipt, Failure> {
        let mut saga = Saga::default();
        let outcome = fulfil(&ctx, &order, &mut saga).await;
        if outcome.is_err() {
            ctx.state_mut(|state| state.status = "compensating");
            shielded(saga.compensate()).await?;
            ctx.state_mut(|state| state.status = "compensated");
        }
        outcome
    }

    /// The step that the order is at.
    #[query]
    fn status(&self) -> &str {
        self.status
    }
}

async fn fulfil(ctx: &Context<OrderFulfilment>, order: &Order, saga: &mut Saga) -> Result<Receipt, Failure> {
    let Order { order_id, card, cents, items, address, email, services, flaky } = order;
    let enter = |status| ctx.state_mut(|state| state.status = status);

    enter("charging");
    let charge = json!({ "order_id": order_id, "card": card, "cents": cents, "flaky": flaky });
    let charge: Created = call(services, "/payments/charges", &charge).await?;
    saga.undo_by(http::post(format!("{services}/payments/refunds")).json(&json!({ "charge": charge.id })));

    enter("reserving");
    let reservation = json!({ "order_id": order_id, "items": items });
    let reservation: Created = call(services, "/inventory/reservations", &reservation).await?;
    let release = json!({ "reservation": reservation.id });
    saga.undo_by(http::post(format!("{services}/inventory/releases")).json(&release));

    enter("confirming");
    let confirmation = json!({ "to": email, "subject": format!("Your order {order_id}") });
    call::<Value>(services, "/notifications/emails", &confirmation).await?;

    enter("shipping");
    let shipment = json!({ "order_id": order_id, "address": address });
    let shipment: Created = call(services, "/shipping/shipments", &shipment).await?;

    enter("fulfilled");
    Ok(Receipt {
        order_id: order_id.clone(),
        charge: charge.id,
        reservation: reservation.id,
        shipment: shipment.id,
    })
}

/// One step. It is waited for even when the run is cancelled, so that we know whether it is to be undone.
async fn call<T: DeserializeOwned>(services: &str, path: &str, body: &Value) -> Result<T, Failure> {
    let request = http::post(format!("{services}{path}")).json(body);
    Ok(request.send().cancellation(CancellationType::Wait).summary(path).await?.body)
}

dalsegno_sdk::workflows![OrderFulfilment];
