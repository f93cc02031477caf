//! The same history twice: the same commands, and the same memory to the last byte.

use dalsegno_engine::{Transition, event::EventAttributes, replay::Replay};
use parking_lot::Mutex;
use wasmtime::component::Component;

use super::{
    support::{self, Driver},
    visible_memory::VisibleMemory,
};
use crate::{Module, Sandbox, SandboxConfig, runtime::Runtime};

/// A workflow that goes on for ever has shown by then what it does.
const TURNS_MAX: usize = 100;

/// The arguments of a workflow, and the signals it gets after its first turn; others get nothing.
struct Script {
    input: Vec<String>,
    signals: &'static [(&'static str, &'static str)],
}

/// In which languages guests are, beside Rust, as their names end.
const LANGUAGES: [&str; 4] = ["-c", "-go", "-python", "-typescript"];

/// One guest for each other language: what it shares with the others of the language takes most of the time to compile.
const OF_OTHER_LANGUAGES: [&str; 4] = ["approval-python", "approval-typescript", "conformance-go", "hello-c"];

/// Whether a guest is looked at. The hostile one does not come to an end.
fn is_looked_at(package: &str) -> bool {
    let is_rust = without_language(package) == package;
    (is_rust && package != "hostile") || OF_OTHER_LANGUAGES.contains(&package)
}

/// The package that a guest is written after, in whatever language.
fn without_language(package: &str) -> &str {
    LANGUAGES.iter().find_map(|language| package.strip_suffix(language)).unwrap_or(package)
}

/// Of an example it is what its README begins with.
fn script(package: &str, workflow: &str) -> Script {
    let signals: &[_] = match workflow {
        "waiter" | "diverging" => &[("go", "1")],
        "approval" => &[("approve", "\"Ada\"")],
        _ => &[],
    };
    let input = match workflow {
        "chain" | "fanout" => vec![r#"{"steps": 5, "count": 5}"#.to_owned()],
        "sleeper" => vec![r#"{"ms": 5}"#.to_owned()],
        _ if workflow == package => example_input(package).unwrap_or_default(),
        _ => Vec::new(),
    };
    Script { input, signals }
}

/// The first input that the README of an example has, as arguments. `None`: there is no such example.
fn example_input(package: &str) -> Option<Vec<String>> {
    let path = examples_folder().join(package).join("README.md");
    let text = std::fs::read_to_string(path).ok()?;
    let (_, input) = text.split_once("- input:").unwrap_or_else(|| panic!("{package}: no `- input:`"));
    if input.trim_start().starts_with("none") {
        return Some(Vec::new());
    }
    let starts = input.match_indices(['[', '{']).map(|(start, _)| &input[start..]);
    let mut values = starts.filter_map(|text| {
        serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>().next()?.ok()
    });
    Some(match values.next().unwrap_or_else(|| panic!("{package}: its README has no input")) {
        serde_json::Value::Array(arguments) => arguments.iter().map(ToString::to_string).collect(),
        argument => vec![argument.to_string()],
    })
}

fn examples_folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// The folders that hold a workflow.
fn examples() -> Vec<String> {
    let folders = std::fs::read_dir(examples_folder()).unwrap().map(|entry| entry.unwrap().path());
    let is_guest = |folder: &std::path::PathBuf| {
        std::fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|manifest| manifest.contains("cdylib"))
    };
    folders.filter(is_guest).map(|folder| folder.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

struct Laboratory {
    memory: VisibleMemory,
    sandbox: Sandbox,
    module: Module,
}

/// What a run did: its transitions, and its memory after each turn.
type Record = (Vec<Transition>, Vec<String>);

impl Laboratory {
    fn new(cache: &std::path::Path, package: &str) -> Self {
        let memory = VisibleMemory::default();
        let config = SandboxConfig { cache_dir: cache.to_owned(), ..SandboxConfig::default() };
        let runtime = Runtime::on(memory.engine(), config).unwrap();
        let bytes = support::guest(package);
        let component = Component::from_binary(&runtime.engine, &bytes).unwrap();
        let module = Module::link(runtime.clone(), Sandbox::digest(&bytes), &component).unwrap();
        Self { memory, sandbox: Sandbox::on(runtime).unwrap(), module }
    }

    /// Runs a workflow as far as it goes. One that fails has failed in the same way.
    fn live(&self, workflow: &str, script: &Script) -> Record {
        self.memory.clear();
        let input: Vec<&str> = script.input.iter().map(String::as_str).collect();
        let mut driver = Driver::new(&self.sandbox, self.module.clone(), workflow, &input);
        let mut hashes = Vec::new();
        while !driver.is_done() && hashes.len() < TURNS_MAX {
            let failed = driver.turn().is_err();
            if hashes.is_empty() {
                script.signals.iter().for_each(|(name, argument)| driver.signal(name, argument));
            }
            hashes.push(self.memory.hash());
            if failed {
                break;
            }
        }
        (driver.transitions, hashes)
    }

    /// Replays a run in a fresh guest; its memory after each step.
    fn replay(&self, workflow: &str, script: &Script, transitions: &[Transition]) -> Vec<String> {
        self.memory.clear();
        let input: Vec<&str> = script.input.iter().map(String::as_str).collect();
        let mut guest = Driver::new(&self.sandbox, self.module.clone(), workflow, &input).guest;
        let mut replay = Replay::default();
        let step = |transition| {
            replay.step(transition, 1, &mut guest).unwrap();
            self.memory.hash()
        };
        transitions.iter().map(step).collect()
    }
}

/// What was looked at, of all guests.
#[derive(Default)]
struct Seen {
    turns: usize,
    /// Examples that have a workflow of their name.
    examples: Vec<String>,
}

/// Looks at every workflow of a package.
fn look(cache: &std::path::Path, package: &str, seen: &Mutex<Seen>) {
    let laboratory = Laboratory::new(cache, package);
    let written_after = without_language(package);
    for workflow in laboratory.module.definitions().unwrap().workflows {
        let name = workflow.name.as_str();
        let script = script(written_after, name);
        let (transitions, hashes) = laboratory.live(name, &script);
        let again = laboratory.live(name, &script);
        assert_eq!(transitions, again.0, "{package}: {name} did something else");
        assert_eq!(hashes, again.1, "{package}: {name} has another memory");
        let replayed = laboratory.replay(name, &script, &transitions);
        assert_eq!(replayed, laboratory.replay(name, &script, &transitions), "{package}: {name}");
        seen.lock().turns += hashes.len();
        if name == written_after && examples().iter().any(|example| example == name) {
            let first = &transitions[0].commands;
            let fails = |command: &EventAttributes| {
                matches!(command, EventAttributes::WorkflowExecutionFailed { .. })
            };
            assert!(!first.iter().any(fails), "{package} does not take its README's input: {first:?}");
            seen.lock().examples.push(name.to_owned());
        }
    }
}

#[test]
fn every_guest_gives_the_same_commands_and_memory_for_the_same_history() {
    let cache = tempfile::TempDir::new().unwrap();
    let packages = support::guests();
    let packages = Mutex::new(packages.iter().filter(|package| is_looked_at(package)));
    let seen = Mutex::new(Seen::default());
    let next = || packages.lock().next();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(package) = next() {
                    look(cache.path(), package, &seen);
                }
            });
        }
    });
    let Seen { turns, examples: seen } = seen.into_inner();
    let missing: Vec<String> = examples().into_iter().filter(|example| !seen.contains(example)).collect();
    assert_eq!(missing, [""; 0], "examples without a workflow of their name");
    assert!(turns > 30, "too little was looked at: {turns} turns");
}

#[test]
fn another_seed_gives_another_memory() {
    let cache = tempfile::TempDir::new().unwrap();
    let laboratory = Laboratory::new(cache.path(), "deterministic");
    let (_, hashes) = laboratory.live("probe", &Script { input: Vec::new(), signals: &[] });
    laboratory.memory.clear();
    let mut other = Driver::new(&laboratory.sandbox, laboratory.module.clone(), "probe", &[]);
    let mut started = (*other.info.started).clone();
    started.seed.0[0] ^= 1;
    other.guest = laboratory.sandbox.instantiate(&laboratory.module, support::run_info(started)).unwrap();
    other.finish().unwrap();
    assert_ne!(laboratory.memory.hash(), hashes[hashes.len() - 1]);
}
