//! TypeScript: the SDK's own build script bundles the project and puts it into an engine; it stands in the cache, beside
//! the packages that it needs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use dalsegno_sandbox::Sandbox;
use serde_json::Value;

use super::{
    cache::Tool,
    project::{self, Project},
    steps::{RUNNING_CODE_MAX, Steps},
    version::Version,
};
use crate::{embedded, error::CliError, output};

pub(crate) const NODE_MIN: Version = Version(20, 0);
/// The engine that is large and seldom wanted: its packages have a folder of their own.
const STARLINGMONKEY: &str = "starlingmonkey";
/// Digits of the digest that tells tool chains apart.
const DIGEST_DIGITS: usize = 12;

/// Builds the component into the work folder.
pub(super) fn build(project: &Project, steps: Steps) -> Result<PathBuf, CliError> {
    let tools = tools(project, steps)?;
    let component = project.work_folder()?.join("component.wasm");
    output::note("checking types, bundling, and making the component");
    let mut command = Command::new("node");
    command.current_dir(&project.folder).arg(tools.join("build.mjs"));
    command.arg("--project").arg(&project.folder).arg("--sdk").arg(project.own("sdk/typescript"));
    command.arg("--wit").arg(project.own("wit")).arg("--out").arg(&component);
    steps.within(RUNNING_CODE_MAX).run("making the component", &mut command)?;
    Ok(component)
}

/// The folder of the build script, with all its packages.
pub(super) fn tools(project: &Project, steps: Steps) -> Result<PathBuf, CliError> {
    let manifest = project::json(&project.folder.join("package.json"))?;
    let engine = manifest.pointer("/dalsegno/engine").and_then(Value::as_str);
    check_node(steps)?;
    let files = embedded::typescript_tools();
    let bytes = files.iter().flat_map(|(name, bytes)| [name.as_bytes(), bytes]).collect::<Vec<_>>().concat();
    let digest = Sandbox::digest(&bytes).to_string();
    let digest = &digest[digest.len() - DIGEST_DIGITS..];
    let with_engine = engine.filter(|engine| *engine == STARLINGMONKEY);
    let name =
        [Some("typescript"), Some(digest), with_engine].into_iter().flatten().collect::<Vec<_>>().join("-");
    let tool = Tool {
        name: &name,
        works: &|folder| folder.join("node_modules").is_dir(),
        install: &|folder| install(folder, with_engine, steps),
    };
    tool.folder()
}

fn install(folder: &Path, engine: Option<&str>, steps: Steps) -> Result<(), CliError> {
    for (name, bytes) in embedded::typescript_tools() {
        let path = folder.join(name);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, bytes))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    for folder in [Some(folder.to_owned()), engine.map(|engine| folder.join(engine))].into_iter().flatten() {
        let mut npm = Command::new("npm");
        npm.current_dir(folder).args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
        steps.run_quietly("installing packages with npm", &mut npm).map_err(|error| {
            CliError::Failed(format!(
                "{error}\n  help: the first build needs a network that reaches npm's registry, or the mirror of it that \
                 npm is configured to use"
            ))
        })?;
    }
    Ok(())
}

fn check_node(steps: Steps) -> Result<(), CliError> {
    let help = format!("install Node.js {NODE_MIN} or newer, with npm: https://nodejs.org");
    let failed = |problem: &str| Err(CliError::Failed(format!("{problem}\n  help: {help}")));
    let Some(found) = steps.ask(Command::new("node").arg("--version")).as_deref().and_then(Version::find)
    else {
        return failed("there is no node in PATH");
    };
    if found < NODE_MIN {
        return failed(&format!("node is Node.js {found}, which is too old"));
    }
    match steps.ask(Command::new("npm").arg("--version")) {
        Some(_) => Ok(()),
        None => failed("there is no npm in PATH"),
    }
}
