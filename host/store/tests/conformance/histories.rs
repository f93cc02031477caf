use dalsegno_engine::ids::RunId;
use dalsegno_store::HistoryRow;

use crate::{
    builders::{key, row, rows, run_id, start, step, stored},
    databases::{Database, on_every_database},
};

async fn rows_come_back_as_they_were(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    let mut item = start(&run);
    item.history = vec![
        HistoryRow { data: vec![0, 1, 254, 255].into(), ..rows(1, 1) },
        HistoryRow { data: vec![].into(), activated: false, ..rows(2, 3) },
        HistoryRow { data: vec![7; 300_000].into(), ..rows(5, 1) },
    ];
    stored(store, &fence, 1, vec![item.clone()]).await;
    assert_eq!(store.history(&run.run_id, 1, 10).await.unwrap(), item.history);
}

async fn pages_begin_where_they_are_asked_to(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    stored(store, &fence, 1, vec![start(&run), start(&key("b", 2))]).await;
    stored(store, &fence, 2, vec![step(&run, 3)]).await;
    stored(store, &fence, 3, vec![step(&run, 5)]).await;
    let page = |from, limit| async move {
        let rows = store.history(&run_id(1), from, limit).await.unwrap();
        rows.iter().map(|row| row.first_event_id).collect::<Vec<_>>()
    };
    assert_eq!(page(1, 10).await, [1, 3, 5]);
    assert_eq!(page(1, 2).await, [1, 3]);
    assert_eq!(page(2, 10).await, [3, 5], "the transition that holds event 2 begins before it");
    assert_eq!(page(3, 1).await, [3]);
    assert!(page(6, 10).await.is_empty());
    assert!(page(u64::MAX, 10).await.is_empty());
}

/// Pages of any size have each row once, though a row without events shares its place with the next.
async fn pages_have_each_row_once(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    let mut item = start(&run);
    let mut first = 1;
    item.history = (1..=9)
        .map(|activation| {
            let events = if activation % 3 == 0 { 0 } else { 2 };
            first += u64::from(events);
            HistoryRow { activation, ..rows(first - u64::from(events), events) }
        })
        .collect();
    stored(store, &fence, 1, vec![item.clone()]).await;
    for limit in 1..12 {
        let (mut from, mut all) = (1, Vec::new());
        loop {
            let page = store.history(&run.run_id, from, limit).await.unwrap();
            let full = page.len() >= limit as usize;
            all.extend(page);
            let Some(last) = all.last().filter(|_| full) else { break };
            from = last.first_event_id + u64::from(last.events);
        }
        assert_eq!(all, item.history, "limit {limit}");
    }
}

async fn unknown_runs_have_no_history(database: Database) {
    let store = &database.store;
    assert_eq!(store.history(&run_id(1), 1, 10).await.unwrap(), []);
    assert_eq!(store.history(&RunId::new("no uuid"), 1, 10).await.unwrap(), []);
}

async fn histories_do_not_mix(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let items: Vec<_> = (0..50).map(|n| start(&key(&format!("w{n}"), n))).collect();
    stored(store, &fence, 1, items).await;
    stored(store, &fence, 2, vec![step(&key("w7", 7), 3)]).await;
    assert_eq!(store.history(&run_id(7), 1, 10).await.unwrap(), [row(1), row(3)]);
    assert_eq!(store.history(&run_id(8), 1, 10).await.unwrap(), [row(1)]);
}

on_every_database!(
    rows_come_back_as_they_were,
    pages_begin_where_they_are_asked_to,
    pages_have_each_row_once,
    unknown_runs_have_no_history,
    histories_do_not_mix,
);
