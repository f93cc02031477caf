//! The programs under test: where they are, built if they are missing or older than what they are made of.
//!
//! `DALSEGNO_TEST_PROGRAMS` names a folder of programs to test instead: those of a release, for example.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    time::SystemTime,
};

/// Names a folder of programs.
const VARIABLE: &str = "DALSEGNO_TEST_PROGRAMS";
/// Folders within sources that a program is not made of.
const NO_SOURCES: [&str; 4] = ["tests", "target", "node_modules", "__pycache__"];

/// A program under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// The one that users run.
    Dalsegno,
    /// A host with the activities of the tests; its source is `tests/test_host`.
    TestHost,
    /// The shop that the examples order from.
    DemoServices,
}

/// The folder of the whole project.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies within the repository")
}

/// `target/debug`, or what the tests themselves are built into.
fn profile_folder() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own program");
    let folder = test.parent().expect("a program lies in a folder");
    let folder = if folder.ends_with("deps") { folder.parent() } else { Some(folder) };
    folder.expect("deps/ lies in a folder").to_owned()
}

/// A folder for what tests share and may be deleted at any time.
#[must_use]
pub fn scratch() -> PathBuf {
    let folder = profile_folder().join("../tmp/dalsegno-tests");
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    folder.canonicalize().unwrap_or(folder)
}

/// Keeps what a developer has set for hosts of their own from a program under test.
pub fn forget_settings(command: &mut Command) {
    let names = std::env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| name.to_str().is_some_and(|name| name.starts_with("DALSEGNO_"))) {
        command.env_remove(name);
    }
}

impl Program {
    /// Its file, which is there and up to date.
    ///
    /// # Panics
    /// If it cannot be built.
    #[must_use]
    pub fn path(self) -> PathBuf {
        /// One build at a time.
        static BUILD: Mutex<()> = Mutex::new(());
        if let Some(folder) = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
            return PathBuf::from(folder).join(self.name());
        }
        let path = self.place();
        let _alone = BUILD.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if self.is_stale(&path) {
            self.build();
        }
        assert!(path.exists(), "{} is missing although it was built", path.display());
        path
    }

    fn name(self) -> &'static str {
        match self {
            Self::Dalsegno => "dalsegno",
            Self::TestHost => "test-host",
            Self::DemoServices => "demo-services",
        }
    }

    fn place(self) -> PathBuf {
        match self {
            Self::Dalsegno | Self::TestHost => profile_folder().join(self.name()),
            Self::DemoServices => repository().join("target/guests/debug").join(self.name()),
        }
    }

    /// What it is made of.
    fn sources(self) -> &'static [&'static str] {
        match self {
            Self::Dalsegno => &["host", "guest-sdk", "migrations", "wit", "Cargo.lock"],
            // Cargo builds it together with the tests.
            Self::TestHost => &[],
            Self::DemoServices => &["examples/services", "examples/Cargo.lock"],
        }
    }

    fn is_stale(self, path: &Path) -> bool {
        let Ok(built) = fs::metadata(path).and_then(|metadata| metadata.modified()) else { return true };
        self.sources().iter().any(|source| is_newer(&repository().join(source), built))
    }

    fn build(self) {
        let mut command = Command::new("cargo");
        command.current_dir(repository());
        for (name, _) in std::env::vars_os() {
            // What cargo tells this test of its package would make it build other packages again.
            let ours = name
                .to_str()
                .is_some_and(|name| name.starts_with("CARGO_PKG") || name.starts_with("CARGO_MANIFEST"));
            if ours {
                command.env_remove(name);
            }
        }
        match self {
            // With the packages that tests/run builds, so that the same features are chosen.
            Self::Dalsegno | Self::TestHost => {
                command.args(["build", "--workspace", "--bins"]).args(profile_flag())
            }
            Self::DemoServices => command.args([
                "build",
                "--manifest-path",
                "examples/services/Cargo.toml",
                "--target-dir",
                "target/guests",
            ]),
        };
        eprintln!("building {self:?}: {command:?}");
        let status = command.status().unwrap_or_else(|error| panic!("cargo cannot be started: {error}"));
        assert!(status.success(), "{self:?} cannot be built; try it by hand: {command:?}");
    }
}

fn profile_flag() -> Vec<String> {
    let folder = profile_folder();
    match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => Vec::new(),
        Some(profile) => vec!["--profile".to_owned(), profile.to_owned()],
    }
}

fn is_newer(path: &Path, than: SystemTime) -> bool {
    let Ok(metadata) = fs::metadata(path) else { return false };
    if !metadata.is_dir() {
        let is_source = path.extension().is_none_or(|extension| extension != "md");
        return is_source && metadata.modified().is_ok_and(|modified| modified > than);
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let made_of = |name: &OsStr| !NO_SOURCES.iter().any(|other| name == *other);
    entries.into_iter().any(|entry| made_of(&entry.file_name()) && is_newer(&entry.path(), than))
}
