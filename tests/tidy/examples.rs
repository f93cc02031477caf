//! An example that no test runs is wrong sooner or later.

use std::collections::BTreeSet;

use crate::repository::{assert_none, files};

/// The folder of a language in an example, how its files end, and how tests name it.
const LANGUAGES: [(&str, &str, &str); 4] =
    [("python", "py", "Python"), ("typescript", "ts", "TypeScript"), ("go", "go", "Go"), ("c", "c", "C")];

/// The end-to-end tests, one text for each.
fn tests() -> Vec<String> {
    let files = files("rs").into_iter().filter(|file| file.path.starts_with("tests/e2e/"));
    files.flat_map(|file| file.text.split("#[rstest]").map(ToOwned::to_owned).collect::<Vec<_>>()).collect()
}

/// Whether a test names it in quotes.
fn names(test: &str, example: &str) -> bool {
    test.contains(&format!("\"{example}\""))
}

/// Whether a test has this word.
fn has_word(test: &str, word: &str) -> bool {
    test.split(|letter: char| !letter.is_alphanumeric()).any(|found| found == word)
}

#[test]
fn every_example_has_a_test() {
    let tests = tests();
    let manifests = files("toml").into_iter().filter(|file| file.text.contains("\"cdylib\""));
    let examples: Vec<String> = manifests
        .filter_map(|file| {
            let folder = file.path.strip_prefix("examples/")?.strip_suffix("/Cargo.toml")?;
            Some(folder.to_owned())
        })
        .collect();
    let is_tested = |example: &String| tests.iter().any(|test| names(test, example));
    let broken: Vec<String> = examples
        .iter()
        .filter(|example| !is_tested(example))
        .map(|example| format!("examples/{example}"))
        .collect();
    assert!(!examples.is_empty());
    assert_none("An example is named by no test in tests/e2e.", &broken);
}

#[test]
fn every_language_of_an_example_has_a_test() {
    let tests = tests();
    let mut found = BTreeSet::new();
    for (folder, extension, language) in LANGUAGES {
        for file in files(extension) {
            let path = file.path.strip_prefix("examples/").and_then(|path| path.split_once('/'));
            let Some((example, path)) = path else { continue };
            if path.split('/').next() == Some(folder) {
                found.insert((example.to_owned(), language));
            }
        }
    }
    let is_tested = |example: &str, language: &str| {
        tests.iter().any(|test| names(test, example) && has_word(test, language))
    };
    let broken: Vec<String> = found
        .iter()
        .filter(|(example, language)| !is_tested(example, language))
        .map(|(example, language)| format!("examples/{example} in {language}"))
        .collect();
    assert!(found.len() > LANGUAGES.len(), "only these were found: {found:?}");
    assert_none("No test in tests/e2e names an example together with its language.", &broken);
}
