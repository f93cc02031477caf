//! Does with a component what a host does when it is uploaded, so that what is wrong is told here.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use dalsegno_sandbox::{HandlerDefinition, ModuleDefinition, Sandbox, WorkflowDefinition};
use serde_json::{Value, json};

use super::{go, project::Project};
use crate::{
    commands::{local, module::describe::workflow_text},
    error::CliError,
    input,
    language::Language,
    output,
    table::Block,
};

/// For the module to say what it holds.
const DEFINITIONS_TIME_MAX: Duration = Duration::from_secs(10);

/// A component that a host would take.
#[derive(Debug)]
pub(super) struct Checked {
    bytes: usize,
    digest: String,
    language: Language,
    definitions: ModuleDefinition,
}

/// Validates, compiles and asks a component.
pub(super) fn check(file: &Path, project: &Project, cache: Option<PathBuf>) -> Result<Checked, CliError> {
    output::note("checking the component as a host would");
    let bytes = input::read_file(file)?;
    let sandbox = local::sandbox(cache, DEFINITIONS_TIME_MAX)?;
    let module = local::load(&sandbox, &bytes)?;
    let definitions = local::on_guest_thread(|| module.definitions())?;
    let definitions = definitions.map_err(|error| {
        CliError::Failed(match project.language {
            Language::Go => go::why_not_begun(&error, &project.folder),
            _ => error.to_report(),
        })
    })?;
    let digest = Sandbox::digest(&bytes).to_string();
    Ok(Checked { bytes: bytes.len(), digest, language: project.language, definitions })
}

impl Checked {
    /// For programs, with the file where the component lies in the end.
    pub(super) fn json(&self, file: &Path) -> Value {
        json!({
            "file": file,
            "bytes": self.bytes,
            "digest": self.digest,
            "language": self.language.id(),
            "sdk": {"name": self.definitions.sdk_name, "version": self.definitions.sdk_version},
            "workflows": self.definitions.workflows.iter().map(workflow_json).collect::<Vec<_>>(),
        })
    }

    /// The same for people.
    pub(super) fn text(&self, file: &Path) -> String {
        let mut block = Block::default();
        block.add("file", file.display().to_string());
        block.add("size", size(self.bytes));
        block.add("digest", self.digest.clone());
        block.add("sdk", format!("{} {}", self.definitions.sdk_name, self.definitions.sdk_version));
        let mut text = block.text();
        for workflow in &self.definitions.workflows {
            text.push('\n');
            text.push_str(&workflow_text(&workflow_json(workflow)));
        }
        text
    }
}

/// As the host's interface tells of a workflow type.
fn workflow_json(workflow: &WorkflowDefinition) -> Value {
    let names = |handlers: &[HandlerDefinition]| {
        handlers.iter().map(|handler| handler.name.clone()).collect::<Vec<_>>()
    };
    json!({
        "name": workflow.name,
        "description": workflow.description,
        "signals": names(&workflow.signals),
        "queries": names(&workflow.queries),
        "updates": names(&workflow.updates),
        "dynamic_signals": workflow.dynamic_signals,
        "dynamic_queries": workflow.dynamic_queries,
        "dynamic_updates": workflow.dynamic_updates,
    })
}

fn size(bytes: usize) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let sizes = [9_999, 180_345, 1_740_000, 21_700_000].map(size);
        assert_eq!(sizes, ["9999 bytes", "180 kB", "1.7 MB", "21.7 MB"]);
    }
}
