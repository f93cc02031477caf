//! `dalsegno replay`

use std::path::PathBuf;

use clap::Args;
use dalsegno_engine::{
    Millis, Transition,
    divergence::Divergence,
    event::EventAttributes,
    export::ExportedHistory,
    guest::RunInfo,
    ids::Namespace,
    replay::{Replay, ReplayError},
};
use dalsegno_sandbox::{Module, Sandbox};
use serde_json::{Value, json};

use crate::{
    args::{Form, Global},
    commands::local,
    error::CliError,
    input, output,
};

const EXAMPLES: &str = "\
Example:
  dalsegno workflow history order-1 --output json >order-1.json
  dalsegno replay --module order.wasm order-1.json

Nothing is executed but the workflow's own code, and nothing is stored. Exit code 1 means that the module does not \
repeat the history: it must not take over such runs. The first event that differs is shown, with what the history has, \
what the module did, and where its code stood.";

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
    let sandbox = local::sandbox(args.cache_dir.clone(), args.activation_deadline.as_duration())?;
    let module = local::load(&sandbox, &bytes)?;
    check_type(&module, &past)?;
    let replayed = local::on_guest_thread(|| explained(&sandbox, &module, &past));
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
    let (namespace, run_id) = (export.namespace.clone(), export.run_id.clone());
    let transitions = export.into_transitions().map_err(|error| error.to_string())?;
    let first = transitions.first().ok_or("it has no events")?;
    let Some(EventAttributes::WorkflowExecutionStarted(started)) = first.inputs.first() else {
        return Err("it does not begin with WorkflowExecutionStarted".to_owned());
    };
    let started = started.clone();
    let info = RunInfo {
        namespace: namespace.unwrap_or_else(|| Namespace::new(&global.namespace)),
        run_id: run_id.unwrap_or_else(|| started.run_id().clone()),
        start_time: first.time,
        started,
    };
    Ok(Past { transitions, info, events })
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

/// Replays, once more with call sites if it fails: then the guest can tell where, whatever its language.
fn explained(sandbox: &Sandbox, module: &Module, past: &Past) -> Result<(), ReplayError> {
    let Err(error) = replay(sandbox, module, past, CallSites::Silent) else { return Ok(()) };
    match replay(sandbox, module, past, CallSites::Told) {
        Err(again) if again.to_string() == error.to_string() => Err(again),
        _ => Err(error),
    }
}

fn replay(sandbox: &Sandbox, module: &Module, past: &Past, call_sites: CallSites) -> Result<(), ReplayError> {
    let failed = |error| ReplayError::Failed { activation: 0, error };
    let mut guest = sandbox.instantiate(module, past.info.clone()).map_err(failed)?;
    guest.want_call_sites(call_sites == CallSites::Told);
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
        output::data(&error_json(error).to_string())?;
    }
    Err(CliError::Failed(error_text(error)))
}

fn error_json(error: &ReplayError) -> Value {
    let event =
        |event: &EventAttributes| json!({"type": event.type_name(), "attributes": event.attributes_json()});
    match error {
        ReplayError::Diverged(divergence) => json!({
            "replayed": false,
            "event_id": divergence.event_id,
            "expected": divergence.expected.as_deref().map(event),
            "actual": divergence.actual.as_deref().map(event),
            "message": divergence.to_string(),
            "backtrace": divergence.backtrace,
        }),
        ReplayError::Failed { activation, error } => json!({
            "replayed": false,
            "activation": activation,
            "message": error.message,
            "backtrace": error.backtrace,
        }),
        ReplayError::BadHistory(problem) => json!({"replayed": false, "message": problem.to_string()}),
    }
}

fn error_text(error: &ReplayError) -> String {
    match error {
        ReplayError::Diverged(divergence) => divergence_text(divergence),
        ReplayError::Failed { error: cause, .. } => format!("{error}{}", frames(&cause.backtrace)),
        ReplayError::BadHistory(_) => error.to_string(),
    }
}

fn divergence_text(divergence: &Divergence) -> String {
    let Divergence { event_id, expected, actual, backtrace } = divergence;
    let (expected, actual) = (expected.as_deref(), actual.as_deref());
    let mut text = format!("the module does not repeat the history at event {event_id}\n");
    if expected.map(EventAttributes::type_name) == actual.map(EventAttributes::type_name) {
        // Between events of the same type, the divergence itself says what differs.
        let differs = divergence.to_string();
        let differs = differs.strip_prefix(&format!("event {event_id}: ")).unwrap_or(&differs);
        text.push_str(&format!("  {differs}\n"));
    }
    text.push_str(&format!("\n  expected  {}\n  actual    {}\n", line(expected), line(actual)));
    text.push_str(&frames(backtrace));
    text
}

/// An event in one line, without what is not set.
fn line(event: Option<&EventAttributes>) -> String {
    let Some(event) = event else { return "nothing more".to_owned() };
    let mut attributes = event.attributes_json();
    if let Value::Object(attributes) = &mut attributes {
        attributes.retain(|_, value| !value.is_null() && *value != json!([]) && *value != json!({}));
    }
    format!("{} {attributes}", event.type_name())
}

/// Where the guest's code stood.
fn frames(backtrace: &str) -> String {
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
            backtrace: "order::run\nmain".to_owned(),
        };
        let expected = "\
the module does not repeat the history at event 7

  expected  TimerFired {\"operation\":1}
  actual    nothing more

  the code stood at
    order::run
    main
";
        assert_eq!(divergence_text(&divergence), expected);
        let json = error_json(&ReplayError::Diverged(divergence));
        assert_eq!(json["expected"]["type"], "TimerFired");
        assert!(json["actual"].is_null());
    }

    #[test]
    fn other_arguments_are_named() {
        let fired = |operation| Some(Box::new(E::TimerFired { operation }));
        let divergence =
            Divergence { event_id: 7, expected: fired(1), actual: fired(2), backtrace: String::new() };
        let text = divergence_text(&divergence);
        assert!(text.contains("operation is 2, the history has 1") && !text.contains("stood"), "{text}");
    }
}
