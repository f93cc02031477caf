//! What the host knows of a guest while it runs: the data of its store.

use dalsegno_engine::{Calls, Seed, Timestamp, guest::RunInfo, ids::ModuleDigest};
use rand_chacha::ChaCha20Rng;
use wasmtime::component::ResourceTable;

use crate::{
    limits,
    memory::MemoryLimit,
    random::{self, Domain},
    stdio::{Stdio, Stream},
    stop::Stop,
    telemetry::Recorder,
};

/// Behind every import of a guest.
#[derive(Debug)]
pub(crate) struct Context {
    /// Of the run; absent while a module says what it holds.
    pub(crate) run: Option<RunInfo>,
    pub(crate) module: ModuleDigest,
    /// What every clock says.
    pub(crate) time: Timestamp,
    /// The engine's side of the call in progress.
    pub(crate) calls: Calls,
    /// The run's stream, or a query's.
    pub(crate) random: ChaCha20Rng,
    /// The stream without any promise.
    pub(crate) insecure: Option<ChaCha20Rng>,
    pub(crate) recorder: Recorder,
    pub(crate) stdio: Stdio,
    pub(crate) memory: MemoryLimit,
    pub(crate) handles: ResourceTable,
    /// Where the guest says it stands; only while a failure is being explained.
    pub(crate) call_sites: Option<Vec<String>>,
}

impl Context {
    pub(crate) fn new(module: ModuleDigest, run: Option<RunInfo>, memory_bytes_max: usize) -> Self {
        let mut handles = ResourceTable::new();
        handles.set_max_capacity(limits::HANDLES_MAX);
        let mut context = Self {
            time: run.as_ref().map_or(Timestamp::MIN, |run| run.start_time),
            random: random::stream(Seed([0; 32])),
            run,
            module,
            calls: Calls::read_only(),
            insecure: None,
            recorder: Recorder::default(),
            stdio: Stdio::default(),
            memory: MemoryLimit::new(memory_bytes_max),
            handles,
            call_sites: None,
        };
        context.random = random::stream(context.seed());
        context
    }

    /// The run's seed; zeros while there is no run.
    pub(crate) fn seed(&self) -> Seed {
        self.run.as_ref().map_or(Seed([0; 32]), |run| run.started.seed)
    }

    /// Takes what the guest writes to one of its standard streams.
    pub(crate) fn write(&mut self, stream: Stream, bytes: &[u8]) {
        self.stdio.write(stream, bytes, &mut self.recorder);
    }

    /// The next bytes of the run's stream.
    ///
    /// # Errors
    /// More than a call may ask for.
    pub(crate) fn random_bytes(&mut self, length: u64) -> Result<Vec<u8>, Stop> {
        Ok(random::bytes(&mut self.random, checked_length(length)?))
    }

    /// The next bytes of the stream without any promise.
    ///
    /// # Errors
    /// More than a call may ask for.
    pub(crate) fn insecure_bytes(&mut self, length: u64) -> Result<Vec<u8>, Stop> {
        let length = checked_length(length)?;
        let seed = self.seed();
        let stream = self.insecure.get_or_insert_with(|| random::stream_for(seed, Domain::Insecure));
        Ok(random::bytes(stream, length))
    }
}

fn checked_length(length: u64) -> Result<usize, Stop> {
    let max = limits::RANDOM_BYTES_PER_CALL_MAX;
    usize::try_from(length).ok().filter(|_| length <= max).ok_or_else(|| {
        Stop::invalid(format!("{length} random bytes in one call: {max} are allowed, draw in parts"))
    })
}
