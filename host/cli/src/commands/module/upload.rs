//! `dalsegno module upload`

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::Value;

use super::{Session, names};
use crate::{
    client::{Answer, Call},
    error::{CliError, Problem},
    input,
    output::Progress,
};

const EXAMPLES: &str = "\
Examples:
  dalsegno module upload hello.wasm
  dalsegno module upload --no-deploy hello.wasm

Runs that exist keep the module they began with. New runs of the module's workflow types use it from now on; with \
--no-deploy only those of types that no module had before. The same bytes are the same module.";

/// How long one request waits for compiling.
const WAIT: Duration = Duration::from_secs(2);
/// Between two looks at a module that is being compiled.
const LOOK_PAUSE: Duration = Duration::from_millis(300);
/// For the whole.
const COMPILE_TIME_MAX: Duration = Duration::from_secs(900);

/// Which component.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct UploadArgs {
    /// The component, a .wasm file; `-` is stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Leave new runs of existing workflow types with the module they have
    #[arg(long)]
    no_deploy: bool,
}

pub(crate) async fn run(args: UploadArgs, session: &Session) -> Result<(), CliError> {
    let bytes = input::read_file(&args.file)?;
    let mut progress = Progress::default();
    let name = args.file.display();
    progress.show(&format!("uploading {name} ({} KiB)", bytes.len().div_ceil(1024)));
    let deploy = (!args.no_deploy).then_some("true");
    let call = session.client.post_module(&["modules"], bytes).waiting(WAIT).with("deploy", deploy);
    let begun = Instant::now();
    let mut answer = session.client.send(&call).await?;
    while answer.status == 202 {
        if begun.elapsed() > COMPILE_TIME_MAX {
            return Err(CliError::Failed(
                "the host has not compiled the module; its log may say why".to_owned(),
            ));
        }
        progress.show(&format!("compiling {name} ({} s)", begun.elapsed().as_secs()));
        tokio::time::sleep(LOOK_PAUSE).await;
        if let Some(ended) = look(&answer, &call, session).await? {
            answer = ended;
        }
    }
    drop(progress);
    session.show(&answer, |answer| Ok(text(&answer.json()?)))
}

/// What a module came to, once it has. Its bytes are sent again only if the host has forgotten them.
async fn look(answer: &Answer, upload: &Call, session: &Session) -> Result<Option<Answer>, CliError> {
    let digest = answer.json::<Value>()?["digest"].as_str().unwrap_or_default().to_owned();
    let call = session.client.get(&["modules", &digest]);
    let looked = match session.client.send(&call).await {
        Err(CliError::Refused(problem)) if problem.code == "module_not_found" => {
            return session.client.send(upload).await.map(Some);
        }
        looked => looked?,
    };
    let module: Value = looked.json()?;
    if let Some(problem) = module.get("problem").filter(|problem| problem.is_object()) {
        let status = problem["status"].as_u64().and_then(|status| u16::try_from(status).ok());
        let problem = Problem::read(status.unwrap_or(422), problem.to_string().as_bytes());
        return Err(CliError::Refused(Box::new(problem)));
    }
    Ok((module["status"] != "compiling").then_some(looked))
}

fn text(module: &Value) -> String {
    let mut text = format!("{}\n", module["digest"].as_str().unwrap_or_default());
    let deployed = names(&module["deployed"]);
    if !deployed.is_empty() {
        text.push_str(&format!("new runs use it: {deployed}\n"));
    }
    let is_deployed =
        |name: &Value| module["deployed"].as_array().is_some_and(|deployed| deployed.contains(name));
    let workflows = module["workflows"].as_array().into_iter().flatten().map(|workflow| &workflow["name"]);
    let others: Vec<&str> = workflows.filter(|name| !is_deployed(name)).filter_map(Value::as_str).collect();
    if !others.is_empty() {
        text.push_str(&format!("new runs keep the module they had: {}\n", others.join(", ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_digest_comes_first_and_then_who_runs_it() {
        let workflows = json!([{"name": "hello"}, {"name": "order"}]);
        let module = json!({"digest": "sha256:0", "workflows": workflows, "deployed": ["hello"]});
        let expected = "sha256:0\nnew runs use it: hello\nnew runs keep the module they had: order\n";
        assert_eq!(text(&module), expected);
    }
}
