//! Hosts that stop, restart, or lose their runs to another host.

use dalsegno_engine::{Millis, Timestamp};
use dalsegno_tests::auditor::audit;
use futures_util::future::join_all;

use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn a_host_stops_in_the_middle_of_work_and_none_is_lost(#[values(Sqlite, Postgres)] backend: Backend) {
    let mut host = Host::start(backend).await;
    let client = host.client();
    client.upload("chain").await;
    let ids: Vec<String> = (0..20).map(|number| format!("chain-{number}")).collect();
    let begin = ids.iter().map(|id| client.begin("chain", id, json!([{ "steps": 20 }])));
    join_all(begin).await;
    let poll = client.clone();
    let waiting = tokio::spawn(async move { poll.read("/workflows/chain-0/result?wait=60s").await });
    let begun = Instant::now();
    host.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    let answer = waiting.await.expect("the client goes on");
    assert!(matches!(answer.status, 200 | 202), "whoever waits is told: {}", answer.text);

    host.restart().await;
    for id in &ids {
        assert_eq!(client.result(id).await, 20);
        let events = client.events(id).await;
        let completed = events.iter().filter(|event| event["type"] == "ActivityTaskCompleted");
        let attempts: Vec<&Value> = completed.map(|event| &event["attributes"]["attempt"]).collect();
        assert_eq!(attempts.len(), 20);
        assert!(
            attempts.iter().all(|attempt| **attempt == 1),
            "a graceful stop repeats nothing: {attempts:?}"
        );
    }
    host.stop().await;
    audit(&host, None).await.passes();
}

#[rstest]
#[tokio::test]
async fn a_stop_does_not_wait_for_long_activities(#[values(Sqlite, Postgres)] backend: Backend) {
    let settings = Settings::default().set("drain", r#""1s""#).command("slow", "touch begun; exec sleep 600");
    let mut host = Host::with(backend, settings).await;
    let client = host.client();
    client.upload("chain").await;
    client.begin("chain", "slow", json!([{ "steps": 1, "activity": "slow" }])).await;
    let begun = host.folder().join("begun");
    eventually("the attempt is under way", async || if begun.exists() { Ok(()) } else { Err("not yet") })
        .await;
    host.stop().await;
    host.restart().await;
    // The attempt counts as made, and another one is under way or due.
    let described = eventually("the activity is tried again", async || {
        let described = client.describe("slow").await;
        if described["pending_activities"][0]["attempt"] == 2 { Ok(described) } else { Err(described) }
    })
    .await;
    assert_eq!(described["status"], "running");
}

#[rstest]
#[tokio::test]
async fn timers_survive_a_restart_and_are_not_early(#[values(Sqlite, Postgres)] backend: Backend) {
    let mut host = Host::start(backend).await;
    let client = host.client();
    client.upload("chain").await;
    let begun = Instant::now();
    client.begin("sleeper", "short", json!([{ "ms": 2_000 }])).await;
    client.begin("sleeper", "long", json!([{ "ms": 3_600_000 }])).await;
    let due = client.describe("long").await["timers"][0]["due"].clone();
    host.kill();
    host.restart().await;
    assert_eq!(client.result("short").await, 2_000);
    // The clocks of two hosts agree as far as a round trip to the database lets them.
    assert!(begun.elapsed() >= Duration::from_millis(1_900), "{:?}", begun.elapsed());
    assert_eq!(client.describe("long").await["timers"][0]["due"], due);
    let events = client.events("short").await;
    let time = |index: usize| -> Timestamp {
        events[index]["time"].as_str().and_then(|time| time.parse().ok()).expect("an event has a time")
    };
    assert!(time(2) >= time(1).plus(Millis(2_000)), "{events:?}");
}

#[rstest]
#[tokio::test]
async fn a_timer_that_was_due_while_no_host_ran_fires_afterwards(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    let mut host = Host::start(backend).await;
    let client = host.client();
    client.upload("chain").await;
    client.begin("sleeper", "missed", json!([{ "ms": 300 }])).await;
    let due = Instant::now() + Duration::from_millis(300);
    host.kill();
    within(Duration::from_secs(5), "the timer is due", async || {
        if Instant::now() > due { Ok(()) } else { Err("not yet") }
    })
    .await;
    host.restart().await;
    assert_eq!(client.result("missed").await, 300);
}

#[rstest]
#[tokio::test]
async fn a_killed_host_repeats_what_was_under_way(#[values(Sqlite, Postgres)] backend: Backend) {
    let script = r#"if [ "$DALSEGNO_ATTEMPT" = 1 ]; then exec sleep 600; fi; printf '"%s"' "$DALSEGNO_IDEMPOTENCY_KEY""#;
    let mut host = Host::with(backend, Settings::default().command("noop", script)).await;
    let client = host.client();
    client.upload("language").await;
    let once = json!({ "activity": "noop", "attempts": 1 });
    let often = json!({ "activity": "noop", "attempts": 0 });
    client.begin("retrying", "once", json!([once])).await;
    let run = client.begin("retrying", "often", json!([often])).await;
    for id in ["once", "often"] {
        eventually("the attempt is under way", async || {
            let described = client.describe(id).await;
            if described["pending_activities"][0]["state"] == "started" { Ok(()) } else { Err(described) }
        })
        .await;
    }
    host.kill();
    host.restart().await;
    assert_eq!(client.result("often").await, format!("{run}/1"), "the key is the same for every attempt");
    // At most once: nobody knows whether it was done. Whether it had begun by the time of the kill is chance, unless
    // its grant was stored.
    let ended = client.ended("once").await;
    if ended["status"] == "failed" {
        let cause = &ended["failure"]["cause"];
        assert_eq!(cause["kind"]["timeout"]["kind"], "start_to_close", "{ended}");
        assert!(cause["message"].as_str().is_some_and(|message| message.contains("unknown")), "{ended}");
    }
}

#[rstest]
#[tokio::test]
async fn a_host_that_hangs_loses_its_runs_and_writes_no_more(#[values(Sqlite, Postgres)] backend: Backend) {
    let settings = Settings::default().test_activities().set("lease", r#""2s""#);
    let mut first = Host::with(backend, settings.clone()).await;
    let client = first.client();
    client.upload("chain").await;
    client.begin("waiter", "contested", json!([])).await;
    // A file stays locked if its host hangs in the middle of a transaction, and nobody can take it over then.
    let busy = backend == Postgres;
    if busy {
        client.begin("chain", "busy", json!([{ "steps": 200 }])).await;
    }

    let mut second = Host::on(first.database().clone(), settings);
    second.begin();
    let other = second.client();
    eventually("the second host waits", async || match other.try_get("/readyz").await {
        Ok(answer) if answer.status == 503 => Ok(()),
        Ok(answer) => Err(answer.text),
        Err(error) => Err(error.to_string()),
    })
    .await;
    let refused = other.read("/workflows/contested").await;
    assert!(matches!(refused.status, 200 | 503), "{}", refused.text);

    first.pause();
    second.ready().await;
    other.signal("contested", "go", json!(["taken over"])).await;
    assert_eq!(other.result("contested").await, "taken over");
    first.resume();
    // It finds out that it is not the owner, and says so.
    eventually("the first host gives up", async || match client.try_get("/readyz").await {
        Ok(answer) if answer.status == 503 => Ok(()),
        Ok(answer) => Err(answer.text),
        Err(error) => Err(error.to_string()),
    })
    .await;
    if busy {
        assert_eq!(other.result("busy").await, 200);
    }
    first.kill();
    second.stop().await;
    audit(&second, None).await.passes();
}
