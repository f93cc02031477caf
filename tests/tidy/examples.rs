//! An example that no test runs is wrong sooner or later.

use crate::repository::{assert_none, files};

#[test]
fn every_example_has_a_test() {
    let tests: Vec<_> = files("rs").into_iter().filter(|file| file.path.starts_with("tests/e2e/")).collect();
    let manifests = files("toml").into_iter().filter(|file| file.text.contains("\"cdylib\""));
    let names = manifests.filter_map(|file| {
        let folder = file.path.strip_prefix("examples/")?.strip_suffix("/Cargo.toml")?;
        Some(folder.to_owned())
    });
    let names: Vec<String> = names.collect();
    let is_tested = |name: &String| {
        let quoted = format!("\"{name}\"");
        tests.iter().any(|test| test.text.contains(&quoted))
    };
    let broken: Vec<String> =
        names.iter().filter(|name| !is_tested(name)).map(|name| format!("examples/{name}")).collect();
    assert!(!names.is_empty());
    assert_none("An example is named by no test in tests/e2e.", &broken);
}
