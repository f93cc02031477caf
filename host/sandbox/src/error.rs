//! What can go wrong, each with what to do about it.

use std::{path::PathBuf, time::Duration};

/// Why a module is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Other bytes altogether.
    #[error("this is no WebAssembly: upload the component that your SDK's build makes, a `.wasm` file")]
    NotWasm,
    /// WebAssembly without the component model.
    #[error(
        "this is a core WebAssembly module, not a component: build for `wasm32-wasip2`, or turn it into a \
         component with `wasm-tools component new`"
    )]
    CoreModule,
    /// Native code.
    #[error("this is a precompiled artifact, which hosts do not take: upload the `.wasm` it was made from")]
    Precompiled,
    /// Past [`SandboxConfig::module_bytes_max`](crate::SandboxConfig::module_bytes_max).
    #[error(
        "the module has {bytes} bytes, this host takes {bytes_max}: strip it (debug sections, unused \
         dependencies), or raise the host's limit"
    )]
    TooLarge {
        /// Of the module.
        bytes: usize,
        /// Of the host.
        bytes_max: usize,
    },
    /// Damaged, or made with features that are not deterministic or not known here.
    #[error("the component is not valid: {0}; build it again, with a tool chain of this SDK's version")]
    Malformed(String),
    /// Neither WASI nor the contract.
    #[error(
        "the component imports `{0}`, which this host does not have: a workflow may import \
         `dalsegno:workflow` 0.1 and WASI 0.2 only; do anything else in an activity"
    )]
    ForeignImport(String),
    /// HTTP from within a workflow.
    #[error(
        "the component imports `{0}`: a workflow makes no HTTP requests of its own, since a replay would \
         not get the same answers; use an activity, the built-in `http` for example"
    )]
    Http(String),
    /// A contract newer than the host's.
    #[error("the component imports `{0}`, which this host does not know: use a newer host, or an older SDK")]
    UnknownImport(String),
    /// It is no module of workflows.
    #[error(
        "the component does not export `{0}`: build it with a Dalsegno SDK, against the world `workflow` \
         of `dalsegno:workflow` 0.1"
    )]
    MissingExport(String),
    /// Something in the contract has another type than it should.
    #[error(
        "the component does not fit `dalsegno:workflow` 0.1: {0}; build it again with the SDK of this \
         host's version"
    )]
    Incompatible(String),
    /// More than a run may have, before it even begins.
    #[error("the component needs {0}: make it smaller, or raise the host's memory limit")]
    TooDemanding(String),
}

/// Why a module was not compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// Compiling it is no use.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Past [`SandboxConfig::compile_deadline`](crate::SandboxConfig::compile_deadline).
    #[error("compiling took longer than {0:?}: make the module smaller, or raise the host's deadline")]
    Deadline(Duration),
    /// Past [`SandboxConfig::compile_memory_bytes_max`](crate::SandboxConfig::compile_memory_bytes_max).
    #[error("compiling needs more than {0} bytes of memory: make the module smaller, or raise the limit")]
    Memory(u64),
    /// The compiler ended in a way it should not. The module may be at fault, or the machine.
    #[error("the compiler failed: {0}")]
    Failed(String),
    /// The host's own files or processes.
    #[error("the module cannot be compiled here: {0}")]
    Host(#[from] SandboxError),
}

/// A trouble of the host itself.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A file or folder of the cache.
    #[error("cannot {action} {}: {error}", path.display())]
    Cache {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        #[source]
        error: std::io::Error,
    },
    /// The cache holds native code, so nobody else may write to it.
    #[error(
        "the cache folder {} belongs to another user: it holds native code, so give it to this one or \
         name another folder", _0.display()
    )]
    ForeignCache(PathBuf),
    /// The engine does not start.
    #[error(
        "the WebAssembly engine does not start: {0}; guests reserve address space, 4 GiB each: lower \
         `instances_max`, or lift a limit like `ulimit -v`"
    )]
    Engine(String),
    /// An artifact in the cache cannot be used.
    #[error("the compiled module {} cannot be loaded: {message}", path.display())]
    Artifact {
        /// Which.
        path: PathBuf,
        /// Why not.
        message: String,
    },
    /// The child process that should compile.
    #[error("cannot start the compiler: {0}")]
    Spawn(#[source] std::io::Error),
    /// A program that embeds the host and does not begin right.
    #[error(
        "this process was started to compile a module, and its `main` does not call \
         `compile_child_main()` first"
    )]
    CompilerChild,
}
