//! Code that does not repeat its history: found at the first wrong event, by the command line and by a host.

use std::{fs, path::PathBuf};

use dalsegno_tests::{auditor::audit, cli::dalsegno, guests};
use sqlx::Connection as _;

use crate::prelude::*;

/// The exported history of `diverging-base`, in a file of its own.
async fn history(backend: Backend, folder: &tempfile::TempDir) -> PathBuf {
    let host = Host::start(backend).await;
    let client = host.client();
    client.upload("diverging-base").await;
    client.begin("diverging", "base", json!([])).await;
    eventually("the first activity is done", async || {
        let types = client.event_types("base").await;
        if types.len() == 3 { Ok(()) } else { Err(format!("{types:?}")) }
    })
    .await;
    client.signal("base", "go", json!([])).await;
    client.result("base").await;
    let file = folder.path().join("history.json");
    let exported = host.dalsegno(&["workflow", "history", "base", "--output", "json"]).await;
    fs::write(&file, exported.done()).expect("a file can be written");
    file
}

async fn replay(package: &str, history: &std::path::Path) -> dalsegno_tests::cli::Said {
    let module = guests::path(package);
    let module = module.to_str().expect("a path of letters");
    dalsegno(&["replay", "--module", module, history.to_str().expect("a path of letters")]).await
}

#[rstest]
#[tokio::test]
async fn a_divergence_is_found_at_the_first_wrong_event(#[values(Sqlite, Postgres)] backend: Backend) {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let history = history(backend, &folder).await;
    let unchanged = replay("diverging-base", &history).await;
    let _ = unchanged.done();
    // 1 started, 2 and 3 activity a, 4 go, 5 and 6 activity b, 7 and 8 activity c, 9 completed.
    for (package, event, says) in [
        ("diverging-changed", 5, vec!["input", r#""B""#, r#""b""#, "diverging-changed/src/lib.rs:"]),
        ("diverging-reordered", 5, vec!["input", r#""c""#, "diverging-reordered/src/lib.rs:"]),
        // Nothing was called at the wrong place: instead, what the code waits for.
        ("diverging-missing", 5, vec!["nothing more", "never"]),
        ("diverging-added", 7, vec!["TimerStarted", "ActivityTaskScheduled", "diverging-added/src/lib.rs:"]),
        (
            "diverging-removed",
            7,
            vec!["WorkflowExecutionCompleted", "ActivityTaskScheduled", "diverging-removed/src/lib.rs:"],
        ),
    ] {
        let said = replay(package, &history).await;
        let text = format!("{}{}", said.stdout, said.failed(1));
        assert!(text.contains(&format!("event {event}")), "{package}: {text}");
        for word in says {
            assert!(text.contains(word), "{package} does not say `{word}`: {text}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_history_that_is_none_is_refused(#[values(Sqlite, Postgres)] backend: Backend) {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let history = history(backend, &folder).await;
    let text = fs::read_to_string(&history).expect("it was written");
    let whole: Value = serde_json::from_str(&text).expect("it is JSON");

    let mut gap = whole.clone();
    gap["events"].as_array_mut().expect("a list").remove(3);
    let mut newer = whole.clone();
    newer["format"] = json!(99);
    for (text, says) in [
        ("no JSON".to_owned(), ""),
        ("{}".to_owned(), ""),
        (gap.to_string(), "event"),
        (newer.to_string(), "format 99"),
    ] {
        fs::write(&history, &text).expect("a file can be written");
        let said = replay("diverging-base", &history).await;
        assert!(said.failed(2).contains(says), "{said:?}");
    }
    fs::write(&history, whole.to_string()).expect("a file can be written");
    let other = replay("hello", &history).await;
    assert!(other.failed(1).contains("diverging"), "the module lacks the type: {other:?}");
}

/// Gives an open run another module, behind the back of the hosts, of which none is running.
async fn swap_module(url: &str, id: &str, digest: &str) {
    let hex = digest.strip_prefix("sha256:").expect("a digest");
    let bytes: Vec<u8> = (0..hex.len() / 2)
        .map(|byte| u8::from_str_radix(&hex[2 * byte..2 * byte + 2], 16).expect("hexadecimal"))
        .collect();
    let sql = "UPDATE runs SET module = $1 WHERE workflow_id = $2";
    let changed = if url.starts_with("sqlite:") {
        let mut connection = sqlx::SqliteConnection::connect(url).await.expect("it opens");
        let done = sqlx::query(sql).bind(bytes).bind(id.to_owned()).execute(&mut connection).await;
        connection.close().await.expect("it closes");
        done.expect("the run is there").rows_affected()
    } else {
        let mut connection = sqlx::PgConnection::connect(url).await.expect("it opens");
        let done = sqlx::query(sql).bind(bytes).bind(id.to_owned()).execute(&mut connection).await;
        done.expect("the run is there").rows_affected()
    };
    assert_eq!(changed, 1);
}

#[rstest]
#[tokio::test]
async fn a_host_blocks_a_run_that_diverges_and_appends_no_command(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    // The last activity waits until the code has been changed.
    let script =
        r#"read argument; case $argument in *c*) while [ ! -e let-go ]; do sleep 0.05; done;; esac; echo 1"#;
    let mut host = Host::with(backend, Settings::default().command("noop", script)).await;
    let client = host.client();
    let base = client.upload("diverging-base").await;
    let changed = client.upload("diverging-changed").await;
    client.begin("diverging", "swapped", json!([])).await;
    client.signal("swapped", "go", json!([])).await;
    let events = async |number: usize| {
        eventually("there are so many events", async || {
            let types = client.event_types("swapped").await;
            if types.len() == number { Ok(types) } else { Err(format!("{types:?}")) }
        })
        .await
    };
    events(7).await;
    host.kill();
    swap_module(host.database().url(), "swapped", &changed).await;
    host.restart().await;
    std::fs::write(host.folder().join("let-go"), "").expect("the host's folder can be written");
    let described = eventually("the run is blocked", async || {
        let described = client.describe("swapped").await;
        if described["blocked"].is_object() { Ok(described) } else { Err(described) }
    })
    .await;
    let reason = described["blocked"]["reason"].as_str().unwrap_or_default();
    assert!(
        reason.contains("event ")
            && reason.contains(r#""B""#)
            && reason.contains("diverging_changed::diverging"),
        "{reason}"
    );
    let types = events(8).await;
    assert_eq!(
        types.last().map(String::as_str),
        Some("ActivityTaskCompleted"),
        "the result, and nothing else"
    );
    let refused = client.post("/workflows/swapped/queries/__stack_trace", &json!({})).await;
    let _ = refused.refusal(422, "query_failed");

    // With its own code it goes on where it was.
    host.kill();
    swap_module(host.database().url(), "swapped", &base).await;
    host.restart().await;
    let _ = client.post("/workflows/swapped/release", &json!({})).await.json(202);
    client.result("swapped").await;
    host.stop().await;
    audit(&host, None).await.passes();
}
