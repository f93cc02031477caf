//! What every module and guest of one sandbox shares: engine, linker, clock, settings.

use std::sync::Arc;

use wasmtime::{Engine, component::Linker};

use crate::{
    SandboxConfig, SandboxError,
    context::Context,
    engine::{self, Purpose},
    imports, limits,
    ticker::Ticker,
    wasi,
};

pub(crate) struct Runtime {
    pub(crate) config: SandboxConfig,
    pub(crate) engine: Engine,
    /// Everything that any module may import, but for what [`wasi::linker_for`] adds.
    pub(crate) linker: Linker<Context>,
    /// Names what artifacts depend on beside their module.
    pub(crate) compatibility: String,
    _ticker: Ticker,
}

impl Runtime {
    pub(crate) fn new(config: SandboxConfig) -> Result<Arc<Self>, SandboxError> {
        let engine = Purpose::Run(&config).engine().map_err(failed)?;
        Self::on(engine, config)
    }

    /// On an engine that is there already.
    pub(crate) fn on(engine: Engine, config: SandboxConfig) -> Result<Arc<Self>, SandboxError> {
        let linker = linker(&engine).map_err(failed)?;
        let ticker = Ticker::start(&engine)
            .map_err(|error| SandboxError::Engine(format!("no thread for its clock: {error}")))?;
        let compatibility = engine::compatibility(&engine);
        Ok(Arc::new(Self { config, engine, linker, compatibility, _ticker: ticker }))
    }

    /// How long one call of a guest may compute, on the engine's clock. One more than needed: the first
    /// tick may come at once.
    pub(crate) fn deadline_ticks(&self) -> u64 {
        let ticks = self.config.activation_deadline.as_nanos().div_ceil(limits::TICK.as_nanos());
        u64::from(u32::try_from(ticks).unwrap_or(u32::MAX)) + 1
    }
}

fn failed(error: wasmtime::Error) -> SandboxError {
    SandboxError::Engine(format!("{error:#}"))
}

/// Everything that a module may import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Context>> {
    let mut linker = Linker::new(engine);
    imports::add_to_linker(&mut linker)?;
    wasi::add_to_linker(&mut linker)?;
    Ok(linker)
}
