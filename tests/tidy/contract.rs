//! The published guest contract stays as it is: modules that were built against it live for years.

use sha2::{Digest, Sha256};

use crate::repository::files;

/// Versions of the contract that were published, and what they hashed to then. Lines are only ever added.
const PUBLISHED: [(&str, &str); 1] =
    [("0.1.0", "8174a37183641f46a855da293b954d51ef4c2a63ae4c38c711691b150fdb659c")];

#[test]
fn a_published_guest_contract_is_never_changed() {
    let found = contract("wit/");
    let version = version(&found).expect("a file of wit/ says `package dalsegno:workflow@VERSION;`");
    let hash = hash(&found);
    let published = PUBLISHED.iter().find(|(published, _)| *published == version);
    let Some((_, expected)) = published else {
        panic!("publish the contract {version} by adding (\"{version}\", \"{hash}\") to `PUBLISHED`");
    };
    assert_eq!(
        hash, *expected,
        "the guest contract {version} was published, and modules are built against it. It may only be added to \
         under a new version: keep wit/ as it was, and give what is new (functions, interfaces) a package version of \
         its own, that the host links beside this one"
    );
}

/// The files of a contract without comments and spaces, which may change.
fn contract(folder: &str) -> Vec<(String, String)> {
    let files = files("wit").into_iter().filter(|file| file.path.starts_with(folder));
    let read = files.map(|file| {
        let lines = file.text.lines().map(|line| line.split("//").next().unwrap_or_default());
        let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
        (file.path, words.join(" "))
    });
    read.collect()
}

fn version(contract: &[(String, String)]) -> Option<String> {
    let mut packages = contract.iter().filter_map(|(_, text)| text.split_once("package dalsegno:workflow@"));
    packages.next().and_then(|(_, rest)| rest.split(';').next()).map(ToOwned::to_owned)
}

fn hash(contract: &[(String, String)]) -> String {
    let mut hasher = Sha256::new();
    for (path, text) in contract {
        hasher.update(format!("{path}\n{text}\n"));
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn comments_may_change_and_nothing_else() {
    let of = |text: &str| hash(&[("wit/a.wit".to_owned(), text.to_owned())]);
    assert_eq!(contract("wit/").len(), files("wit").len(), "every .wit file belongs to the contract");
    assert_ne!(of("record a { b: u32 }"), of("record a { b: u64 }"));
}
