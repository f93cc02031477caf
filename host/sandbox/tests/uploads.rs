//! What is refused at upload, each with its reason; and that nothing in the bytes harms the host.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[expect(dead_code, reason = "each test uses a part")]
mod support;

use dalsegno_sandbox::{CompileError, Refused, Sandbox};
use support::{TestSandbox, guest, handmade::Handmade};

#[track_caller]
fn refused(bytes: &[u8]) -> Refused {
    TestSandbox::new().sandbox.validate(bytes).expect_err("it is no module for this host")
}

#[test]
fn ordinary_guests_are_accepted() {
    let test = TestSandbox::new();
    for package in ["hello", "chain", "hostile"] {
        test.sandbox.validate(&guest(package)).unwrap();
    }
    test.sandbox.validate(&Handmade::default().build()).unwrap();
}

#[test]
fn other_bytes_are_refused() {
    for bytes in [&b""[..], b"\0", b"\0as", b"(component)", b"#!/bin/sh", &[0xff; 100]] {
        assert_eq!(refused(bytes), Refused::NotWasm);
    }
}

#[test]
fn a_core_module_is_refused() {
    let refusal = refused(&wat::parse_str("(module)").unwrap());
    assert_eq!(refusal, Refused::CoreModule);
    assert!(refusal.to_string().contains("wasm32-wasip2"));
}

#[test]
fn an_artifact_is_refused() {
    let test = TestSandbox::new();
    test.module("hello");
    let artifact = std::fs::read_dir(test.cache.path().join("modules")).unwrap().next().unwrap().unwrap();
    let bytes = std::fs::read(artifact.path()).unwrap();
    assert_eq!(test.sandbox.validate(&bytes), Err(Refused::Precompiled));
}

#[test]
fn a_large_module_is_refused_by_its_size_alone() {
    let test = TestSandbox::with(|config| config.module_bytes_max = 1_000);
    let bytes = guest("hello");
    let refusal = Refused::TooLarge { bytes: bytes.len(), bytes_max: 1_000 };
    assert_eq!(test.sandbox.validate(&bytes), Err(refusal));
}

#[test]
fn http_is_refused_with_the_name_of_the_activity() {
    let handmade = Handmade {
        packages: &["package wasi:http@0.2.0; interface outgoing-handler { handle: func(); }"],
        world: "import wasi:http/outgoing-handler@0.2.0;",
        imports: r#"(import "wasi:http/outgoing-handler@0.2.0" "handle" (func))"#,
        ..Handmade::default()
    };
    let refusal = refused(&handmade.build());
    assert_eq!(refusal, Refused::Http("wasi:http/outgoing-handler@0.2.0".to_owned()));
    assert!(refusal.to_string().contains("`http`"));
}

#[test]
fn foreign_imports_are_refused_by_name() {
    for import in ["acme:tools/clock@1.0.0", "wasi:keyvalue/store@0.2.0", "wasi:cli/exit@0.3.0"] {
        let text = format!(r#"(component (import "{import}" (instance (export "now" (func)))))"#);
        let bytes = wat::parse_str(text).unwrap();
        assert_eq!(refused(&bytes), Refused::ForeignImport(import.to_owned()));
    }
    let function = wat::parse_str(r#"(component (import "now" (func)))"#).unwrap();
    assert_eq!(refused(&function), Refused::ForeignImport("now".to_owned()));
}

#[test]
fn parts_of_a_newer_contract_are_refused_by_name() {
    for (import, named) in [
        ("dalsegno:workflow/run@0.1.7", "dalsegno:workflow/run@0.1.7.teleport"),
        ("dalsegno:workflow/rockets@0.1.0", "dalsegno:workflow/rockets@0.1.0"),
        ("dalsegno:workflow/run@0.2.0", "dalsegno:workflow/run@0.2.0"),
        ("dalsegno:workflow/run", "dalsegno:workflow/run"),
    ] {
        let text = format!(r#"(component (import "{import}" (instance (export "teleport" (func)))))"#);
        let bytes = wat::parse_str(text).unwrap();
        assert_eq!(refused(&bytes), Refused::UnknownImport(named.to_owned()));
    }
}

#[test]
fn a_component_without_workflows_is_refused() {
    let bytes = wat::parse_str("(component)").unwrap();
    assert_eq!(refused(&bytes), Refused::MissingExport("dalsegno:workflow/guest@0.1.0".to_owned()));
}

#[test]
fn features_that_are_not_deterministic_are_refused() {
    for module in ["(memory 1 1 shared)", "(memory i64 1)"] {
        let bytes = wat::parse_str(format!("(component (core module {module}))")).unwrap();
        assert!(matches!(refused(&bytes), Refused::Malformed(_)), "{module}");
    }
}

#[test]
fn functions_of_another_type_are_refused_when_compiled() {
    let text = r#"(component (import "dalsegno:workflow/run@0.1.0" (instance (export "info" (func)))))"#;
    let test = TestSandbox::new();
    let bytes = wat::parse_str(text).unwrap();
    let error = test.sandbox.compile(&Sandbox::digest(&bytes), &bytes).unwrap_err();
    assert!(matches!(error, CompileError::Refused(Refused::Incompatible(_))), "{error}");
    assert!(test.sandbox.load(&Sandbox::digest(&bytes)).unwrap().is_none());
}

#[test]
fn a_guest_that_begins_with_too_much_memory_is_refused_when_compiled() {
    let handmade = Handmade { fields: "(memory 5000)", ..Handmade::default() };
    let test = TestSandbox::new();
    let bytes = handmade.build();
    let error = test.sandbox.compile(&Sandbox::digest(&bytes), &bytes).unwrap_err();
    assert!(error.to_string().contains("327680000 bytes of memory"), "{error}");
}

#[test]
fn a_component_cut_anywhere_is_refused() {
    /// At the end of a component stand sections of names, which it may do without.
    const CUSTOM_SECTION: u8 = 0;
    let test = TestSandbox::new();
    let bytes = Handmade::default().build();
    let accepted = |length: &usize| test.sandbox.validate(&bytes[..*length]).is_ok();
    let accepted: Vec<usize> = (0..bytes.len()).filter(accepted).collect();
    assert!(accepted.len() <= 2, "{accepted:?}");
    assert!(accepted.iter().all(|length| bytes[*length] == CUSTOM_SECTION), "{accepted:?}");
}

#[test]
fn changed_bytes_never_panic() {
    let test = TestSandbox::new();
    let original = Handmade::default().build();
    let mut random = 1_u64;
    let mut next = || {
        // Knuth's MMIX generator: any mixture will do.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize
    };
    let mut accepted = 0;
    for _ in 0..20_000 {
        let mut bytes = original.clone();
        for _ in 0..1 + next() % 4 {
            let place = next() % bytes.len();
            bytes[place] = next() as u8;
        }
        let verdict = test.sandbox.validate(&bytes);
        assert_ne!(verdict, Err(Refused::Malformed("the parser gave up on it".to_owned())));
        // Compiling is another matter, which has a process of its own; some must get that far.
        if verdict.is_ok() && accepted < 200 {
            accepted += 1;
            let _ = test.sandbox.compile(&Sandbox::digest(&bytes), &bytes);
        }
    }
    assert!(accepted > 10, "the changes are too coarse to test anything: {accepted}");
}
