//! The places in the source that a language names: in failures, in `__stack_trace`, in a divergence.

use std::{
    fs,
    path::{Path, PathBuf},
};

use dalsegno_tests::{cli::dalsegno, eventually, guests, programs};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    languages::Language::{self, Go, Python, Rust, TypeScript},
    stage::{Mode, Stage},
};

/// The folders of what was fetched or made, which may hold files of the same name.
const NOT_SOURCE: [&str; 4] = [".dalsegno", "node_modules", "dist", "target"];

/// The file `bugs` of a language.
fn source(language: Language) -> PathBuf {
    let folder = programs::repository().join("tests/guests/conformance").join(language.folder());
    let name = format!("bugs.{}", language.extension());
    find(&folder, &name).unwrap_or_else(|| panic!("{} has no {name}", folder.display()))
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().find_map(|path| {
        let last = path.file_name()?.to_str()?;
        match path.is_dir() {
            true if NOT_SOURCE.contains(&last) => None,
            true => find(&path, name),
            false => (last == name).then_some(path),
        }
    })
}

/// Holds that a text names a line of the file `bugs` which has these words.
#[track_caller]
fn names_the_line(language: Language, text: &str, words: &str) {
    let source = source(language);
    let file = source.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let lines = fs::read_to_string(&source).expect("the source can be read");
    let lines: Vec<&str> = lines.lines().collect();
    // `bugs.rs:12`, and as Python writes it, `bugs.py", line 12`.
    let places = text.match_indices(file).filter_map(|(at, _)| {
        let rest =
            text[at + file.len()..].trim_start_matches([':', '"', ',', ' ']).trim_start_matches("line ");
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<usize>().ok()
    });
    let named: Vec<&str> = places.filter_map(|line| lines.get(line.checked_sub(1)?).copied()).collect();
    let found = named.iter().any(|line| line.contains(words));
    assert!(found, "{language:?} names no line of {file} with `{words}`, but {named:?}:\n{text}");
}

/// A stage for a language, unless its tool chain cannot be had here.
async fn stage(language: Language, name: &str) -> Option<Stage> {
    if let Some(reason) = guests::skipped(language.component()) {
        eprintln!("skipped: no {language:?}: {reason}");
        return None;
    }
    Some(Stage::set(language, Mode::Resident, name).await)
}

#[rstest]
#[tokio::test]
async fn a_bug_parks_the_run_with_its_line(#[values(Rust, Python, TypeScript, Go)] language: Language) {
    let Some(stage) = stage(language, "bug").await else { return };
    stage.begin(json!([])).await;
    let described = eventually("the run is parked", async || {
        let described = stage.client.describe(&stage.id).await;
        if described["blocked"].is_object() { Ok(described) } else { Err(described) }
    })
    .await;
    assert_eq!(described["status"], "running");
    assert_eq!(described["history_length"], 1, "commands of a failed activation are discarded: {described}");
    let reason = described["blocked"]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("this is a bug"), "{reason}");
    names_the_line(language, reason, "this is a bug");
}

// Rust gives failures no stack trace.
#[rstest]
#[tokio::test]
async fn a_failure_names_its_line(#[values(Python, TypeScript, Go)] language: Language) {
    let Some(stage) = stage(language, "failing").await else { return };
    stage.begin_type("cause-chain", json!([])).await;
    let failure = stage.client.failure(&stage.id).await;
    names_the_line(language, failure["stack_trace"].as_str().unwrap_or_default(), "OrderFailed");
}

#[rstest]
#[tokio::test]
async fn a_stack_trace_names_what_is_awaited_and_where(
    #[values(Rust, Python, TypeScript, Go)] language: Language,
) {
    let Some(stage) = stage(language, "hanging").await else { return };
    stage.begin_type("hangs", json!([])).await;
    stage.until_events("ActivityTaskScheduled", 1).await;
    let trace = stage.client.query(&stage.id, "__stack_trace").await;
    let trace = trace.as_str().unwrap_or_default();
    assert!(trace.contains("activity") && trace.contains("hang"), "{trace}");
    names_the_line(language, trace, "hang");
    let _ = stage.client.post(&format!("/workflows/{}/terminate", stage.id), &json!({})).await.json(200);
}

#[rstest]
#[tokio::test]
async fn a_divergence_names_its_line(#[values(Rust, Python, TypeScript, Go)] language: Language) {
    let Some(stage) = stage(language, "diverging").await else { return };
    stage.begin_type("hangs", json!([])).await;
    stage.until_events("ActivityTaskScheduled", 1).await;
    let mut history = stage.client.export(&stage.id).await;
    let _ = stage.client.post(&format!("/workflows/{}/terminate", stage.id), &json!({})).await.json(200);
    // As if the code had once asked for something else.
    history["events"][1]["attributes"]["activity_type"] = Value::from("another");
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let file = folder.path().join("history.json");
    fs::write(&file, history.to_string()).expect("a file can be written");
    let module = guests::path(language.component());
    let cache = programs::scratch().join("modules");
    let path = |path: &Path| path.to_str().expect("a path of letters").to_owned();
    let arguments = [
        "replay".to_owned(),
        "--module".to_owned(),
        path(&module),
        "--cache-dir".to_owned(),
        path(&cache),
        path(&file),
    ];
    let said = dalsegno(&arguments.each_ref().map(String::as_str)).await;
    let text = said.failed(1);
    assert!(text.contains("event 2") && text.contains("another") && text.contains("hang"), "{text}");
    names_the_line(language, text, "hang");
}
