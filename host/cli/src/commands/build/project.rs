//! The folder to be built: which language it is in, what it is called, and the SDK that is written into it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::Value;

use super::locks;
use crate::{embedded::Files, error::CliError, language::Language};

/// The folder of what the program itself writes into a project.
const OWN_FOLDER: &str = ".dalsegno";
/// Where components go, but for those that cargo makes.
const COMPONENTS: &str = "dist";

/// A project of workflows.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) folder: PathBuf,
    pub(crate) language: Language,
    /// What its component is called.
    pub(crate) name: String,
}

impl Project {
    /// Looks what a folder holds.
    ///
    /// # Errors
    /// [`CliError::Usage`] if it is no project, or its manifest cannot be read.
    pub(crate) fn recognise(folder: &Path) -> Result<Self, CliError> {
        if !folder.is_dir() {
            let help = "name the folder of a project; `dalsegno new --language python hello` makes one";
            return Err(CliError::usage(format!("{} is no folder\n  help: {help}", folder.display())));
        }
        let folder = folder.canonicalize()?;
        let Some(language) = language(&folder)? else {
            return Err(CliError::usage(format!(
                "{} holds no project: there is no Cargo.toml (Rust), pyproject.toml (Python), package.json \
                 (TypeScript), go.mod (Go) or *.c file (C)\n  help: name the folder of a project, or make one with \
                 `dalsegno new --language python hello`",
                folder.display()
            )));
        };
        let name = name(&folder, language)?;
        Ok(Self { folder, language, name })
    }

    /// Where its component goes if nothing else is said.
    pub(crate) fn default_component(&self) -> PathBuf {
        self.folder.join(COMPONENTS).join(format!("{}.wasm", self.name))
    }

    /// Keeps other builds of the project waiting: they would write the same files. The lock ends with the file.
    ///
    /// # Errors
    /// The project's folder cannot be written.
    pub(crate) fn lock(&self) -> Result<File, CliError> {
        let file = self.work_folder()?.join("lock");
        locks::take(&file, "waiting for another build of the project")
    }

    /// A folder for what is made on the way, which the next build may find again.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn work_folder(&self) -> Result<PathBuf, CliError> {
        let folder = self.folder.join(OWN_FOLDER).join("build");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }

    /// A file within the folder that the program writes.
    pub(crate) fn own(&self, path: &str) -> PathBuf {
        self.folder.join(OWN_FOLDER).join(path)
    }
}

/// Makes `.dalsegno` of a project hold these files and no older ones. What is as it should be is not touched, so that
/// build tools see no change.
///
/// # Errors
/// The folder cannot be written.
pub(crate) fn write_sdk(project: &Path, files: Files) -> Result<(), CliError> {
    let own = project.join(OWN_FOLDER);
    remove_unknown(&own, &own, files).with_context(|| format!("cannot tidy {}", own.display()))?;
    for (name, bytes) in files.iter().copied().chain([(".gitignore", b"*\n".as_slice())]) {
        let path = own.join(name);
        if fs::read(&path).is_ok_and(|found| found == bytes) {
            continue;
        }
        let written =
            fs::create_dir_all(path.parent().unwrap_or(&own)).and_then(|()| fs::write(&path, bytes));
        written.with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Removes the files that an SDK of another version had. What tools have put beside them stays.
fn remove_unknown(own: &Path, folder: &Path, files: Files) -> std::io::Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let Some(name) = path.strip_prefix(own).ok().and_then(Path::to_str) else { continue };
        let is_folder_of_ours =
            files.iter().any(|(file, _)| file.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')));
        if is_folder_of_ours {
            remove_unknown(own, &path, files)?;
        } else if path.is_file() && name.contains('/') && !files.iter().any(|(file, _)| *file == name) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn language(folder: &Path) -> std::io::Result<Option<Language>> {
    let manifests = [
        ("Cargo.toml", Language::Rust),
        ("pyproject.toml", Language::Python),
        ("package.json", Language::TypeScript),
        ("go.mod", Language::Go),
    ];
    let found = manifests.into_iter().find(|(manifest, _)| folder.join(manifest).is_file());
    if let Some((_, language)) = found {
        return Ok(Some(language));
    }
    let mut entries = fs::read_dir(folder)?.flatten();
    Ok(entries.any(|entry| entry.path().extension().is_some_and(|found| found == "c")).then_some(Language::C))
}

fn name(folder: &Path, language: Language) -> Result<String, CliError> {
    let named = match language {
        Language::Rust => text_at(&toml(&folder.join("Cargo.toml"))?, "/package/name"),
        Language::Python => text_at(&toml(&folder.join("pyproject.toml"))?, "/project/name"),
        Language::TypeScript => text_at(&json(&folder.join("package.json"))?, "/name"),
        Language::Go => {
            let path = folder.join("go.mod");
            let text = read(&path)?;
            text.lines().find_map(|line| line.strip_prefix("module ")).and_then(name_of_module)
        }
        Language::C => None,
    };
    // Of `@scope/name` and of a module path the last part is the name.
    let named = named.and_then(|name| name.rsplit('/').next().map(ToOwned::to_owned));
    let folder_name = folder.file_name().and_then(|name| name.to_str()).map(ToOwned::to_owned);
    Ok(named.or(folder_name).filter(|name| !name.is_empty()).unwrap_or_else(|| "workflows".to_owned()))
}

/// The last part of a module's path that is no major version.
fn name_of_module(directive: &str) -> Option<String> {
    let path = directive.split("//").next()?.trim().trim_matches('"');
    let is_version =
        |part: &&str| part.strip_prefix('v').is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()));
    path.rsplit('/').find(|part| !is_version(part)).map(ToOwned::to_owned)
}

fn text_at(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned)
}

fn read(path: &Path) -> Result<String, CliError> {
    fs::read_to_string(path)
        .map_err(|error| CliError::usage(format!("{} cannot be read: {error}", path.display())))
}

/// A manifest in TOML, as the JSON it would be.
pub(crate) fn toml(path: &Path) -> Result<Value, CliError> {
    let text = read(path)?;
    toml::from_str(&text).map_err(|error| CliError::usage(format!("{} is no TOML: {error}", path.display())))
}

/// A manifest in JSON.
pub(crate) fn json(path: &Path) -> Result<Value, CliError> {
    let text = read(path)?;
    serde_json::from_str(&text)
        .map_err(|error| CliError::usage(format!("{} is no JSON: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("it can be written");
        }
        folder
    }

    #[test]
    fn each_manifest_names_language_and_component() {
        let cases = [
            ("Cargo.toml", "[package]\nname = \"a\"", Language::Rust, "a"),
            ("pyproject.toml", "[project]\nname = \"b\"", Language::Python, "b"),
            ("package.json", r#"{"name": "@me/c"}"#, Language::TypeScript, "c"),
            ("go.mod", "module github.com/me/d\n\ngo 1.26\n", Language::Go, "d"),
            ("go.mod", "module \"example.com/e/v2\" // Deprecated: use f.\n", Language::Go, "e"),
        ];
        for (file, text, language, name) in cases {
            let folder = folder(&[(file, text), ("extra.c", "")]);
            let project = Project::recognise(folder.path()).expect("it is a project");
            assert_eq!((project.language, project.name.as_str()), (language, name));
        }
    }

    #[test]
    fn without_a_name_the_folders_name_is_it() {
        let folder = folder(&[("main.c", "")]);
        let project = Project::recognise(folder.path()).expect("it is a project");
        assert_eq!(project.language, Language::C);
        assert_eq!(Some(project.name.as_str()), project.folder.file_name().and_then(|name| name.to_str()));
    }

    #[test]
    fn other_folders_are_refused_with_what_would_be_one() {
        let folder = folder(&[("README.md", "")]);
        let refused = Project::recognise(folder.path()).expect_err("it is none").to_string();
        assert!(refused.contains("pyproject.toml") && refused.contains("dalsegno new"), "{refused}");
    }

    #[test]
    fn a_broken_manifest_is_named() {
        let folder = folder(&[("Cargo.toml", "[package")]);
        let refused = Project::recognise(folder.path()).expect_err("it is broken").to_string();
        assert!(refused.contains("Cargo.toml is no TOML"), "{refused}");
    }

    #[test]
    fn an_sdk_replaces_its_older_version_and_nothing_else() {
        let folder = folder(&[]);
        let path = |name: &str| folder.path().join(OWN_FOLDER).join(name);
        write_sdk(folder.path(), &[("sdk/a", b"1"), ("sdk/old/b", b"2")]).expect("it is written");
        fs::create_dir_all(path("sdk/node_modules")).expect("a folder can be made");
        fs::write(path("sdk/node_modules/x"), "x").expect("it can be written");
        write_sdk(folder.path(), &[("sdk/a", b"3"), ("sdk/c", b"4")]).expect("it is written");
        let read = |name| fs::read_to_string(path(name)).ok();
        assert_eq!((read("sdk/a").as_deref(), read("sdk/c").as_deref()), (Some("3"), Some("4")));
        assert_eq!(read("sdk/node_modules/x").as_deref(), Some("x"));
        assert_eq!(read(".gitignore").as_deref(), Some("*\n"));
    }
}
