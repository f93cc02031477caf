//! What a module says it holds.

use serde::{Deserialize, Serialize};

/// The workflows of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleDefinition {
    /// The library the module was written with.
    pub sdk_name: String,
    /// Its version.
    pub sdk_version: String,
    /// In the module's own order.
    pub workflows: Vec<WorkflowDefinition>,
}

/// One workflow type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowDefinition {
    /// Its type.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// JSON Schemas of the arguments, in order; absent if unknown.
    pub input_schemas: Option<Vec<String>>,
    /// JSON Schema of the result; absent if unknown.
    pub result_schema: Option<String>,
    /// Handlers of signals.
    pub signals: Vec<HandlerDefinition>,
    /// Handlers of queries.
    pub queries: Vec<HandlerDefinition>,
    /// Handlers of updates.
    pub updates: Vec<HandlerDefinition>,
    /// Signals of any other name are taken too.
    pub dynamic_signals: bool,
    /// Queries of any other name are answered too.
    pub dynamic_queries: bool,
    /// Updates of any other name are taken too.
    pub dynamic_updates: bool,
}

/// One handler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandlerDefinition {
    /// Its name.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// JSON Schemas of the arguments, in order; absent if unknown.
    pub input_schemas: Option<Vec<String>>,
    /// JSON Schema of the result; absent if unknown.
    pub result_schema: Option<String>,
}
