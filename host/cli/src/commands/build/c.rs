//! C: clang makes a core module, which becomes a component here.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use super::{componentise, project::Project, shown, steps::Steps};
use crate::{error::CliError, output};

/// For a target, a library of C and a linker: what clang alone does not bring.
const HELP: &str = "install wasi-sdk (https://github.com/WebAssembly/wasi-sdk/releases) and put its bin first in PATH; on \
                    Debian and Ubuntu: apt install clang lld wasi-libc libclang-rt-dev-wasm32";
const FLAGS: [&str; 2] = ["--target=wasm32-wasi", "-mexec-model=reactor"];
/// Needs the headers, the library and the builtins: a module of the project will, too.
const PROBE: &str = "#include <stdlib.h>\nvoid *probe(size_t bytes) { return malloc(bytes); }\n\
                     __int128 quotient(__int128 a, __int128 b) { return a / b; }\n";

/// Builds the component into the work folder.
pub(super) fn build(project: &Project, steps: Steps) -> Result<PathBuf, CliError> {
    check_tools(project, steps)?;
    let work = project.work_folder()?;
    let core = work.join("core.wasm");
    let sdk = project.own("sdk");
    output::note("compiling with clang");
    let mut command = Command::new("clang");
    command.args(FLAGS).args(["-std=c17", "-Os"]).arg("-isystem").arg(&sdk);
    // Run where the user is, so that it names files as the user would; the component is the same wherever that is.
    let folder = shown(&project.folder);
    if folder != Path::new("") {
        command.arg(format!("-ffile-prefix-map={}/=", folder.display()));
    }
    // The C library's debugging information is twice as large as all the rest.
    command.arg("-Wl,--strip-debug");
    command.arg("-o").arg(&core).args(sources(&project.folder, &folder)?).args(sources(&sdk, &sdk)?);
    steps.run("compiling with clang", &mut command)?;
    let component = work.join("component.wasm");
    componentise::with_wasip1(&core, &project.own("wit"), &component)?;
    Ok(component)
}

/// The files of C in a folder, each after a prefix, in the order of their names.
fn sources(folder: &Path, prefix: &Path) -> Result<Vec<PathBuf>, CliError> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let names = entries.flatten().map(|entry| PathBuf::from(entry.file_name()));
    let mut names: Vec<PathBuf> = names.filter(|name| name.extension() == Some(OsStr::new("c"))).collect();
    names.sort();
    Ok(names.into_iter().map(|name| prefix.join(name)).collect())
}

/// Proves the tools by their use: there is no other way to know whether they find each other.
pub(super) fn check_tools(project: &Project, steps: Steps) -> Result<(), CliError> {
    if steps.ask(Command::new("clang").arg("--version")).is_none() {
        return Err(CliError::Failed(format!("there is no clang in PATH\n  help: {HELP}")));
    }
    let work = project.work_folder()?;
    let (probe, made) = (work.join("probe.c"), work.join("probe.wasm"));
    fs::write(&probe, PROBE).with_context(|| format!("cannot write {}", probe.display()))?;
    let mut command = Command::new("clang");
    command.args(FLAGS).args(["-Wl,--export=probe,--export=quotient", "-o"]).arg(made).arg(probe);
    steps
        .run_quietly("trying clang for WebAssembly", &mut command)
        .map_err(|error| CliError::Failed(format!("{error}\n  help: {HELP}")))
}
