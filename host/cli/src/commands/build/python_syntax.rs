//! Errors in the syntax of a project in Python, told before the half a minute that making its component takes.

use std::{path::Path, process::Command};

use super::{steps::Steps, version::Version};
use crate::{error::CliError, output};

/// The Python that is in components.
const PYTHON_INSIDE: Version = Version(3, 14);
const SCRIPT: &str = include_str!("syntax.py");

/// Refuses a module that cannot be compiled. The Python on this machine may be older than that of the component, and
/// then has no last word.
pub(super) fn check(python: &Path, folder: &Path, module: &str, steps: Steps) -> Result<(), CliError> {
    // Nothing of the shell's environment, and nothing that is installed, has a say.
    let isolated = ["-I", "-S", "-X", "utf8", "-W", "ignore"];
    let asked = steps.ask(Command::new(python).args(isolated).args(["-c", SCRIPT]).arg(folder).arg(module));
    let Some(error) = asked.filter(|error| !error.is_empty()) else { return Ok(()) };
    output::note(&error);
    let said = steps.ask(Command::new(python).arg("--version"));
    match said.as_deref().and_then(Version::find) {
        Some(found) if found < PYTHON_INSIDE => {
            output::note(&format!(
                "so says Python {found}; the component's is {PYTHON_INSIDE} and may know better: it is asked now"
            ));
            Ok(())
        }
        _ => Err(CliError::Failed("reading the module failed; what is wrong stands above".to_owned())),
    }
}
