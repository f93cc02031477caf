//! The command line, against a running host: what each command prints, and how it ends.

use dalsegno_tests::{cli::dalsegno, guests};

use crate::prelude::*;

fn file(package: &str) -> String {
    guests::path(package).to_str().expect("a path of letters").to_owned()
}

#[rstest]
#[tokio::test]
async fn a_workflow_is_started_asked_and_awaited(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::start(backend).await;
    let uploaded = host.dalsegno(&["module", "upload", &file("approval"), "--output", "json"]).await.json();
    assert_eq!(uploaded["workflows"][0]["name"], "approval");

    let input = r#"["the new office"]"#;
    let start = ["workflow", "start", "--type", "approval", "--workflow-id", "office", "--input", input];
    assert!(host.dalsegno(&start).await.done().contains("office"));
    let again = host.dalsegno(&start).await;
    assert!(again.failed(1).contains("workflow_already_running"), "the code is shown: {again:?}");

    let status = host.dalsegno(&["workflow", "query", "office", "status", "--output", "json"]).await.json();
    assert_eq!(status["result"], json!({ "status": "waiting" }), "{status}");
    let stack = host.dalsegno(&["workflow", "stack", "office"]).await;
    assert!(stack.done().contains("timer"), "{stack:?}");
    let described = host.dalsegno(&["workflow", "describe", "office"]).await;
    assert!(described.done().contains("running") && described.stdout.contains("approval"), "{described:?}");
    let pending = host.dalsegno(&["workflow", "result", "office", "--no-wait"]).await;
    let _ = pending.failed(1);

    let signal = ["workflow", "signal", "office", "approve", "--input", r#"["Ada"]"#];
    let _ = host.dalsegno(&signal).await.done();
    let result = host.dalsegno(&["workflow", "result", "office", "--output", "json"]).await.json();
    assert_eq!(result["result"], json!({ "status": "approved", "by": "Ada" }));
    assert!(host.dalsegno(&signal).await.failed(1).contains("workflow_closed"));

    let history = host.dalsegno(&["workflow", "history", "office"]).await;
    for name in ["WorkflowExecutionStarted", "WorkflowExecutionSignaled", "WorkflowExecutionCompleted"] {
        assert!(history.done().contains(name), "{history:?}");
    }
    let followed = host.dalsegno(&["workflow", "history", "office", "--follow"]).await;
    assert!(followed.done().contains("WorkflowExecutionCompleted"), "{followed:?}");
}

#[rstest]
#[tokio::test]
async fn a_workflow_is_executed_to_its_result_or_failure(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::start(backend).await;
    for package in ["hello", "language"] {
        let _ = host.dalsegno(&["module", "upload", &file(package)]).await.done();
    }
    let hello =
        ["workflow", "execute", "--type", "hello", "--workflow-id", "hello", "--input", r#"["World"]"#];
    assert!(host.dalsegno(&hello).await.done().contains("Hello, World!"));
    let failing = host.dalsegno(&["workflow", "execute", "--type", "failing"]).await;
    let text = format!("{}{}", failing.stdout, failing.failed(1));
    for cause in ["cannot fulfil the order", "cannot charge the card", "not enough funds"] {
        assert!(text.contains(cause), "every cause is shown: {text}");
    }
}

#[rstest]
#[tokio::test]
async fn workflows_are_listed_counted_and_ended(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::start(backend).await;
    for package in ["language", "hostile"] {
        let _ = host.dalsegno(&["module", "upload", &file(package)]).await.done();
    }
    for id in ["one", "two", "three"] {
        let start = ["workflow", "start", "--type", "signals-order", "--workflow-id", id];
        let _ = host.dalsegno(&start).await.done();
    }
    let listed = host.dalsegno(&["workflow", "list"]).await;
    assert!(["one", "two", "three"].iter().all(|id| listed.done().contains(id)), "{listed:?}");
    let query = ["workflow", "list", "--query", "WorkflowId = 'two'", "--output", "json"];
    let listed = host.dalsegno(&query).await.json();
    assert_eq!(listed["workflows"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(host.dalsegno(&["workflow", "count"]).await.done().trim(), "3");

    let _ = host.dalsegno(&["workflow", "cancel", "one", "--reason", "enough"]).await.done();
    let _ = host.dalsegno(&["workflow", "terminate", "two", "--reason", "enough"]).await.done();
    for (id, status) in [("one", "cancelled"), ("two", "terminated")] {
        let ended = host.dalsegno(&["workflow", "result", id]).await;
        let text = format!("{}{}", ended.stdout, ended.failed(1));
        assert!(text.contains(status), "{id}: {text}");
    }
    let start = ["workflow", "start", "--type", "trap-until-signal", "--workflow-id", "broken"];
    let _ = host.dalsegno(&start).await.done();
    let _ = host.dalsegno(&["workflow", "signal", "broken", "fix"]).await.done();
    let _ = host.dalsegno(&["workflow", "release", "broken"]).await.done();
    let result = host.dalsegno(&["workflow", "result", "broken"]).await;
    assert!(result.done().contains("fixed"), "{result:?}");
}

#[rstest]
#[tokio::test]
async fn modules_are_uploaded_listed_and_described(#[values(Sqlite, Postgres)] backend: Backend) {
    let host = Host::start(backend).await;
    let first =
        host.dalsegno(&["module", "upload", &file("diverging-base"), "--output", "json"]).await.json();
    let kept = ["module", "upload", &file("diverging-added"), "--no-deploy", "--output", "json"];
    let kept = host.dalsegno(&kept).await.json();
    assert_eq!((&first["deployed"], &kept["deployed"]), (&json!(["diverging"]), &json!([])));
    let promoted =
        host.dalsegno(&["module", "upload", &file("diverging-added"), "--output", "json"]).await.json();
    assert_eq!(promoted["deployed"], json!(["diverging"]), "an upload by hand promotes");
    let listed = host.dalsegno(&["module", "list", "--output", "json"]).await.json();
    assert_eq!(listed["modules"].as_array().map(Vec::len), Some(2), "{listed}");
    let digest = first["digest"].as_str().expect("it has a digest");
    assert!(host.dalsegno(&["module", "describe", digest]).await.done().contains("diverging"));

    let core = host.folder().join("core.wasm");
    std::fs::write(&core, b"\0asm\x01\0\0\0").expect("the host's folder can be written");
    let refused = host.dalsegno(&["module", "upload", core.to_str().expect("a path of letters")]).await;
    assert!(refused.failed(1).contains("wasm32-wasip2"), "the fix is shown: {refused:?}");
}

#[rstest]
#[case::nothing(&[])]
#[case::no_command(&["workflow"])]
#[case::unknown(&["workflow", "teleport"])]
#[case::no_type(&["workflow", "start"])]
#[case::no_json(&["workflow", "start", "--type", "hello", "--input", "World"])]
#[case::no_array(&["workflow", "start", "--type", "hello", "--input", "{}"])]
#[case::unknown_flag(&["serve", "--port", "7400"])]
#[tokio::test]
async fn wrong_usage_is_explained(#[case] arguments: &[&str]) {
    let said = dalsegno(arguments).await;
    assert!(said.failed(2).contains("Usage") || said.stderr.contains("--input"), "{said:?}");
    let usage = said.stderr.lines().find(|line| line.starts_with("Usage:")).unwrap_or_default();
    assert!(!usage.contains("--address"), "what the environment says need not be typed: {said:?}");
}

#[tokio::test]
async fn a_host_that_is_not_there_is_explained() {
    let said = dalsegno(&["workflow", "list"]).await;
    assert!(said.failed(1).contains("127.0.0.1:1"), "{said:?}");
    assert!(said.stdout.is_empty(), "{said:?}");
    let version = dalsegno(&["--version"]).await;
    assert!(version.done().contains(env!("CARGO_PKG_VERSION")), "{version:?}");
}

#[tokio::test]
async fn the_printed_settings_are_settings() {
    let printed = dalsegno(&["config"]).await;
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let file = folder.path().join("dalsegno.toml");
    let text = printed.done().replace("127.0.0.1:7400", "127.0.0.1:http");
    std::fs::write(&file, text).expect("a file can be written");
    let file = file.to_str().expect("a path of letters");
    let said = dalsegno(&["serve", "--config", file]).await;
    assert!(said.failed(2).contains("127.0.0.1:http"), "the file was read to its first wrong line: {said:?}");
}

#[tokio::test]
async fn a_host_listens_for_others_only_if_it_is_told() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let database = format!("sqlite:{}", folder.path().join("x.db").display());
    let said = dalsegno(&["serve", "--listen", "0.0.0.0:0", "--database", &database]).await;
    assert!(matches!(said.code, Some(1 | 2)), "{said:?}");
    assert!(said.stderr.contains("credentials"), "{said:?}");
}
