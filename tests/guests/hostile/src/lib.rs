//! Workflows that harm their host, or try. Each does one thing.

mod commands;
mod machine;
mod repairable;
mod system;

use commands::{big_payload, log_flood, million_commands, no_timeout};
use machine::{divide_by_zero, loop_forever, memory_bomb, out_of_bounds, recursion, trap, unreachable};
use repairable::{TrapUntilSignal, TrapWithWork};
use system::{blocking_sleep, file, socket, thread};

dalsegno_sdk::workflows![
    big_payload,
    blocking_sleep,
    divide_by_zero,
    file,
    log_flood,
    loop_forever,
    memory_bomb,
    million_commands,
    no_timeout,
    out_of_bounds,
    recursion,
    socket,
    thread,
    trap,
    TrapUntilSignal,
    TrapWithWork,
    unreachable,
];
