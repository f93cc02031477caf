//! Makes a component of a core module that was compiled against WASI's first version.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::error::CliError;

/// The world that a module of workflows implements.
const WORLD: &str = "workflow";

/// Writes the component of a core module that has the contract in `wit`.
pub(super) fn with_wasip1(core: &Path, wit: &Path, component: &Path) -> Result<(), CliError> {
    let bytes = encode(core, wit).context("making a component of the compiled module failed")?;
    Ok(fs::write(component, bytes).with_context(|| format!("cannot write {}", component.display()))?)
}

fn encode(core: &Path, wit: &Path) -> Result<Vec<u8>> {
    let mut core = fs::read(core)?;
    let mut contract = Resolve::default();
    let (package, _) = contract.push_dir(wit)?;
    let world = contract.select_world(&[package], Some(WORLD))?;
    embed_component_metadata(&mut core, &contract, world, StringEncoding::UTF8)?;
    ComponentEncoder::default()
        .validate(true)
        .module(&core)?
        .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)?
        .encode()
}
