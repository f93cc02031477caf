//! `dalsegno module describe`

use clap::Args;
use serde_json::Value;

use super::{Session, names};
use crate::{
    error::CliError,
    input,
    table::{self, Block},
};

/// Which module.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dalsegno module describe sha256:0123…")]
pub(crate) struct DescribeArgs {
    /// Its digest, as `module list` shows it
    #[arg(value_parser = input::id)]
    digest: String,
}

pub(crate) async fn run(args: &DescribeArgs, session: &Session) -> Result<(), CliError> {
    let call = session.client.get(&["modules", &args.digest]);
    let answer = session.client.send(&call).await?;
    session.show(&answer, |answer| Ok(text(&answer.json()?)))
}

fn text(module: &Value) -> String {
    let field = |name: &str| module[name].as_str().unwrap_or_default().to_owned();
    let mut block = Block::default();
    block.add("digest", field("digest"));
    block.add("status", field("status"));
    block.add("problem", module["problem"]["detail"].as_str().unwrap_or_default());
    block.add("bytes", module["bytes"].to_string());
    block.add("uploaded", table::time(&field("uploaded_at")));
    let sdk = |name: &str| module["sdk"][name].as_str().unwrap_or_default().to_owned();
    block.add("sdk", format!("{} {}", sdk("name"), sdk("version")).trim());
    block.add("new runs use it", names(&module["deployed"]));
    let mut text = block.text();
    for workflow in module["workflows"].as_array().into_iter().flatten() {
        text.push('\n');
        text.push_str(&workflow_text(workflow));
    }
    text
}

/// A workflow type, with its handlers.
pub(crate) fn workflow_text(workflow: &Value) -> String {
    let field = |name: &str| workflow[name].as_str().unwrap_or_default();
    let handlers = |list: &str, dynamic: &str| {
        let any = workflow[dynamic].as_bool() == Some(true);
        let names = names(&workflow[list]);
        let parts = [names.as_str(), if any { "any other name" } else { "" }];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    };
    let mut block = Block::default();
    block.add("workflow", field("name"));
    block.add("  about", field("description"));
    block.add("  signals", handlers("signals", "dynamic_signals"));
    block.add("  queries", handlers("queries", "dynamic_queries"));
    block.add("  updates", handlers("updates", "dynamic_updates"));
    block.text()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_module_shows_its_workflows_and_their_handlers() {
        let module = json!({
            "digest": "sha256:0", "status": "ready", "bytes": 7, "sdk": {"name": "rust", "version": "0.1.0"},
            "workflows": [{"name": "approval", "signals": ["approve"], "queries": [], "updates": [],
                "dynamic_queries": true}],
            "deployed": ["approval"],
        });
        let lines = [
            "digest           sha256:0",
            "status           ready",
            "bytes            7",
            "sdk              rust 0.1.0",
            "new runs use it  approval",
            "",
            "workflow   approval",
            "  signals  approve",
            "  queries  any other name",
        ];
        assert_eq!(text(&module).lines().collect::<Vec<_>>(), lines);
    }
}
