//! `dalsegno replay`

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, anyhow};
use clap::Args;
use dalsegno_engine::{
    Millis, Transition,
    divergence::Divergence,
    event::{EventAttributes, WorkflowExecutionStarted},
    export::ExportedHistory,
    guest::RunInfo,
    ids::{Namespace, RunId},
    replay::{Replay, ReplayError},
};
use dalsegno_sandbox::{Compiler, Module, Sandbox, SandboxConfig};
use dalsegno_server::config::HostConfig;
use serde_json::{Value, json};

use crate::{
    args::{Form, Global},
    error::CliError,
    input, output,
};

const EXAMPLES: &str = "\
Example:
  dalsegno workflow history order-1 --output json >order-1.json
  dalsegno replay --module order.wasm order-1.json

Nothing is executed but the workflow's own code, and nothing is stored. Exit code 1 means that the module does not
repeat the history: it must not take over such runs. The first event that differs is shown, with what the history has,
what the module did, and where its code stood.";

/// The thread's own stack, beside the guest's.
const STACK_BYTES: usize = 8 << 20;
/// Guests that exist at the same time here.
const INSTANCES_MAX: u32 = 4;

/// Which module, and which history.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReplayArgs {
    /// The component, a .wasm file
    #[arg(long, value_name = "FILE")]
    module: PathBuf,
    /// The history, as `workflow history --output json` prints it; `-` is stdin
    #[arg(value_name = "HISTORY")]
    history: PathBuf,
    /// The folder of compiled modules [default: ~/.cache/dalsegno]
    #[arg(long, value_name = "FOLDER", env = "DALSEGNO_CACHE_DIR")]
    cache_dir: Option<PathBuf>,
    /// Wall-clock time of one activation
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    activation_deadline: Millis,
}

/// A history to be repeated.
struct Past {
    transitions: Vec<Transition>,
    info: RunInfo,
    events: u64,
}

/// Whether the guest says where it makes each call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CallSites {
    Silent,
    Told,
}

pub(crate) fn run(args: &ReplayArgs, global: &Global) -> Result<(), CliError> {
    let bytes = input::read_file(&args.module)?;
    let export = read(args)?;
    let digest = Sandbox::digest(&bytes);
    if export.module != digest {
        output::note(&format!(
            "the history was written by another module, {}; this is {digest}",
            export.module
        ));
    }
    let past = past(export, global).map_err(|problem| wrong(args, &problem))?;
    let sandbox = sandbox(args)?;
    let module = load(&sandbox, &bytes)?;
    check_type(&module, &past)?;
    // Guests compute on a thread of their own, since the main one has whatever stack the system gives it.
    let replayed = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let thread = thread.spawn_scoped(scope, || explained(&sandbox, &module, &past));
        let thread = thread.context("the program cannot start a thread")?;
        thread.join().map_err(|_| anyhow!("the replay came to an unexpected end"))
    });
    match replayed? {
        Ok(()) => show_success(&past, global.output),
        Err(error) => show_failure(&error, global.output),
    }
}

fn wrong(args: &ReplayArgs, problem: &dyn std::fmt::Display) -> CliError {
    let help = "give it what `dalsegno workflow history ID --output json` prints, whole";
    CliError::usage(format!(
        "{} is no history that can be replayed: {problem}\n  help: {help}",
        args.history.display()
    ))
}

fn read(args: &ReplayArgs) -> Result<ExportedHistory, CliError> {
    let bytes = input::read_file(&args.history)?;
    serde_json::from_slice(&bytes).map_err(|error| wrong(args, &error))
}

fn past(export: ExportedHistory, global: &Global) -> Result<Past, String> {
    let events = export.events.len() as u64;
    let transitions = export.into_transitions().map_err(|error| error.to_string())?;
    let first = transitions.first().ok_or("it has no events")?;
    let Some(EventAttributes::WorkflowExecutionStarted(started)) = first.inputs.first() else {
        return Err("it does not begin with WorkflowExecutionStarted".to_owned());
    };
    let started: Arc<WorkflowExecutionStarted> = started.clone().into();
    let info = RunInfo {
        namespace: Namespace::new(&global.namespace),
        // An export does not name its run; without continue-as-new the first one is the only one.
        run_id: RunId::new(started.first_run_id.as_str()),
        start_time: first.time,
        started,
    };
    Ok(Past { transitions, info, events })
}

fn sandbox(args: &ReplayArgs) -> Result<Sandbox, CliError> {
    let host = HostConfig { cache_dir: args.cache_dir.clone(), ..HostConfig::default() };
    let config = SandboxConfig {
        cache_dir: host.cache_dir(),
        memory_bytes_max: host.memory_bytes_max.as_usize(),
        activation_deadline: args.activation_deadline.as_duration(),
        instances_max: INSTANCES_MAX,
        compiler: Compiler::ChildProcess,
        ..SandboxConfig::default()
    };
    Sandbox::new(config).map_err(|error| CliError::Other(error.into()))
}

fn load(sandbox: &Sandbox, bytes: &[u8]) -> Result<Module, CliError> {
    let digest = Sandbox::digest(bytes);
    sandbox.validate(bytes).map_err(|refused| CliError::Failed(refused.to_string()))?;
    let mut progress = output::Progress::default();
    progress.show("compiling the module");
    sandbox.compile(&digest, bytes).map_err(|error| CliError::Failed(error.to_string()))?;
    let module = sandbox.load(&digest).map_err(|error| CliError::Other(error.into()))?;
    Ok(module.context("the compiled module is gone from the cache; try again")?)
}

fn check_type(module: &Module, past: &Past) -> Result<(), CliError> {
    let definitions = module.definitions().map_err(|error| CliError::Failed(error.to_report()))?;
    let wanted = &past.info.started.workflow_type;
    let mut names = definitions.workflows.iter().map(|workflow| workflow.name.as_str());
    if names.clone().any(|name| name == wanted.as_str()) {
        return Ok(());
    }
    let there = names.by_ref().collect::<Vec<_>>().join(", ");
    Err(CliError::Failed(format!(
        "the module has no workflow type {wanted}, which the history is of; it has {there}"
    )))
}

/// Replays, once more with call sites if it diverges: then the guest can tell where, whatever its language.
fn explained(sandbox: &Sandbox, module: &Module, past: &Past) -> Result<(), ReplayError> {
    let first = replay(sandbox, module, past, CallSites::Silent);
    let Err(ReplayError::Diverged(mut divergence)) = first else { return first };
    if let Err(ReplayError::Diverged(again)) = replay(sandbox, module, past, CallSites::Told)
        && again.event_id == divergence.event_id
        && !again.backtrace.is_empty()
    {
        divergence.backtrace = again.backtrace;
    }
    Err(ReplayError::Diverged(divergence))
}

fn replay(sandbox: &Sandbox, module: &Module, past: &Past, call_sites: CallSites) -> Result<(), ReplayError> {
    let failed = |error| ReplayError::Failed { activation: 0, error };
    let mut guest = sandbox.instantiate(module, past.info.clone()).map_err(failed)?;
    if call_sites == CallSites::Told {
        guest.want_call_sites();
    }
    let mut replay = Replay::default();
    for transition in &past.transitions {
        replay.step(transition, transition.encode().len(), &mut guest)?;
    }
    Ok(())
}

fn show_success(past: &Past, form: Form) -> Result<(), CliError> {
    let activations = past.transitions.iter().filter(|transition| transition.activated.is_some()).count();
    match form {
        Form::Json => {
            let told = json!({"replayed": true, "events": past.events, "activations": activations});
            output::data(&told.to_string())
        }
        Form::Text => output::data(&format!(
            "the module repeats the history: {} events, {activations} activations",
            past.events
        )),
    }
}

fn show_failure(error: &ReplayError, form: Form) -> Result<(), CliError> {
    if form == Form::Json {
        let told = match error {
            ReplayError::Diverged(divergence) => divergence_json(divergence),
            ReplayError::Failed { activation, error } => {
                json!({"activation": activation, "error": error.message, "backtrace": error.backtrace})
            }
            ReplayError::BadHistory(problem) => json!({"error": problem.to_string()}),
        };
        let mut whole = json!({"replayed": false});
        if let (Some(whole), Value::Object(told)) = (whole.as_object_mut(), told) {
            whole.extend(told);
        }
        output::data(&whole.to_string())?;
    }
    Err(CliError::Failed(match error {
        ReplayError::Diverged(divergence) => divergence_text(divergence),
        ReplayError::Failed { error: cause, .. } => format!("{error}{}", stood(&cause.backtrace)),
        ReplayError::BadHistory(_) => error.to_string(),
    }))
}

fn event_json(event: &EventAttributes) -> Value {
    json!({"type": event.type_name(), "attributes": event.attributes_json()})
}

fn divergence_json(divergence: &Divergence) -> Value {
    json!({
        "event_id": divergence.event_id,
        "expected": divergence.expected.as_deref().map(event_json),
        "actual": divergence.actual.as_deref().map(event_json),
        "message": divergence.to_string(),
        "backtrace": divergence.backtrace,
    })
}

fn divergence_text(divergence: &Divergence) -> String {
    let line = |event: Option<&EventAttributes>| match event {
        Some(event) => format!("{} {}", event.type_name(), event.attributes_json()),
        None => "nothing more".to_owned(),
    };
    format!(
        "the module does not repeat the history: {divergence}\n\n  event     {}\n  expected  {}\n  actual    {}\n{}",
        divergence.event_id,
        line(divergence.expected.as_deref()),
        line(divergence.actual.as_deref()),
        stood(&divergence.backtrace),
    )
}

/// Where the guest's code stood.
fn stood(backtrace: &str) -> String {
    if backtrace.trim().is_empty() {
        return String::new();
    }
    let frames: String = backtrace.lines().map(|line| format!("    {line}\n")).collect();
    format!("\n  the code stood at\n{frames}")
}

#[cfg(test)]
mod tests {
    use dalsegno_engine::event::EventAttributes as E;

    use super::*;

    #[test]
    fn a_divergence_shows_event_expectation_deed_and_place() {
        let divergence = Divergence {
            event_id: 7,
            expected: Some(Box::new(E::TimerFired { operation: 1 })),
            actual: None,
            backtrace: "0: order::run\n1: main".to_owned(),
        };
        let text = divergence_text(&divergence);
        for part in [
            "event     7\n",
            "expected  TimerFired {\"operation\":1}\n",
            "actual    nothing more\n",
            "    0: order::run\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let json = divergence_json(&divergence);
        assert_eq!(json["expected"]["type"], "TimerFired");
        assert!(json["actual"].is_null());
    }
}
