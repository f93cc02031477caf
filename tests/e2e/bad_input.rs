//! What a workflow cannot do, in each language: an error that says what to use instead, and the run is kept.

use std::fs;

use dalsegno_tests::guests;
use futures_util::future::join_all;

use crate::{
    build::{Desk, code_of, is_skipped},
    prelude::*,
};

/// A misdeed, and what its error says: what it is about, and what to use instead.
type Misdeed = (&'static str, &'static [&'static str]);

const ACTIVITY: &str = "`workflow.execute_activity`";

const PYTHON: [Misdeed; 29] = [
    ("aborts", &["trapped", "workflows.py:", "in <lambda>"]),
    (
        "awaits-something-foreign",
        &["'something foreign'", "a workflow awaits what `workflow` and `asyncio` give"],
    ),
    ("calls-asyncio-run", &["event loop of a workflow", "`await` the coroutine instead"]),
    ("compiles-nonsense", &["SyntaxError: invalid syntax", "workflows.py\", line"]),
    ("computes-without-end", &["computed for too long", "workflows.py:", "in compute"]),
    ("computes-without-end-after-a-wait", &["computed for too long", "workflows.py:", "in compute_later"]),
    ("connects", &["no network", "`dalsegno.http`", ACTIVITY]),
    ("connects-by-asyncio", &["no `create_connection`", "`dalsegno.http`", ACTIVITY]),
    ("debugs", &["no console", "`workflow.logger`"]),
    ("exits", &["`sys.exit`", "a workflow ends when its run method returns"]),
    ("imports-late", &["the module `xml` is not in the component", "import it at the top level"]),
    ("listens", &["no network", "`dalsegno.http`", ACTIVITY]),
    ("looks-up-a-time-zone", &["no time zone files", "`datetime.timezone`"]),
    ("opens-a-file", &["'/etc/hosts'", "no files", ACTIVITY]),
    ("opens-a-file-by-io", &["'notes.txt'", "no files", ACTIVITY]),
    ("reads-a-path", &["/etc/hosts", "no files", ACTIVITY]),
    ("reads-the-console", &["no console", "a signal or an update"]),
    ("removes-a-file", &["no files", ACTIVITY]),
    ("requests", &["no network", "`dalsegno.http`", ACTIVITY]),
    ("runs-a-program", &["starts no programs", ACTIVITY]),
    ("runs-a-program-by-asyncio", &["no `subprocess_exec`", ACTIVITY]),
    ("runs-a-shell", &["starts no programs", ACTIVITY]),
    ("sleeps", &["`time.sleep` would block", "`await asyncio.sleep(...)`", "durable timers"]),
    ("starts-a-pool", &["no threads", "tasks of `asyncio`"]),
    ("starts-a-process", &["starts no processes", "tasks of `asyncio`"]),
    ("starts-a-thread", &["no threads", "tasks of `asyncio`"]),
    ("starts-a-thread-by-asyncio", &["no `run_in_executor`", "tasks of `asyncio`"]),
    ("takes-a-signal", &["no signals of an operating system", "`@workflow.signal`"]),
    ("waits-for-a-queue", &["no other thread", "`asyncio.Queue`"]),
];

const TYPESCRIPT: [Misdeed; 10] = [
    ("awaits-something-foreign", &["a promise that the engine itself made", "make it by code of the module"]),
    ("blocks-in-atomics", &["Atomics.wait", "await sleep or condition"]),
    ("connects", &["WebSocket", "activity (proxyActivities, or http"]),
    ("fetches", &["fetch", "activity (proxyActivities, or http"]),
    ("requests", &["XMLHttpRequest", "activity (proxyActivities, or http"]),
    ("requires-a-file", &["`fs` is a module of Node.js", "files are read and written in an activity"]),
    ("shares-memory", &["SharedArrayBuffer", "async functions and Promise.all"]),
    ("starts-a-worker", &["Worker", "async functions and Promise.all"]),
    ("waits-busily", &["computed for too long", "activities"]),
    ("yields-to-the-event-loop", &["setImmediate", "setTimeout"]),
];

const GO: [Misdeed; 14] = [
    ("calls-from-a-goroutine", &["a goroutine that was started by go", "workflow.Go"]),
    ("connects", &["opened a network connection", "dalsegno/http", "workflow.ExecuteActivity"]),
    ("listens", &["waits for the network", "dalsegno/http", "a signal or an update", "main.go:"]),
    ("looks-up-a-name", &["looked up a network address", "workflow.ExecuteActivity"]),
    ("misses-a-time-limit", &["`charge`", "ActivityOptions", "StartToCloseTimeout", "main.go:"]),
    ("names-a-literal", &["a function literal has no name", "main.go:"]),
    ("opens-a-file", &["used a file", "workflow.ExecuteActivity"]),
    ("requests", &["opened a network connection", "dalsegno/http", "workflow.ExecuteActivity"]),
    ("runs-a-program", &["started a program", "workflow.ExecuteActivity"]),
    ("sleeps", &["(sleep)", "workflow.Sleep", "main.go:"]),
    ("waits-for-a-channel", &["(chan receive)", "workflow.NewChannel", "main.go:"]),
    ("waits-for-a-lock", &["(sync.Mutex.Lock)", "workflow.NewMutex", "main.go:"]),
    ("waits-for-a-ticker", &["(chan receive)", "workflow.Sleep", "main.go:"]),
    ("writes-a-file", &["`notes.txt`", "no files", "activity"]),
];

const C: [Misdeed; 11] = [
    ("a-bare-text", &["`hello` is no JSON", "dalsegno_quote"]),
    ("a-control-character", &["is no JSON"]),
    ("a-lone-comma", &["is no JSON"]),
    ("a-name-without-quotes", &["is no JSON"]),
    ("a-number-of-two-parts", &["is no JSON"]),
    ("an-open-list", &["is no JSON"]),
    ("keeps-nothing", &["dalsegno_keep of NULL", "dalsegno_unquote", "on_start"]),
    ("misses-a-time-limit", &["`charge`", "start_to_close_ms", "on_start"]),
    ("nothing", &["is no JSON"]),
    ("null-pointer", &["a value is NULL", "\"null\""]),
    ("quotes-nothing", &["dalsegno_quote of NULL", "dalsegno_unquote", "on_start"]),
];

#[rstest]
#[case::python("python", &PYTHON)]
#[case::typescript("typescript", &TYPESCRIPT)]
#[case::go("go", &GO)]
#[case::c("c", &C)]
#[tokio::test]
async fn a_misdeed_is_told_with_what_to_use_instead(#[case] language: &str, #[case] misdeeds: &[Misdeed]) {
    let guest = format!("bad-input-{language}");
    if let Some(reason) = guests::skipped(&guest) {
        eprintln!("skipped: {guest}: {reason}");
        return;
    }
    // Strict, so that waiting busily does not hold up the test.
    let host = Host::with(Sqlite, Settings::default().set("activation_deadline", r#""3s""#)).await;
    let client = host.client();
    client.upload(&guest).await;
    let told = misdeeds.iter().map(async |(name, words)| {
        client.begin("misdeed", name, json!([name])).await;
        // Where no exception tells the line, that is found out when the run is tried again.
        let described = eventually(&format!("{name} is told with {words:?}"), async || {
            let described = client.describe(name).await;
            assert_eq!(described["status"], "running", "{name}: the run is kept: {described}");
            let error = described["last_error"].as_str().unwrap_or_default();
            if words.iter().all(|word| error.contains(word)) { Ok(described) } else { Err(described) }
        })
        .await;
        assert_eq!(described["history_length"], 1, "{name}: what it asked for is discarded: {described}");
    });
    join_all(told).await;
}

const NODE_MODULES: &str = "
import { readFileSync } from 'node:fs';
import { Worker } from 'worker_threads';
import { setTimeout as wait } from 'node:timers/promises';
export const all = async () => String([readFileSync, Worker, wait]);";

const NODE_MODULES_INSTEAD: [&str; 4] = [
    "src/workflows.ts(",
    "`node:fs` is a module of Node.js, and workflows do not run in Node.js: files are read and written in an activity",
    "`worker_threads` is a module of Node.js, and workflows do not run in Node.js: a workflow has one thread",
    "`node:timers/promises` is a module of Node.js, and workflows do not run in Node.js: use sleep of",
];

const MISSING_IN_PYTHON: [&str; 3] = ["No module named 'left_pad_2'", "workflows.py\", line", "its .venv"];

const NETWORK_IN_PYTHON: &str = "import urllib.request\nurllib.request.urlopen('http://127.0.0.1/')";

/// Lines that are added to a project that the build takes without them.
#[rstest]
#[case::node_modules("typescript", NODE_MODULES, &NODE_MODULES_INSTEAD)]
#[case::await_at_the_top("typescript", "await sleep(5);", &["Top-level await", "await inside of the workflow function"])]
#[case::missing_package("typescript", "export * from 'left-pad-2';", &["'left-pad-2'", "src/workflows.ts"])]
#[case::drawn_value("python", "import uuid\nKEY = uuid.uuid4()", &["`uuid.uuid4`", "workflows.py\", line"])]
#[case::missing_module("python", "import left_pad_2", &MISSING_IN_PYTHON)]
#[case::network("python", NETWORK_IN_PYTHON, &["no network", "`dalsegno.http`", "workflows.py\", line"])]
#[case::missing_package("go", "import _ \"example.com/nobody\"", &["example.com/nobody", "main.go:"])]
#[tokio::test]
async fn what_the_build_can_know_it_tells(
    #[case] language: &str,
    #[case] code: &str,
    #[case] words: &[&str],
) {
    if is_skipped(language) {
        return;
    }
    let desk = Desk::new(language);
    let _ = desk.dalsegno(&["new", "--language", language, "wrong"]).await.done();
    let path = desk.path("wrong").join(code_of(language));
    let template = fs::read_to_string(&path).expect("the template has code");
    let wrong = match language {
        "go" => template.replacen("package main\n", &format!("package main\n\n{code}\n"), 1),
        _ => format!("{template}\n{code}\n"),
    };
    fs::write(&path, wrong).expect("it can be written");
    let built = desk.dalsegno(&["build", "wrong"]).await;
    let said = built.failed(1);
    let missing: Vec<_> = words.iter().filter(|word| !said.contains(**word)).collect();
    assert!(missing.is_empty(), "it does not say {missing:?}:\n{said}");
}
