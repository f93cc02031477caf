use dalsegno_engine::{
    Status,
    ids::{Namespace, WorkflowId, WorkflowType},
};
use dalsegno_store::{Item, ListPage, SharedStore};

use crate::{
    builders::{With, blocked, closed, key, namespace, start, stored, time},
    databases::{Database, on_every_database},
};

fn at(micros: u64, mut item: Item) -> Item {
    item.new.as_mut().unwrap().start_time = time(micros);
    item
}

async fn list(store: &SharedStore, page: ListPage) -> Vec<u32> {
    let page = ListPage { limit: if page.limit == 0 { 100 } else { page.limit }, ..page };
    let runs = store.list_runs(&namespace(), &page).await.unwrap();
    let number =
        |run: &dalsegno_store::RunRow| u32::from_str_radix(&run.key.run_id.as_str()[24..], 16).unwrap();
    runs.iter().map(number).collect()
}

async fn filled(database: &Database) {
    let fence = database.claim().await;
    let mut refund = start(&key("b", 4));
    refund.new.as_mut().unwrap().workflow_type = WorkflowType::new("refund");
    let mut elsewhere = start(&key("a", 6));
    elsewhere.run.namespace = Namespace::new("other");
    let items = vec![
        at(10, start(&key("a", 1)).with(closed(Status::Completed))),
        at(30, start(&key("a", 2)).with(closed(Status::Failed))),
        at(20, start(&key("a", 3))),
        at(20, refund),
        at(5, start(&key("c", 5)).with(blocked("stuck"))),
        elsewhere,
    ];
    stored(&database.store, &fence, 1, items).await;
}

async fn the_newest_run_is_first(database: Database) {
    filled(&database).await;
    assert_eq!(list(&database.store, ListPage::default()).await, [2, 4, 3, 1, 5]);
    assert_eq!(database.store.count_runs(&namespace()).await.unwrap(), 5);
    assert_eq!(database.store.count_runs(&Namespace::new("none")).await.unwrap(), 0);
    assert_eq!(database.store.count_blocked_runs().await.unwrap(), 1);
}

async fn filters_narrow_the_list(database: Database) {
    filled(&database).await;
    let store = &database.store;
    let status = |status| ListPage { status: Some(status), ..ListPage::default() };
    assert_eq!(list(store, status(Status::Running)).await, [4, 3, 5]);
    assert_eq!(list(store, status(Status::Failed)).await, [2]);
    let refunds = ListPage { workflow_type: Some(WorkflowType::new("refund")), ..ListPage::default() };
    assert_eq!(list(store, refunds.clone()).await, [4]);
    let stuck = ListPage { blocked: true, ..ListPage::default() };
    assert_eq!(list(store, stuck.clone()).await, [5]);
    let of_a = ListPage { workflow_id: Some(WorkflowId::new("a")), ..ListPage::default() };
    assert_eq!(list(store, of_a.clone()).await, [2, 3, 1]);
    assert_eq!(list(store, ListPage { status: Some(Status::Completed), ..of_a.clone() }).await, [1]);
    assert!(list(store, ListPage { blocked: true, ..of_a }).await.is_empty());
    assert!(list(store, ListPage { status: Some(Status::Failed), ..refunds }).await.is_empty());
    let stuck_c = ListPage { workflow_id: Some(WorkflowId::new("c")), ..stuck };
    assert_eq!(list(store, stuck_c).await, [5]);
}

async fn pages_follow_each_other(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let items = (0..30).map(|n| at(u64::from(n / 4), start(&key(&format!("w{n}"), n))));
    stored(store, &fence, 1, items.collect()).await;
    for limit in [1, 3, 30, 31] {
        let (mut after, mut all) = (None, Vec::new());
        loop {
            let page = ListPage { limit, after, ..ListPage::default() };
            let runs = store.list_runs(&namespace(), &page).await.unwrap();
            let Some(last) = runs.last() else { break };
            after = Some((last.start_time, last.key.run_id.clone()));
            all.extend(runs.into_iter().map(|run| run.key));
        }
        let expected: Vec<_> = (0..30).rev().map(|n| key(&format!("w{n}"), n)).collect();
        assert_eq!(all, expected, "limit {limit}");
    }
}

on_every_database!(the_newest_run_is_first, filters_narrow_the_list, pages_follow_each_other);
