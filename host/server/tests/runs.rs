//! How runs live in a host, seen from its service: on a real database, with real guests, without HTTP.
//!
//! `tests/e2e` tests what clients see; here are the races and the rules that only show under pressure.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use dalsegno_engine::{Millis, Payload};
use dalsegno_server::{
    ActivityContext, ActivityError, Host, HostBuilder,
    config::{ByteSize, HostConfig, TaskQueueConfig},
    service::{ErrorCode, IdConflictPolicy, StartRequest},
};
use futures_util::future::join_all;
use serde_json::Value;
use support::{Folder, marked, on_conflict, request};
use tokio::sync::Semaphore;

mod support;

fn with_noop() -> HostBuilder {
    Host::builder().activity("noop", |_: ActivityContext, input: Value| async move { Ok(input) })
}

/// Keeps no guest, and so no idle run, in memory.
fn forgetful(config: HostConfig) -> HostConfig {
    HostConfig { resident_bytes_max: ByteSize(1), ..config }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_finish_though_no_guest_stays_in_memory() {
    let folder = Folder::new();
    let host = folder.serve(forgetful(folder.config()), with_noop(), &["chain"]).await;
    let ids: Vec<String> = (0..20).map(|number| format!("evicted-{number}")).collect();
    for id in &ids {
        host.start(request("chain", id, r#"{"steps":5}"#)).await.expect("it starts");
    }
    for id in &ids {
        assert_eq!(host.result(id).await, "5");
    }
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn timers_fire_and_signals_arrive_though_their_runs_are_not_in_memory() {
    let folder = Folder::new();
    let host = folder.serve(forgetful(folder.config()), with_noop(), &["chain"]).await;
    for number in 0..10 {
        let sleeper = request("sleeper", &format!("sleeper-{number}"), r#"{"ms":150}"#);
        host.start(sleeper).await.expect("it starts");
        let waiter =
            StartRequest { input: Vec::new(), ..request("waiter", &format!("waiter-{number}"), "0") };
        host.start(waiter).await.expect("it starts");
    }
    for number in 0..10 {
        host.signal(&format!("waiter-{number}"), "go", "\"now\"").await.expect("it is taken");
    }
    for number in 0..10 {
        assert_eq!(host.result(&format!("sleeper-{number}")).await, "150");
        assert_eq!(host.result(&format!("waiter-{number}")).await, "\"now\"");
    }
    let metrics = host.service.metrics().await;
    assert!(metrics.contains("dalsegno_runs_in_memory 0"), "{metrics}");
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_again_with_the_request_id_means_the_same_run() {
    let folder = Folder::new();
    let host = folder.serve(folder.config(), with_noop(), &["chain"]).await;
    for id in 0..10 {
        let id = format!("asked-{id}");
        let starts = (0..8).map(|_| host.start(marked("r", request("sleeper", &id, r#"{"ms":1}"#))));
        let started: Vec<_> =
            join_all(starts).await.into_iter().map(|started| started.expect("it is taken")).collect();
        assert_eq!(started.iter().filter(|started| started.new).count(), 1);
        assert_eq!(host.result(&id).await, "1");
        // Of a closed run too.
        let again =
            host.start(marked("r", request("sleeper", &id, r#"{"ms":1}"#))).await.expect("it is known");
        assert_eq!((again.new, host.runs(&id).await), (false, vec![again.run_id]));
    }
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_leaves_one_run_or_none() {
    let folder = Folder::new();
    let host = folder.serve(folder.config(), with_noop(), &["chain"]).await;
    for polls in 0..24 {
        let id = format!("hung-up-{polls}");
        let start = || marked("r", request("sleeper", &id, r#"{"ms":1}"#));
        // The client is gone before it is answered, sooner or later.
        let mut abandoned = Box::pin(host.start(start()));
        for _ in 0..polls {
            if futures_util::poll!(&mut abandoned).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(abandoned);
        let started = host.start(start()).await.expect("it is taken");
        assert_eq!(host.result(&id).await, "1");
        assert_eq!(host.runs(&id).await, [started.run_id]);
    }
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_that_start_a_workflow_at_once_one_does() {
    let folder = Folder::new();
    let host = folder.serve(folder.config(), with_noop(), &["chain"]).await;
    let waiter = |policy| {
        on_conflict(policy, StartRequest { input: Vec::new(), ..request("waiter", "contended", "0") })
    };
    let failing = join_all((0..8).map(|_| host.start(waiter(IdConflictPolicy::Fail)))).await;
    let refused = failing.iter().filter_map(|started| started.as_ref().err());
    let codes: Vec<ErrorCode> = refused.map(|error| error.code).collect();
    assert_eq!(codes, [ErrorCode::WorkflowAlreadyRunning; 7]);

    let using = join_all((0..8).map(|_| host.start(waiter(IdConflictPolicy::UseExisting)))).await;
    let open = host.runs("contended").await;
    assert!(using.into_iter().flatten().all(|started| !started.new && started.run_id == open[0]));

    let replacing = join_all((0..8).map(|_| host.start(waiter(IdConflictPolicy::TerminateExisting)))).await;
    assert!(replacing.into_iter().all(|started| started.is_ok_and(|started| started.new)));
    assert_eq!(host.runs("contended").await.len(), 9);
    host.signal("contended", "go", "1").await.expect("one is open");
    assert_eq!(host.result("contended").await, "1");
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workflows_start_and_end_in_turns() {
    let folder = Folder::new();
    let host = folder.serve(forgetful(folder.config()), with_noop(), &["chain"]).await;
    for turn in 1..=30 {
        // The run before has just told its end, and may still be leaving.
        let argument = format!(r#"{{"ms":{turn}}}"#);
        let started =
            host.start(request("sleeper", "again", &argument)).await.expect("the one before has ended");
        assert!(started.new);
        assert_eq!(host.result("again").await, turn.to_string());
    }
    host.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_that_races_with_the_end_is_kept_or_refused() {
    let folder = Folder::new();
    let host = folder.serve(forgetful(folder.config()), with_noop(), &["language"]).await;
    for number in 0..10 {
        let id = format!("raced-{number}");
        host.start(StartRequest { input: Vec::new(), ..request("signals-order", &id, "0") })
            .await
            .expect("it starts");
        let signals = (0..20).map(|value| {
            let (host, id) = (&host, &id);
            async move {
                let input = Payload::json(value.to_string());
                let (name, input) = if value == 10 { ("done", Vec::new()) } else { ("add", vec![input]) };
                (value, host.signal_with(id, name, input).await)
            }
        });
        let mut kept = Vec::new();
        for (value, taken) in join_all(signals).await {
            match taken {
                Ok(()) if value != 10 => kept.push(value),
                Ok(()) => {}
                Err(error) => assert_eq!(error.code, ErrorCode::WorkflowClosed, "{error}"),
            }
        }
        let result: Vec<i32> = serde_json::from_str(&host.result(&id).await).expect("a list");
        let mut sorted = result.clone();
        sorted.sort_unstable();
        // What came with the end is in the history without being in the result.
        assert!(sorted.iter().all(|value| kept.contains(value)), "{sorted:?} of {kept:?}");
    }
    host.stopped().await;
}

/// Activities that wait until they may end, and are counted.
#[derive(Clone)]
struct Gate {
    begun: Arc<AtomicUsize>,
    waiting: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self {
            begun: Arc::default(),
            waiting: Arc::new(Semaphore::new(0)),
            open: Arc::new(Semaphore::new(0)),
        }
    }

    fn builder(&self) -> HostBuilder {
        let gate = self.clone();
        Host::builder().activity("noop", move |_: ActivityContext, input: Value| {
            let gate = gate.clone();
            async move {
                gate.begun.fetch_add(1, Ordering::SeqCst);
                gate.waiting.add_permits(1);
                let _open = gate.open.acquire().await?;
                Ok::<_, ActivityError>(input)
            }
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_begun_when_the_host_stops_begins_in_the_next_one() {
    let folder = Folder::new();
    let gate = Gate::new();
    let config = || HostConfig {
        database: folder.database().as_str().into(),
        task_queues: [("default".to_owned(), TaskQueueConfig { concurrency: 1 })].into(),
        drain: Millis::from_secs(20),
        ..folder.config()
    };
    let host = folder.serve(config(), gate.builder(), &["chain"]).await;
    host.start(request("fanout", "fan", r#"{"count":4}"#)).await.expect("it starts");
    let _ = gate.waiting.acquire().await.expect("one begins");
    host.begin_to_stop().await;
    gate.open.add_permits(1);
    host.stopped().await;
    assert_eq!(gate.begun.load(Ordering::SeqCst), 1);

    gate.open.add_permits(3);
    let host = folder.serve(config(), gate.builder(), &["chain"]).await;
    assert_eq!(host.result("fan").await, "4");
    assert_eq!(gate.begun.load(Ordering::SeqCst), 4, "none was made twice");
    host.stopped().await;
}
