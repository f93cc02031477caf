//! Runs as large as they may be, and larger.

use dalsegno_tests::{auditor::audit, guests};

use crate::prelude::*;

/// Events of one history at most.
const EVENTS_MAX: u64 = 51_200;
/// Bytes of one history at most.
const BYTES_MAX: u64 = 50 << 20;

#[rstest]
#[case::in_events(20_000, 1, "events")]
#[case::in_bytes(10, 1 << 20, "bytes")]
#[tokio::test]
async fn a_run_with_too_long_a_history_is_closed_before_it_is_written(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] notes: u64,
    #[case] bytes: u64,
    #[case] of: &str,
) {
    let mut host = Host::start(backend).await;
    let client = host.client();
    client.upload("language").await;
    client.begin("endless", "endless", json!([notes, bytes])).await;
    let ended = client.ended("endless").await;
    assert_eq!(ended["status"], "terminated", "{ended}");
    let message = ended["failure"]["message"].as_str().unwrap_or_default();
    assert!(message.contains(of) && message.contains("continue as new"), "{ended}");
    let described = client.describe("endless").await;
    let (length, size) = (described["history_length"].as_u64(), described["history_bytes"].as_u64());
    assert!(
        length.is_some_and(|length| length > 4 * notes.min(10_000) && length <= EVENTS_MAX),
        "{described}"
    );
    assert!(size.is_some_and(|size| size <= BYTES_MAX), "{described}");
    host.stop_at_rest().await;
    audit(&host, None).await.passes();
}

#[rstest]
#[tokio::test]
async fn a_thousand_children_end_though_the_host_is_lost(#[values(Sqlite, Postgres)] backend: Backend) {
    const CHILDREN: usize = 1_000;
    let mut host = Host::start(backend).await;
    let client = host.client();
    client.upload("chain").await;
    client.upload("language").await;
    let family = json!({ "workflow_type": "sleeper", "input": [{ "ms": 1 }], "count": CHILDREN });
    client.begin("parent", "parent", json!([family])).await;
    // Most of them are still to be begun: more than the next host reads at a time.
    host.kill();
    host.restart().await;
    let result = client.result("parent").await;
    let results = result.as_array().expect("a list");
    assert!(results.len() == CHILDREN && results.iter().all(|told| told["result"] == 1), "{result}");
    host.stop_at_rest().await;
    audit(&host, None).await.passes();
}

/// The same code as another module: with a section of its own at the end, which nobody reads.
fn another(mut module: Vec<u8>) -> Vec<u8> {
    module.extend(b"\x00\x06\x04note!");
    module
}

#[rstest]
#[tokio::test]
async fn children_and_next_runs_take_the_module_that_their_policy_says(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[values(true, false)] current: bool,
) {
    let host = Host::start(backend).await;
    let client = host.client();
    let old = client.upload("language").await;
    let chain = json!([{ "times": 1, "waits": true, "current": current }]);
    client.begin("continued", "chain", chain).await;
    let family = json!({
        "workflow_type": "parent", "input": [{ "workflow_type": "continued", "count": 0 }], "current": current,
    });
    let new = client.deploy(another(guests::bytes("language"))).await;
    assert_ne!(old, new);
    let expected = if current { &new } else { &old };

    client.signal("chain", "next", json!([])).await;
    client.signal("chain", "next", json!([])).await;
    client.result("chain").await;
    let modules: Vec<Value> = client.chain("chain").await.iter().map(|run| run["module"].clone()).collect();
    assert_eq!(modules, [json!(old), json!(expected)]);

    let parent =
        json!({ "workflow_type": "parent", "workflow_id": "parent", "input": [family], "module": old });
    let _ = client.start(&parent).await.json(201);
    client.result("parent").await;
    assert_eq!(client.describe("parent").await["module"], old.as_str());
    assert_eq!(client.describe("parent-0").await["module"], expected.as_str());
}
