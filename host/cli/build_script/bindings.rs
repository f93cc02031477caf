//! The guest contract in Go and in C.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use wit_bindgen_core::{Files, WorldGenerator, wit_parser::Resolve};

/// The world that a module of workflows implements.
const WORLD: &str = "workflow";

/// Where the bindings lie in the SDK for Go.
const GO_PACKAGE: &str = "dalsegno/internal/bindings";
/// What the bindings for Go expect of a package from elsewhere, and the SDK's own package that has it.
const GO_RUNTIME: [&str; 2] = ["go.bytecodealliance.org/pkg/wit/", "dalsegno/internal/wit/"];

/// Writes the bindings of the contract in `wit` into the folders `go` and `c` of `out`.
pub(crate) fn make(wit: &Path, out: &Path) -> Result<()> {
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    let go = wit_bindgen_go::Opts {
        format: wit_bindgen_go::Format::False,
        pkg_name: Some(GO_PACKAGE.to_owned()),
        quiet: true,
        ..Default::default()
    };
    generate(wit, go.build().as_mut(), &out.join("go"))?;
    generate(wit, wit_bindgen_c::Opts::default().build().as_mut(), &out.join("c"))
}

fn generate(wit: &Path, generator: &mut dyn WorldGenerator, out: &Path) -> Result<()> {
    let mut contract = Resolve::default();
    let (package, _) = contract.push_dir(wit)?;
    let world = contract.select_world(&[package], Some(WORLD))?;
    let mut files = Files::default();
    generator.generate(&mut contract, world, &mut files)?;
    for (name, bytes) in files.iter() {
        let path = out.join(name);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        if path.extension().is_some_and(|found| found == "go") {
            let [foreign, own] = GO_RUNTIME;
            fs::write(path, std::str::from_utf8(bytes)?.replace(foreign, own))?;
        } else {
            fs::write(path, bytes)?;
        }
    }
    Ok(())
}
