//! `dalsegno workflow history`

use std::io::IsTerminal as _;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use super::{RunArgs, Session, follow};
use crate::{args::Form, error::CliError, events::Narrator, output, table};

const EXAMPLES: &str = "\
Examples:
  dalsegno workflow history order-1
  dalsegno workflow history order-1 --follow
  dalsegno workflow history order-1 --output json >order-1.json

As JSON, the whole history is one document, which `dalsegno replay` takes. With --follow, it is one event a line, as \
they happen, until the run closes.";

/// Events of one page.
const PAGE_SIZE: &str = "1000";

/// Whose history.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    run: RunArgs,
    /// Go on printing events as they happen, until the run closes
    #[arg(long)]
    follow: bool,
}

/// A page, or all of them: every event as it came.
#[derive(Serialize, Deserialize)]
struct Export {
    format: u32,
    engine_semantics: u32,
    module: String,
    workflow_type: String,
    activations: Vec<Box<RawValue>>,
    events: Vec<Box<RawValue>>,
    #[serde(skip_serializing)]
    next_page_token: Option<String>,
}

pub(crate) async fn run(args: &HistoryArgs, session: &Session) -> Result<(), CliError> {
    if args.follow {
        return follow::run(&args.run, session).await;
    }
    let export = read(&args.run, session).await?;
    match session.form {
        Form::Json => {
            let text = serde_json::to_string(&export).map_err(|error| CliError::Other(error.into()))?;
            output::data(&text)
        }
        Form::Text => output::data(&text(&export)),
    }
}

/// All pages. Each token holds on to the run of the first page.
async fn read(run: &RunArgs, session: &Session) -> Result<Export, CliError> {
    let first = run.of_run(session.client.get(&run.path(&["history"]))).with("page_size", Some(PAGE_SIZE));
    let mut whole: Export = session.client.send(&first).await?.json()?;
    while let Some(token) = whole.next_page_token.take() {
        let call = first.clone().with("page_token", Some(token));
        let page: Export = session.client.send(&call).await?.json()?;
        whole.activations.extend(page.activations);
        whole.events.extend(page.events);
        whole.next_page_token = page.next_page_token;
    }
    Ok(whole)
}

fn text(export: &Export) -> String {
    let mut narrator = Narrator::default();
    let events: Vec<[String; 4]> =
        export.events.iter().map(|event| cells(event.get(), &mut narrator)).collect();
    let mut rows = table::Rows::new(&["id", "time", "type", "details"]);
    let room = details_room(&events);
    for [id, time, kind, details] in &events {
        rows.add([id, time, kind, &output::one_line(details, room)]);
    }
    rows.text()
}

/// An event: its id, its time, its type, its details.
pub(super) fn cells(event: &str, narrator: &mut Narrator) -> [String; 4] {
    let event: Value = serde_json::from_str(event).unwrap_or_default();
    let kind = event["type"].as_str().unwrap_or_default().to_owned();
    let time = table::time(event["time"].as_str().unwrap_or_default());
    let details = narrator.details(&event);
    [event["event_id"].to_string(), time, kind, details]
}

/// Details at least, however narrow the terminal is.
const DETAILS_CHARACTERS_MIN: usize = 40;
/// Details where no terminal says how wide it is.
const DETAILS_CHARACTERS_MAX: usize = 160;

/// How many characters of details fit beside the rest.
fn details_room(events: &[[String; 4]]) -> usize {
    if !std::io::stdout().is_terminal() {
        return DETAILS_CHARACTERS_MAX;
    }
    let width = comfy_table::Table::new().width().map_or(DETAILS_CHARACTERS_MAX, usize::from);
    let rest =
        events.iter().map(|event| event[..3].iter().map(|cell| cell.chars().count() + 2).sum::<usize>());
    width.saturating_sub(rest.max().unwrap_or_default() + 2).max(DETAILS_CHARACTERS_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = concat!(
        r#"{"format":1,"engine_semantics":1,"module":"sha256:0","workflow_type":"hello","activations":[{ "number":1}],"#,
        r#""events":[{"event_id":1,"time":"2026-01-02T03:04:05.678901Z","activation":1,"#,
        r#""type":"WorkflowExecutionStarted","attributes":{"workflow_type":"hello","input":[ 1.0 ]}}],"#,
        r#""next_page_token":"t"}"#,
    );

    #[test]
    fn an_export_is_the_pages_without_their_tokens() {
        let page: Export = serde_json::from_str(PAGE).expect("a page");
        let text = serde_json::to_string(&page).expect("plain data");
        assert_eq!(text, PAGE.replace(r#","next_page_token":"t""#, ""));
    }

    #[test]
    fn an_event_is_a_row() {
        let page: Export = serde_json::from_str(PAGE).expect("a page");
        let lines: Vec<String> = text(&page).lines().map(ToOwned::to_owned).collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[1].starts_with("1   2026-01-02T03:04:05.678Z  WorkflowExecutionStarted  hello"),
            "{lines:?}"
        );
    }
}
