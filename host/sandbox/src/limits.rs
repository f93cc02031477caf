//! Every fixed limit of the sandbox, with its unit. What an operator may change is in [`SandboxConfig`].
//!
//! [`SandboxConfig`]: crate::SandboxConfig

use std::time::Duration;

/// The guest's own stack. It lies on the stack of the thread that calls, which has to be larger.
pub const STACK_BYTES_MAX: usize = 512 << 10;
/// What one host call, or the result of one call of the guest, may carry out of the guest.
pub const CALL_BYTES_MAX: usize = dalsegno_engine::limits::TRANSITION_BYTES_MAX;
/// Random bytes in one call.
pub const RANDOM_BYTES_PER_CALL_MAX: u64 = 64 << 10;
/// Handles of host resources (streams, pollables) that one guest holds.
pub const HANDLES_MAX: usize = 10_000;
/// Runtime modules within one component.
pub const CORE_INSTANCES_PER_COMPONENT_MAX: u32 = 100;
/// Linear memories within one component.
pub const MEMORIES_PER_COMPONENT_MAX: u32 = 4;
/// Tables within one component.
pub const TABLES_PER_COMPONENT_MAX: u32 = 20;
/// Elements of one table.
pub const TABLE_ELEMENTS_MAX: usize = 100_000;
/// What the host keeps beside one resident guest's memory: the store, the instances, the run's context.
pub const OVERHEAD_BYTES: usize = 16 << 10;
/// The part of a module's image that each of its guests is taken to have written to: one of so many. Measured: a tenth
/// in Python, a quarter in JavaScript.
pub const IMAGE_SHARED_BY: usize = 4;
/// How often the clock behind the activation deadline ticks.
pub const TICK: Duration = Duration::from_millis(10);
/// Frames of a guest's backtrace.
pub const BACKTRACE_FRAMES_MAX: usize = 64;
/// Entries of telemetry in one call of the guest.
pub const TELEMETRY_ENTRIES_MAX: usize = 1_000;
/// Bytes of telemetry in one call of the guest.
pub const TELEMETRY_BYTES_MAX: usize = 256 << 10;
/// One line of standard output or standard error; longer ones are cut.
pub const LINE_BYTES_MAX: usize = 8 << 10;
/// The end of standard error that becomes part of an error's message.
pub const LAST_WORDS_BYTES_MAX: usize = 2 << 10;
/// What a message of the compiler may say.
pub const COMPILER_MESSAGE_BYTES_MAX: usize = 4 << 10;
/// What the folder of compiled modules may hold: a hundred modules of Python, or three thousand of Rust.
pub const ARTIFACTS_BYTES_MAX: u64 = 4 << 30;
/// Smaller modules are compiled faster than the functions of others are read.
pub const SHARING_MODULE_BYTES_MIN: usize = 1 << 20;
/// Compiled functions that are kept for other modules. Python has 27 MiB of them, and its modules 3 MiB each.
pub const FUNCTIONS_BYTES_MAX: usize = 96 << 20;
/// The message of a failed activation.
pub const MESSAGE_BYTES_MAX: usize = 4 << 10;
/// The backtrace of a failed activation.
pub const BACKTRACE_BYTES_MAX: usize = 16 << 10;
/// A file of the cache that was not finished and is older than this was left by a host that died.
pub const UNFINISHED_FILE_AGE_MAX: Duration = Duration::from_secs(60 * 60);
