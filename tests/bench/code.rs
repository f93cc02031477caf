//! Workflows run in this process, without a host: for what guests cost alone, and for rows as a host would store them.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use dalsegno_engine::{
    Calls, Millis, Payload, Run, Seed, Timestamp, Transition,
    attempts::AttemptResult,
    event::{Origin, WorkflowExecutionStarted},
    guest::{Activation, ActivationError, Guest, RunInfo},
    history::ENGINE_SEMANTICS,
    ids::{DEFAULT_NAMESPACE, DEFAULT_TASK_QUEUE, Namespace, RunId, TaskQueue, WorkflowId, WorkflowType},
    replay::Replay,
    run::{Effect, Summary},
};
use dalsegno_sandbox::{Instance, Module, Sandbox, SandboxConfig};
use dalsegno_store::{HistoryRow, NewRun};
use serde_json::Value;

/// When recorded runs begin: any time will do.
const BEGIN: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);
/// The result of each activity.
const RESULT: &str = "\"thirty-two bytes of some result.\"";

/// A module, loaded.
pub(crate) struct Code {
    pub(crate) sandbox: Sandbox,
    pub(crate) module: Module,
}

/// All that a finished run has stored.
pub(crate) struct Recording {
    pub(crate) info: RunInfo,
    pub(crate) new: NewRun,
    pub(crate) steps: Vec<Recorded>,
    /// Of the guest alone, in each activation.
    pub(crate) activations: Vec<Duration>,
}

/// One step of it.
pub(crate) struct Recorded {
    pub(crate) row: HistoryRow,
    /// Present if the run looks different afterwards.
    pub(crate) summary: Option<Summary>,
}

impl Code {
    /// Compiles a component, unless that was done, and loads it.
    pub(crate) fn load(component: &[u8], cache_dir: PathBuf) -> anyhow::Result<Self> {
        let sandbox = Sandbox::new(SandboxConfig { cache_dir, ..SandboxConfig::default() })?;
        let digest = Sandbox::digest(component);
        sandbox.compile(&digest, component)?;
        let module = sandbox.load(&digest)?.context("the compiled module is not there")?;
        Ok(Self { sandbox, module })
    }

    /// A run that is about to begin.
    pub(crate) fn info(&self, workflow_type: &str, argument: &Value) -> RunInfo {
        let run_id = RunId::new("00000000-0000-7000-8000-000000000000");
        let namespace = Namespace::new(DEFAULT_NAMESPACE);
        let started = WorkflowExecutionStarted {
            workflow_type: WorkflowType::new(workflow_type),
            workflow_id: WorkflowId::new(run_id.as_str()),
            task_queue: TaskQueue::new(DEFAULT_TASK_QUEUE),
            input: vec![Payload::json(argument.to_string())],
            headers: Vec::new(),
            module: self.module.digest().clone(),
            seed: Seed([7; 32]),
            engine_semantics: ENGINE_SEMANTICS,
            first_run_id: run_id.clone(),
            attempt: 1,
            execution_timeout: None,
            run_timeout: None,
            start_delay: None,
            memo: [].into(),
            search_attributes: [].into(),
            request_id: None,
            namespace: namespace.clone(),
            retry_policy: None,
            origin: Origin::default(),
        };
        RunInfo { namespace, run_id, start_time: BEGIN, started: Arc::new(started) }
    }

    /// Runs a workflow to its end; its activities succeed at once.
    pub(crate) fn record(&self, workflow_type: &str, argument: &Value) -> anyhow::Result<Recording> {
        let info = self.info(workflow_type, argument);
        let mut run = Run::start((*info.started).clone(), BEGIN);
        let mut guest =
            Timed { guest: self.sandbox.instantiate(&self.module, info.clone())?, times: Vec::new() };
        let mut steps = Vec::new();
        let mut last: Option<Summary> = None;
        let mut now = BEGIN;
        while !run.state().is_closed() {
            run.tick(now);
            ensure!(run.is_ready(), "the workflow waits for what the benchmark does not give");
            run.activate(&mut guest)?;
            let step = run.settle();
            let row = row(&step.transition.context("a step without events")?);
            run.stored_bytes(row.data.len());
            let summary = (last.as_ref() != Some(&step.summary)).then(|| step.summary.clone());
            last = Some(step.summary);
            steps.push(Recorded { row, summary });
            now = now.plus(Millis(1));
            run.tick(now);
            for effect in step.effects {
                if let Effect::Dispatch(task) = effect {
                    let result = AttemptResult::Completed(Some(Payload::json(RESULT)));
                    run.attempt_ended(task.scheduled.operation, task.attempt, result)?;
                }
            }
        }
        let new = NewRun {
            workflow_type: info.started.workflow_type.clone(),
            module: info.started.module.clone(),
            start_time: BEGIN,
            request_id: None,
        };
        Ok(Recording { info, new, steps, activations: guest.times })
    }

    /// Repeats a stored history in a fresh guest.
    pub(crate) fn replay(&self, info: &RunInfo, rows: &[HistoryRow]) -> anyhow::Result<u64> {
        let mut guest = self.sandbox.instantiate(&self.module, info.clone())?;
        let mut replay = Replay::default();
        for row in rows {
            replay.step(&Transition::decode(&row.data)?, row.data.len(), &mut guest)?;
        }
        Ok(replay.into_state().events)
    }
}

impl Recording {
    pub(crate) fn rows(&self) -> Vec<HistoryRow> {
        self.steps.iter().map(|step| step.row.clone()).collect()
    }
}

fn row(transition: &Transition) -> HistoryRow {
    HistoryRow {
        first_event_id: transition.first_event_id,
        events: u32::try_from(transition.len()).unwrap_or(u32::MAX),
        activation: transition.activation,
        activated: transition.activated.is_some(),
        time: transition.time,
        data: transition.encode().into(),
    }
}

/// A guest whose activations are timed.
struct Timed {
    guest: Instance,
    times: Vec<Duration>,
}

impl Guest for Timed {
    fn activate(&mut self, activation: &Activation, calls: &mut Calls) -> Result<(), ActivationError> {
        let begun = Instant::now();
        let result = self.guest.activate(activation, calls);
        self.times.push(begun.elapsed());
        result
    }

    fn stack_trace(&mut self) -> Option<String> {
        self.guest.stack_trace()
    }
}
