//! What every file of Rust keeps to.

use serde_json::Value;

use crate::{
    code,
    repository::{File, WORKSPACES, assert_none, files, members, root},
};

/// Lines of one file, at most.
const LINES_MAX: usize = 600;

/// What says that something is not finished, or hides it.
const UNFINISHED: [&str; 4] = ["todo!", "unimplemented!", "#[ignore", "dbg!("];
/// The same, in comments too.
const MARKS: [&str; 4] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];

#[test]
fn no_file_is_longer_than_can_be_read() {
    let long = files("rs").into_iter().map(|file| (file.text.lines().count(), file.path));
    let broken: Vec<String> = long
        .filter(|(lines, _)| *lines > LINES_MAX)
        .map(|(lines, path)| format!("{path}: {lines}"))
        .collect();
    assert_none(&format!("A file of more than {LINES_MAX} lines wants to be two."), &broken);
}

#[test]
fn nothing_is_left_unfinished() {
    let mut broken = Vec::new();
    for file in files("rs") {
        let code = file.code();
        let lines = code.lines().zip(file.text.lines()).zip(1..);
        for ((code, text), line) in lines {
            let unfinished = UNFINISHED.iter().any(|word| code.contains(word));
            let marked = MARKS.iter().any(|mark| !code::lines_with(text, mark).is_empty());
            if unfinished || marked {
                broken.push(format!("{}:{line}: {}", file.path, text.trim()));
            }
        }
    }
    assert_none("Finish it, or write an issue; a test that is ignored tests nothing.", &broken);
}

#[test]
fn no_lint_is_allowed_without_a_reason() {
    let mut broken = Vec::new();
    for file in files("rs") {
        let code = file.code();
        for (at, _) in code.match_indices("[allow(") {
            let end = code[at..].find(']').map_or(code.len(), |end| at + end);
            if !code[at..end].contains("reason = ") {
                broken.push(format!("{}:{}", file.path, code[..at].lines().count()));
            }
        }
    }
    assert_none("Write `#[expect(…, reason = \"…\")]`, which goes away with its reason.", &broken);
}

#[test]
fn every_crate_says_what_it_is() {
    let mut broken = Vec::new();
    for package in WORKSPACES.iter().flat_map(|workspace| members(workspace)) {
        for target in package["targets"].as_array().into_iter().flatten() {
            let path = target["src_path"].as_str().unwrap_or_default();
            if !is_of_code(target) || !path.starts_with(&*root().to_string_lossy()) {
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let first = text.lines().find(|line| !line.starts_with("#![")).unwrap_or_default();
            if first.strip_prefix("//! ").is_none_or(|sentence| sentence.len() < 10) {
                broken.push(path.to_owned());
            }
        }
    }
    assert_none("The root of a crate begins with `//!`: what it is, and in which order to read it.", &broken);
}

fn is_of_code(target: &Value) -> bool {
    target["kind"].as_array().is_some_and(|kinds| kinds.iter().all(|kind| kind != "custom-build"))
}

#[test]
fn modules_of_the_host_say_what_they_are() {
    let of_host = |file: &File| file.path.starts_with("host/") && !file.is_test();
    let broken: Vec<String> = files("rs")
        .into_iter()
        .filter(|file| of_host(file) && !file.text.starts_with("//! "))
        .map(|file| file.path)
        .collect();
    assert_none("A file begins with `//!`: a paragraph on what it is, and its invariants.", &broken);
}

/// Waiting for a condition is in one place, with a deadline and a message.
const MAY_WAIT: &str = "tests/support/";

#[test]
fn tests_do_not_sleep_to_wait_for_something() {
    let mut broken = Vec::new();
    for file in files("rs") {
        // The benchmark measures, and a paused clock passes no time.
        if file.path.starts_with(MAY_WAIT)
            || file.path.starts_with("tests/bench/")
            || file.text.contains("start_paused")
        {
            continue;
        }
        let code = file.code();
        let first_test_line = if file.is_test() { 0 } else { lines_before_tests(&code) };
        for (code, line) in code.lines().zip(1..).skip(first_test_line) {
            if ["thread::sleep", "time::sleep"].iter().any(|call| code.contains(call)) {
                broken.push(format!("{}:{line}: {}", file.path, code.trim()));
            }
        }
    }
    let rule =
        format!("Wait for the condition itself, by a helper of {MAY_WAIT}: a time is too long or too short.");
    assert_none(&rule, &broken);
}

/// Tests come last in a file.
fn lines_before_tests(code: &str) -> usize {
    code.lines().take_while(|line| line.trim() != "#[cfg(test)]").count()
}
