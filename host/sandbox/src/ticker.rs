//! The clock behind the deadline of activations.

use std::{
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
};

use wasmtime::Engine;

use crate::limits;

/// A thread that advances the epoch of an engine until this is dropped.
pub(crate) struct Ticker {
    /// Closed when this is dropped, which ends the thread.
    _stop: Sender<()>,
}

impl Ticker {
    /// # Errors
    /// The machine gives no thread.
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let engine = engine.weak();
        let (stop, stopped) = mpsc::channel();
        thread::Builder::new().name("sandbox-ticker".to_owned()).spawn(move || {
            while stopped.recv_timeout(limits::TICK) == Err(RecvTimeoutError::Timeout) {
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        })?;
        Ok(Self { _stop: stop })
    }
}
