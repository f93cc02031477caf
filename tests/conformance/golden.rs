//! The goldens: what each scenario is to leave, in `tests/histories/conformance`.

use std::{env, fmt::Write as _, fs, path::PathBuf};

use dalsegno_tests::programs;

/// Says that the goldens are to be written anew.
const BLESS: &str = "DALSEGNO_BLESS";

/// The file of a golden.
fn path(name: &str) -> PathBuf {
    programs::repository().join("tests/histories/conformance").join(format!("{name}.txt"))
}

/// The names of all goldens.
pub(crate) fn names() -> Vec<String> {
    let folder = fs::read_dir(path("").with_file_name("")).expect("there are goldens");
    let names =
        folder.flatten().filter_map(|entry| entry.path().file_stem()?.to_str().map(ToOwned::to_owned));
    names.collect()
}

/// Compares with the golden; the one that defines it writes it when it is told to.
///
/// # Panics
/// If they differ, with both.
pub(crate) fn holds(place: &str, name: &str, text: &str, defines: bool) {
    let file = path(name);
    if defines && env::var_os(BLESS).is_some() {
        fs::create_dir_all(file.with_file_name("")).expect("the folder of the goldens can be made");
        fs::write(&file, text).expect("a golden can be written");
    }
    let golden = fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{place}: {}: {error}; {BLESS}=1 writes it", file.display()));
    assert!(
        golden == text,
        "{place} is not as in {} (- golden, + this one):\n{}",
        file.display(),
        diff(&golden, text)
    );
}

/// Both texts line by line, without repeating what they have in common at the beginning and the end.
fn diff(golden: &str, text: &str) -> String {
    let (golden, text): (Vec<_>, Vec<_>) = (golden.lines().collect(), text.lines().collect());
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(a, b)| a == b).count();
    let before = same(&mut golden.iter().zip(&text));
    let after = same(&mut golden[before..].iter().rev().zip(text[before..].iter().rev()));
    let mut shown = String::new();
    let mut show = |sign: &str, lines: &[&str]| {
        for line in lines {
            let _ = writeln!(shown, "{sign} {line}");
        }
    };
    show(" ", &golden[..before]);
    show("-", &golden[before..golden.len() - after]);
    show("+", &text[before..text.len() - after]);
    show(" ", &golden[golden.len() - after..]);
    shown
}

#[test]
fn a_difference_is_shown_where_it_is() {
    assert_eq!(diff("a\nb\nc\nd", "a\nx\ny\nd"), "  a\n- b\n- c\n+ x\n+ y\n  d\n");
    assert_eq!(diff("a\na", "a"), "  a\n- a\n");
}
