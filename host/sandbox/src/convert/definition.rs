//! What a module says it holds.

use crate::{
    bindings::guest,
    definition::{HandlerDefinition, ModuleDefinition, WorkflowDefinition},
};

pub(crate) fn from_guest(module: guest::ModuleDefinition) -> ModuleDefinition {
    ModuleDefinition {
        sdk_name: module.sdk_name,
        sdk_version: module.sdk_version,
        workflows: module.workflows.into_iter().map(workflow).collect(),
    }
}

fn workflow(workflow: guest::WorkflowDefinition) -> WorkflowDefinition {
    WorkflowDefinition {
        name: workflow.name,
        description: workflow.description,
        input_schemas: workflow.input_schemas,
        result_schema: workflow.result_schema,
        signals: handlers(workflow.signals),
        queries: handlers(workflow.queries),
        updates: handlers(workflow.updates),
        dynamic_signals: workflow.dynamic_signals,
        dynamic_queries: workflow.dynamic_queries,
        dynamic_updates: workflow.dynamic_updates,
    }
}

fn handlers(handlers: Vec<guest::HandlerDefinition>) -> Vec<HandlerDefinition> {
    let handler = |handler: guest::HandlerDefinition| HandlerDefinition {
        name: handler.name,
        description: handler.description,
        input_schemas: handler.input_schemas,
        result_schema: handler.result_schema,
    };
    handlers.into_iter().map(handler).collect()
}
