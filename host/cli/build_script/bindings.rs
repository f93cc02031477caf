//! The guest contract in Go and in C.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use wit_bindgen_core::{Files, WorldGenerator, wit_parser::Resolve};

/// The world that a module of workflows implements.
const WORLD: &str = "workflow";

/// Where the bindings lie in the SDK for Go.
const GO_PACKAGE: &str = "dalsegno/internal/bindings";
/// What is changed in files of a kind.
const CHANGES: [(&str, &str, &str); 2] = [
    // The SDK has a package of its own for what the bindings expect of one from elsewhere.
    ("go", "go.bytecodealliance.org/pkg/wit/", "dalsegno/internal/wit/"),
    // Would have the linker look for the object file that is not made.
    (
        "c",
        "extern void __component_type_object_force_link_workflow(void);",
        "static void __component_type_object_force_link_workflow(void) {}",
    ),
];

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
    // The type of the component is added when it is made, as for Go.
    let c = wit_bindgen_c::Opts { no_object_file: true, ..Default::default() };
    generate(wit, c.build().as_mut(), &out.join("c"))
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
        let extension = path.extension().unwrap_or_default();
        let mut text = String::from_utf8(bytes.to_vec())?;
        for (_, from, to) in CHANGES.iter().filter(|(kind, ..)| extension == *kind) {
            text = text.replace(from, to);
        }
        fs::write(path, text)?;
    }
    Ok(())
}
