//! The folder of compiled modules.
//!
//! **Invariant:** only this host's user writes to it, and only whole files that its own compiler made, since
//! what is loaded from there runs as native code.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use dalsegno_engine::ids::ModuleDigest;
use tempfile::NamedTempFile;
use wasmtime::{Engine, component::Component};

use crate::{SandboxError, limits};

pub(crate) struct Artifacts {
    folder: PathBuf,
}

const OWNER_ONLY: u32 = 0o700;

/// How the names of artifacts end.
const ARTIFACT: &str = ".cwasm";

/// How the names of files of functions begin, with the number of their format.
const FUNCTIONS: &str = "functions-1-";

/// How the names of files begin that are being written.
pub(crate) const UNFINISHED: &str = "compiling-";

impl Artifacts {
    /// Makes the folder, or makes sure of it.
    pub(crate) fn open(folder: &Path) -> Result<Self, SandboxError> {
        let fail = |action| move |error| cache_error(action, folder, error);
        let made = fs::DirBuilder::new().recursive(true).mode(OWNER_ONLY).create(folder);
        made.map_err(fail("make the cache folder"))?;
        let metadata = fs::metadata(folder).map_err(fail("read the cache folder"))?;
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(SandboxError::ForeignCache(folder.to_owned()));
        }
        if metadata.mode() & 0o777 != OWNER_ONLY {
            let permissions = fs::Permissions::from_mode(OWNER_ONLY);
            fs::set_permissions(folder, permissions).map_err(fail("protect the cache folder"))?;
        }
        remove_unfinished(folder).map_err(fail("tidy the cache folder"))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Where a module's artifact is, or will be.
    pub(crate) fn path(&self, digest: &ModuleDigest, compatibility: &str) -> PathBuf {
        // A digest has no other characters; a foreign text must not lead out of the folder.
        let name: String = digest.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
        self.folder.join(format!("{name}-{compatibility}{ARTIFACT}"))
    }

    /// Where the functions are that modules have in common.
    pub(crate) fn functions(&self, compatibility: &str) -> PathBuf {
        self.folder.join(format!("{FUNCTIONS}{compatibility}"))
    }

    /// A file to write an artifact to; gone if it is not [stored](Self::store).
    pub(crate) fn new_file(&self) -> Result<NamedTempFile, SandboxError> {
        NamedTempFile::with_prefix_in(UNFINISHED, &self.folder)
            .map_err(|error| cache_error("write to the cache folder", &self.folder, error))
    }

    /// Puts a whole artifact in its place, durably, and at once for who looks.
    pub(crate) fn store(&self, file: NamedTempFile, path: &Path) -> Result<(), SandboxError> {
        let fail = |error| cache_error("store the compiled module", path, error);
        // Invariant: the content is durable before its name is, since half an artifact must not be run.
        file.as_file().sync_all().map_err(fail)?;
        file.persist(path).map_err(|error| fail(error.error))?;
        fs::File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(fail)?;
        self.remove_oldest().map_err(|error| cache_error("tidy the cache folder", &self.folder, error))
    }

    /// `None`: there is no such artifact. One that cannot be used is removed, to be compiled again.
    pub(crate) fn load(&self, engine: &Engine, path: &Path) -> Result<Option<Component>, SandboxError> {
        let file = match fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(cache_error("read the compiled module", path, error)),
        };
        match deserialize(engine, path) {
            Ok(component) => {
                // What is in use is not the oldest. Where that cannot be noted, it may be compiled again.
                let _ = file.set_modified(SystemTime::now());
                Ok(Some(component))
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), "a compiled module is removed, it cannot be used: {error:#}");
                let removed = fs::remove_file(path);
                removed.map_err(|error| cache_error("remove the damaged compiled module", path, error))?;
                Ok(None)
            }
        }
    }

    /// Whether a new file holds an artifact that this engine will load.
    ///
    /// # Errors
    /// Why it will not.
    pub(crate) fn check(engine: &Engine, file: &NamedTempFile) -> Result<(), String> {
        deserialize(engine, file.path()).map(drop).map_err(|error| error.root_cause().to_string())
    }

    /// Removes what was used the longest ago, if there is too much. It is compiled again when a run needs it; guests
    /// that have it keep it.
    fn remove_oldest(&self) -> std::io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // Another host may have removed it meanwhile.
            if let Ok(file) = entry.metadata()
                && (name.ends_with(ARTIFACT) || name.starts_with(FUNCTIONS))
            {
                files.push((file.modified()?, file.len(), entry.path()));
            }
        }
        files.sort();
        let mut bytes = 0_u64;
        for (_, length, path) in files.into_iter().rev() {
            bytes = bytes.saturating_add(length);
            if bytes > limits::ARTIFACTS_BYTES_MAX {
                remove(&path)?;
            }
        }
        Ok(())
    }
}

/// Removes what hosts left that died while compiling. Others may be compiling now.
fn remove_unfinished(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        // A time in the future is no age.
        let age = entry.metadata().and_then(|file| file.modified()).map(|modified| modified.elapsed());
        let old = matches!(age, Ok(Ok(age)) if age > limits::UNFINISHED_FILE_AGE_MAX);
        if unfinished && old {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a file, if nobody else did.
fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[expect(
    unsafe_code,
    reason = "the folder is this user's alone, and holds whole files of this host's own compiler only"
)]
fn deserialize(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: see the invariant of this module. wasmtime checks itself that its version and settings are
    // those that made the file.
    unsafe { Component::deserialize_file(engine, path) }
}

fn cache_error(action: &'static str, path: &Path, error: std::io::Error) -> SandboxError {
    SandboxError::Cache { action, path: path.to_owned(), error }
}
