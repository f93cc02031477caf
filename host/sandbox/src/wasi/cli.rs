//! `wasi:cli`: no arguments, no environment, standard streams that go to the run's log.

use wasmtime::{
    StoreContextMut,
    component::{Linker, Resource, ResourceType},
};

use super::{
    io::{InputStream, OutputStream},
    name,
};
use crate::{context::Context, stdio::Stream, stop::Stop};

type Store<'a> = StoreContextMut<'a, Context>;

/// Never made, since there is no terminal.
struct TerminalInput;
/// Never made, since there is no terminal.
struct TerminalOutput;

pub(super) fn add_to_linker(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    let mut environment = linker.instance(&name("cli/environment"))?;
    environment.func_wrap("get-environment", |_: Store<'_>, (): ()| Ok((Vec::<(String, String)>::new(),)))?;
    environment.func_wrap("get-arguments", |_: Store<'_>, (): ()| Ok((Vec::<String>::new(),)))?;
    environment.func_wrap("initial-cwd", |_: Store<'_>, (): ()| Ok((None::<String>,)))?;

    let mut exit = linker.instance(&name("cli/exit"))?;
    exit.func_wrap("exit", |_: Store<'_>, (_,): (Result<(), ()>,)| -> wasmtime::Result<()> {
        Err(Stop::Exited.into())
    })?;
    exit.func_wrap("exit-with-code", |_: Store<'_>, (_,): (u8,)| -> wasmtime::Result<()> {
        Err(Stop::Exited.into())
    })?;

    let mut stdin = linker.instance(&name("cli/stdin"))?;
    stdin.func_wrap("get-stdin", |_: Store<'_>, (): ()| Ok((Resource::<InputStream>::new_own(0),)))?;
    let mut stdout = linker.instance(&name("cli/stdout"))?;
    stdout.func_wrap("get-stdout", |_: Store<'_>, (): ()| Ok((OutputStream::handle(Stream::Stdout),)))?;
    let mut stderr = linker.instance(&name("cli/stderr"))?;
    stderr.func_wrap("get-stderr", |_: Store<'_>, (): ()| Ok((OutputStream::handle(Stream::Stderr),)))?;
    add_terminals(linker)
}

fn add_terminals(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    let mut input = linker.instance(&name("cli/terminal-input"))?;
    input.resource("terminal-input", ResourceType::host::<TerminalInput>(), |_, _| Ok(()))?;
    let mut output = linker.instance(&name("cli/terminal-output"))?;
    output.resource("terminal-output", ResourceType::host::<TerminalOutput>(), |_, _| Ok(()))?;
    let mut stdin = linker.instance(&name("cli/terminal-stdin"))?;
    stdin.func_wrap("get-terminal-stdin", |_: Store<'_>, (): ()| Ok((None::<Resource<TerminalInput>>,)))?;
    let mut stdout = linker.instance(&name("cli/terminal-stdout"))?;
    stdout
        .func_wrap("get-terminal-stdout", |_: Store<'_>, (): ()| Ok((None::<Resource<TerminalOutput>>,)))?;
    let mut stderr = linker.instance(&name("cli/terminal-stderr"))?;
    stderr.func_wrap("get-terminal-stderr", |_: Store<'_>, (): ()| Ok((None::<Resource<TerminalOutput>>,)))
}
