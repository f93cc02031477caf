//! What clients do while hosts die: they ask again until they are answered, and write down what they were promised.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use dalsegno_tests::{
    Client,
    journal::{Asked, Journal},
    services::kinds_of_order,
    waiting::{PATIENCE, Patience},
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// Clients that start orders at the same time.
pub(crate) const ORDER_CLIENTS: usize = 8;
/// Workflows that receive signals all the time.
pub(crate) const LISTENERS: usize = 3;
/// Signals to one of them at most: it remembers them all.
const SIGNALS_MAX: u64 = 1_500;
/// No client waits longer for a dead host.
const REQUEST_MAX: Duration = Duration::from_secs(20);

/// What clients of one test share.
#[derive(Debug)]
pub(crate) struct Traffic {
    pub(crate) client: Client,
    pub(crate) journal: Journal,
    /// The address of the shop's services.
    pub(crate) services: String,
    /// Orders that may be started by now.
    pub(crate) leave: Semaphore,
    /// Set when signals are to end.
    pub(crate) enough: AtomicBool,
}

/// Every fifth order cannot be fulfilled; some payments fail at first, so that runs stay open for a while.
pub(crate) fn order(number: usize, services: &str) -> Value {
    let sku = if is_unfulfillable(number) { "out-of-stock" } else { "lamp" };
    json!({
        "order_id": order_id(number), "services": services, "card": "4242-4242", "cents": 1999,
        "items": [{ "sku": sku, "quantity": 1 }], "address": "1 Sign Street", "email": "ada@example.com",
        "flaky": number % 4,
    })
}

pub(crate) fn order_id(number: usize) -> String {
    format!("order-{number:03}")
}

pub(crate) fn is_unfulfillable(number: usize) -> bool {
    number.is_multiple_of(5)
}

/// What the shop has to have done for an order, each once.
pub(crate) fn expected_kinds(number: usize) -> &'static [&'static str] {
    if is_unfulfillable(number) {
        &["charge", "refund"]
    } else {
        &["charge", "reservation", "email", "shipment"]
    }
}

impl Traffic {
    /// Starts every order of this client, as leave is given.
    pub(crate) async fn start_orders(&self, first: usize, orders: usize) {
        for number in (first..orders).step_by(ORDER_CLIENTS) {
            self.leave.acquire().await.expect("nobody closes it").forget();
            let id = order_id(number);
            let body = json!({
                "workflow_type": "order-fulfilment", "workflow_id": id, "request_id": id,
                "input": [order(number, &self.services)],
            });
            self.insist(&Asked::Start { workflow_id: id }, "/workflows", &body).await;
        }
    }

    /// Sends numbered signals to a listener until it is enough; tells how many.
    pub(crate) async fn send_signals(&self, listener: &str) -> u64 {
        let start =
            json!({ "workflow_type": "signals-order", "workflow_id": listener, "request_id": listener });
        self.insist(&Asked::Start { workflow_id: listener.to_owned() }, "/workflows", &start).await;
        let mut number = 0;
        while !self.enough.load(Ordering::Relaxed) && number < SIGNALS_MAX {
            let request_id = format!("{listener}-{number}");
            let asked = Asked::Signal { workflow_id: listener.to_owned(), request_id: request_id.clone() };
            let body = json!({ "input": [number], "request_id": request_id });
            self.insist(&asked, &format!("/workflows/{listener}/signals/add"), &body).await;
            number += 1;
        }
        number
    }

    /// Asks until it is promised; tells what was answered. The request id makes that safe.
    pub(crate) async fn insist(&self, asked: &Asked, path: &str, body: &Value) -> Value {
        self.journal.ask(asked);
        let patience = Patience::new(PATIENCE);
        let promised = loop {
            let answer = tokio::time::timeout(REQUEST_MAX, self.client.try_post(path, body)).await;
            let seen = match answer {
                Ok(Ok(answer)) if matches!(answer.status, 200..=202) => break answer.value(),
                Ok(Ok(answer)) if answer.status == 503 => answer.text,
                Ok(Ok(answer)) => panic!("{asked:?} was refused: {} {}", answer.status, answer.text),
                Ok(Err(error)) => error.to_string(),
                Err(elapsed) => elapsed.to_string(),
            };
            patience.look_again("a host promises it", &seen).await;
        };
        self.journal.acknowledge(asked);
        promised
    }
}

/// Fails unless the shop did for each order what it was to do, each once, and each under a key of its own.
pub(crate) fn check_ledger(effects: &[Value], orders: usize) {
    let mut keys: Vec<&str> = effects.iter().filter_map(|effect| effect["key"].as_str()).collect();
    keys.sort_unstable();
    assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "a key acted twice");
    let mut all = 0;
    for number in 0..orders {
        let id = order_id(number);
        let kinds = kinds_of_order(effects, &id);
        assert_eq!(kinds, expected_kinds(number), "{id}");
        all += kinds.len();
    }
    assert_eq!(all, effects.len(), "the shop did something that belongs to no order");
}
