//! Rust: cargo does it all.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::{project, steps::Steps};
use crate::error::CliError;

const TARGET: &str = "wasm32-wasip2";

/// Whether the SDK comes from the program, and not from elsewhere.
pub(super) fn wants_sdk(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|manifest| manifest.contains(".dalsegno/"))
}

/// Builds the package in this folder; the component is where cargo puts it.
pub(super) fn build(folder: &Path, steps: Steps) -> Result<PathBuf, CliError> {
    let manifest = folder.join("Cargo.toml");
    check_manifest(&manifest)?;
    check_tools(folder, steps)?;
    let mut command = Command::new("cargo");
    command.current_dir(folder).args(["build", "--release", "--target", TARGET]);
    command.args(["--message-format", "json-render-diagnostics"]);
    let mut component = None;
    steps.read("compiling with cargo", &mut command, |line| {
        let message: Value = serde_json::from_str(line).unwrap_or_default();
        component = component_of(&message, &manifest).or_else(|| component.take());
    })?;
    component.ok_or_else(|| CliError::Failed(format!("cargo made no component of {}", manifest.display())))
}

fn check_manifest(path: &Path) -> Result<(), CliError> {
    let manifest = project::toml(path)?;
    if manifest.get("package").is_none() {
        let help = "name the folder of one of its packages";
        return Err(CliError::usage(format!("{} is a workspace\n  help: {help}", path.display())));
    }
    let types = manifest.pointer("/lib/crate-type").and_then(Value::as_array);
    if types.is_some_and(|types| types.iter().any(|kind| kind == "cdylib")) {
        return Ok(());
    }
    let help = "add these lines:\n\n    [lib]\n    crate-type = [\"cdylib\"]";
    let path = path.display();
    Err(CliError::usage(format!("{path} makes no component, since it is no `cdylib`\n  help: {help}")))
}

/// Without the target rustc complains of a missing `core`, which helps nobody.
pub(super) fn check_tools(folder: &Path, steps: Steps) -> Result<(), CliError> {
    let failed = |problem: &str, help: &str| Err(CliError::Failed(format!("{problem}\n  help: {help}")));
    let ask = |command: &mut Command| steps.ask(command.current_dir(folder));
    if ask(Command::new("cargo").arg("--version")).is_none() {
        return failed("there is no cargo that works", "install Rust: https://rustup.rs");
    }
    let libraries = ask(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]));
    if libraries.is_some_and(|libraries| Path::new(&libraries).is_dir()) {
        return Ok(());
    }
    failed(&format!("Rust lacks the target {TARGET}"), &format!("run: rustup target add {TARGET}"))
}

/// The component, if this is the message that tells of it.
fn component_of(message: &Value, manifest: &Path) -> Option<PathBuf> {
    if message["reason"] != "compiler-artifact" || message["manifest_path"].as_str() != manifest.to_str() {
        return None;
    }
    let files = message["filenames"].as_array()?.iter().filter_map(Value::as_str);
    files.map(PathBuf::from).find(|file| file.extension().is_some_and(|found| found == "wasm"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_component_is_the_packages_own() {
        let manifest = Path::new("/p/Cargo.toml");
        let message = |manifest: &str, file: &str| json!({"reason": "compiler-artifact", "manifest_path": manifest, "filenames": [file]});
        let found = component_of(&message("/p/Cargo.toml", "/t/p.wasm"), manifest);
        assert_eq!(found, Some(PathBuf::from("/t/p.wasm")));
        assert_eq!(component_of(&message("/other/Cargo.toml", "/t/o.wasm"), manifest), None);
        assert_eq!(component_of(&message("/p/Cargo.toml", "/t/p.rlib"), manifest), None);
    }
}
