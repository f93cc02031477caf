//! WASI 0.2, virtual: no clock but the activation's, no randomness but the run's, no files, no sockets, no
//! waiting. What a guest cannot have ends its call with a message that names what to use instead.
//!
//! Written here, not taken from a library, since nothing of a real WASI is left: none of these functions
//! touches the machine, waits, or needs an async runtime. Each interface is defined once, in one version of
//! the 0.2 track; wasmtime matches the others. A function that is not defined here gets a trap of its own
//! when a module that imports it is linked (see [`absent`]).

mod absent;
mod cli;
mod clocks;
mod filesystem;
mod io;
mod random;

use wasmtime::component::{Component, Linker};

use crate::context::Context;

/// The packages that a module may import, each of the 0.2 track.
pub(crate) const PACKAGES: [&str; 6] = ["cli", "clocks", "filesystem", "io", "random", "sockets"];

/// The name that an interface of WASI has in the linker.
fn name(interface: &str) -> String {
    format!("wasi:{interface}@0.2.0")
}

pub(crate) fn add_to_linker(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    io::add_to_linker(linker)?;
    cli::add_to_linker(linker)?;
    clocks::add_to_linker(linker)?;
    random::add_to_linker(linker)?;
    filesystem::add_to_linker(linker)
}

/// The linker for one module: what it imports of WASI beside what is there becomes traps.
pub(crate) fn linker_for(base: &Linker<Context>, component: &Component) -> wasmtime::Result<Linker<Context>> {
    let mut linker = base.clone();
    absent::add_to_linker(&mut linker, component)?;
    Ok(linker)
}
