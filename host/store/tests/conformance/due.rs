use dalsegno_engine::Status;
use dalsegno_store::WakeCursor;

use crate::{
    builders::{With, blocked, closed, key, open_until, start, step, stored, time},
    databases::{Database, on_every_database},
};

async fn only_open_runs_with_a_time_are_due(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let items = vec![
        start(&key("idle", 1)).with(open_until(None)),
        start(&key("closed", 2)).with(closed(Status::Completed)),
        start(&key("blocked", 3)).with(blocked("stuck")),
        start(&key("later", 4)).with(open_until(Some(11))),
        start(&key("now", 5)).with(open_until(Some(10))),
        start(&key("busy", 6)).with(open_until(Some(0))),
    ];
    stored(store, &fence, 1, items).await;
    let due = store.due_runs(time(10), None, 100).await.unwrap();
    assert_eq!(due.iter().map(|run| run.key.clone()).collect::<Vec<_>>(), [key("busy", 6), key("now", 5)]);
    stored(store, &fence, 2, vec![step(&key("busy", 6), 3).with(open_until(None))]).await;
    assert_eq!(store.due_runs(time(10), None, 100).await.unwrap().len(), 1);
}

async fn pages_are_in_order_and_have_each_run_once(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    // Many share a time, so that pages end within them.
    let wake_at = |n: u32| u64::from(n % 4) * 100;
    let items = (0..50).map(|n| start(&key(&format!("w{n}"), n)).with(open_until(Some(wake_at(n)))));
    stored(store, &fence, 1, items.collect()).await;
    let mut expected: Vec<_> = (0..50).map(|n| (wake_at(n), n)).collect();
    expected.sort_unstable();
    for limit in [1, 7, 50, 100] {
        let (mut after, mut all) = (None, Vec::new());
        loop {
            let page = store.due_runs(time(1_000), after.as_ref(), limit).await.unwrap();
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last() else { break };
            after = Some(WakeCursor { wake_at: last.wake_at.unwrap(), run_id: last.key.run_id.clone() });
            all.extend(page.iter().map(|run| run.key.clone()));
        }
        let expected: Vec<_> = expected.iter().map(|(_, n)| key(&format!("w{n}"), *n)).collect();
        assert_eq!(all, expected, "limit {limit}");
    }
}

on_every_database!(only_open_runs_with_a_time_are_due, pages_are_in_order_and_have_each_run_once);
