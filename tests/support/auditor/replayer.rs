//! Plays stored histories again, in the real sandbox.

use std::{collections::BTreeMap, thread};

use dalsegno_engine::{State, guest::RunInfo, ids::ModuleDigest, replay::Replay};
use dalsegno_sandbox::{Compiler, Module, Sandbox, SandboxConfig};

use super::{Finding, Rule, record::Record};
use crate::programs;

/// A guest's stack lies on the thread's, below unoptimised code of the engine.
const STACK_BYTES: usize = 16 << 20;
/// Guests at the same time; one is enough.
const INSTANCES_MAX: u32 = 8;

/// The sandbox with the modules of the runs.
#[derive(Debug)]
pub struct Replayer {
    pub(super) sandbox: Sandbox,
    pub(super) modules: BTreeMap<ModuleDigest, Module>,
}

impl Replayer {
    /// Compiles the modules.
    ///
    /// # Panics
    /// If one of them, which a host has run, does not compile.
    #[must_use]
    pub fn new(modules: BTreeMap<ModuleDigest, Vec<u8>>) -> Self {
        let config = SandboxConfig {
            cache_dir: programs::scratch().join("audited-modules"),
            compiler: Compiler::ThisProcess,
            instances_max: INSTANCES_MAX,
            activation_deadline: crate::waiting::PATIENCE,
            ..SandboxConfig::default()
        };
        let sandbox = Sandbox::new(config).unwrap_or_else(|error| panic!("no sandbox: {error}"));
        let load = |(digest, bytes): (ModuleDigest, Vec<u8>)| {
            sandbox.compile(&digest, &bytes).unwrap_or_else(|error| panic!("{digest}: {error}"));
            let module = sandbox.load(&digest).unwrap_or_else(|error| panic!("{digest}: {error}"));
            (digest, module.expect("it was compiled"))
        };
        let modules = modules.into_iter().map(load).collect();
        Self { sandbox, modules }
    }

    /// Replays every history; tells how many activations that were, and what did not repeat itself.
    ///
    /// # Panics
    /// If the engine or the sandbox does.
    #[must_use]
    pub fn replay_all(self, records: Vec<Record>) -> (u64, Vec<Finding>) {
        let replay = move || {
            let mut activations = 0;
            let mut findings = Vec::new();
            for record in &records {
                match self.replay(record) {
                    Ok(state) => activations += state.activations,
                    Err(what) => findings.push(Finding::of(Rule::A4, record, what)),
                }
            }
            (activations, findings)
        };
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(replay);
        let thread = thread.unwrap_or_else(|error| panic!("no thread: {error}"));
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn replay(&self, record: &Record) -> Result<State, String> {
        let first = record.transitions.first().map(|first| (first, 0));
        let state = State::fold(first).map_err(|error| error.to_string())?;
        let started = state.started.ok_or("there is no start")?;
        let key = record.row.key.clone();
        let info =
            RunInfo { namespace: key.namespace, run_id: key.run_id, start_time: state.start_time, started };
        let module = self.modules.get(&record.row.module).ok_or("its module is not there")?;
        let mut guest = self.sandbox.instantiate(module, info).map_err(|error| error.to_string())?;
        let mut replay = Replay::default();
        for transition in &record.transitions {
            // As many bytes as are stored: the guest is told.
            let bytes = transition.encode().len();
            replay.step(transition, bytes, &mut guest).map_err(|error| error.to_string())?;
        }
        Ok(replay.into_state())
    }
}
