//! The files of this repository, and what cargo knows of its workspaces.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::code;

/// Folders that no rule is about.
const SKIPPED: [&str; 4] = ["target", ".git", ".dalsegno", "node_modules"];

/// The workspaces: the host's, and those of guests, which are built for another target.
pub(crate) const WORKSPACES: [&str; 4] = [".", "guest-sdk/rust", "examples", "tests/guests"];

/// A text file.
pub(crate) struct File {
    /// From the root of the repository, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// Its code: comments and what stands in string literals are blank, lines stay where they are.
    pub(crate) fn code(&self) -> String {
        code::bare(&self.text)
    }

    /// Whether all of it is test code.
    pub(crate) fn is_test(&self) -> bool {
        let in_tests = self.path.starts_with("tests/") && !self.path.starts_with("tests/guests/");
        in_tests || self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in a folder of the repository")
}

/// All files whose names end with `.` and this, by path.
pub(crate) fn files(extension: &str) -> Vec<File> {
    let mut paths = Vec::new();
    collect(root(), extension, &mut paths);
    paths.sort();
    let files = paths.into_iter().map(|path| File {
        path: relative(&path),
        text: fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
    });
    files.collect()
}

fn collect(folder: &Path, extension: &str, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository can be read").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let kind = entry.file_type().expect("a file has a type");
        if kind.is_dir() && !SKIPPED.iter().any(|skipped| name == *skipped) {
            collect(&path, extension, paths);
        } else if kind.is_file() && path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("it was found below the root");
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// What cargo knows of a workspace's own packages.
pub(crate) fn members(workspace: &str) -> Vec<Value> {
    packages(workspace, &["--no-deps"])
}

/// What cargo knows of everything that a workspace is built from on this machine.
pub(crate) fn all_packages(workspace: &str) -> Vec<Value> {
    packages(workspace, &["--filter-platform", &this_machine()])
}

fn packages(workspace: &str, options: &[&str]) -> Vec<Value> {
    let manifest = root().join(workspace).join("Cargo.toml");
    let output = cargo()
        .args(["metadata", "--offline", "--locked", "--format-version", "1", "--manifest-path"])
        .arg(&manifest)
        .args(options)
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo metadata of {} failed; if packages are missing, build the workspace first, as tests/run does:\n{}",
        manifest.display(),
        String::from_utf8_lossy(&output.stderr),
    );
    let mut metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    match metadata["packages"].take() {
        Value::Array(packages) => packages,
        other => panic!("cargo lists packages, not {other}"),
    }
}

/// The target that cargo builds for here.
fn this_machine() -> String {
    let output = cargo().arg("-vV").output().expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("cargo names its host").to_owned()
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Fails with all that breaks a rule.
#[track_caller]
pub(crate) fn assert_none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}\n{}", broken.join("\n"));
}
