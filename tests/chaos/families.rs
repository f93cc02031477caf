//! `kill -9` of the host in the middle of children, updates and runs that continue as new.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use dalsegno_tests::{
    Backend::{self, Postgres, Sqlite},
    Host, Settings,
    auditor::audit,
    dice::Dice,
    journal::{Asked, Journal},
    services::{Services, kinds_of_order},
    waiting::at_some_time,
};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::traffic::Traffic;

/// Orders in all, each with some lines that are children.
const ORDERS: usize = 40;
/// The lines of an order.
const SKUS: [&str; 3] = ["lamp", "desk", "pen"];
/// Workflows that receive updates all the time.
const LEDGERS: usize = 3;
/// Updates between two turns of a ledger to a new run.
const UPDATES_PER_RUN: i64 = 12;
/// Updates to one ledger at most: their ids are remembered.
const UPDATES_MAX: i64 = 900;
/// Times that the host is killed.
const KILLS: usize = 6;
/// The host lives at most so long between two kills, once it has done something.
const LIFE_MAX: Duration = Duration::from_millis(900);

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn families_and_ledgers_survive_the_host(#[values(Sqlite, Postgres)] backend: Backend) {
    let mut dice = Dice::new();
    let services = Services::start().await;
    let settings = Settings::default().test_activities().allow(&services).set("resident_bytes_max", "200000");
    let mut host = Host::with(backend, settings).await;
    for package in ["child-workflows", "language"] {
        host.client().upload(package).await;
    }
    let traffic = Arc::new(Traffic {
        client: host.client(),
        journal: Journal::new(host.folder()),
        services: services.url(),
        leave: Semaphore::new(0),
        enough: AtomicBool::new(false),
    });
    let orders = tokio::spawn(start_orders(traffic.clone()));
    let ledgers: JoinSet<(String, i64)> =
        (0..LEDGERS).map(|number| keep_ledger(traffic.clone(), format!("ledger-{number}"))).collect();

    for kill in 1..=KILLS {
        traffic.leave.add_permits(ORDERS.div_ceil(KILLS));
        services.do_more().await;
        at_some_time(&mut dice, LIFE_MAX).await;
        host.kill();
        eprintln!("kill {kill}: {} effects", services.effects().await.len());
        host.restart().await;
    }

    traffic.enough.store(true, Ordering::Relaxed);
    orders.await.expect("it does not panic");
    check_orders(&traffic, &services).await;
    for (ledger, balance) in ledgers.join_all().await {
        traffic.client.signal(&ledger, "close", json!([])).await;
        assert_eq!(traffic.client.result(&ledger).await, balance, "{ledger}");
        let runs = traffic.client.chain(&ledger).await.len();
        assert!(balance > 0 && runs > 1, "{ledger}: {balance} updates in {runs} runs");
        eprintln!("{ledger} took {balance} updates in {runs} runs");
    }
    host.stop_at_rest().await;
    audit(&host, Some(&traffic.journal)).await.passes();
}

fn order_id(number: usize) -> String {
    format!("family-{number}")
}

async fn start_orders(traffic: Arc<Traffic>) {
    for number in 0..ORDERS {
        traffic.leave.acquire().await.expect("nobody closes it").forget();
        let id = order_id(number);
        let order = json!({
            "order_id": id, "address": "1 Sign Street", "skus": SKUS, "services": traffic.services,
        });
        let body = json!({
            "workflow_type": "child-workflows", "workflow_id": id, "request_id": id, "input": [order],
        });
        traffic.insist(&Asked::Start { workflow_id: id }, "/workflows", &body).await;
    }
}

/// Adds one again and again, and lets the ledger continue as new between; tells how often it was added.
async fn keep_ledger(traffic: Arc<Traffic>, ledger: String) -> (String, i64) {
    let start = json!({ "workflow_type": "ledger", "workflow_id": ledger, "request_id": ledger });
    traffic.insist(&Asked::Start { workflow_id: ledger.clone() }, "/workflows", &start).await;
    let mut added = 0;
    while !traffic.enough.load(Ordering::Relaxed) && added < UPDATES_MAX {
        added += 1;
        let update_id = format!("{ledger}-{added}");
        let body = json!({ "update_id": update_id, "input": [1] });
        let asked = Asked::Update { workflow_id: ledger.clone(), update_id };
        let answer = traffic.insist(&asked, &format!("/workflows/{ledger}/updates/add"), &body).await;
        assert_eq!(answer["failure"], Value::Null, "{answer}");
        if added % UPDATES_PER_RUN == 0 {
            let request_id = format!("{ledger}-turn-{added}");
            let body = json!({ "request_id": request_id });
            let asked = Asked::Signal { workflow_id: ledger.clone(), request_id };
            traffic.insist(&asked, &format!("/workflows/{ledger}/signals/turn"), &body).await;
        }
    }
    (ledger, added)
}

/// Each line was reserved and shipped once, and its order knows of all of them.
async fn check_orders(traffic: &Traffic, services: &Services) {
    for number in 0..ORDERS {
        let id = order_id(number);
        let result = traffic.client.result(&id).await;
        assert_eq!(result["fulfilled"].as_array().map(Vec::len), Some(SKUS.len()), "{id}: {result}");
    }
    let effects = services.effects().await;
    for number in 0..ORDERS {
        for sku in SKUS {
            let line = format!("{}-{sku}", order_id(number));
            assert_eq!(kinds_of_order(&effects, &line), ["reservation", "shipment"], "{line}");
        }
    }
    assert_eq!(effects.len(), ORDERS * SKUS.len() * 2, "the shop did something that belongs to no order");
}
