//! `dalsegno new` and `dalsegno build`: from nothing to a running workflow, in every language.

use std::{ffi::OsString, fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use dalsegno_tests::{
    cli::{Said, dalsegno_in},
    guests, programs,
};
use tempfile::TempDir;

use crate::prelude::*;

const LANGUAGES: [(&str, &str); 5] = [
    ("rust", "src/lib.rs"),
    ("python", "workflows.py"),
    ("typescript", "src/workflows.ts"),
    ("go", "main.go"),
    ("c", "main.c"),
];

/// A folder to make projects in, and what the tools of a language need.
pub(crate) struct Desk {
    folder: TempDir,
    environment: Vec<(&'static str, OsString)>,
}

impl Desk {
    pub(crate) fn new(language: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let mut environment: Vec<_> =
            std::env::var_os("DALSEGNO_CACHE").map(|cache| ("DALSEGNO_CACHE", cache)).into_iter().collect();
        // What all projects depend on is compiled once.
        environment.push(("CARGO_TARGET_DIR", programs::scratch().join("cargo").into()));
        let installer = match language {
            "go" => Some("tests/toolchain/go"),
            "c" => Some("tests/toolchain/clang"),
            _ => None,
        };
        if let Some(installer) = installer {
            environment.push(("PATH", path_with(&tools(installer))));
        }
        Self { folder, environment }
    }

    pub(crate) async fn dalsegno(&self, arguments: &[&str]) -> Said {
        dalsegno_in(self.folder.path(), &self.environment, arguments).await
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

/// The folder of tools that the tests may install.
fn tools(installer: &str) -> String {
    let output = Command::new(programs::repository().join(installer)).output();
    let output = output.unwrap_or_else(|error| panic!("{installer}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{installer} failed:\n{said}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn path_with(folder: &str) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.into()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).expect("no folder has a colon")
}

pub(crate) fn is_skipped(language: &str) -> bool {
    let reason = guests::skipped(&format!("conformance-{language}"));
    if let Some(reason) = &reason {
        eprintln!("skipped: {reason}");
    }
    reason.is_some()
}

pub(crate) fn code_of(language: &str) -> &'static str {
    LANGUAGES.iter().find(|(name, _)| *name == language).expect("it is a language").1
}

#[rstest]
#[tokio::test]
async fn a_new_project_is_built_uploaded_and_run(
    #[values("rust", "python", "typescript", "go", "c")] language: &str,
) {
    if is_skipped(language) {
        return;
    }
    let desk = Desk::new(language);
    let made = desk.dalsegno(&["new", "--language", language, "try-it"]).await;
    let _ = made.done();
    assert!(made.stderr.contains("dalsegno build"), "it says what comes next: {made:?}");

    let built = desk.dalsegno(&["build", "try-it", "--out", "try-it.wasm", "--output", "json"]).await.json();
    let workflow = &built["workflows"][0];
    assert_eq!(workflow["name"], "hello", "{built}");
    // In the other languages handlers are set by the running workflow.
    if ["rust", "python"].contains(&language) {
        assert_eq!(
            json!([workflow["signals"], workflow["queries"]]),
            json!([["change"], ["greeting"]]),
            "{built}"
        );
    }
    let component = desk.path("try-it.wasm");
    assert_eq!(built["bytes"].as_u64(), fs::metadata(&component).ok().map(|file| file.len()));

    let host = Host::start(Sqlite).await;
    let component = component.to_str().expect("a path of letters");
    let uploaded = host.dalsegno(&["module", "upload", component, "--output", "json"]).await.json();
    assert_eq!(uploaded["digest"], built["digest"]);
    let input = r#"["World"]"#;
    for id in ["plain", "changed"] {
        let start = ["workflow", "start", "--type", "hello", "--workflow-id", id, "--input", input];
        let _ = host.dalsegno(&start).await.done();
    }
    let query = host.dalsegno(&["workflow", "query", "changed", "greeting", "--output", "json"]).await.json();
    assert_eq!(query["result"], "Hello");
    let change = ["workflow", "signal", "changed", "change", "--input", r#"["Good morning"]"#];
    let _ = host.dalsegno(&change).await.done();
    for (id, expected) in [("plain", "Hello, World!"), ("changed", "Good morning, World!")] {
        let result = host.dalsegno(&["workflow", "result", id, "--output", "json"]).await.json();
        assert_eq!(result["result"], expected);
    }
}

#[rstest]
#[tokio::test]
async fn a_mistake_is_shown_with_file_and_line(
    #[values("rust", "python", "typescript", "go", "c")] language: &str,
) {
    if is_skipped(language) {
        return;
    }
    let desk = Desk::new(language);
    let _ = desk.dalsegno(&["new", "--language", language, "wrong"]).await.done();
    let code = code_of(language);
    let path = desk.path("wrong").join(code);
    let text = fs::read_to_string(&path).expect("the template has code");
    let line = text.lines().count() + 1;
    fs::write(&path, format!("{text}%%%\n")).expect("it can be written");
    let built = desk.dalsegno(&["build", "wrong"]).await;
    let said = built.failed(1);
    let place = match language {
        "python" => format!("{code}\", line {line}"),
        "typescript" => format!("{code}({line},"),
        _ => format!("{code}:{line}"),
    };
    assert!(said.contains(&place), "{place} is named: {said}");
    assert!(said.contains(" failed: "), "the step is named: {said}");
    assert!(!desk.path("wrong/dist").exists());
}

/// A project in Python whose tools say only what is asked of them here: its Python, that it is of some version.
async fn desk_with_python(version: &str) -> Desk {
    let desk = Desk::new("python");
    let _ = desk.dalsegno(&["new", "--language", "python", "wrong"]).await.done();
    let tools = desk.path("wrong/.venv/bin");
    fs::create_dir_all(&tools).expect("a folder can be made");
    let python =
        format!("#!/bin/sh\n[ \"$1\" = --version ] && echo Python {version} && exit\nexec python3 \"$@\"\n");
    let componentize = "#!/bin/sh\n[ \"$1\" = --version ] && echo componentize-py 0.25.1\n".to_owned();
    for (name, script) in [("python", python), ("componentize-py", componentize)] {
        fs::write(tools.join(name), script).expect("it can be written");
        fs::set_permissions(tools.join(name), fs::Permissions::from_mode(0o755)).expect("it can be run");
    }
    desk
}

#[rstest]
#[case::by_the_same_python("3.14.2", false)]
#[case::by_one_that_may_err("3.10.1", true)]
#[tokio::test]
async fn a_slip_in_python_is_told_before_the_component_is_made(#[case] version: &str, #[case] goes_on: bool) {
    if is_skipped("python") {
        return;
    }
    let desk = desk_with_python(version).await;
    let code = |name: &str, text: &str| fs::write(desk.path(name), text).expect("it can be written");
    fs::create_dir_all(desk.path("wrong/orders")).expect("a folder can be made");
    code("wrong/workflows.py", "from orders import prices\n");
    code("wrong/orders/__init__.py", "");
    code("wrong/orders/prices.py", "from . import taxes as _\n");
    code("wrong/orders/taxes.py", "\nreturn 19\n");
    code("wrong/of_no_use.py", "%%%\n");
    let built = desk.dalsegno(&["build", "wrong"]).await;
    let said = built.failed(1);
    assert!(said.contains("orders/taxes.py\", line 2"), "{said}");
    assert!(said.contains("'return' outside function") && !said.contains("of_no_use"), "{said}");
    assert_eq!(said.contains("making the component"), goes_on, "{said}");
    code("wrong/orders/taxes.py", "");
    let built = desk.dalsegno(&["build", "wrong"]).await;
    assert!(built.stderr.contains("making the component") && !built.stderr.contains(".py"), "{built:?}");
}

#[tokio::test]
async fn nothing_that_is_there_is_overwritten() {
    let desk = Desk::new("python");
    let make = ["new", "--language", "python", "taken"];
    let _ = desk.dalsegno(&make).await.done();
    let manifest = desk.path("taken/pyproject.toml");
    fs::write(&manifest, "mine").expect("it can be written");
    assert!(desk.dalsegno(&make).await.failed(2).contains("is there already"));
    assert_eq!(fs::read_to_string(manifest).ok().as_deref(), Some("mine"));
}

#[tokio::test]
async fn what_is_no_project_is_told_what_would_be_one() {
    let desk = Desk::new("python");
    let refused = |said: Said, part: &str| assert!(said.failed(2).contains(part), "{part}: {said:?}");
    refused(desk.dalsegno(&["build"]).await, "pyproject.toml (Python)");
    refused(desk.dalsegno(&["build", "nowhere"]).await, "nowhere is no folder");
    refused(desk.dalsegno(&["new", "--language", "python", "Bad Name"]).await, "is no name");
    refused(desk.dalsegno(&["new", "--language", "cobol", "a"]).await, "typescript");

    let case = |name: &str, file: &str, text: &str| {
        fs::create_dir_all(desk.path(name)).expect("a folder can be made");
        fs::write(desk.path(name).join(file), text).expect("it can be written");
    };
    case("empty", "pyproject.toml", "");
    refused(desk.dalsegno(&["build", "empty"]).await, "no module `workflows`");
    case("broken", "package.json", "{");
    refused(desk.dalsegno(&["build", "broken"]).await, "package.json is no JSON");
    case("space", "Cargo.toml", "[workspace]");
    refused(desk.dalsegno(&["build", "space"]).await, "is a workspace");
    case("library", "Cargo.toml", "[package]\nname = \"a\"");
    refused(desk.dalsegno(&["build", "library"]).await, "crate-type = [\"cdylib\"]");
}

#[tokio::test]
async fn a_missing_tool_is_named_with_what_to_install() {
    for (language, help) in [
        ("rust", "https://rustup.rs"),
        ("python", "install Python"),
        ("typescript", "Node"),
        ("go", "https://go.dev"),
        ("c", "clang"),
    ] {
        let mut desk = Desk::new("none");
        let _ = desk.dalsegno(&["new", "--language", language, "bare"]).await.done();
        let nothing = desk.path("nothing");
        fs::create_dir(&nothing).expect("a folder can be made");
        // Nothing in PATH, and nothing that was installed before.
        desk.environment.retain(|(name, _)| *name != "DALSEGNO_CACHE");
        desk.environment.push(("PATH", nothing.clone().into()));
        desk.environment.push(("DALSEGNO_CACHE", nothing.join("cache").into()));
        let built = desk.dalsegno(&["build", "bare"]).await;
        assert!(built.failed(1).contains(help), "{language}: {built:?}");
    }
}

#[tokio::test]
async fn a_component_that_a_host_would_refuse_is_refused_at_once() {
    let desk = Desk::new("rust");
    let folder = desk.path("plain");
    fs::create_dir_all(folder.join("src")).expect("a folder can be made");
    let manifest =
        "[package]\nname = \"plain\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n[workspace]\n";
    let write = |path: &Path, text: &str| fs::write(path, text).expect("it can be written");
    write(&folder.join("Cargo.toml"), manifest);
    write(&folder.join("src/lib.rs"), "");
    let built = desk.dalsegno(&["build", "plain"]).await;
    assert!(built.failed(1).contains("does not export"), "{built:?}");
    let built = desk.dalsegno(&["build", "plain", "--out", "plain.wasm"]).await;
    assert!(built.code == Some(1) && !desk.path("plain.wasm").exists(), "{built:?}");
}
