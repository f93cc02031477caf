//! The built-in queries: what the run waits for, and what it can be asked.

use serde_json::{Value, json};

use crate::{
    bindings::exports::dalsegno::workflow::guest::HandlerDefinition, failure::Failure, runtime::Runtime,
    workflow::Definition,
};

/// The query that tells what each task waits for.
pub(crate) const STACK_TRACE: &str = "__stack_trace";
/// The query that tells the handlers.
pub(crate) const METADATA: &str = "__metadata";

/// Each task by its name, and what it waits for, an indented line each.
pub(crate) fn stack_trace(runtime: &Runtime) -> String {
    let tasks = runtime.tasks().into_iter().map(|(id, name)| {
        let waits = runtime.waits().lines(id);
        waits.iter().fold(name, |text, line| format!("{text}\n    {line}"))
    });
    tasks.collect::<Vec<_>>().join("\n")
}

/// The workflow type and its handlers.
pub(crate) fn metadata(definition: &Definition) -> Value {
    let definition = &definition.0;
    let mut queries = handlers(&definition.queries);
    queries.push(json!({ "name": STACK_TRACE, "description": "What each task waits for." }));
    queries.push(json!({ "name": METADATA, "description": "The handlers." }));
    json!({
        "workflow_type": definition.name,
        "description": definition.description,
        "signals": handlers(&definition.signals),
        "queries": queries,
        "updates": handlers(&definition.updates),
        "dynamic_signals": definition.dynamic_signals,
        "dynamic_queries": definition.dynamic_queries,
        "dynamic_updates": definition.dynamic_updates,
    })
}

fn handlers(definitions: &[HandlerDefinition]) -> Vec<Value> {
    let handler = |definition: &HandlerDefinition| json!({ "name": definition.name, "description": definition.description });
    definitions.iter().map(handler).collect()
}

/// The failure of asking a query that does not exist.
pub(crate) fn unknown_query(definition: &Definition, name: &str) -> Failure {
    unknown(
        "Query",
        name,
        definition.0.queries.iter().map(|query| &*query.name).chain([STACK_TRACE, METADATA]),
    )
}

/// The failure of calling an update that does not exist.
pub(crate) fn unknown_update(definition: &Definition, name: &str) -> Failure {
    unknown("Update", name, definition.0.updates.iter().map(|update| &*update.name))
}

fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let known = match known.collect::<Vec<_>>().join(", ") {
        known if known.is_empty() => "it has none".to_owned(),
        known => format!("it has: {known}"),
    };
    let message = format!("the workflow has no {} named `{name}`; {known}", kind.to_lowercase());
    Failure::application(format!("Unknown{kind}"), message).non_retryable()
}
