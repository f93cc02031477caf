//! The same history twice: the same commands, and the same memory to the last byte.

use dalsegno_engine::{Transition, replay::Replay};
use wasmtime::component::Component;

use super::{
    support::{self, Driver},
    visible_memory::VisibleMemory,
};
use crate::{Module, Sandbox, SandboxConfig, runtime::Runtime};

/// The input of a workflow, and the signals it gets after its first turn; others get nothing.
fn script(workflow: &str) -> (&'static [&'static str], &'static [(&'static str, &'static str)]) {
    const CUSTOMER: &str = r#"{"name": "Ada", "email": "a@b.c", "address": "here", "services": "http://localhost",
        "order_id": "1", "card": "4242", "cents": 100, "items": [{"sku": "x", "quantity": 1}]}"#;
    match workflow {
        "hello" => (&["\"World\""], &[]),
        "chain" => (&["{\"steps\": 5}"], &[]),
        "fanout" => (&["{\"count\": 5}"], &[]),
        "sleeper" => (&["{\"ms\": 5}"], &[]),
        "waiter" | "diverging" => (&[], &[("go", "1")]),
        "approval" => (&["\"subject\""], &[("approve", "\"Ada\"")]),
        "onboarding" | "order-fulfilment" => (&[CUSTOMER], &[]),
        _ => (&[], &[]),
    }
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
    fn live(&self, workflow: &str) -> Record {
        self.memory.clear();
        let (input, signals) = script(workflow);
        let mut driver = Driver::new(&self.sandbox, self.module.clone(), workflow, input);
        let mut hashes = Vec::new();
        while !driver.is_done() {
            let failed = driver.turn().is_err();
            if hashes.is_empty() {
                signals.iter().for_each(|(name, argument)| driver.signal(name, argument));
            }
            hashes.push(self.memory.hash());
            if failed {
                break;
            }
        }
        (driver.transitions, hashes)
    }

    /// Replays a run in a fresh guest; its memory after each step.
    fn replay(&self, workflow: &str, transitions: &[Transition]) -> Vec<String> {
        self.memory.clear();
        let (input, _) = script(workflow);
        let mut guest = Driver::new(&self.sandbox, self.module.clone(), workflow, input).guest;
        let mut replay = Replay::default();
        let step = |transition| {
            replay.step(transition, 1, &mut guest).unwrap();
            self.memory.hash()
        };
        transitions.iter().map(step).collect()
    }
}

#[test]
fn every_guest_gives_the_same_commands_and_memory_for_the_same_history() {
    let cache = tempfile::TempDir::new().unwrap();
    let mut turns = 0;
    for package in support::guests().iter().filter(|package| *package != "hostile") {
        let laboratory = Laboratory::new(cache.path(), package);
        for workflow in laboratory.module.definitions().unwrap().workflows {
            let name = workflow.name.as_str();
            let (transitions, hashes) = laboratory.live(name);
            let again = laboratory.live(name);
            assert_eq!(transitions, again.0, "{package}: {name} did something else");
            assert_eq!(hashes, again.1, "{package}: {name} has another memory");
            let replayed = laboratory.replay(name, &transitions);
            assert_eq!(replayed, laboratory.replay(name, &transitions), "{package}: {name}");
            turns += hashes.len();
        }
    }
    assert!(turns > 30, "too little was looked at: {turns} turns");
}

#[test]
fn another_seed_gives_another_memory() {
    let cache = tempfile::TempDir::new().unwrap();
    let laboratory = Laboratory::new(cache.path(), "deterministic");
    let (_, hashes) = laboratory.live("probe");
    laboratory.memory.clear();
    let mut other = Driver::new(&laboratory.sandbox, laboratory.module.clone(), "probe", &[]);
    let mut started = (*other.info.started).clone();
    started.seed.0[0] ^= 1;
    other.guest = laboratory.sandbox.instantiate(&laboratory.module, support::run_info(started)).unwrap();
    other.finish().unwrap();
    assert_ne!(laboratory.memory.hash(), hashes[hashes.len() - 1]);
}
