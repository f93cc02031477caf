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

/// The failure of calling a handler that does not exist: `UnknownQuery`, for example.
pub(crate) fn unknown(kind: &str, name: &str) -> Failure {
    let message = format!("the workflow has no {} named `{name}`", kind.to_lowercase());
    Failure::application(format!("Unknown{kind}"), message).non_retryable()
}
