//! Guests that are dropped from memory and replayed, of which nobody sees anything.

use dalsegno_tests::auditor::audit;
use futures_util::future::join_all;

use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn a_host_without_room_for_guests_replays_them_all(#[values(Sqlite, Postgres)] backend: Backend) {
    let settings = Settings::default().test_activities().set("resident_bytes_max", "1");
    let mut host = Host::with(backend, settings).await;
    let client = host.client();
    for package in ["chain", "language", "deterministic"] {
        client.upload(package).await;
    }
    let ids: Vec<String> = (0..5).map(|number| format!("chain-{number}")).collect();
    join_all(ids.iter().map(|id| client.begin("chain", id, json!([{ "steps": 10 }])))).await;
    client.begin("signals-order", "listener", json!([])).await;
    for number in 0..10 {
        client.signal("listener", "add", json!([number])).await;
    }
    client.begin("probe", "probe", json!([10])).await;
    client.signal("listener", "done", json!([])).await;
    assert_eq!(client.result("listener").await, json!([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    for id in &ids {
        assert_eq!(client.result(id).await, 10);
    }
    let probe = client.result("probe").await;
    assert_ne!(probe[0]["uuid"], probe[1]["uuid"], "{probe}");

    let figures = client.get("/metrics").await.text;
    let figure = |name: &str| -> u64 {
        let value = figures.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or_else(|| panic!("{name} is not among {figures}"))
    };
    assert!(figure("dalsegno_evictions_total") > 10, "{figures}");
    assert!(figure("dalsegno_replays_total") > 10, "{figures}");
    host.stop().await;
    audit(&host, None).await.passes();
}
