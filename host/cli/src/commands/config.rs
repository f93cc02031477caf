//! `dalsegno config`

use dalsegno_server::config::DEFAULTS_TOML;

use crate::{error::CliError, output};

/// Prints every setting with its default.
pub(crate) fn run() -> Result<(), CliError> {
    output::data(DEFAULTS_TOML)
}
