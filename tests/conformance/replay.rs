//! Exported histories, repeated by the module that wrote them.

use std::{collections::BTreeMap, sync::Arc, thread};

use dalsegno_engine::{event::EventAttributes, export::ExportedHistory, guest::RunInfo, replay::Replay};
use dalsegno_sandbox::{Compiler, Module, Sandbox, SandboxConfig};
use dalsegno_tests::{guests, programs, waiting::PATIENCE};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::languages::Language;

/// A guest's stack lies on the thread's, below unoptimised code of the engine.
const STACK_BYTES: usize = 16 << 20;
/// Guests at the same time.
const INSTANCES_MAX: u32 = 16;

type Loaded = (Sandbox, BTreeMap<&'static str, Module>);

/// The module of a language, compiled by the host before.
async fn module(language: Language) -> (Sandbox, Module) {
    static LOADED: Mutex<Option<Loaded>> = Mutex::const_new(None);
    let mut loaded = LOADED.lock().await;
    let (sandbox, modules) = loaded.get_or_insert_with(|| (sandbox(), BTreeMap::new()));
    let load = || {
        let bytes = guests::bytes(language.component());
        let digest = Sandbox::digest(&bytes);
        sandbox.compile(&digest, &bytes).expect("the host has compiled it");
        sandbox.load(&digest).expect("it is in the cache").expect("it was compiled")
    };
    let module = modules.entry(language.component()).or_insert_with(load).clone();
    (sandbox.clone(), module)
}

fn sandbox() -> Sandbox {
    let config = SandboxConfig {
        cache_dir: programs::scratch().join("modules"),
        compiler: Compiler::ThisProcess,
        instances_max: INSTANCES_MAX,
        activation_deadline: PATIENCE,
        ..SandboxConfig::default()
    };
    Sandbox::new(config).unwrap_or_else(|error| panic!("no sandbox: {error}"))
}

/// Repeats a history.
///
/// # Errors
/// Where it diverges, or why it is no history.
pub(crate) async fn replay(language: Language, history: Value) -> Result<(), String> {
    let (sandbox, module) = module(language).await;
    let work = move || repeat(&sandbox, &module, history);
    let replayed = tokio::task::spawn_blocking(|| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(work).expect("a thread can be had");
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    replayed.await.expect("it ends")
}

fn repeat(sandbox: &Sandbox, module: &Module, history: Value) -> Result<(), String> {
    let export: ExportedHistory = serde_json::from_value(history).map_err(|error| error.to_string())?;
    let (namespace, run_id) = (export.namespace.clone(), export.run_id.clone());
    let transitions = export.into_transitions().map_err(|error| error.to_string())?;
    let first = transitions.first().ok_or("it has no events")?;
    let Some(EventAttributes::WorkflowExecutionStarted(started)) = first.inputs.first() else {
        return Err("it does not begin with a start".to_owned());
    };
    let info = RunInfo {
        namespace: namespace.ok_or("it names no namespace")?,
        run_id: run_id.ok_or("it names no run")?,
        start_time: first.time,
        started: Arc::clone(started),
    };
    let mut guest = sandbox.instantiate(module, info).map_err(|error| error.to_string())?;
    let mut replay = Replay::default();
    for transition in &transitions {
        replay.step(transition, transition.encode().len(), &mut guest).map_err(|error| error.to_string())?;
    }
    Ok(())
}
