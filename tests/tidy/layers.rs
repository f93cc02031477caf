//! What may know of what: `engine` ← `store`, `engine` ← `sandbox`; `server` joins them, and `cli` is last.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    code,
    repository::{File, assert_none, files, members},
};

/// The crates of the host, and which of the others each may depend on.
const LAYERS: [(&str, &[&str]); 5] = [
    ("dalsegno-engine", &[]),
    ("dalsegno-store", &["dalsegno-engine"]),
    ("dalsegno-sandbox", &["dalsegno-engine"]),
    ("dalsegno-server", &["dalsegno-engine", "dalsegno-sandbox", "dalsegno-store"]),
    ("dalsegno", &["dalsegno-engine", "dalsegno-sandbox", "dalsegno-server"]),
];

/// All that the engine is built from: nothing that waits, reads a clock, or draws at random.
const ENGINE_DEPENDENCIES: [&str; 10] = [
    "base64",
    "bytes",
    "jiff",
    "rmp-serde",
    "serde",
    "serde_bytes",
    "serde_json",
    "sha2",
    "thiserror",
    "uuid",
];

/// Features of these that would bring a clock or randomness.
const IMPURE_FEATURES: [(&str, &[&str]); 2] =
    [("jiff", &["default", "std"]), ("uuid", &["rng", "v1", "v4", "v6", "v7"])];

/// Words that have no place in the engine's code.
const IMPURE_WORDS: [&str; 17] = [
    "HashMap",
    "HashSet",
    "Instant",
    "Mutex",
    "RandomState",
    "RwLock",
    "SystemTime",
    "async",
    "await",
    "println",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "unsafe",
];

/// Libraries, and the only places of the host that may name them.
const PLACES: [(&str, &[&str]); 11] = [
    ("axum", &["host/server/src/api/"]),
    ("clap", &["host/cli/"]),
    ("comfy_table", &["host/cli/"]),
    ("hyper", &["host/server/src/api/"]),
    ("jiff", &["host/engine/src/time.rs", "host/cli/"]),
    ("prometheus_client", &["host/server/src/telemetry/"]),
    ("reqwest", &["host/server/src/activities/http/", "host/cli/"]),
    ("rmp_serde", &["host/engine/", "host/store/"]),
    ("sqlx", &["host/store/"]),
    ("utoipa", &["host/server/src/api/"]),
    ("wasmtime", &["host/sandbox/"]),
];

#[test]
fn crates_depend_on_those_below_them_only() {
    let mut broken = Vec::new();
    let members = by_name();
    for (name, allowed) in LAYERS {
        for (dependency, _) in dependencies(&members[name]) {
            if LAYERS.iter().any(|(layer, _)| *layer == dependency) && !allowed.contains(&dependency.as_str())
            {
                broken.push(format!("{name} depends on {dependency}"));
            }
        }
    }
    assert_none("Layers: engine ← store, engine ← sandbox; server joins them; cli is last.", &broken);
}

#[test]
fn no_crate_of_the_host_is_without_a_layer() {
    let known: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).chain(["dalsegno-tests"]).collect();
    let members = by_name();
    let found: BTreeSet<&str> = members.keys().map(String::as_str).collect();
    assert_eq!(found, known, "every crate has a place in `LAYERS`");
}

#[test]
fn the_engine_is_pure_by_its_manifest() {
    let engine = &by_name()["dalsegno-engine"];
    let mut broken = Vec::new();
    for (dependency, features) in dependencies(engine) {
        if !ENGINE_DEPENDENCIES.contains(&dependency.as_str()) {
            broken.push(format!("it depends on {dependency}"));
        }
        let impure = IMPURE_FEATURES.iter().filter(|(name, _)| *name == dependency);
        for feature in impure.flat_map(|(_, impure)| *impure).filter(|impure| features.contains(**impure)) {
            broken.push(format!("it uses the feature {feature} of {dependency}"));
        }
    }
    let rule = "The engine knows no clock, randomness, database, guest runtime or executor. If a new dependency of \
                it is as pure, add it to `ENGINE_DEPENDENCIES`.";
    assert_none(rule, &broken);
}

#[test]
fn the_engine_is_pure_by_its_code() {
    let sources: Vec<File> = rust_below("host/engine/src/");
    let broken: Vec<String> = sources.iter().flat_map(|file| named(file, &IMPURE_WORDS)).collect();
    let rule = "The engine is a fold: no clock, no I/O, no threads, no async, and no maps whose order is a matter of \
                luck (use BTreeMap).";
    assert!(!sources.is_empty());
    assert_none(rule, &broken);
}

#[test]
fn libraries_are_named_in_their_places_only() {
    let mut broken = Vec::new();
    for file in rust_below("host/") {
        let elsewhere =
            PLACES.iter().filter(|(_, places)| !places.iter().any(|place| file.path.starts_with(place)));
        let names: Vec<&str> = elsewhere.map(|(name, _)| *name).collect();
        broken.extend(named(&file, &names));
    }
    assert_none("Only `api` knows HTTP shapes, only `store` rows, only `sandbox` WebAssembly.", &broken);
}

#[test]
fn the_guest_contract_is_known_to_the_sandbox_and_the_sdk_only() {
    let mut broken = Vec::new();
    for file in rust_below("host/").into_iter().filter(|file| !file.path.starts_with("host/sandbox/")) {
        broken.extend(named(&file, &["bindgen"]));
        if file.text.contains("/wit\"") {
            broken.push(format!("{}: names the folder wit", file.path));
        }
    }
    assert_none("Bindings of the guest contract are made in host/sandbox and in SDKs.", &broken);
}

fn rust_below(folder: &str) -> Vec<File> {
    files("rs").into_iter().filter(|file| file.path.starts_with(folder)).collect()
}

/// Where a file's code has one of some words.
fn named(file: &File, words: &[&str]) -> Vec<String> {
    let code = file.code();
    let found = |word: &&str| -> Vec<String> {
        let lines = code::lines_with(&code, word);
        lines.into_iter().map(|line| format!("{}:{line}: {word}", file.path)).collect()
    };
    words.iter().flat_map(found).collect()
}

fn by_name() -> BTreeMap<String, Value> {
    let members = members(".").into_iter();
    members.map(|package| (package["name"].as_str().unwrap_or_default().to_owned(), package)).collect()
}

/// What a package needs to be built, its tests aside, with the features it asks for.
fn dependencies(package: &Value) -> Vec<(String, BTreeSet<String>)> {
    let all = package["dependencies"].as_array().expect("cargo lists dependencies");
    let of_code = all.iter().filter(|dependency| dependency["kind"] != "dev");
    let read = of_code.map(|dependency| {
        let features = dependency["features"].as_array().into_iter().flatten();
        let mut features: BTreeSet<String> =
            features.filter_map(Value::as_str).map(ToOwned::to_owned).collect();
        if dependency["uses_default_features"] == true {
            features.insert("default".to_owned());
        }
        (dependency["name"].as_str().unwrap_or_default().to_owned(), features)
    });
    read.collect()
}
