//! What everything is built from may be used in a program under the Apache licence.

use std::collections::BTreeMap;

use crate::repository::{WORKSPACES, all_packages, assert_none};

/// Licences that ask for no more than to be named.
const ALLOWED: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[test]
fn every_dependency_has_a_licence_that_is_allowed() {
    let mut broken = BTreeMap::new();
    for workspace in WORKSPACES {
        for package in all_packages(workspace) {
            let licence = package["license"].as_str().unwrap_or("none named");
            if !is_allowed(licence) {
                broken.insert(package["id"].to_string(), licence.to_owned());
            }
        }
    }
    let broken: Vec<String> = broken.into_iter().map(|(id, licence)| format!("{id}: {licence}")).collect();
    assert_none(
        "A dependency has a licence that is not in `ALLOWED`: replace it, or ask for advice.",
        &broken,
    );
}

/// Whether a licence expression (SPDX, or the older form with a slash) leaves a choice of allowed ones.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any(&mut rest) == Some(true) && rest.is_empty()
}

/// `None`: the words make no sense, here and below.
fn any(words: &mut &[&str]) -> Option<bool> {
    let mut allowed = all(words)?;
    while take(words, "OR") {
        allowed |= all(words)?;
    }
    Some(allowed)
}

fn all(words: &mut &[&str]) -> Option<bool> {
    let mut allowed = one(words)?;
    while take(words, "AND") {
        allowed &= one(words)?;
    }
    Some(allowed)
}

fn one(words: &mut &[&str]) -> Option<bool> {
    if take(words, "(") {
        let allowed = any(words)?;
        return take(words, ")").then_some(allowed);
    }
    let mut name = (*words.split_off_first()?).to_owned();
    if take(words, "WITH") {
        name = format!("{name} WITH {}", words.split_off_first()?);
    }
    Some(ALLOWED.contains(&name.as_str()))
}

fn take(words: &mut &[&str], word: &str) -> bool {
    let found = words.first() == Some(&word);
    if found {
        *words = &words[1..];
    }
    found
}

#[test]
fn expressions_are_understood() {
    for allowed in [
        "MIT",
        "MIT/GPL-3.0",
        "GPL-3.0 OR MIT",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        "ISC AND (Apache-2.0 OR ISC) AND BSD-3-Clause",
    ] {
        assert!(is_allowed(allowed), "{allowed}");
    }
    for refused in [
        "",
        "none named",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "GPL-2.0 WITH LLVM-exception",
        "(MIT",
        "MIT)",
        "MIT OR",
    ] {
        assert!(!is_allowed(refused), "{refused}");
    }
}
