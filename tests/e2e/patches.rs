//! Changed code beside open runs: new runs take the new way, old ones go on as they were.

use std::{fs, path::Path};

use dalsegno_tests::{auditor::audit, cli::dalsegno, guests};

use crate::prelude::*;

async fn round(client: &Client, id: &str, done: usize) {
    client.signal(id, "round", json!([])).await;
    eventually("the round is done", async || {
        let completed = client.events_of(id, "ActivityTaskCompleted").await.len();
        if completed == done { Ok(()) } else { Err(completed.to_string()) }
    })
    .await;
}

async fn rounds(client: &Client, id: &str) -> Value {
    for _ in 0..3 {
        client.signal(id, "round", json!([])).await;
    }
    client.result(id).await
}

async fn replay(host: &Host, id: &str, package: &str) -> dalsegno_tests::cli::Said {
    let file = host.folder().join(format!("{id}.json"));
    fs::write(&file, host.client().export(id).await.to_string()).expect("the host's folder can be written");
    let path = |path: &Path| path.to_str().expect("a path of letters").to_owned();
    dalsegno(&["replay", "--module", &path(&guests::path(package)), &path(&file)]).await
}

#[rstest]
#[tokio::test]
async fn a_patch_is_for_runs_that_reach_it_first(#[values(Sqlite, Postgres)] backend: Backend) {
    let mut host = Host::start(backend).await;
    let client = host.client();
    client.deploy(guests::bytes("patched-before")).await;
    client.begin("rounds", "before", json!([])).await;
    round(&client, "before", 1).await;
    client.begin("rounds", "finished", json!([])).await;
    let old = json!(["old 1", "old 2", "old 3"]);
    assert_eq!(rounds(&client, "finished").await, old);

    client.deploy(guests::bytes("patched-after")).await;
    client.begin("rounds", "after", json!([])).await;
    round(&client, "before", 2).await;
    client.signal("before", "round", json!([])).await;
    assert_eq!(client.result("before").await, old, "an open run keeps its module");
    let new = json!(["new 1", "new 2", "new 3", "version 2"]);
    assert_eq!(rounds(&client, "after").await, new);
    let described = client.describe("after").await;
    assert_eq!(
        described["search_attributes"]["ChangeVersion"],
        json!(["new-step", "ending-2"]),
        "{described}"
    );
    let markers = client.events_of("after", "MarkerRecorded").await;
    assert_eq!(markers.len(), 2, "one for each id, however often it is asked: {markers:?}");

    client.deploy(guests::bytes("patched-alone")).await;
    client.begin("rounds", "alone", json!([])).await;
    assert_eq!(rounds(&client, "alone").await, new);

    for (id, package, fits) in [
        ("finished", "patched-after", true),
        ("after", "patched-before", false),
        ("after", "patched-alone", true),
        ("finished", "patched-alone", false),
        ("alone", "patched-after", true),
    ] {
        let said = replay(&host, id, package).await;
        assert_eq!(said.code, Some(if fits { 0 } else { 1 }), "{id} with {package}: {said:?}");
        if !fits {
            assert!(format!("{}{}", said.stdout, said.stderr).contains("event "), "it says where: {said:?}");
        }
    }
    host.stop_at_rest().await;
    audit(&host, None).await.passes();
}
