//! Lists of files that are compiled into the program.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

/// What builds and tests leave behind, and what projects do not need of an SDK.
const LEFT_OUT: [&str; 9] =
    ["target", "tests", "test", "testhost", "toolchain", "node_modules", "__pycache__", "dist", ".dalsegno"];

/// A folder, and what stands before the names of its files in the program.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    prefix: String,
    /// Whether a change in it is a reason to make the lists again.
    is_source: bool,
}

impl Folder {
    pub(crate) fn new(path: PathBuf, prefix: &str) -> Self {
        Self { path, prefix: prefix.to_owned(), is_source: true }
    }

    /// One that the build script itself writes.
    pub(crate) fn generated(path: PathBuf, prefix: &str) -> Self {
        Self { is_source: false, ..Self::new(path, prefix) }
    }
}

/// The lists, as Rust.
#[derive(Default)]
pub(crate) struct Embedded(String);

impl Embedded {
    /// Adds a list of all files of some folders.
    pub(crate) fn add(&mut self, name: &str, folders: &[Folder]) -> Result<()> {
        writeln!(self.0, "pub(super) static {}: Files = &[", name.to_uppercase())?;
        for folder in folders {
            let mut files = Vec::new();
            if folder.path.exists() {
                if folder.is_source {
                    watch(&folder.path)?;
                }
                collect(&folder.path, &mut files)?;
            }
            files.sort();
            for file in files {
                let inside = file.strip_prefix(&folder.path)?.to_str().context("file names are UTF-8")?;
                writeln!(
                    self.0,
                    "    ({:?}, include_bytes!({file:?})),",
                    format!("{}{inside}", folder.prefix)
                )?;
            }
        }
        writeln!(self.0, "];")?;
        Ok(())
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        fs::write(path, &self.0).with_context(|| path.display().to_string())
    }
}

/// Tells cargo when to look again. It would look into large folders of builds, too, if they lay in a watched one.
fn watch(folder: &Path) -> Result<()> {
    let large = ["target", "node_modules"].map(|name| folder.join(name));
    if !large.iter().any(|large| large.exists()) {
        println!("cargo::rerun-if-changed={}", folder.display());
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if !large.contains(&path) {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().context("file names are UTF-8")?;
        let left_out = LEFT_OUT.contains(&name) || name.ends_with("_test.go") || name.ends_with(".pyc");
        if left_out {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}
