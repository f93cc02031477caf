//! Histories as earlier hosts stored them, one for each kind of event and format version. The files are
//! never edited, only added to: what they hold is in databases.
//!
//! Each `KIND.hex` has an encoded transition on every line, `KIND.json` the same history as exported. For a
//! kind without files, `DALSEGNO_GOLDENS=write` makes the test write them from [`recordings`]. Messages
//! between runs are stored too: `messages/` has them in the same way.

use std::{collections::BTreeMap, fs, path::PathBuf};

use dalsegno_engine::{
    Failure, Millis, Payload, State, Transition,
    attempts::AttemptResult,
    event::{CancellationType, EventAttributes as E, WorkflowExecutionStarted},
    export::ExportedHistory,
    failure::{FailureKind, TimeoutKind},
    guest::ActivationErrorKind,
    ids::{RequestId, RunId, TaskQueue},
    message::MessageBody,
    retry::RetryPolicy,
    run::Input,
};

use crate::kit::{Ctx, Outcome, Way, Workflow, World, json, started};

mod talk;

/// Every kind of event. The compiler asks for a new kind here: add its name to [`KINDS`] too.
fn kind(event: &E) -> &'static str {
    match event {
        E::WorkflowExecutionStarted(_)
        | E::WorkflowExecutionSignaled { .. }
        | E::WorkflowExecutionCancelRequested { .. }
        | E::WorkflowExecutionTerminated { .. }
        | E::WorkflowExecutionTimedOut { .. }
        | E::WorkflowExecutionCompleted { .. }
        | E::WorkflowExecutionFailed { .. }
        | E::WorkflowExecutionCanceled { .. }
        | E::ActivityTaskScheduled(_)
        | E::ActivityTaskCompleted { .. }
        | E::ActivityTaskFailed { .. }
        | E::ActivityTaskTimedOut { .. }
        | E::ActivityTaskCancelRequested { .. }
        | E::ActivityTaskCanceled { .. }
        | E::TimerStarted { .. }
        | E::TimerFired { .. }
        | E::TimerCanceled { .. }
        | E::ActivationCompleted {}
        | E::WorkflowExecutionContinuedAsNew(_)
        | E::WorkflowExecutionUpdateAccepted { .. }
        | E::WorkflowExecutionUpdateCompleted { .. }
        | E::StartChildWorkflowExecutionInitiated(_)
        | E::StartChildWorkflowExecutionFailed { .. }
        | E::ChildWorkflowExecutionStarted { .. }
        | E::ChildWorkflowExecutionCancelRequested { .. }
        | E::ChildWorkflowExecutionCompleted { .. }
        | E::ChildWorkflowExecutionFailed { .. }
        | E::ChildWorkflowExecutionCanceled { .. }
        | E::ChildWorkflowExecutionTerminated { .. }
        | E::ChildWorkflowExecutionTimedOut { .. }
        | E::SignalExternalWorkflowExecutionInitiated(_)
        | E::SignalExternalWorkflowExecutionFailed { .. }
        | E::ExternalWorkflowExecutionSignaled { .. }
        | E::RequestCancelExternalWorkflowExecutionInitiated { .. }
        | E::RequestCancelExternalWorkflowExecutionFailed { .. }
        | E::ExternalWorkflowExecutionCancelRequested { .. }
        | E::MarkerRecorded { .. }
        | E::UpsertWorkflowSearchAttributes { .. }
        | E::WorkflowPropertiesModified { .. } => event.type_name(),
    }
}

/// Kinds of events; after a dot, what is special about a second history of the kind.
const KINDS: [&str; 43] = [
    "WorkflowExecutionStarted",
    "WorkflowExecutionSignaled",
    "WorkflowExecutionCancelRequested",
    "WorkflowExecutionTerminated",
    "WorkflowExecutionTimedOut",
    "WorkflowExecutionCompleted",
    "WorkflowExecutionFailed",
    "WorkflowExecutionCanceled",
    "ActivityTaskScheduled",
    "ActivityTaskCompleted",
    "ActivityTaskFailed",
    "ActivityTaskTimedOut",
    "ActivityTaskCancelRequested",
    "ActivityTaskCanceled",
    "TimerStarted",
    "TimerFired",
    "TimerCanceled",
    "ActivationCompleted",
    "WorkflowExecutionStarted.successor",
    "WorkflowExecutionFailed.retried",
    "WorkflowExecutionTimedOut.retried",
    "WorkflowExecutionContinuedAsNew",
    "WorkflowExecutionUpdateAccepted",
    "WorkflowExecutionUpdateCompleted",
    "ActivityTaskScheduled.local",
    "MarkerRecorded",
    "UpsertWorkflowSearchAttributes",
    "WorkflowPropertiesModified",
    "StartChildWorkflowExecutionInitiated",
    "StartChildWorkflowExecutionFailed",
    "ChildWorkflowExecutionStarted",
    "ChildWorkflowExecutionCancelRequested",
    "ChildWorkflowExecutionCompleted",
    "ChildWorkflowExecutionFailed",
    "ChildWorkflowExecutionCanceled",
    "ChildWorkflowExecutionTerminated",
    "ChildWorkflowExecutionTimedOut",
    "SignalExternalWorkflowExecutionInitiated",
    "SignalExternalWorkflowExecutionFailed",
    "ExternalWorkflowExecutionSignaled",
    "RequestCancelExternalWorkflowExecutionInitiated",
    "RequestCancelExternalWorkflowExecutionFailed",
    "ExternalWorkflowExecutionCancelRequested",
];

/// Messages that wait in databases.
const MESSAGES: [&str; 11] = [
    "StartChild",
    "ChildStarted",
    "ChildClosed.completed",
    "ChildClosed.failed",
    "ChildClosed.canceled",
    "ChildClosed.terminated",
    "ChildClosed.timed_out",
    "ParentClosed",
    "Signal",
    "Cancel",
    "Taken",
];

#[test]
fn histories_of_format_1_are_read_as_they_were_written() {
    if std::env::var("DALSEGNO_GOLDENS").is_ok_and(|value| value == "write") {
        write_missing();
    }
    for name in KINDS {
        let (encoded, exported) = read(name);
        let transitions: Vec<Transition> = encoded.iter().map(|bytes| decode(name, bytes)).collect();
        let kinds: Vec<_> =
            transitions.iter().flat_map(|row| row.inputs.iter().chain(&row.commands)).map(kind).collect();
        let kind = name.split_once('.').map_or(name, |(kind, _)| kind);
        assert!(kinds.contains(&kind), "{name}: {kinds:?}");
        let sizes = transitions.iter().zip(&encoded).map(|(transition, bytes)| (transition, bytes.len()));
        State::fold(sizes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let imported: ExportedHistory = serde_json::from_str(&exported).expect("what was exported");
        assert_eq!(imported.into_exact_transitions().expect("what was exported"), transitions, "{name}");
    }
}

#[test]
fn messages_of_format_1_are_read_as_they_were_written() {
    if std::env::var("DALSEGNO_GOLDENS").is_ok_and(|value| value == "write") {
        for (name, body) in talk::messages() {
            let name = format!("messages/{name}");
            if !path(&name, "hex").exists() {
                let json = serde_json::to_string_pretty(&body).expect("messages are data");
                write(&name, &[body.encode()], &json);
            }
        }
    }
    for name in MESSAGES {
        let (encoded, json) = read(&format!("messages/{name}"));
        let body = MessageBody::decode(&encoded[0]).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(body, serde_json::from_str(&json).expect("a message"), "{name}");
    }
}

fn path(name: &str, extension: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/v1").join(format!("{name}.{extension}"))
}

fn read(name: &str) -> (Vec<Vec<u8>>, String) {
    let missing = |error| panic!("{name} has no golden ({error}); see the top of this file");
    let encoded = fs::read_to_string(path(name, "hex")).unwrap_or_else(missing);
    let exported = fs::read_to_string(path(name, "json")).unwrap_or_else(missing);
    (encoded.lines().map(from_hex).collect(), exported)
}

fn decode(name: &str, bytes: &[u8]) -> Transition {
    Transition::decode(bytes).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn from_hex(line: &str) -> Vec<u8> {
    let digits = |place: usize| u8::from_str_radix(&line[place..place + 2], 16).expect("two digits");
    (0..line.len()).step_by(2).map(digits).collect()
}

fn write_missing() {
    for (name, history) in recordings().into_iter().filter(|(name, _)| !path(name, "hex").exists()) {
        let transitions = history.iter().map(|bytes| decode(name, bytes)).collect();
        let export = ExportedHistory::new(transitions).expect("a start");
        write(name, &history, &serde_json::to_string_pretty(&export).expect("histories are data"));
    }
}

fn write(name: &str, rows: &[Vec<u8>], json: &str) {
    let line = |row: &Vec<u8>| row.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n";
    fs::create_dir_all(path(name, "hex").parent().expect("a folder")).expect("the folder can be made");
    fs::write(path(name, "hex"), rows.iter().map(line).collect::<String>()).expect("a file");
    fs::write(path(name, "json"), format!("{json}\n")).expect("a file");
}

/// For each kind a history that ends with it or soon after, every field filled somewhere.
fn recordings() -> BTreeMap<&'static str, Vec<Vec<u8>>> {
    let [completed, failed, timed_out, canceled] = activity_ends();
    let [workflow_completed, workflow_failed, workflow_canceled] = workflow_ends();
    let [fired, timer_canceled, delivered] = timers();
    let [signalled, cancel_requested, terminated] = inputs();
    let rows = |world: &World| world.stored.history.values().cloned().collect::<Vec<_>>();
    [
        ("WorkflowExecutionStarted", &workflow_completed),
        ("WorkflowExecutionSignaled", &signalled),
        ("WorkflowExecutionCancelRequested", &cancel_requested),
        ("WorkflowExecutionTerminated", &terminated),
        ("WorkflowExecutionTimedOut", &run_timeout()),
        ("WorkflowExecutionCompleted", &workflow_completed),
        ("WorkflowExecutionFailed", &workflow_failed),
        ("WorkflowExecutionCanceled", &workflow_canceled),
        ("ActivityTaskScheduled", &completed),
        ("ActivityTaskCompleted", &completed),
        ("ActivityTaskFailed", &failed),
        ("ActivityTaskTimedOut", &timed_out),
        ("ActivityTaskCancelRequested", &canceled),
        ("ActivityTaskCanceled", &canceled),
        ("TimerStarted", &fired),
        ("TimerFired", &fired),
        ("TimerCanceled", &timer_canceled),
        ("ActivationCompleted", &delivered),
    ]
    .into_iter()
    .map(|(name, world)| (name, rows(world)))
    .chain(talk::recordings().iter().map(|(name, world)| (*name, rows(world))))
    .collect()
}

fn binary() -> Payload {
    let mut payload = Payload::encoded("binary/plain", vec![0, 255, 7]);
    payload.metadata.insert("messageType".to_owned(), "Order".into());
    payload
}

/// A start with every field.
fn full_start() -> WorkflowExecutionStarted {
    WorkflowExecutionStarted {
        task_queue: TaskQueue::new("orders"),
        input: vec![json("{\"item\": \"ä𝄋\", \"amount\": 1.50}"), binary()],
        headers: vec![("trace".to_owned(), json("\"t-1\""))],
        first_run_id: RunId::new("run-0"),
        attempt: 2,
        execution_timeout: Some(Millis::from_secs(86_400)),
        run_timeout: Some(Millis(3_600_500)),
        memo: [("note".to_owned(), json("null"))].into(),
        search_attributes: [("CustomerId".to_owned(), json("42"))].into(),
        request_id: Some(RequestId::new("request-1")),
        ..started()
    }
}

fn play<F: Future<Output = Outcome> + 'static>(
    workflow: impl Fn(Ctx) -> F + 'static,
    play: impl FnOnce(&mut World),
) -> World {
    play_from(full_start(), workflow, play)
}

fn play_from<F: Future<Output = Outcome> + 'static>(
    start: WorkflowExecutionStarted,
    workflow: impl Fn(Ctx) -> F + 'static,
    play: impl FnOnce(&mut World),
) -> World {
    let delay = start.start_delay.unwrap_or_default();
    let mut world = World::start(Way::Resident, Workflow::new(workflow), start);
    world.advance(delay.0);
    world.now = world.now.plus(Millis(1_001));
    play(&mut world);
    world
}

/// An activity with every field, its outcome ignored.
async fn activity(ctx: Ctx) -> Outcome {
    let activity = ctx.activity("charge").cancelled_by(CancellationType::Wait).with(|ask| {
        ask.activity_id = Some("charge-1".to_owned());
        ask.task_queue = Some("payments".to_owned());
        ask.input = vec![json("[1,2]"), binary()];
        ask.headers = vec![("trace".to_owned(), binary())];
        ask.schedule_to_close = Some(Millis(60_000));
        ask.schedule_to_start = Some(Millis(5_000));
        ask.heartbeat = Some(Millis(1_500));
        ask.summary = Some("charges the card".to_owned());
        ask.retry_policy = Some(RetryPolicy {
            initial_interval: Millis(250),
            backoff_coefficient: 1.1,
            maximum_interval: Some(Millis(4_000)),
            maximum_attempts: 2,
            non_retryable_error_types: vec!["Fraud".to_owned()],
        });
    });
    let activity = activity.start();
    if let crate::kit::Either::Right(_) = crate::kit::select(activity.clone(), ctx.signal("stop")).await {
        activity.cancel();
    }
    drop(activity.await);
    ctx.signal("never").await;
    Ok(json("null"))
}

fn fraud() -> Failure {
    let kind = FailureKind::Application {
        r#type: "Fraud".to_owned(),
        non_retryable: true,
        details: vec![json("{\"score\":99}")],
        next_retry_delay: Some(Millis(20)),
    };
    let failure = Failure { stack_trace: "charge\n  main".to_owned(), ..Failure::new("refused", kind) };
    failure.caused_by(Failure::new("the bank is down", FailureKind::Server {}))
}

fn activity_ends() -> [World; 4] {
    let late = || {
        let kind = TimeoutKind::Heartbeat;
        Failure::new("silent", FailureKind::Timeout { kind, last_heartbeat_details: vec![json("7")] })
    };
    [
        play(activity, |world| world.end("charge", AttemptResult::Completed(Some(binary())))),
        play(activity, |world| world.fail("charge", fraud())),
        play(activity, |world| {
            world.fail("charge", late());
            world.advance(250);
            world.fail("charge", late());
        }),
        play(activity, |world| {
            world.signal("stop", "1");
            let details = vec![json("\"half done\"")];
            world.fail("charge", Failure::new("stopped", FailureKind::Cancelled { details }));
        }),
    ]
}

fn workflow_ends() -> [World; 3] {
    [
        play(|_| async { Ok(json("{\"done\":true}")) }, |_| ()),
        play(|_| async { Err(fraud()) }, |_| ()),
        play(
            |ctx| async move {
                ctx.call(|calls| calls.cancelled(vec![json("\"undone\"")]));
                std::future::pending().await
            },
            |_| (),
        ),
    ]
}

fn timers() -> [World; 3] {
    let named = |ctx: &Ctx| ctx.call(|calls| calls.start_timer(Millis(1_500), Some("seven days".to_owned())));
    [
        play(
            move |ctx| async move {
                named(&ctx);
                std::future::pending().await
            },
            |world| world.advance(1_500),
        ),
        play(
            move |ctx| async move {
                ctx.timer(u64::MAX).cancel();
                std::future::pending().await
            },
            |_| (),
        ),
        play(
            |ctx| async move { Ok(json(&ctx.signal("never").await)) },
            |world| {
                world.break_activations(1, ActivationErrorKind::Bug, "once");
                world.signal("kept", "1");
                world.advance(5_000);
            },
        ),
    ]
}

fn inputs() -> [World; 3] {
    let wait = |ctx: Ctx| async move { Ok(json(&ctx.signal("never").await)) };
    let signal = Input::Signal {
        name: "approve".to_owned(),
        input: vec![json("true"), binary()],
        headers: vec![("trace".to_owned(), json("\"t-2\""))],
        request_id: Some(RequestId::new("request-2")),
    };
    let cancel =
        Input::Cancel { reason: "changed my mind".to_owned(), request_id: Some(RequestId::new("request-3")) };
    let terminate = Input::Terminate { reason: "out of business".to_owned() };
    [signal, cancel, terminate].map(|input| {
        play(wait, |world| {
            world.input(input).expect("it is open");
        })
    })
}

fn run_timeout() -> World {
    play(|ctx| async move { Ok(json(&ctx.signal("never").await)) }, |world| world.advance(3_600_500))
}
