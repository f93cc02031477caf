//! Histories: in pages, and followed as they grow.

use crate::prelude::*;

/// The event ids of a history.
fn ids(events: &Value) -> Vec<u64> {
    events.as_array().into_iter().flatten().filter_map(|event| event["event_id"].as_u64()).collect()
}

#[rstest]
#[tokio::test]
async fn pages_make_up_the_whole(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("paged");
    client.begin("chain", &id, json!([{ "steps": 12 }])).await;
    client.result(&id).await;
    let whole = client.export(&id).await;
    assert_eq!(whole["format"], 1);
    assert_eq!(whole["workflow_type"], "chain");
    let numbers = ids(&whole["events"]);
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert_eq!(numbers.len(), 1 + 12 * 2 + 1);
    for size in [1, 2, 3, 7, 25] {
        assert_eq!(client.export_by(&id, size).await, whole, "page_size={size}");
    }
    let first = &whole["events"][0];
    assert_eq!(first["type"], "WorkflowExecutionStarted");
    assert!(first["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{first}");
    assert_eq!(first["attributes"]["input"], json!([{ "steps": 12 }]));
}

#[rstest]
#[tokio::test]
async fn a_page_stays_with_its_run(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("pinned");
    client.begin("chain", &id, json!([{ "steps": 3 }])).await;
    client.result(&id).await;
    let path = format!("/workflows/{id}/history?page_size=2");
    let page = client.read(&path).await.json(200);
    let token = page["next_page_token"].as_str().expect("there is more").to_owned();
    let newer = client.begin("chain", &id, json!([{ "steps": 1 }])).await;
    client.result(&id).await;
    let next = client.read(&format!("{path}&page_token={token}")).await.json(200);
    let last = ids(&page["events"]).last().copied().unwrap_or_default();
    assert_eq!(ids(&next["events"]).first(), Some(&(last + 1)));
    let mixed = format!("{path}&page_token={token}&run_id={newer}");
    let _ = client.read(&mixed).await.refusal(400, "invalid_argument");
}

#[rstest]
#[case::size_zero("page_size=0")]
#[case::size_too_large("page_size=1001")]
#[case::no_size("page_size=many")]
#[case::no_token("page_token=abc")]
#[case::unknown("pagesize=1")]
#[tokio::test]
async fn wrong_pages_are_refused(#[values(Sqlite, Postgres)] backend: Backend, #[case] query: &str) {
    let client = shared(backend).await.client();
    let id = unique("wrong");
    client.begin("sleeper", &id, json!([{ "ms": 1 }])).await;
    let path = format!("/workflows/{id}/history?{query}");
    let _ = client.read(&path).await.refusal(400, "invalid_argument");
}

#[rstest]
#[tokio::test]
async fn a_history_is_followed_to_its_end(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("followed");
    client.begin("signals-order", &id, json!([])).await;
    let path = format!("/workflows/{id}/history");
    let mut stream = client.follow(&path, None).await.expect("the run is open");
    assert_eq!(stream.next().await.map(|message| message.id), Some("1".to_owned()));
    // What happens now is told now.
    client.signal(&id, "add", json!([7])).await;
    let signalled = stream.next().await.expect("there is more");
    assert_eq!((signalled.id.as_str(), &signalled.data["type"]), ("2", &json!("WorkflowExecutionSignaled")));
    assert_eq!(signalled.data["attributes"]["input"], json!([7]));
    client.signal(&id, "done", json!([])).await;
    let rest = stream.rest().await;
    let types: Vec<&str> = rest.iter().filter_map(|message| message.data["type"].as_str()).collect();
    assert_eq!(types, ["WorkflowExecutionSignaled", "WorkflowExecutionCompleted"]);

    let events = client.events(&id).await;
    let again = client.follow(&path, None).await.expect("a closed run tells its history too").rest().await;
    assert_eq!(again.into_iter().map(|message| message.data).collect::<Vec<_>>(), events);
}

#[rstest]
#[tokio::test]
async fn a_broken_stream_goes_on_where_it_was(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("resumed");
    client.begin("signals-order", &id, json!([])).await;
    for number in 0..4 {
        client.signal(&id, "add", json!([number])).await;
    }
    let path = format!("/workflows/{id}/history");
    let mut stream = client.follow(&path, Some("2")).await.expect("the run is open");
    let third = stream.next().await.expect("there is more");
    assert_eq!(third.id, "3");
    drop(stream);
    client.signal(&id, "done", json!([])).await;
    client.result(&id).await;
    let rest = client.follow(&path, Some(&third.id)).await.expect("there is more").rest().await;
    let numbers: Vec<&str> = rest.iter().map(|message| message.id.as_str()).collect();
    assert_eq!(numbers, ["4", "5", "6", "7"]);
    assert!(client.follow(&path, Some("7")).await.is_none(), "nothing follows the end");
    let wrong = client.request_within(reqwest::Method::GET, &path).header("Accept", "text/event-stream");
    let wrong = wrong.header("Last-Event-ID", "x").send().await.expect("an answer");
    assert_eq!(wrong.status(), 400);
}
