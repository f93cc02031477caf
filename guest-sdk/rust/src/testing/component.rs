//! Finding the program, and building the component under test.

use std::{
    collections::HashMap,
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

use super::error::Error;

/// The environment variable that names the program.
const BIN_VARIABLE: &str = "DALSEGNO_BIN";
/// The environment variable that names a folder of components that are built already, as `PACKAGE-NAME.wasm`.
const COMPONENTS_VARIABLE: &str = "DALSEGNO_COMPONENTS";
const TARGET: &str = "wasm32-wasip2";

/// Components that were built, by manifest; each is built once in a test program.
static BUILT: Mutex<Option<HashMap<PathBuf, PathBuf>>> = Mutex::new(None);

/// The program `dalsegno`.
pub(super) fn program() -> Result<PathBuf, Error> {
    if let Some(named) = env::var_os(BIN_VARIABLE).filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        if named.is_file() {
            return Ok(named);
        }
        return Err(Error::Setup(format!(
            "{BIN_VARIABLE} names {}, where there is no file",
            named.display()
        )));
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&folders).map(|folder| folder.join("dalsegno")).find(|file| file.is_file());
    found.ok_or_else(|| {
        Error::Setup(format!(
            "the program `dalsegno`, which runs the tests' host, is not in PATH; install it, or name it by the \
             environment variable {BIN_VARIABLE}"
        ))
    })
}

/// The component of the crate whose tests run, built.
pub(super) fn of_this_crate() -> Result<PathBuf, Error> {
    if let Some(component) = built_before() {
        return Ok(component);
    }
    match env::var_os("CARGO_MANIFEST_DIR") {
        Some(folder) => build(&Path::new(&folder).join("Cargo.toml")),
        None => Err(Error::Setup(
            "the crate under test is not known: run the test by `cargo test`, or name a component by \
             TestServer::start_with"
                .to_owned(),
        )),
    }
}

fn built_before() -> Option<PathBuf> {
    let folder = env::var_os(COMPONENTS_VARIABLE).filter(|folder| !folder.is_empty())?;
    let package = env::var("CARGO_PKG_NAME").ok()?;
    let component = Path::new(&folder).join(format!("{package}.wasm"));
    component.is_file().then_some(component)
}

/// The component of a crate, built.
fn build(manifest: &Path) -> Result<PathBuf, Error> {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let built = built.get_or_insert_default();
    if let Some(component) = built.get(manifest) {
        return Ok(component.clone());
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--target", TARGET, "--message-format", "json-render-diagnostics"]);
    let output = command.arg("--manifest-path").arg(manifest).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| Error::Setup(format!("cargo cannot be started: {error}")))?;
    if !output.status.success() {
        return Err(Error::Setup(format!(
            "{} cannot be built for {TARGET}; is the target there (`rustup target add {TARGET}`)?",
            manifest.display()
        )));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let component = component(&messages, manifest).ok_or_else(|| {
        let manifest = manifest.display();
        Error::Setup(format!("{manifest} makes no component; has it crate-type = [\"cdylib\"]?"))
    })?;
    built.insert(manifest.to_owned(), component.clone());
    Ok(component)
}

/// The file that cargo says it made of this package.
fn component(messages: &str, manifest: &Path) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let artifacts =
        messages.filter(|message| message["manifest_path"].as_str().map(Path::new) == Some(manifest));
    let files = artifacts.flat_map(|artifact| artifact["filenames"].as_array().cloned().unwrap_or_default());
    let mut files = files.filter_map(|file| file.as_str().map(PathBuf::from));
    files.find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_of_the_package_is_found_among_its_dependencies() {
        let messages = r#"{"reason":"compiler-artifact","manifest_path":"/a/Cargo.toml","filenames":["/t/a.rlib"]}
            {"reason":"compiler-artifact","manifest_path":"/b/Cargo.toml","filenames":["/t/b.wasm"]}
            {"reason":"build-finished","success":true}"#;
        assert_eq!(component(messages, Path::new("/b/Cargo.toml")), Some("/t/b.wasm".into()));
        assert_eq!(component(messages, Path::new("/a/Cargo.toml")), None);
    }
}
