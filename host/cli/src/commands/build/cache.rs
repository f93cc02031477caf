//! Tool chains that are installed once, for all projects of a user.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::locks;
use crate::{error::CliError, output};

/// Written last: without it an installation was broken off.
const COMPLETE: &str = ".complete";
const HELP: &str = "name a folder for the tools that are installed in DALSEGNO_CACHE";

/// A tool chain in the user's cache folder.
pub(crate) struct Tool<'a> {
    /// With its version: another version is another folder.
    pub(crate) name: &'a str,
    /// Whether one that was installed can be used still.
    pub(crate) works: &'a dyn Fn(&Path) -> bool,
    /// Installs it into an empty folder.
    pub(crate) install: &'a dyn Fn(&Path) -> Result<(), CliError>,
}

impl Tool<'_> {
    /// The folder of the tool, which is installed if it is not there.
    ///
    /// # Errors
    /// There is no place for it, or it cannot be installed.
    pub(crate) fn folder(&self) -> Result<PathBuf, CliError> {
        self.folder_in(&root()?)
    }

    fn folder_in(&self, root: &Path) -> Result<PathBuf, CliError> {
        let folder = root.join(self.name);
        let is_ready = || folder.join(COMPLETE).exists() && (self.works)(&folder);
        if is_ready() {
            return Ok(folder);
        }
        fs::create_dir_all(root).map_err(|error| {
            CliError::Failed(format!("cannot make {}: {error}\n  help: {HELP}", root.display()))
        })?;
        let lock = root.join(format!("{}.lock", self.name));
        let _alone = locks::take(&lock, &format!("waiting for another build that installs {}", self.name))?;
        if is_ready() {
            return Ok(folder);
        }
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        output::note(&format!("installing {} into {}, once", self.name, folder.display()));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        (self.install)(&folder)?;
        fs::write(folder.join(COMPLETE), "").with_context(|| format!("cannot write {}", folder.display()))?;
        Ok(folder)
    }
}

/// `DALSEGNO_CACHE`, or the folder of the user's caches.
fn root() -> Result<PathBuf, CliError> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = variable("DALSEGNO_CACHE")
        .or_else(|| Some(variable("XDG_CACHE_HOME")?.join("dalsegno")))
        .or_else(|| Some(variable("HOME")?.join(".cache").join("dalsegno")));
    let cache = cache.ok_or_else(|| CliError::Failed(format!("HOME is not set\n  help: {HELP}")))?;
    Ok(cache.join("toolchains"))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_tool_is_installed_once_and_again_if_it_is_broken() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let installed = Cell::new(0);
        let install = |folder: &Path| {
            installed.set(installed.get() + 1);
            fs::write(folder.join("tool"), "").map_err(CliError::from)
        };
        let tool = Tool { name: "tool-1", works: &|folder| folder.join("tool").exists(), install: &install };
        let folder = tool.folder_in(root.path()).expect("it is installed");
        assert_eq!(tool.folder_in(root.path()).ok().as_deref(), Some(folder.as_path()));
        assert_eq!(installed.get(), 1);
        fs::remove_file(folder.join("tool")).expect("it can be removed");
        tool.folder_in(root.path()).expect("it is installed again");
        assert_eq!(installed.get(), 2);
    }

    #[test]
    fn an_installation_that_failed_is_begun_again() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let fails = |_: &Path| Err(CliError::Failed("no network".to_owned()));
        let tool = Tool { name: "tool-1", works: &|_| true, install: &fails };
        assert!(tool.folder_in(root.path()).is_err());
        let tool = Tool { install: &|_| Ok(()), ..tool };
        assert!(tool.folder_in(root.path()).is_ok());
    }
}
