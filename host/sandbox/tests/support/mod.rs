//! What the tests share: guests, a sandbox, and a driver that plays the host.

pub(crate) mod handmade;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use dalsegno_engine::{
    Millis, Payload, Run, Seed, Timestamp, Transition,
    attempts::AttemptResult,
    event::{Origin, WorkflowExecutionStarted},
    guest::{ActivationError, Guest, Request, RunInfo},
    ids::{ModuleDigest, Namespace, RunId, TaskQueue, WorkflowId, WorkflowType},
    run::{Effect, Input},
};
use dalsegno_sandbox::{Compiler, Instance, Module, Sandbox, SandboxConfig};
use tempfile::TempDir;

/// Where `tests/toolchain/guests` puts the guests.
fn guests_folder() -> PathBuf {
    std::env::var_os("DALSEGNO_GUESTS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/guests/wasm"),
        PathBuf::from,
    )
}

fn not_built(path: &Path, error: std::io::Error) -> ! {
    panic!("{}: {error}\nrun `tests/toolchain/guests` first, it builds the guests", path.display())
}

/// The bytes of a guest.
pub(crate) fn guest(package: &str) -> Vec<u8> {
    let path = guests_folder().join(format!("{package}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| not_built(&path, error))
}

/// The names of all guests.
pub(crate) fn guests() -> Vec<String> {
    let folder = guests_folder();
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| not_built(&folder, error));
    let paths = entries.map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = paths.map(stem).collect();
    names.sort();
    names
}

/// A sandbox with a cache of its own, which goes when this is dropped.
pub(crate) struct TestSandbox {
    pub(crate) sandbox: Sandbox,
    pub(crate) cache: TempDir,
}

impl TestSandbox {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut SandboxConfig)) -> Self {
        let cache = TempDir::new().unwrap();
        let mut config = SandboxConfig {
            cache_dir: cache.path().join("modules"),
            compiler: Compiler::ThisProcess,
            instances_max: 64,
            ..SandboxConfig::default()
        };
        change(&mut config);
        Self { sandbox: Sandbox::new(config).unwrap(), cache }
    }

    pub(crate) fn module(&self, package: &str) -> Module {
        let bytes = guest(package);
        let digest = Sandbox::digest(&bytes);
        self.sandbox.validate(&bytes).unwrap();
        self.sandbox.compile(&digest, &bytes).unwrap();
        self.sandbox.load(&digest).unwrap().unwrap()
    }

    pub(crate) fn start(&self, package: &str, workflow_type: &str, input: &[&str]) -> Driver {
        Driver::new(&self.sandbox, self.module(package), workflow_type, input)
    }
}

pub(crate) fn started(
    module: &ModuleDigest,
    workflow_type: &str,
    input: &[&str],
) -> WorkflowExecutionStarted {
    WorkflowExecutionStarted {
        workflow_type: WorkflowType::new(workflow_type),
        workflow_id: WorkflowId::new("test"),
        task_queue: TaskQueue::new("default"),
        input: input.iter().map(|json| Payload::json((*json).to_owned())).collect(),
        headers: Vec::new(),
        module: module.clone(),
        seed: Seed([7; 32]),
        engine_semantics: 1,
        first_run_id: RunId::new("run"),
        attempt: 1,
        execution_timeout: None,
        run_timeout: None,
        start_delay: None,
        memo: [].into(),
        search_attributes: [].into(),
        request_id: None,
        namespace: Namespace::new("default"),
        retry_policy: None,
        origin: Origin::default(),
    }
}

pub(crate) fn run_info(started: WorkflowExecutionStarted) -> RunInfo {
    RunInfo {
        namespace: Namespace::new("default"),
        run_id: RunId::new("run"),
        start_time: START,
        started: Arc::new(started),
    }
}

pub(crate) fn request(name: &str) -> Request {
    Request { name: name.to_owned(), ..Request::default() }
}

/// When every run of the tests starts.
pub(crate) const START: Timestamp = Timestamp::from_micros(1_800_000_000_123_456);

/// What activities give: something that the examples can read as an answer to an HTTP request.
const ACTIVITY_RESULT: &str = r#"{"status": 200, "headers": {}, "body": {"id": "id-1"}}"#;

/// Plays the host for one run: activities complete at once, time moves to the next timer.
pub(crate) struct Driver {
    pub(crate) sandbox: Sandbox,
    pub(crate) module: Module,
    pub(crate) info: RunInfo,
    pub(crate) run: Run,
    pub(crate) guest: Instance,
    pub(crate) transitions: Vec<Transition>,
    /// How every attempt of an activity ends.
    pub(crate) activity_result: AttemptResult,
    /// Attempts to end in the next turn.
    pending: Vec<Effect>,
}

impl Driver {
    pub(crate) fn new(sandbox: &Sandbox, module: Module, workflow_type: &str, input: &[&str]) -> Self {
        let started = started(module.digest(), workflow_type, input);
        let run = Run::start(started.clone(), START);
        let info = run_info(started);
        let guest = sandbox.instantiate(&module, info.clone()).unwrap();
        Self {
            sandbox: sandbox.clone(),
            module,
            info,
            run,
            guest,
            transitions: Vec::new(),
            activity_result: AttemptResult::Completed(Some(Payload::json(ACTIVITY_RESULT))),
            pending: Vec::new(),
        }
    }

    /// One turn.
    pub(crate) fn turn(&mut self) -> Result<(), ActivationError> {
        for effect in std::mem::take(&mut self.pending) {
            if let Effect::Dispatch(task) = effect {
                let result = self.activity_result.clone();
                self.run.attempt_ended(task.scheduled.operation, task.attempt, result).unwrap();
            }
        }
        let result = if self.run.is_ready() { self.run.activate(&mut self.guest) } else { Ok(()) };
        let step = self.run.settle();
        self.transitions.extend(step.transition);
        self.pending.extend(step.effects);
        if self.pending.is_empty()
            && let Some(wake_at) = step.summary.wake_at
        {
            self.run.tick(wake_at);
        }
        result
    }

    pub(crate) fn signal(&mut self, name: &str, json: &str) {
        let input = vec![Payload::json(json.to_owned())];
        let input = Input::Signal { name: name.to_owned(), input, headers: Vec::new(), request_id: None };
        self.run.accept(input).unwrap();
    }

    /// Whether the run is closed, or waits for something from outside.
    pub(crate) fn is_done(&self) -> bool {
        self.run.state().is_closed() || !self.run.is_ready() && self.pending.is_empty()
    }

    /// Turns until there is nothing to do.
    pub(crate) fn finish(&mut self) -> Result<(), ActivationError> {
        for _ in 0..10_000 {
            if self.is_done() {
                return Ok(());
            }
            self.turn()?;
        }
        panic!("the workflow goes on for ever");
    }

    /// The result's JSON.
    pub(crate) fn result(&self) -> String {
        match &self.run.state().outcome {
            Some(Ok(result)) => result.as_ref().and_then(Payload::as_json).unwrap_or("none").to_owned(),
            other => panic!("the workflow has no result: {other:?}"),
        }
    }

    /// A fresh guest of the same run.
    pub(crate) fn fresh_guest(&self) -> Instance {
        self.sandbox.instantiate(&self.module, self.info.clone()).unwrap()
    }

    pub(crate) fn query(&mut self, name: &str) -> String {
        let answer = self.guest.query(START.plus(Millis(1)), &request(name)).unwrap().unwrap();
        answer.as_json().unwrap().to_owned()
    }

    pub(crate) fn stack_trace(&mut self) -> Option<String> {
        self.guest.stack_trace()
    }
}
