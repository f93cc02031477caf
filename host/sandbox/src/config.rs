//! What an operator may set.

use std::{path::PathBuf, time::Duration};

/// The settings of a [`Sandbox`](crate::Sandbox).
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Where compiled modules are kept, in a folder of the host's own (mode 0700, made if absent).
    /// Default: `dalsegno-cache` in the current folder.
    pub cache_dir: PathBuf,
    /// Linear memory of one guest, in bytes. Default: 256 MiB.
    pub memory_bytes_max: usize,
    /// How long one call of a guest may compute. Default: 1 s.
    pub activation_deadline: Duration,
    /// The largest module that is accepted, in bytes. Default: 64 MiB.
    pub module_bytes_max: usize,
    /// How long compiling one module may take. Default: 300 s.
    pub compile_deadline: Duration,
    /// The memory that compiling one module may use, in bytes. Default: 4 GiB.
    pub compile_memory_bytes_max: u64,
    /// Guests that exist at the same time. Each reserves address space, not memory. Default: 8,192.
    pub instances_max: u32,
    /// Loaded modules that are kept although no guest uses them. Default: 64.
    pub idle_modules_max: usize,
    /// Who compiles. Default: [`Compiler::ChildProcess`].
    pub compiler: Compiler,
}

/// Who compiles uploaded modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compiler {
    /// This program, started again as a child that can be killed. Its `main` has to call
    /// [`compile_child_main`](crate::compile_child_main) first.
    ChildProcess,
    /// Another program whose `main` does that, likewise as a child.
    Program(PathBuf),
    /// This process. Neither the deadline nor the memory limit is enforced: for tests and for modules
    /// that are trusted.
    ThisProcess,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            cache_dir: PathBuf::from("dalsegno-cache"),
            memory_bytes_max: 256 << 20,
            activation_deadline: Duration::from_secs(1),
            module_bytes_max: 64 << 20,
            compile_deadline: Duration::from_secs(300),
            compile_memory_bytes_max: 4 << 30,
            instances_max: 8_192,
            idle_modules_max: 64,
            compiler: Compiler::ChildProcess,
        }
    }
}
