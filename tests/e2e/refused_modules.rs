//! What is no module of workflows: refused with the reason and the fix, and nothing kept.

use std::fs;

use dalsegno_tests::{guests, programs};

use crate::prelude::*;

/// Uploads what is refused, with all these words, and sees that nothing is kept.
async fn refused(client: &Client, bytes: Vec<u8>, says: &[&str]) {
    let before = client.read("/modules").await.json(200);
    let detail = client.upload_bytes(bytes).await.refusal(422, "module_refused");
    for word in says {
        assert!(detail.contains(word), "the refusal does not say `{word}`: {detail}");
    }
    // Other tests upload at the same time; none of them is refused.
    let after = client.read("/modules").await.json(200);
    let kept = after["modules"].as_array().expect("a list");
    let known = before["modules"].as_array().expect("a list");
    let ours = kept.iter().filter(|module| module["status"] != "ready" || module["workflows"] == json!([]));
    assert_eq!(ours.count(), 0, "{after}");
    assert!(kept.len() >= known.len());
}

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("it is a component")
}

#[rstest]
#[case::garbage(b"this is no WebAssembly".to_vec(), &["component"])]
#[case::text(b"(component)".to_vec(), &["component"])]
#[case::random(vec![0xa7; 4_096], &["component"])]
#[case::header_only(b"\0asm\x0d\0\x01\0".to_vec(), &["dalsegno:workflow/guest", "SDK"])]
#[case::core_module(b"\0asm\x01\0\0\0".to_vec(), &["wasm32-wasip2"])]
#[case::http(
    component(r#"(component (import "wasi:http/outgoing-handler@0.2.0" (instance (export "handle" (func)))))"#),
    &["wasi:http", "activity", "`http`"]
)]
#[case::foreign(
    component(r#"(component (import "acme:tools/clock@1.0.0" (instance (export "now" (func)))))"#),
    &["acme:tools/clock@1.0.0", "activity"]
)]
#[case::no_exports(component("(component)"), &["dalsegno:workflow/guest", "SDK"])]
#[case::newer_contract(
    component(r#"(component (import "dalsegno:workflow/run@0.9.0" (instance (export "teleport" (func)))))"#),
    &["dalsegno:workflow/run@0.9.0", "newer host"]
)]
#[tokio::test]
async fn what_is_no_module_is_refused(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] bytes: Vec<u8>,
    #[case] says: &[&str],
) {
    refused(&shared(backend).await.client(), bytes, says).await;
}

#[rstest]
#[tokio::test]
async fn no_bytes_at_all_are_refused(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let detail = client.upload_bytes(Vec::new()).await.refusal(422, "module_refused");
    assert!(detail.contains("empty"), "{detail}");
}

#[rstest]
#[tokio::test]
async fn a_compiled_artifact_is_refused(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let cache = fs::read_dir(programs::scratch().join("modules")).expect("hosts keep compiled modules");
    let artifacts = cache
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cwasm"));
    // The smallest: those of interpreters are too large for any upload.
    let artifact = artifacts.min_by_key(|path| fs::metadata(path).map_or(u64::MAX, |file| file.len()));
    let bytes = fs::read(artifact.expect("the shared host has compiled some")).expect("it can be read");
    refused(&client, bytes, &["compiled"]).await;
}

#[rstest]
#[tokio::test]
async fn a_truncated_module_is_refused_wherever_it_is_cut(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let whole = guests::bytes("hello");
    for part in 1..=16 {
        // Not at the very end, where the names stand, without which it is whole.
        let cut = whole.len() * part / 24;
        let answer = client.upload_bytes(whole[..cut].to_vec()).await;
        let detail = answer.refusal(422, "module_refused");
        assert!(!detail.is_empty());
    }
}

#[rstest]
#[tokio::test]
async fn damaged_modules_get_a_verdict(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let whole = guests::bytes("hello");
    for place in (64..whole.len()).step_by(whole.len() / 24) {
        let mut damaged = whole.clone();
        damaged[place..place + 8].fill(0xff);
        let answer = client.upload_bytes(damaged).await;
        // In the data of the module, bytes may be anything.
        assert!(matches!(answer.status, 201 | 200 | 422), "byte {place}: {} {}", answer.status, answer.text);
    }
    assert_eq!(client.get("/readyz").await.status, 200);
}

#[rstest]
#[tokio::test]
async fn a_module_of_another_contract_is_refused_when_it_is_compiled(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    let client = shared(backend).await.client();
    // An export of the right name, and a function of the wrong type.
    let text = r#"(component
        (import "dalsegno:workflow/run@0.1.0" (instance (export "info" (func))))
        (instance $guest)
        (export "dalsegno:workflow/guest@0.1.0" (instance $guest)))"#;
    refused(&client, component(text), &["SDK"]).await;
}

#[rstest]
#[tokio::test]
async fn a_module_that_is_too_large_is_refused(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let mut bytes = guests::bytes("hello");
    bytes.resize((32 << 20) + 1, 0);
    let _ = client.upload_bytes(bytes).await.refusal(413, "too_large");
}
