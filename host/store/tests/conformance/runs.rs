use dalsegno_engine::{
    Status,
    ids::{Namespace, RequestId, RunId, WorkflowId},
};
use dalsegno_store::{Attributes, RunRow};

use crate::{
    builders::{With, blocked, closed, digest, key, namespace, open_until, start, step, stored, time},
    databases::{Database, on_every_database},
};

async fn a_run_comes_back_as_it_was(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("id/with \u{1f600} and 'quotes'", 1);
    let mut item = start(&run).with(blocked("a reason"));
    item.new.as_mut().unwrap().request_id = Some(RequestId::new("request"));
    stored(store, &fence, 1, vec![item.clone()]).await;
    let new = item.new.unwrap();
    let expected = RunRow {
        key: run.clone(),
        workflow_type: new.workflow_type,
        module: digest(1),
        status: Status::Running,
        start_time: time(1_000),
        close_time: None,
        wake_at: None,
        blocked: item.summary.unwrap().blocked,
        request_id: new.request_id,
        attributes: Attributes::default(),
    };
    assert_eq!(store.run(&run).await.unwrap().unwrap(), expected);
    assert_eq!(store.newest_run(&namespace(), &run.workflow_id).await.unwrap().unwrap(), expected);
}

async fn a_summary_replaces_the_one_before(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let run = key("a", 1);
    stored(store, &fence, 1, vec![start(&run).with(blocked("stuck"))]).await;
    stored(store, &fence, 2, vec![step(&run, 3).with(open_until(Some(77)))]).await;
    let row = store.run(&run).await.unwrap().unwrap();
    assert_eq!((row.blocked, row.wake_at), (None, Some(time(77))));
    for (number, status) in [(3, Status::ContinuedAsNew)] {
        stored(store, &fence, number, vec![step(&run, 5).with(closed(status))]).await;
        let row = store.run(&run).await.unwrap().unwrap();
        assert_eq!((row.status, row.close_time), (status, Some(time(9_000))));
    }
}

async fn every_status_comes_back(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let statuses = [
        Status::Completed,
        Status::Failed,
        Status::Cancelled,
        Status::Terminated,
        Status::TimedOut,
        Status::ContinuedAsNew,
    ];
    let items = (0..).zip(statuses).map(|(n, status)| start(&key("a", n)).with(closed(status)));
    stored(store, &fence, 1, items.collect()).await;
    for (n, status) in (0..).zip(statuses) {
        assert_eq!(store.run(&key("a", n)).await.unwrap().unwrap().status, status);
    }
}

async fn a_closed_run_rests_whatever_its_owner_says(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let mut summary = closed(Status::Terminated);
    summary.wake_at = Some(time(5));
    summary.blocked = blocked("stuck").blocked;
    stored(store, &fence, 1, vec![start(&key("a", 1)).with(summary)]).await;
    let row = store.run(&key("a", 1)).await.unwrap().unwrap();
    assert_eq!((row.wake_at, row.blocked), (None, None));
}

async fn a_new_run_that_nothing_is_said_about_is_due(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let mut item = start(&key("a", 1));
    item.summary = None;
    stored(store, &fence, 1, vec![item]).await;
    assert_eq!(store.due_runs(time(0), None, 9).await.unwrap().len(), 1);
}

/// A guest's last words may hold anything.
async fn reasons_are_made_storable(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let reason = format!("a\0b{}", "é".repeat(100_000));
    stored(store, &fence, 1, vec![start(&key("a", 1)).with(blocked(&reason))]).await;
    let stored = store.run(&key("a", 1)).await.unwrap().unwrap().blocked.unwrap().reason;
    assert!(stored.starts_with("a\u{fffd}bé") && stored.len() < 20_000, "{} bytes", stored.len());
}

async fn the_open_run_is_the_newest_whatever_the_times_say(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    let mut late = start(&key("a", 2)).with(closed(Status::Completed));
    late.new.as_mut().unwrap().start_time = time(9_000_000);
    let early = start(&key("a", 1)).with(closed(Status::Completed));
    stored(store, &fence, 1, vec![late, early]).await;
    let id = WorkflowId::new("a");
    assert_eq!(store.newest_run(&namespace(), &id).await.unwrap().unwrap().key, key("a", 2));
    stored(store, &fence, 2, vec![start(&key("a", 3))]).await;
    assert_eq!(store.newest_run(&namespace(), &id).await.unwrap().unwrap().key, key("a", 3));
}

async fn what_is_not_there_is_absent(database: Database) {
    let store = &database.store;
    let fence = database.claim().await;
    stored(store, &fence, 1, vec![start(&key("a", 1))]).await;
    let none = None;
    assert_eq!(store.newest_run(&namespace(), &WorkflowId::new("b")).await.unwrap(), none);
    assert_eq!(store.newest_run(&Namespace::new("other"), &WorkflowId::new("a")).await.unwrap(), none);
    assert_eq!(store.run(&key("a", 2)).await.unwrap(), none);
    assert_eq!(store.run(&key("b", 1)).await.unwrap(), none, "the run of another workflow id");
    let mut strange = key("a", 1);
    for id in ["", "1", "{00000000-0000-7000-8000-000000000001}", "00000000000070008000000000000001"] {
        strange.run_id = RunId::new(id);
        assert_eq!(store.run(&strange).await.unwrap(), none, "{id}");
    }
}

on_every_database!(
    a_run_comes_back_as_it_was,
    a_summary_replaces_the_one_before,
    every_status_comes_back,
    a_closed_run_rests_whatever_its_owner_says,
    a_new_run_that_nothing_is_said_about_is_due,
    reasons_are_made_storable,
    the_open_run_is_the_newest_whatever_the_times_say,
    what_is_not_there_is_absent,
);
