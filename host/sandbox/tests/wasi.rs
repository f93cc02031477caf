//! What a guest sees of the machine: only what its run's history has.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[expect(dead_code, reason = "each test uses a part")]
mod support;

use dalsegno_engine::{
    Calls,
    guest::{Activation, ActivationError, ActivationErrorKind, Guest as _, GuestEvent, Shown},
};
use dalsegno_sandbox::{Instance, Level, LogSource, Module, Sandbox, Telemetry};
use serde_json::Value;
use support::{START, TestSandbox, handmade::Handmade, request, run_info, started};

fn module(test: &TestSandbox, handmade: &Handmade) -> Module {
    let bytes = handmade.build();
    let digest = Sandbox::digest(&bytes);
    test.sandbox.validate(&bytes).unwrap();
    test.sandbox.compile(&digest, &bytes).unwrap();
    test.sandbox.load(&digest).unwrap().unwrap()
}

fn instance(test: &TestSandbox, handmade: &Handmade) -> Instance {
    let module = module(test, handmade);
    let info = run_info(started(module.digest(), "handmade", &[]));
    test.sandbox.instantiate(&module, info).unwrap()
}

fn activation() -> Activation {
    Activation {
        number: 1,
        time: START,
        replaying: false,
        shown: Shown::default(),
        events: vec![GuestEvent::CancelRequested("test".to_owned())],
    }
}

/// The error of an activation of a guest that does what it must not.
#[track_caller]
fn bug_of(handmade: &Handmade) -> ActivationError {
    let test = TestSandbox::new();
    let mut calls = Calls::read_only();
    let error = instance(&test, handmade).activate(&activation(), &mut calls).unwrap_err();
    assert_eq!(error.kind, ActivationErrorKind::Bug, "{error:?}");
    error
}

fn probe() -> [Value; 2] {
    let test = TestSandbox::new();
    let mut probe = test.start("deterministic", "probe", &[]);
    probe.finish().unwrap();
    serde_json::from_str(&probe.result()).unwrap()
}

#[test]
fn clocks_stand_still_at_the_activations_time() {
    let [before, after] = probe();
    let start = START.as_micros();
    assert_eq!(before["system_time_us"], start);
    assert_eq!(before["workflow_time_us"], start);
    assert_eq!(before["elapsed_ns"], 0);
    assert_eq!(after["system_time_us"], start + 10_000, "the timer's due time");
    assert_eq!(after["elapsed_ns"], 0);
}

#[test]
fn randomness_comes_from_the_seed_and_goes_on() {
    let [before, after] = probe();
    assert_eq!([before.clone(), after.clone()], probe());
    for key in ["random", "host_random", "uuid"] {
        assert_ne!(before[key], after[key], "{key}");
    }
    assert_ne!(before["random"][0], before["random"][1]);
}

#[test]
fn there_is_no_environment_and_there_are_no_arguments() {
    for look in probe() {
        assert_eq!(look["environment"], Value::Array(Vec::new()));
        assert_eq!(look["arguments"], Value::Array(Vec::new()));
    }
}

#[test]
fn standard_streams_go_to_the_log_by_line_but_not_while_replaying() {
    let test = TestSandbox::new();
    let mut probe = test.start("deterministic", "probe", &[]);
    probe.turn().unwrap();
    let telemetry = probe.guest.take_telemetry();
    let lines: Vec<(Level, LogSource, &str)> = telemetry
        .iter()
        .filter_map(|entry| match entry {
            Telemetry::Log { level, source, message, .. } => Some((*level, *source, message.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!((lines[0].0, lines[0].1), (Level::Info, LogSource::Stdout));
    assert_eq!(lines[0].2, format!("probed at {}", START.as_micros()));
    assert_eq!((lines[1].0, lines[1].1), (Level::Warn, LogSource::Stderr));
    assert!(probe.guest.take_telemetry().is_empty(), "it is said once");

    let mut replayed = probe.fresh_guest();
    let mut replay = dalsegno_engine::replay::Replay::default();
    replay.step(&probe.transitions[0], 1, &mut replayed).unwrap();
    assert!(replayed.take_telemetry().is_empty(), "it was said before");
}

#[test]
fn a_query_cannot_ask_for_anything() {
    let test = TestSandbox::new();
    let handmade = Handmade {
        imports: r#"(import "dalsegno:workflow/timers@0.1.0" "start"
            (func $start (param i64 i32 i32 i32 i32 i32) (result i64)))"#,
        query: "(drop (call $start (i64.const 1) (i32.const 0) (i32.const 0) (i32.const 0)
            (i32.const 0) (i32.const 0))) unreachable",
        ..Handmade::default()
    };
    let error = instance(&test, &handmade).query(START, &request("any")).unwrap_err();
    assert_eq!(error.kind, ActivationErrorKind::Bug);
    assert!(error.message.contains("cannot change the run: it called `timers.start`"), "{error}");
    let error = instance(&test, &handmade).validate_update(START, &request("any")).unwrap_err();
    assert!(error.message.contains("unreachable"), "{error}");
}

#[test]
fn a_query_draws_from_a_stream_of_its_own() {
    // Draws a number and counts by it, then answers with zeros: success, and nothing.
    const DRAW: &str = "(call $count (i32.const 0) (i32.const 0) (call $random) (i32.const 0) (i32.const 0))
        (i32.const 512)";
    let handmade = Handmade {
        packages: &["package wasi:random@0.2.0; interface random { get-random-u64: func() -> u64; }"],
        world: "import wasi:random/random@0.2.0;",
        imports: r#"
            (import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))
            (import "dalsegno:workflow/telemetry@0.1.0" "count" (func $count (param i32 i32 i64 i32 i32)))"#,
        activate: DRAW,
        query: DRAW,
        ..Handmade::default()
    };
    let test = TestSandbox::new();
    let drawn = |guest: &mut Instance| match guest.take_telemetry().as_slice() {
        [Telemetry::Count { value, .. }] => *value,
        other => panic!("{other:?}"),
    };
    let activate = |guest: &mut Instance| {
        guest.activate(&activation(), &mut Calls::read_only()).unwrap();
        drawn(guest)
    };
    let query = |guest: &mut Instance| {
        guest.query(START, &request("any")).unwrap().unwrap();
        drawn(guest)
    };
    let mut guest = instance(&test, &handmade);
    let undisturbed = [activate(&mut guest), activate(&mut guest)];
    let mut guest = instance(&test, &handmade);
    let first = activate(&mut guest);
    let asked = [query(&mut guest), query(&mut guest)];
    assert_eq!([first, activate(&mut guest)], undisturbed);
    assert_eq!(asked[0], asked[1], "each query begins anew");
    assert!(!undisturbed.contains(&asked[0]), "it can be told what the workflow will draw");
}

/// Opens the file whose name, of 10 letters, the field puts at 100, and goes on if it is not there.
fn opener(name: &'static str) -> Handmade {
    Handmade {
        packages: &["package wasi:filesystem@0.2.0;
            interface types {
                enum error-code { access, no-entry }
                flags path-flags { symlink-follow }
                flags open-flags { create, directory, exclusive, truncate }
                flags descriptor-flags { read, write }
                resource descriptor {
                    open-at: func(path-flags: path-flags, path: string, open-flags: open-flags,
                        %flags: descriptor-flags) -> result<descriptor, error-code>;
                }
            }
            interface preopens {
                use types.{descriptor};
                get-directories: func() -> list<tuple<descriptor, string>>;
            }"],
        world: "import wasi:filesystem/types@0.2.0; import wasi:filesystem/preopens@0.2.0;",
        imports: r#"
            (import "wasi:filesystem/types@0.2.0" "[method]descriptor.open-at"
                (func $open (param i32 i32 i32 i32 i32 i32 i32)))
            (import "wasi:filesystem/preopens@0.2.0" "get-directories" (func $folders (param i32)))"#,
        fields: name,
        activate: "(call $folders (i32.const 0))
            (call $open (i32.load (i32.load (i32.const 0))) (i32.const 0) (i32.const 100) (i32.const 10)
                (i32.const 0) (i32.const 0) (i32.const 200))
            (if (i32.ne (i32.load (i32.const 200)) (i32.const 1)) (then unreachable))
            (i32.const 300)",
        ..Handmade::default()
    }
}

#[test]
fn opening_a_file_names_activities_and_the_file() {
    let error = bug_of(&opener(r#"(data (i32.const 100) "orders.csv")"#));
    assert!(error.message.starts_with("opening the file `orders.csv` inside a workflow"), "{error}");
    assert!(error.message.contains("activity"), "{error}");
}

#[test]
fn exit_is_a_trap() {
    let handmade = Handmade {
        packages: &["package wasi:cli@0.2.3; interface exit { exit: func(status: result); }"],
        world: "import wasi:cli/exit@0.2.3;",
        imports: r#"(import "wasi:cli/exit@0.2.3" "exit" (func $exit (param i32)))"#,
        activate: "(call $exit (i32.const 0)) unreachable",
        ..Handmade::default()
    };
    let error = bug_of(&handmade);
    assert!(error.message.contains("`exit`") && error.message.contains("return"), "{error}");
}

#[test]
fn a_runtime_that_ends_itself_is_quoted() {
    let handmade = Handmade {
        packages: &[
            "package wasi:io@0.2.3;
            interface error { resource error; }
            interface streams {
                use error.{error};
                variant stream-error { last-operation-failed(error), closed }
                resource output-stream { write: func(contents: list<u8>) -> result<_, stream-error>; }
            }",
            "package wasi:cli@0.2.3;
            interface exit { exit: func(status: result); }
            interface stderr { use wasi:io/streams@0.2.3.{output-stream}; get-stderr: func() -> output-stream; }",
        ],
        world: "import wasi:cli/exit@0.2.3; import wasi:cli/stderr@0.2.3; import wasi:io/streams@0.2.3;",
        imports: r#"
            (import "wasi:cli/exit@0.2.3" "exit" (func $exit (param i32)))
            (import "wasi:cli/stderr@0.2.3" "get-stderr" (func $stderr (result i32)))
            (import "wasi:io/streams@0.2.3" "[method]output-stream.write"
                (func $write (param i32 i32 i32 i32)))"#,
        fields: r#"(data (i32.const 100) "fatal error: all goroutines are asleep")"#,
        activate: "(call $write (call $stderr) (i32.const 100) (i32.const 38) (i32.const 200))
            (call $exit (i32.const 1)) unreachable",
        ..Handmade::default()
    };
    assert_eq!(bug_of(&handmade).message, "fatal error: all goroutines are asleep");
}

/// Sleeps, then ends itself, which tells a wait that passed from one that did not.
const POLL: Handmade = Handmade {
    packages: &[
        "package wasi:io@0.2.3; interface poll { resource pollable { block: func(); } }",
        "package wasi:clocks@0.2.3;
        interface monotonic-clock {
            use wasi:io/poll@0.2.3.{pollable};
            now: func() -> u64;
            subscribe-duration: func(nanoseconds: u64) -> pollable;
        }",
    ],
    world: "import wasi:io/poll@0.2.3; import wasi:clocks/monotonic-clock@0.2.3;",
    imports: r#"
        (import "wasi:io/poll@0.2.3" "[method]pollable.block" (func $block (param i32)))
        (import "wasi:clocks/monotonic-clock@0.2.3" "now" (func $now (result i64)))
        (import "wasi:clocks/monotonic-clock@0.2.3" "subscribe-duration"
            (func $in (param i64) (result i32)))"#,
    definitions: "",
    activate: "",
    query: "",
    validate_update: "",
    fields: "",
};

#[test]
fn a_wait_of_a_millisecond_passes_at_once() {
    let short = Handmade { activate: "(call $block (call $in (i64.const 1000000))) unreachable", ..POLL };
    assert!(bug_of(&short).message.contains("unreachable"), "{}", bug_of(&short));
    let long = Handmade { activate: "(call $block (call $in (i64.const 1000001))) unreachable", ..POLL };
    assert!(bug_of(&long).message.contains("blocking wait"), "{}", bug_of(&long));
}

#[test]
fn the_monotonic_clock_is_never_zero() {
    let handmade = Handmade {
        definitions:
            "(drop (i64.div_u (i64.const 1) (call $now))) (call $block (call $in (i64.const 1000000000)))
            unreachable",
        ..POLL
    };
    let error = module(&TestSandbox::new(), &handmade).definitions().unwrap_err();
    assert!(error.message.contains("blocking wait"), "{error}");
}

#[test]
fn a_function_of_wasi_that_the_host_never_heard_of_traps_when_it_is_used() {
    let handmade = Handmade {
        packages: &["package wasi:clocks@0.2.9; interface timezone { utc-offset: func() -> s32; }"],
        world: "import wasi:clocks/timezone@0.2.9;",
        imports: r#"(import "wasi:clocks/timezone@0.2.9" "utc-offset" (func $offset (result i32)))"#,
        activate: "(drop (call $offset)) unreachable",
        ..Handmade::default()
    };
    let error = bug_of(&handmade);
    assert!(error.message.contains("`wasi:clocks/timezone.utc-offset`"), "{error}");
}

#[test]
fn a_patch_is_asked_for_where_the_run_may_change_only() {
    let handmade = Handmade {
        imports: r#"(import "dalsegno:workflow/run@0.1.0" "patched"
            (func $patched (param i32 i32) (result i32)))"#,
        activate: "(drop (call $patched (i32.const 0) (i32.const 0))) unreachable",
        ..Handmade::default()
    };
    let error = bug_of(&handmade);
    assert!(error.message.contains("cannot change the run: it called `run.patched`"), "{error}");
}

#[test]
fn too_many_random_bytes_are_refused() {
    let handmade = Handmade {
        imports: r#"(import "dalsegno:workflow/run@0.1.0" "random-bytes"
            (func $bytes (param i32 i32)))"#,
        activate: "(call $bytes (i32.const 65537) (i32.const 0)) unreachable",
        ..Handmade::default()
    };
    let error = bug_of(&handmade);
    assert!(error.message.contains("65537 random bytes") && error.message.contains("65536"), "{error}");
}

#[test]
fn an_interpreter_that_looks_for_the_source_of_a_line_finds_none() {
    for name in [r#"(data (i32.const 100) "<template>")"#, r#"(data (i32.const 100) "/0/rule.py")"#] {
        let test = TestSandbox::new();
        let activated = instance(&test, &opener(name)).activate(&activation(), &mut Calls::read_only());
        assert!(activated.is_ok(), "{name}: {activated:?}");
    }
}

/// Where a guest fails: if it is to say where it stands, and if it is not.
fn backtraces(handmade: &Handmade) -> [String; 2] {
    let test = TestSandbox::new();
    [true, false].map(|wanted| {
        let mut guest = instance(&test, handmade);
        guest.want_call_sites(wanted);
        guest.activate(&activation(), &mut Calls::read_only()).unwrap_err().backtrace
    })
}

#[test]
fn of_an_interpreter_that_traps_what_it_told_is_shown_and_no_frames_around_the_code() {
    let handmade = Handmade {
        imports: r#"
            (import "dalsegno:workflow/telemetry@0.1.0" "wants-call-sites" (func $wanted (result i32)))
            (import "dalsegno:workflow/telemetry@0.1.0" "call-site" (func $site (param i32 i32)))"#,
        fields: r#"(data (i32.const 100) "orders.py, line 7") (data (i32.const 200) "\64\00\00\00\11\00\00\00")
            (func $os_abort unreachable)
            (func $_PyEval_EvalFrameDefault (call $os_abort))"#,
        activate: "(if (call $wanted) (then (call $site (i32.const 200) (i32.const 1))))
            (call $_PyEval_EvalFrameDefault) unreachable",
        ..Handmade::default()
    };
    assert_eq!(backtraces(&handmade), ["orders.py, line 7", "os_abort"]);
}

#[test]
fn a_guest_that_explains_itself_says_where_it_calls() {
    let handmade = Handmade {
        imports: r#"
            (import "dalsegno:workflow/telemetry@0.1.0" "wants-call-sites" (func $wanted (result i32)))
            (import "dalsegno:workflow/telemetry@0.1.0" "call-site" (func $site (param i32 i32)))
            (import "dalsegno:workflow/run@0.1.0" "cancelled" (func $cancelled (param i32 i32)))"#,
        fields: r#"(data (i32.const 100) "orders.py, line 7") (data (i32.const 200) "\64\00\00\00\11\00\00\00")"#,
        activate: "(if (call $wanted) (then (call $site (i32.const 200) (i32.const 1))))
            (call $cancelled (i32.const 0) (i32.const 0)) unreachable",
        ..Handmade::default()
    };
    let [told, silent] = backtraces(&handmade);
    assert_eq!(told, "orders.py, line 7");
    assert!(!silent.contains("orders.py"));
}

#[test]
fn an_error_that_the_guest_reports_is_a_bug_with_its_own_words() {
    // At 0: an error; at 4 and 8: one cause, at 304: message, stack trace, and the case `terminated`.
    let handmade = Handmade {
        fields: r#"
            (data (i32.const 0) "\01\00\00\00\30\01\00\00\01\00\00\00")
            (data (i32.const 304) "\f4\01\00\00\08\00\00\00\00\00\00\00\00\00\00\00\02")
            (data (i32.const 500) "no\1b\0await")"#,
        activate: "(i32.const 0)",
        ..Handmade::default()
    };
    let error = bug_of(&handmade);
    assert_eq!(error.message, "no  wait", "control characters are not for logs");
}
