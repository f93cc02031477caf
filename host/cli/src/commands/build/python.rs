//! Python: componentize-py runs the module once, and keeps what that leaves in the interpreter's memory.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use super::{
    cache::Tool,
    project::{self, Project},
    python_syntax,
    steps::{RUNNING_CODE_MAX, Steps},
    version::Version,
};
use crate::{error::CliError, output};

const COMPONENTIZE: &str = "componentize-py";
const COMPONENTIZE_VERSION: &str = "0.25.1";
pub(crate) const PYTHON_MIN: Version = Version(3, 10);
/// The project's module if its manifest names none.
const MODULE: &str = "workflows";
/// The module that makes a component of the project's module.
const ENTRY: &str = "dalsegno_entry";

/// Builds the component into the work folder.
pub(super) fn build(project: &Project, steps: Steps) -> Result<PathBuf, CliError> {
    let module = module(project)?;
    let componentize = componentize(project, steps)?;
    python_syntax::check(&python_beside(&componentize), &project.folder, &module, steps)?;
    let work = project.work_folder()?;
    let entry = format!("from dalsegno.component import Guest, load\n\nload(\"{module}\")\n");
    fs::write(work.join(ENTRY).with_extension("py"), entry).context("cannot write the component's entry")?;
    let component = work.join("component.wasm");

    output::note("making the component; this takes half a minute or less");
    let mut command = Command::new(componentize);
    // An empty environment, since a build must not depend on what is installed beside the shell's Python.
    let nothing = work.join("nothing");
    fs::create_dir_all(nothing.join("lib/python3/site-packages"))
        .context("cannot make an empty environment")?;
    command.current_dir(&project.folder).env("VIRTUAL_ENV", nothing).arg("-q");
    command.arg("-d").arg(project.own("wit")).args(["-w", "workflow", "componentize", ENTRY]);
    let packages = site_packages(&project.folder);
    for path in [project.folder.clone(), project.own("sdk"), work].into_iter().chain(packages) {
        command.arg("-p").arg(path);
    }
    command.arg("-o").arg(&component);
    let steps = steps.within(RUNNING_CODE_MAX);
    steps.run_excerpted("making the component", &mut command, |said| excerpt(said, &project.folder))?;
    Ok(component)
}

fn module(project: &Project) -> Result<String, CliError> {
    let manifest = project::toml(&project.folder.join("pyproject.toml"))?;
    let named = manifest.pointer("/tool/dalsegno/module");
    let module = named.map_or(Some(MODULE), serde_json::Value::as_str).unwrap_or_default();
    let is_name = |part: &str| {
        !part.starts_with(|c: char| c.is_ascii_digit())
            && !part.is_empty()
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    if !module.split('.').all(is_name) {
        return Err(CliError::usage("pyproject.toml: `module` in [tool.dalsegno] is no name of a module"));
    }
    let file = project.folder.join(module.replace('.', "/"));
    if file.with_extension("py").is_file() || file.join("__init__.py").is_file() {
        return Ok(module.to_owned());
    }
    Err(CliError::usage(format!(
        "{} has no module `{module}`\n  help: put the workflows into {module}.py, or name their module in \
         pyproject.toml:\n\n    [tool.dalsegno]\n    module = \"…\"",
        project.folder.display()
    )))
}

/// The program, in the version that the SDK is made for: the project's, that in PATH, or our own.
pub(super) fn componentize(project: &Project, steps: Steps) -> Result<PathBuf, CliError> {
    let fits = |program: &Path| {
        let said = steps.ask(Command::new(program).arg("--version"));
        said.is_some_and(|said| said.split_whitespace().last() == Some(COMPONENTIZE_VERSION))
    };
    let projects = project.folder.join(".venv/bin").join(COMPONENTIZE);
    if let Some(found) = [projects, PathBuf::from(COMPONENTIZE)].into_iter().find(|program| fits(program)) {
        return Ok(found);
    }
    let place = |folder: &Path| folder.join("bin").join(COMPONENTIZE);
    let tool = Tool {
        name: &format!("{COMPONENTIZE}-{COMPONENTIZE_VERSION}"),
        works: &|folder| fits(&place(folder)),
        install: &|folder| install(folder, steps),
    };
    Ok(place(&tool.folder()?))
}

/// The interpreter of componentize-py's environment, or that in PATH if it is in no environment.
fn python_beside(componentize: &Path) -> PathBuf {
    let python = componentize.with_file_name("python");
    if python.is_absolute() && python.is_file() { python } else { PathBuf::from("python3") }
}

fn install(folder: &Path, steps: Steps) -> Result<(), CliError> {
    check_python(steps)?;
    steps.run("making a virtual environment", Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]);
    pip.arg(format!("{COMPONENTIZE}=={COMPONENTIZE_VERSION}"));
    steps.run(&format!("installing {COMPONENTIZE}"), &mut pip).map_err(|error| {
        CliError::Failed(format!(
            "{error}\n  help: the first build needs a network that reaches Python's package index (or PIP_INDEX_URL, a \
             mirror of it). Where there is none, put {COMPONENTIZE} {COMPONENTIZE_VERSION} into PATH or into the \
             project's .venv"
        ))
    })
}

fn check_python(steps: Steps) -> Result<(), CliError> {
    let said = steps.ask(Command::new("python3").arg("--version"));
    let help = format!(
        "install Python {PYTHON_MIN} or newer with its module venv (Debian: apt install python3-venv)"
    );
    let Some(found) = said.as_deref().and_then(Version::find) else {
        return Err(CliError::Failed(format!("there is no python3 in PATH\n  help: {help}")));
    };
    if found < PYTHON_MIN {
        return Err(CliError::Failed(format!("python3 is Python {found}, which is too old\n  help: {help}")));
    }
    Ok(())
}

/// Where a project's own environment has its packages.
fn site_packages(folder: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(folder.join(".venv/lib")).ok()?.flatten();
    let mut packages = versions.map(|version| version.path().join("site-packages"));
    packages.find(|packages| packages.is_dir())
}

/// What the SDK says of the project's code: it stands within tracebacks of the SDK and of componentize-py.
fn excerpt(said: &str, folder: &Path) -> Option<String> {
    let (_, told) = said.split_once("dalsegno.component.BuildError: ")?;
    let (told, _) = told.split_once("\n\nCaused by:")?;
    // Paths of the project begin in its folder.
    Some(told.trim_end().replace("  File \"", &format!("  File \"{}/", folder.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_failure_the_words_of_the_sdk_are_shown() {
        let shown = |own: &str| {
            let said = format!(
                "Traceback:\n  File \"/x\"\nAssertionError: Traceback\n  File \"/1/y\"\n\
                 dalsegno.component.BuildError: {own}\n\n\nCaused by:\n    0: y\n\nStack backtrace:"
            );
            excerpt(&said, Path::new("/p")).expect("there is an error")
        };
        let traceback = "Traceback (most recent call last):\n  File \"workflows.py\", line 3\nNameError: x";
        let expected = "Traceback (most recent call last):\n  File \"/p/workflows.py\", line 3\nNameError: x";
        assert_eq!(shown(traceback), expected);
        assert_eq!(shown("there is:\n  none"), "there is:\n  none");
        assert_eq!(excerpt("something else", Path::new("/p")), None);
    }
}
