//! Go: the ordinary compiler makes a core module, which becomes a component here.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use dalsegno_engine::guest::ActivationError;

use super::{componentise, project::Project, shown, steps::Steps, version::Version};
use crate::{error::CliError, output};

pub(crate) const GO_MIN: Version = Version(1, 26);
/// Of a compiled module that lacks what a component exports.
const WITHOUT_SDK: &str =
    "package main has to import dalsegno/workflow, or the packages that register workflows with it";
/// What go says of imports, and what helps. `go get` would help with neither.
const IMPORTS: [(&str, &str); 2] = [
    (
        "go.temporal.io/sdk/",
        "workflows import dalsegno/workflow for go.temporal.io/sdk/workflow and dalsegno for \
         go.temporal.io/sdk/temporal; workers and clients are programs of their own",
    ),
    (
        "package dalsegno/workflow is not in std",
        "make the SDK known to go.mod: go mod edit -require dalsegno@v0.0.0 -replace dalsegno=./.dalsegno/sdk",
    ),
];

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
    // A workspace of the user's would not know the SDK.
    command.env("GOWORK", "off");
    // trimpath: the same sources give the same component wherever they lie, and stack traces name files shortly.
    command.args(["build", "-buildmode=c-shared", "-trimpath", "-o"]).arg(&core).arg(".");
    steps.run_excerpted("compiling with go", &mut command, |said| Some(excerpt(said, &project.folder)))?;
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

/// What go complains of, with paths that the user's shell knows, and advice of ours where its own does not help.
fn excerpt(said: &str, folder: &Path) -> String {
    let advice = IMPORTS.into_iter().find(|(complaint, _)| said.contains(complaint));
    let go_gets = |line: &&str| advice.is_some_and(|(of, _)| line.starts_with(&format!("\tgo get {of}")));
    let lines = said.lines().filter(|line| !go_gets(line)).map(|line| placed(line, folder));
    let lines = lines.map(|line| match advice {
        Some((of, _)) if line.contains(of) => line.trim_end_matches("; to add it:").to_owned(),
        _ => line,
    });
    let help = advice.map(|(_, help)| format!("  help: {help}"));
    lines.chain(help).collect::<Vec<_>>().join("\n")
}

/// A line about a file of the project, named as it can be found from where the user is.
fn placed(line: &str, folder: &Path) -> String {
    let text = line.trim_start();
    let named = text.split_once(':').map(|(name, rest)| (name.strip_prefix("./").unwrap_or(name), rest));
    match named.map(|(name, rest)| (folder.join(name), rest)) {
        Some((file, rest)) if file.is_file() => {
            let indent = &line[..line.len() - text.len()];
            format!("{indent}{}:{rest}", shown(&file).display())
        }
        _ => line.to_owned(),
    }
}

/// Why the component does not say what it holds. All that has run by then is what Go runs before a workflow.
pub(super) fn why_not_begun(error: &ActivationError, folder: &Path) -> String {
    let manifest = fs::read_to_string(folder.join("go.mod")).unwrap_or_default();
    let module = manifest.lines().find_map(|line| line.strip_prefix("module ")).unwrap_or_default().trim();
    let Some((panic, stack)) = panic(&error.message) else {
        return format!("in an init function or a variable of a package: {}", error.message);
    };
    let own = format!("{module}/");
    let place = stack
        .split_whitespace()
        .filter_map(|word| word.strip_prefix(&own))
        .find(|word| word.contains(".go:"));
    match place {
        Some(place) => format!("{panic}\n  at {}", placed(place, folder)),
        None => panic.to_owned(),
    }
}

/// The words of a panic, and the stacks that Go writes after them.
fn panic(message: &str) -> Option<(&str, &str)> {
    let mark = " goroutine ";
    let begins_stack = |at: &usize| message[at + mark.len()..].starts_with(|c: char| c.is_ascii_digit());
    let at = message.match_indices(mark).map(|(at, _)| at).find(begins_stack)?;
    Some(message.split_at(at))
}

#[cfg(test)]
mod tests {
    use dalsegno_engine::guest::ActivationErrorKind;

    use super::*;

    fn project() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("go.mod"), "module example.com/orders\n").expect("it can be written");
        fs::write(folder.path().join("main.go"), "").expect("it can be written");
        folder
    }

    #[test]
    fn places_are_named_from_where_the_user_is() {
        let folder = project();
        let file = folder.path().join("main.go").display().to_string();
        let said = "# orders\n./main.go:3:8: undefined: x\n\t./main.go:4:2: other\nmain.go:1:1: y\nz: w";
        let expected =
            format!("# orders\n{file}:3:8: undefined: x\n\t{file}:4:2: other\n{file}:1:1: y\nz: w");
        assert_eq!(excerpt(said, folder.path()), expected);
    }

    #[test]
    fn imports_of_temporal_are_told_what_stands_for_them() {
        let missing = |package: &str| {
            format!("x.go:3:8: no required module provides package {package}; to add it:\n\tgo get {package}")
        };
        let temporal = excerpt(&missing("go.temporal.io/sdk/workflow"), Path::new("/none"));
        let (complaint, help) = temporal.split_once("\n  help: ").expect("there is help");
        assert_eq!(complaint, "x.go:3:8: no required module provides package go.temporal.io/sdk/workflow");
        assert!(help.contains("import dalsegno/workflow for"), "{help}");
        let other = missing("example.com/x");
        assert_eq!(excerpt(&other, Path::new("/none")), other);
    }

    #[test]
    fn a_panic_in_init_is_told_with_its_place() {
        let folder = project();
        let why = |message: &str| {
            let error = ActivationError {
                kind: ActivationErrorKind::Bug,
                message: message.to_owned(),
                backtrace: "runtime.abort".to_owned(),
            };
            why_not_begun(&error, folder.path())
        };
        let stack = "[running]: dalsegno/workflow.Register(...) dalsegno@v0.0.0/workflow/register.go:33 main.init.0() \
                     example.com/orders/main.go:5 +0x4";
        let told = why(&format!("panic: a goroutine fails goroutine 1 {stack}"));
        let file = folder.path().join("main.go").display().to_string();
        assert_eq!(told, format!("panic: a goroutine fails\n  at {file}:5"));
        assert_eq!(why("panic: x goroutine 1 [running]: runtime.main()"), "panic: x");
        assert_eq!(why("a blocking wait"), "in an init function or a variable of a package: a blocking wait");
    }
}
