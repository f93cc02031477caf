//! `dalsegno new`

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;

use super::build::{GO_MIN, NODE_MIN, PYTHON_MIN, project};
use crate::{embedded, error::CliError, language::Language, output};

const EXAMPLES: &str = "\
Examples:
  dalsegno new --language python hello
  dalsegno new --language typescript services/orders

The project holds one small workflow, with a timer, a signal and a query, and a README with the commands to try it.";

const NAME_CHARACTERS_MAX: usize = 64;

/// What is made, and where.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct NewArgs {
    /// The language of its workflows
    #[arg(long, short, value_name = "LANGUAGE")]
    language: Language,
    /// The folder to make; its last part is the project's name, of a–z, 0–9, `-` and `_`
    #[arg(value_name = "NAME")]
    folder: PathBuf,
}

pub(crate) fn run(args: &NewArgs) -> Result<(), CliError> {
    let (folder, language) = (&args.folder, args.language);
    let name = name(folder)?;
    let is_empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if folder.symlink_metadata().is_ok() && !is_empty {
        let help = "choose another name; nothing was changed";
        return Err(CliError::usage(format!("{} is there already\n  help: {help}", folder.display())));
    }
    let guide = guide(language);
    for (file, bytes) in embedded::template_for_all().iter().chain(embedded::template(language)) {
        let text = std::str::from_utf8(bytes).context("a template is text")?;
        write(&folder.join(real_name(file)), &filled(text, name, language, &guide))?;
    }
    let sdk = embedded::sdk(language);
    // The versions that the SDK is tested with. Cargo adds the project's own package to them.
    let locked = sdk.iter().find(|(file, _)| language == Language::Rust && *file == "sdk/rust/Cargo.lock");
    if let Some((_, bytes)) = locked {
        write(&folder.join("Cargo.lock"), std::str::from_utf8(bytes).context("a lock file is text")?)?;
    }
    project::write_sdk(folder, sdk)?;
    let (shown, word) = (folder.display(), output::shell_word(&folder.to_string_lossy()));
    output::note(&format!("made {shown}: a project for workflows in {}\n\nnext:", language.title()));
    output::note(&format!("  cd {word}\n  dalsegno build\n\nthe workflow: {}", guide.code));
    output::note(&format!("more to try: {}", folder.join("README.md").display()));
    Ok(())
}

/// What differs between the READMEs.
struct Guide {
    code: &'static str,
    component: String,
    needs: String,
}

fn guide(language: Language) -> Guide {
    let dist = || "dist/{{name}}.wasm".to_owned();
    let installed = "`dalsegno build` installs what else it needs into a folder of its own, once.";
    match language {
        Language::Rust => Guide {
            code: "src/lib.rs",
            component: "target/wasm32-wasip2/release/{{crate}}.wasm".to_owned(),
            needs: "Needs Rust with the target of components: `rustup target add wasm32-wasip2`, once.".to_owned(),
        },
        Language::Python => Guide {
            code: "workflows.py",
            component: dist(),
            needs: format!("Needs Python {PYTHON_MIN} or newer with `venv`. {installed}"),
        },
        Language::TypeScript => Guide {
            code: "src/workflows.ts",
            component: dist(),
            needs: format!("Needs Node.js {NODE_MIN} or newer with `npm`. {installed}"),
        },
        Language::Go => {
            Guide { code: "main.go", component: dist(), needs: format!("Needs Go {GO_MIN} or newer.") }
        }
        Language::C => Guide {
            code: "main.c",
            component: dist(),
            needs: "Needs clang with lld, wasi-libc and the compiler's builtins for wasm32; `dalsegno build` says \
                    what is missing."
                .to_owned(),
        },
    }
}

fn name(folder: &Path) -> Result<&str, CliError> {
    let last = folder.components().next_back().unwrap_or(Component::CurDir);
    let name = last.as_os_str().to_str().unwrap_or_default();
    let is_good = name.len() <= NAME_CHARACTERS_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'));
    if is_good {
        return Ok(name);
    }
    let rule =
        format!("begin with a letter; then a–z, 0–9, `-` and `_`, {NAME_CHARACTERS_MAX} characters at most");
    Err(CliError::usage(format!("`{name}` is no name for a project\n  help: {rule}")))
}

/// Templates would be in force within this repository under the names that they get.
fn real_name(file: &str) -> &str {
    if file == "gitignore" { ".gitignore" } else { file }
}

fn filled(text: &str, name: &str, language: Language, guide: &Guide) -> String {
    text.replace("{{component}}", &guide.component)
        .replace("{{needs}}", &guide.needs)
        .replace("{{code}}", guide.code)
        .replace("{{language}}", language.title())
        .replace("{{crate}}", &name.replace('-', "_"))
        .replace("{{name}}", name)
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    let written = made.and_then(|()| fs::write(path, text));
    Ok(written.with_context(|| format!("cannot write {}", path.display()))?)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn names_fit_every_language() {
        for good in ["order-2", "order_2"] {
            assert_eq!(name(&Path::new("a/b").join(good)).ok(), Some(good));
        }
        for bad in ["", "..", "2nd", "Order", "a b", "é", "a/..", "-a", "_a"] {
            assert!(name(Path::new(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_language_has_a_template_with_its_code_and_nothing_left_open() {
        for language in Language::value_variants() {
            let guide = guide(*language);
            let files = embedded::template(*language);
            assert!(files.iter().any(|(file, _)| *file == guide.code), "{language:?}: {}", guide.code);
            for (file, bytes) in files.iter().chain(embedded::template_for_all()) {
                let text = std::str::from_utf8(bytes).expect("templates are text");
                assert!(!filled(text, "a", *language, &guide).contains("{{"), "{language:?} {file}");
            }
        }
    }

    #[test]
    fn every_language_has_an_sdk_without_what_was_built() {
        for language in Language::value_variants() {
            let files = embedded::sdk(*language);
            assert!(files.iter().any(|(file, _)| file.starts_with("sdk/")), "{language:?}");
            let built = |file: &str| {
                ["target/", "node_modules/", "__pycache__/"].iter().any(|name| file.contains(name))
            };
            assert!(!files.iter().any(|(file, _)| built(file)), "{language:?}");
        }
    }
}
