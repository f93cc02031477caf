//! Each line of an order is a workflow; all are fulfilled in parallel.

mod line;

use dalsegno_sdk::{Context, Failure, ParentClosePolicy, child, workflow};
use futures::{StreamExt, stream::FuturesUnordered};
use serde::{Deserialize, Serialize};
use shop::Shop;

use crate::line::{Fulfilled, Line, order_line};

/// What is ordered, and where the services are.
#[derive(Deserialize)]
struct Order {
    order_id: String,
    address: String,
    skus: Vec<String>,
    /// How long a shipment takes.
    #[serde(default)]
    delay_ms: u64,
    services: Shop,
}

/// How far it is, and the result.
#[derive(Clone, Default, Serialize)]
struct Progress {
    lines: usize,
    fulfilled: Vec<Fulfilled>,
}

#[derive(Default)]
struct ChildWorkflows {
    progress: Progress,
}

/// Fulfils an order by a child for each of its lines.
#[workflow]
impl ChildWorkflows {
    #[run]
    async fn run(ctx: Context<Self>, order: Order) -> Result<Progress, Failure> {
        let Order { order_id, address, skus, delay_ms, services } = order;
        ctx.state_mut(|state| state.progress.lines = skus.len());
        let line = |sku: String| {
            let order_id = format!("{order_id}-{sku}");
            let (address, services) = (address.clone(), services.clone());
            let line = Line { order_id, address, sku, delay_ms, services };
            // Asked to stop, not terminated, if we end before it: it has something to clean up.
            let child = child::<Fulfilled>("order-line").workflow_id(&line.order_id).input(&line);
            child.parent_close(ParentClosePolicy::RequestCancel)
        };
        let mut lines: FuturesUnordered<_> = skus.into_iter().map(line).collect();
        while let Some(fulfilled) = lines.next().await {
            // If one fails, the others are cancelled here.
            let fulfilled = fulfilled?;
            ctx.state_mut(|state| state.progress.fulfilled.push(fulfilled));
        }
        Ok(ctx.state(|state| state.progress.clone()))
    }

    /// How many lines there are, and those that are fulfilled, in the order of their ends.
    #[query]
    fn progress(&self) -> &Progress {
        &self.progress
    }
}

dalsegno_sdk::workflows![ChildWorkflows, order_line];
