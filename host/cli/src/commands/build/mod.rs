//! `dalsegno build`: the tools of a language make a component of a project; a sandbox checks it.
//!
//! Read `project` for how a folder is recognised, `steps` for how tools are run, `cache` for what is installed, then
//! a language.

mod c;
mod cache;
mod check;
mod componentise;
mod deadline;
mod go;
mod locks;
pub(crate) mod project;
mod python;
mod python_syntax;
mod rust;
mod steps;
mod typescript;
mod version;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use crate::{
    args::{Form, Global},
    embedded,
    error::CliError,
    language::Language,
    output,
};
pub(crate) use go::GO_MIN;
pub(crate) use python::PYTHON_MIN;
pub(crate) use typescript::NODE_MIN;

use project::Project;
use steps::Steps;

const EXAMPLES: &str = "\
Examples:
  dalsegno build
  dalsegno build orders --out orders.wasm
  dalsegno build --output json

What the folder holds tells the language:
  Cargo.toml      Rust: the package, a `cdylib`
  pyproject.toml  Python: workflows.py, or what [tool.dalsegno] names: module = \"…\"
  package.json    TypeScript: src/workflows.ts, or what it names: \"dalsegno\": {\"entry\": \"…\"}; the engine is QuickJS, \
or, with \"engine\": \"starlingmonkey\", the one of Firefox
  go.mod          Go: package main
  *.c             C: all of them

The library for workflows is written to DIR/.dalsegno/sdk, for the build and for editors. Tools that are not found are \
installed into DALSEGNO_CACHE [default: ~/.cache/dalsegno], once, or it is said what to install. The component is checked \
as a host would when it is uploaded. Exit code 1 means that a step failed; it is named.";

/// Which project, and where to.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BuildArgs {
    /// The folder of the project
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Where the component goes [default: DIR/dist/NAME.wasm; for Rust, where cargo puts it]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Find or install the tools that the project needs, print where they are, and stop
    #[arg(long, conflicts_with = "out")]
    tools_only: bool,
    /// Show each command that is run
    #[arg(long, short)]
    verbose: bool,
    /// The folder of compiled modules [default: ~/.cache/dalsegno]
    #[arg(long, value_name = "FOLDER", env = "DALSEGNO_CACHE_DIR")]
    cache_dir: Option<PathBuf>,
}

pub(crate) fn run(args: &BuildArgs, global: &Global) -> Result<(), CliError> {
    let project = Project::recognise(&args.folder)?;
    let steps = Steps { verbose: args.verbose, time_max: None };
    let title = project.language.title();
    if args.tools_only {
        let tools = tools(&project, steps)?;
        output::note(&format!("the tools for {title} are there"));
        return match global.output {
            Form::Json => output::data(&json!({"tools": tools}).to_string()),
            Form::Text => output::data(&tools.display().to_string()),
        };
    }
    output::note(&format!("building {} ({title})", project.name));
    // Cargo sees to that itself.
    let _alone = (project.language != Language::Rust).then(|| project.lock()).transpose()?;
    let built = component(&project, steps)?;
    let checked = check::check(&built, &project, args.cache_dir.clone())?;
    let file = place(&project, &built, args.out.as_deref())?;
    match global.output {
        Form::Json => output::data(&checked.json(&file).to_string()),
        Form::Text => {
            output::data(&checked.text(&file))?;
            let file = output::shell_word(&file.to_string_lossy());
            output::note(&format!("\nnext: dalsegno module upload {file}"));
            Ok(())
        }
    }
}

/// Finds the tools of the project's language, or installs them: the program, or the folder of its own that they have.
fn tools(project: &Project, steps: Steps) -> Result<PathBuf, CliError> {
    match project.language {
        Language::Rust => rust::check_tools(&project.folder, steps).map(|()| PathBuf::from("cargo")),
        Language::Python => python::componentize(project, steps),
        Language::TypeScript => typescript::tools(project, steps),
        Language::Go => go::check_tools(steps).map(|()| PathBuf::from("go")),
        Language::C => c::check_tools(project, steps).map(|()| PathBuf::from("clang")),
    }
}

/// Makes the component, and says where it is.
fn component(project: &Project, steps: Steps) -> Result<PathBuf, CliError> {
    if project.language != Language::Rust || rust::wants_sdk(&project.folder) {
        project::write_sdk(&project.folder, embedded::sdk(project.language))?;
    }
    match project.language {
        Language::Rust => rust::build(&project.folder, steps),
        Language::Python => python::build(project, steps),
        Language::TypeScript => typescript::build(project, steps),
        Language::Go => go::build(project, steps),
        Language::C => c::build(project, steps),
    }
}

/// Copies the component to where it is wanted, now that it is known to be good.
fn place(project: &Project, built: &Path, out: Option<&Path>) -> Result<PathBuf, CliError> {
    let out = match out {
        Some(out) => out.to_owned(),
        // Cargo has its own place, which users know.
        None if project.language == Language::Rust => return Ok(shown(built)),
        None => shown(&project.default_component()),
    };
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let written = folder.map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::copy(built, &out));
    written.with_context(|| format!("cannot write {}", out.display()))?;
    Ok(out)
}

/// A path as a user here would type it.
fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let below = here.ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    below.unwrap_or_else(|| path.to_owned())
}
