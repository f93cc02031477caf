//! `kill -9` of the host, at any time, in the middle of orders.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use dalsegno_engine::{Status, ids::Namespace};
use dalsegno_store::ListPage;
use dalsegno_tests::{
    Backend::{self, Postgres, Sqlite},
    Host, Settings,
    auditor::audit,
    dice::Dice,
    journal::Journal,
    services::Services,
    waiting::at_some_time,
    within,
};
use rstest::rstest;
use serde_json::json;
use tokio::{sync::Semaphore, task::JoinSet};

use crate::traffic::{LISTENERS, ORDER_CLIENTS, Traffic, check_ledger, is_unfulfillable, order_id};

/// Orders in all.
const ORDERS: usize = 200;
/// Times that the host is killed.
const KILLS: usize = 10;
/// Orders that are open before the first kill; the others come between kills.
const ORDERS_AT_FIRST: usize = 100;
/// The host lives at most so long between two kills, once it has done something.
const LIFE_MAX: Duration = Duration::from_millis(700);
/// All ends in this time after the last kill. Unoptimised code on a busy machine; a payment that is refused three
/// times waits seven seconds.
const END_MAX: Duration = Duration::from_secs(90);

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_survive_the_host(#[values(Sqlite, Postgres)] backend: Backend) {
    let mut dice = Dice::new();
    let services = Services::start().await;
    let mut host = Host::with(backend, Settings::default().allow(&services)).await;
    for package in ["order-fulfilment", "language"] {
        host.client().upload(package).await;
    }
    let traffic = Arc::new(Traffic {
        client: host.client(),
        journal: Journal::new(host.folder()),
        services: services.url(),
        leave: Semaphore::new(ORDERS_AT_FIRST),
        enough: AtomicBool::new(false),
    });
    let (orders, listeners) = (begin_orders(&traffic), begin_signals(&traffic));

    for kill in 1..=KILLS {
        traffic.leave.add_permits((ORDERS - ORDERS_AT_FIRST) / KILLS);
        services.do_more().await;
        at_some_time(&mut dice, LIFE_MAX).await;
        host.kill();
        let open = open_orders(&host).await;
        eprintln!("kill {kill}: {open} open orders, {} effects", services.effects().await.len());
        assert!(open > 0, "kill {kill} struck no open order: it proves nothing");
        host.restart().await;
    }

    traffic.enough.store(true, Ordering::Relaxed);
    let healed = Instant::now();
    orders.join_all().await;
    let signals = listeners.join_all().await;
    check_orders(&traffic, healed).await;
    check_listeners(&traffic, &signals).await;
    check_ledger(&services.effects().await, ORDERS);
    host.stop().await;
    audit(&host, Some(&traffic.journal)).await.passes();
}

fn begin_orders(traffic: &Arc<Traffic>) -> JoinSet<()> {
    let clients = (0..ORDER_CLIENTS).map(|first| {
        let traffic = traffic.clone();
        async move { traffic.start_orders(first, ORDERS).await }
    });
    clients.collect()
}

fn begin_signals(traffic: &Arc<Traffic>) -> JoinSet<(String, u64)> {
    let senders = (0..LISTENERS).map(|number| {
        let (traffic, listener) = (traffic.clone(), format!("listener-{number}"));
        async move {
            let sent = traffic.send_signals(&listener).await;
            (listener, sent)
        }
    });
    senders.collect()
}

/// Orders that are open in the database of a dead host.
async fn open_orders(host: &Host) -> usize {
    let store = host.database().open().await;
    let page = ListPage {
        status: Some(Status::Running),
        workflow_type: Some(dalsegno_engine::ids::WorkflowType::new("order-fulfilment")),
        limit: 1_000,
        ..ListPage::default()
    };
    let open = store.list_runs(&Namespace::new("default"), &page).await.expect("the database is there");
    store.close().await;
    open.len()
}

/// Every order ends as it must.
async fn check_orders(traffic: &Traffic, healed: Instant) {
    for number in 0..ORDERS {
        let id = order_id(number);
        let left = END_MAX.saturating_sub(healed.elapsed());
        let ended = within(left, &format!("{id} ends"), async || {
            let answer = traffic.client.read(&format!("/workflows/{id}/result?wait=5s")).await;
            if answer.status == 200 { Ok(answer.value()) } else { Err(answer.text) }
        })
        .await;
        let expected = if is_unfulfillable(number) { "failed" } else { "completed" };
        assert_eq!(ended["status"], expected, "{id}: {ended}");
    }
    eprintln!("all orders ended {:?} after the last kill", healed.elapsed());
}

/// Every signal was delivered once, in the order of its sender.
async fn check_listeners(traffic: &Traffic, signals: &[(String, u64)]) {
    for (listener, sent) in signals {
        assert!(*sent > 0, "no signal was sent to {listener}");
        traffic.client.signal(listener, "done", json!([])).await;
        let heard = traffic.client.result(listener).await;
        let heard: Vec<u64> = serde_json::from_value(heard).expect("numbers");
        assert_eq!(heard, (0..*sent).collect::<Vec<_>>(), "{listener}");
        eprintln!("{listener} heard {sent} signals");
    }
}
