//! Statements stand in files, and every file is used.

use std::collections::BTreeSet;

use crate::{
    code,
    repository::{File, assert_none, files},
};

const QUERIES: &str = "host/store/queries/";
const MIGRATIONS: &str = "migrations/";
const BACKENDS: [&str; 2] = ["postgres", "sqlite"];

#[test]
fn every_statement_is_used() {
    let sources: Vec<File> =
        files("rs").into_iter().filter(|file| file.path.starts_with("host/store/src/")).collect();
    let mut broken = Vec::new();
    for file in files("sql") {
        let used = place(&file.path).is_some_and(|(_, backend, name)| {
            let mut of_backend = sources.iter().filter(|source| concerns(source, backend));
            of_backend.any(|source| names(source, name))
        });
        if !used {
            broken.push(file.path);
        }
    }
    assert_none("A file of SQL is used by nothing, or has no place in queries/ or migrations/.", &broken);
}

#[test]
fn migrations_are_numbered_without_gaps() {
    let all = files("sql");
    for backend in BACKENDS {
        let names = all
            .iter()
            .filter_map(|file| place(&file.path))
            .filter(|(folder, of, _)| *folder == MIGRATIONS && *of == backend);
        let numbers: BTreeSet<usize> = names
            .map(|(_, _, name)| name.split('_').next().and_then(|number| number.parse().ok()))
            .map(|number| number.expect("a migration is named NNNN_name.sql"))
            .collect();
        assert!(numbers.iter().copied().eq(1..=numbers.len()), "{backend}: {numbers:?}");
    }
}

/// Folder, backend and name of a file of SQL.
fn place(path: &str) -> Option<(&'static str, &str, &str)> {
    let folder = [QUERIES, MIGRATIONS].into_iter().find(|folder| path.starts_with(folder))?;
    let (backend, name) = path.strip_prefix(folder)?.strip_suffix(".sql")?.split_once('/')?;
    BACKENDS.contains(&backend).then_some((folder, backend, name))
}

/// Whether a source names a file: by its path, by a literal, or by a word that a macro makes its path of.
fn names(source: &File, name: &str) -> bool {
    let texts = [format!("/{name}.sql\""), format!("\"{name}\"")];
    texts.iter().any(|text| source.text.contains(text)) || !code::lines_with(&source.code(), name).is_empty()
}

/// Whether a source is of this backend, or of both.
fn concerns(source: &File, backend: &str) -> bool {
    !BACKENDS.iter().any(|other| *other != backend && source.path.contains(&format!("/{other}")))
}
