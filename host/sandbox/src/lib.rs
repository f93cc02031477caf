//! Runs guests: WebAssembly components of untrusted workflow code, deterministically, under limits.
//!
//! It validates, compiles and loads modules, and makes guests of them, which are the engine's [`Guest`].
//! It does not know what a history is, stores nothing but compiled modules, makes no decision about a run,
//! never waits, and needs no async runtime: who calls it chooses the thread.
//!
//! Read [`Sandbox`] for the whole, `engine` for what makes execution deterministic, `context` for what a
//! guest can reach, `imports` and `wasi` for how, `fault` for how failures are told apart, `compile` for
//! what happens to an upload.
//!
//! [`Guest`]: dalsegno_engine::guest::Guest

// The tests' support names this crate as they see it from outside.
#[cfg(test)]
extern crate self as dalsegno_sandbox;

mod artifacts;
mod backtrace;
mod bindings;
mod compile;
mod config;
mod context;
mod convert;
mod definition;
mod engine;
mod error;
mod fault;
mod imports;
mod instance;
pub mod limits;
mod memory;
mod module;
mod random;
mod runtime;
mod sandbox;
mod stdio;
mod stop;
mod telemetry;
#[cfg(test)]
mod tests;
mod text;
mod ticker;
mod validate;
mod wasi;

pub use compile::compile_child_main;
pub use config::{Compiler, SandboxConfig};
pub use definition::{HandlerDefinition, ModuleDefinition, WorkflowDefinition};
pub use error::{CompileError, Refused, SandboxError};
pub use instance::Instance;
pub use module::Module;
pub use sandbox::Sandbox;
pub use telemetry::{Level, LogSource, Telemetry};
