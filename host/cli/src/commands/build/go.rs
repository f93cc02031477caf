//! Go: the ordinary compiler makes a core module, which becomes a component here.

use std::{path::PathBuf, process::Command};

use super::{componentise, project::Project, steps::Steps, version::Version};
use crate::{error::CliError, output};

pub(crate) const GO_MIN: Version = Version(1, 26);
/// Of a compiled module that lacks what a component exports.
const WITHOUT_SDK: &str =
    "package main has to import dalsegno/workflow, or the packages that register workflows with it";

/// Builds the component into the work folder.
pub(super) fn build(project: &Project, steps: Steps) -> Result<PathBuf, CliError> {
    check_tools(steps)?;
    let work = project.work_folder()?;
    let core = work.join("core.wasm");
    output::note("compiling with go; the first time also its standard library");
    let mut command = Command::new("go");
    command.current_dir(&project.folder);
    // local: a build does not download another compiler.
    command.envs([("GOOS", "wasip1"), ("GOARCH", "wasm"), ("CGO_ENABLED", "0"), ("GOTOOLCHAIN", "local")]);
    // In a workspace of the user's, go would neither change go.mod nor know the SDK.
    command.env("GOWORK", "off");
    // trimpath: the same sources give the same component wherever they lie, and stack traces name files shortly.
    command.args(["build", "-mod=mod", "-buildmode=c-shared", "-trimpath", "-o"]).arg(&core).arg(".");
    steps.run("compiling with go", &mut command)?;
    let component = work.join("component.wasm");
    componentise::with_wasip1(&core, &project.own("wit"), &component)
        .map_err(|error| CliError::Failed(format!("{error}\n  help: {WITHOUT_SDK}")))?;
    Ok(component)
}

pub(super) fn check_tools(steps: Steps) -> Result<(), CliError> {
    let said = steps.ask(Command::new("go").env("GOTOOLCHAIN", "local").arg("version"));
    let help = format!("install Go {GO_MIN} or newer: https://go.dev/dl");
    let Some(found) = said.as_deref().and_then(Version::find) else {
        return Err(CliError::Failed(format!("there is no go in PATH\n  help: {help}")));
    };
    if found < GO_MIN {
        return Err(CliError::Failed(format!("go is Go {found}, which is too old\n  help: {help}")));
    }
    Ok(())
}
