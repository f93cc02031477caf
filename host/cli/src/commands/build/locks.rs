//! Locks of files, which end with the process that has them.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use anyhow::Context as _;

use crate::{error::CliError, output};

/// Takes the lock of a file, which is made if it is absent; says why it waits if another process has it.
///
/// # Errors
/// The file cannot be written or locked.
pub(super) fn take(path: &Path, waiting: &str) -> Result<File, CliError> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            output::note(waiting);
            file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))?;
        }
    }
    Ok(file)
}
