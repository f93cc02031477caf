//! Gives back what it holds when it is cancelled.

use std::time::Duration;

use dalsegno_sdk::{CancellationType, Context, Failure, shielded, workflow};
use serde::Deserialize;
use serde_json::json;
use shop::Shop;

const PAYMENT_LIMIT: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// What is ordered, and where the services are.
#[derive(Deserialize)]
struct Order {
    order_id: String,
    sku: String,
    email: String,
    services: Shop,
}

#[derive(Default)]
struct CancellationCleanup {
    status: &'static str,
    paid: bool,
}

/// Holds goods until they are paid; gives them back when they are not, or when it is cancelled.
#[workflow]
impl CancellationCleanup {
    #[run]
    async fn run(ctx: Context<Self>, order: Order) -> Result<String, Failure> {
        let items = json!([{ "sku": order.sku, "quantity": 1 }]);
        let body = json!({ "order_id": order.order_id, "items": items });
        // Waited for even when the run is cancelled, so that we know what there is to give back.
        let reserve = order.services.post("/inventory/reservations", &body);
        let reservation = reserve.cancellation(CancellationType::Wait).await?.body.id;

        ctx.state_mut(|state| state.status = "waiting for the payment");
        let paid = ctx.wait_condition_timeout(|state| state.paid, PAYMENT_LIMIT).await;
        if let Ok(true) = paid {
            ctx.state_mut(|state| state.status = "paid");
            return Ok(reservation);
        }
        // If the run is cancelled, so is everything it awaits, but for what is shielded. It may be cancelled while it
        // cleans up, too.
        shielded(clean_up(&ctx, &order, &reservation)).await?;
        match paid {
            Err(cancelled) => Err(cancelled),
            Ok(_) => Err(Failure::application("NotPaid", "nobody paid within three days")),
        }
    }

    /// The customer has paid.
    #[signal]
    fn paid(&mut self) {
        self.paid = true;
    }

    /// What it is doing.
    #[query]
    fn status(&self) -> &str {
        self.status
    }
}

async fn clean_up(
    ctx: &Context<CancellationCleanup>,
    order: &Order,
    reservation: &str,
) -> Result<(), Failure> {
    ctx.state_mut(|state| state.status = "cleaning up");
    order.services.post("/inventory/releases", &json!({ "reservation": reservation })).await?;
    let subject = format!("We have cancelled {}", order.order_id);
    order.services.post("/notifications/emails", &json!({ "to": order.email, "subject": subject })).await?;
    ctx.state_mut(|state| state.status = "cleaned up");
    Ok(())
}

dalsegno_sdk::workflows![CancellationCleanup];
