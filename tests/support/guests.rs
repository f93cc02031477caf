//! The components that tests run.

use std::path::PathBuf;

use crate::programs;

/// Names the folder of built components.
const VARIABLE: &str = "DALSEGNO_GUESTS";

/// The file of a guest: `target/guests/wasm/PACKAGE.wasm`, or in the folder that the environment names.
///
/// # Panics
/// If it has not been built.
#[must_use]
pub fn path(package: &str) -> PathBuf {
    let path = folder().join(format!("{package}.wasm"));
    assert!(path.exists(), "{} is missing: tests/toolchain/guests builds the guests", path.display());
    path
}

fn folder() -> PathBuf {
    let named = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    named.unwrap_or_else(|| programs::repository().join("target/guests/wasm"))
}

/// Why a guest was not built, if that was for want of a tool chain: what `PACKAGE.skipped` says beside the components.
#[must_use]
pub fn skipped(package: &str) -> Option<String> {
    std::fs::read_to_string(folder().join(format!("{package}.skipped"))).ok()
}

/// The bytes of a guest.
///
/// # Panics
/// If it has not been built.
#[must_use]
pub fn bytes(package: &str) -> Vec<u8> {
    let path = path(package);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
