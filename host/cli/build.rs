//! Makes what the program carries: the SDKs with the guest contract, and the templates of `dalsegno new`.
//!
//! Bindings for Go and C are made here from the contract, so that none are kept in the repository and users need
//! no generator of their own.

#[path = "build_script/bindings.rs"]
mod bindings;
#[path = "build_script/embed.rs"]
mod embed;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use embed::{Embedded, Folder};

fn main() -> Result<()> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).with_context(|| format!("no {name}"));
    let cli = variable("CARGO_MANIFEST_DIR")?;
    let root = cli.ancestors().nth(2).context("the crate lies in host/cli")?;
    let out = variable("OUT_DIR")?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build_script");
    let generated = out.join("bindings");
    bindings::make(&root.join("wit"), &generated)?;

    let mut embedded = Embedded::default();
    for language in ["rust", "python", "typescript", "go", "c"] {
        embedded.add(&format!("sdk_{language}"), &sdk(root, &generated, language))?;
        let template = Folder::new(cli.join("templates").join(language), "");
        embedded.add(&format!("template_{language}"), &[template])?;
    }
    embedded.add("template_common", &[Folder::new(cli.join("templates").join("common"), "")])?;
    let tools = Folder::new(root.join("guest-sdk/typescript/toolchain"), "");
    embedded.add("tools_typescript", &[tools])?;
    embedded.write(&out.join("embedded.rs"))
}

/// What a project's `.dalsegno` holds, by language.
fn sdk(root: &Path, generated: &Path, language: &str) -> Vec<Folder> {
    let sources = Folder::new(root.join("guest-sdk").join(language), "sdk/");
    let contract = Folder::new(root.join("wit"), "wit/");
    match language {
        // Its bindings are made by a macro, which looks for the contract two folders above the SDK's manifest.
        "rust" => vec![Folder::new(sources.path, "sdk/rust/"), contract],
        "typescript" => vec![Folder::new(sources.path, "sdk/typescript/"), contract],
        "go" => {
            vec![sources, Folder::generated(generated.join(language), "sdk/internal/bindings/"), contract]
        }
        "c" => vec![sources, Folder::generated(generated.join(language), "sdk/"), contract],
        _ => vec![sources, contract],
    }
}
