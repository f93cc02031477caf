//! The one place that configures wasmtime.
//!
//! **Invariant:** whatever compiles or runs guests takes its engine from [`Purpose::engine`], and
//! everything that shapes compiled code is in [`base`]; so an artifact of one engine loads in the others.

use std::{
    hash::{Hash, Hasher},
    num::NonZeroUsize,
    sync::Arc,
};

use sha2::{Digest, Sha256};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy, WasmBacktraceDetails,
    WasmFeatures,
};

use crate::{SandboxConfig, compile::Functions, limits};

/// What an engine is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose<'a> {
    /// Guests of a host: from a pool, copy-on-write.
    Run(&'a SandboxConfig),
    /// Only compiling; with what was compiled before.
    Compile(Option<&'a Arc<Functions>>),
}

impl Purpose<'_> {
    /// # Errors
    /// The machine cannot run it: too little address space, for example.
    pub(crate) fn engine(self) -> wasmtime::Result<Engine> {
        let mut config = base();
        match self {
            Self::Run(settings) => {
                config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
            }
            Self::Compile(Some(functions)) => {
                config.enable_incremental_compilation(functions.clone())?;
            }
            Self::Compile(None) => {}
        }
        Engine::new(&config)
    }
}

/// Everything that shapes compiled code.
pub(crate) fn base() -> Config {
    let mut config = Config::new();
    // Winch had sandbox escapes, and is for fast compiling only.
    config.strategy(Strategy::Cranelift);
    // Results of float arithmetic are the same on every processor.
    config.cranelift_nan_canonicalization(true);
    config.relaxed_simd_deterministic(true);
    // Threads would make the order of things a matter of luck.
    config.wasm_features(WasmFeatures::THREADS, false);
    config.wasm_shared_everything_threads(false);
    config.shared_memory(false);
    config.wasm_memory64(false);
    config.wasm_stack_switching(false);
    // The contract is synchronous, and a call without support for concurrent ones costs half.
    config.concurrency_support(false);
    config.max_wasm_stack(limits::STACK_BYTES_MAX);
    // Fuel would be the deterministic budget, at 15 % of an activation instead of 6 %: one that is cut off
    // is discarded and made again, so it need not end at the same instruction.
    config.epoch_interruption(true);
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config.wasm_backtrace_max_frames(NonZeroUsize::new(limits::BACKTRACE_FRAMES_MAX));
    config
}

fn pool(settings: &SandboxConfig) -> PoolingAllocationConfig {
    let guests = settings.instances_max;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(guests)
        .total_core_instances(guests.saturating_mul(limits::CORE_INSTANCES_PER_COMPONENT_MAX))
        .total_memories(guests)
        .total_tables(guests.saturating_mul(2))
        .max_core_instances_per_component(limits::CORE_INSTANCES_PER_COMPONENT_MAX)
        .max_memories_per_component(limits::MEMORIES_PER_COMPONENT_MAX)
        .max_tables_per_component(limits::TABLES_PER_COMPONENT_MAX)
        .max_tables_per_module(limits::TABLES_PER_COMPONENT_MAX)
        .max_memories_per_module(limits::MEMORIES_PER_COMPONENT_MAX)
        .max_memory_size(settings.memory_bytes_max.next_multiple_of(WASM_PAGE_BYTES))
        .table_elements(limits::TABLE_ELEMENTS_MAX);
    pool
}

const WASM_PAGE_BYTES: usize = 64 << 10;

/// Names everything an artifact depends on but the module: 16 hexadecimal digits.
pub(crate) fn compatibility(engine: &Engine) -> String {
    let mut hasher = Sha256Hasher(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// A hasher whose results do not change with the standard library's version.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}
