//! The schemas of a module, by workflow type and handler, compiled when they are needed first.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use dalsegno_engine::{
    Payload,
    payload::{BINARY_NULL, JSON_PLAIN},
};
use dalsegno_sandbox::{HandlerDefinition, ModuleDefinition, WorkflowDefinition};
use jsonschema::{Keyword, PatternOptions, ValidationError, Validator};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::Call;

/// A schema, in bytes of its text.
const SCHEMA_BYTES_MAX: usize = 64 << 10;
/// The compiled patterns of one schema together, each with an equal part.
const PATTERNS_BYTES_MAX: usize = 4 << 20;
/// A compiled pattern.
const PATTERN_BYTES_MAX: usize = 1 << 20;
/// Bytes of schema times bytes of arguments that are checked at once.
const SHORT_CHECK_MAX: usize = 4 << 20;
/// Long checks of a module at the same time.
const LONG_CHECKS_MAX: usize = 2;
/// Problems that are told of one argument.
const PROBLEMS_MAX: usize = 3;
/// The longest value that is repeated to the client.
const SHOWN_BYTES_MAX: usize = 100;

/// The schemas of a module.
pub(super) struct ModuleSchemas {
    workflows: HashMap<String, Workflow>,
    /// Places for long checks; closed once one took too long.
    pub(super) long_checks: Arc<Semaphore>,
}

struct Workflow {
    start: Option<Arc<Handler>>,
    signals: HashMap<String, Arc<Handler>>,
    queries: HashMap<String, Arc<Handler>>,
    updates: HashMap<String, Arc<Handler>>,
}

/// The arguments of a handler.
pub(super) struct Handler(Vec<Argument>);

struct Argument {
    text: String,
    validator: OnceLock<Option<Validator>>,
}

/// How long a check may take.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Effort {
    Short,
    /// Nobody knows: references may multiply what there is to check.
    Long,
}

impl ModuleSchemas {
    pub(super) fn of(definition: &ModuleDefinition) -> Self {
        let workflows = definition.workflows.iter();
        Self {
            workflows: workflows.map(|workflow| (workflow.name.clone(), Workflow::of(workflow))).collect(),
            long_checks: Arc::new(Semaphore::new(LONG_CHECKS_MAX)),
        }
    }

    /// What the module says of a handler's arguments, if it does.
    pub(super) fn handler(&self, workflow_type: &str, call: Call<'_>) -> Option<&Arc<Handler>> {
        let workflow = self.workflows.get(workflow_type)?;
        match call {
            Call::Start => workflow.start.as_ref(),
            Call::Signal(name) => workflow.signals.get(name),
            Call::Query(name) => workflow.queries.get(name),
            Call::Update(name) => workflow.updates.get(name),
        }
    }
}

impl Workflow {
    fn of(workflow: &WorkflowDefinition) -> Self {
        let handlers = |all: &[HandlerDefinition]| {
            let known = all.iter().filter_map(|handler| {
                Some((handler.name.clone(), Handler::of(handler.input_schemas.as_deref()?)))
            });
            known.collect()
        };
        Self {
            start: workflow.input_schemas.as_deref().map(Handler::of),
            signals: handlers(&workflow.signals),
            queries: handlers(&workflow.queries),
            updates: handlers(&workflow.updates),
        }
    }
}

impl Handler {
    fn of(schemas: &[String]) -> Arc<Self> {
        let argument = |text: &String| Argument { text: text.clone(), validator: OnceLock::new() };
        Arc::new(Self(schemas.iter().map(argument).collect()))
    }

    pub(super) fn effort(&self, input: &[Payload]) -> Effort {
        let costly = self.0.iter().enumerate().any(|(index, argument)| {
            let bytes = input.get(index).map_or(0, |payload| payload.data.len());
            let refers = argument.text.contains("$ref") || argument.text.contains("$dynamicRef");
            refers || argument.text.len() * bytes > SHORT_CHECK_MAX
        });
        if costly { Effort::Long } else { Effort::Short }
    }

    /// Says what does not fit, and where.
    pub(super) fn check(&self, input: &[Payload]) -> Result<(), String> {
        let (known, given) = (self.0.len(), input.len());
        if given > known {
            return Err(format!("{given} were given, it takes {known}"));
        }
        let arguments = self.0.iter().enumerate();
        arguments.clone().try_for_each(|(index, argument)| argument.check(index + 1, input.get(index)))
    }
}

impl Argument {
    fn check(&self, number: usize, given: Option<&Payload>) -> Result<(), String> {
        let Some(validator) = self.validator() else { return Ok(()) };
        let value = match given.map(|payload| (payload.encoding(), payload)) {
            None | Some((Some(BINARY_NULL), _)) => Value::Null,
            Some((Some(JSON_PLAIN), payload)) => serde_json::from_slice(&payload.data)
                .map_err(|error| format!("argument {number} is no JSON: {error}"))?,
            // What the guest alone can read: bytes, or what a codec has made of a value.
            Some(_) => return Ok(()),
        };
        if validator.is_valid(&value) {
            return Ok(());
        }
        if given.is_none() {
            // Languages with default values say so in the schema.
            let has_default =
                serde_json::from_str::<Value>(&self.text).is_ok_and(|schema| schema.get("default").is_some());
            return if has_default { Ok(()) } else { Err(format!("argument {number} is missing")) };
        }
        let problems: Vec<String> = validator.iter_errors(&value).take(PROBLEMS_MAX).map(told).collect();
        Err(format!("argument {number} does not fit: {}", problems.join("; ")))
    }

    /// `None`: anything fits.
    fn validator(&self) -> Option<&Validator> {
        // One that cannot be compiled was stored before uploads were checked for it.
        self.validator.get_or_init(|| compile(&self.text).unwrap_or_default()).as_ref()
    }
}

/// Says what is wrong with the schemas of a module, if anything is.
///
/// # Errors
/// The first that is no JSON Schema, for people.
pub(in crate::modules) fn check_schemas(definition: &ModuleDefinition) -> Result<(), String> {
    for workflow in &definition.workflows {
        let handlers = workflow.signals.iter().chain(&workflow.queries).chain(&workflow.updates);
        let named = handlers.map(|handler| (handler.name.as_str(), &handler.input_schemas));
        for (name, schemas) in named.chain([("its start", &workflow.input_schemas)]) {
            for (index, text) in schemas.iter().flatten().enumerate() {
                compile(text).map_err(|problem| {
                    let (workflow, number) = (&workflow.name, index + 1);
                    format!("workflow `{workflow}`, {name}: the schema of argument {number} {problem}")
                })?;
            }
        }
    }
    Ok(())
}

fn compile(text: &str) -> Result<Option<Validator>, String> {
    if text.len() > SCHEMA_BYTES_MAX {
        return Err(format!("has {} bytes, {SCHEMA_BYTES_MAX} are allowed", text.len()));
    }
    let schema: Value = serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
    if schema == Value::Bool(true) {
        return Ok(None);
    }
    let patterns = text.matches("pattern").count().max(1);
    let pattern = PatternOptions::regex().size_limit(PATTERN_BYTES_MAX.min(PATTERNS_BYTES_MAX / patterns));
    let options = jsonschema::options().with_pattern_options(pattern);
    let options = options.with_keyword("format", |_, value, _| Ok(Format::of(value)));
    options.build(&schema).map(Some).map_err(|error| format!("is no JSON Schema: {}", told(error)))
}

/// The keyword `format`. It counts: what a value is not formatted as, its type cannot be read from.
enum Format {
    /// A whole number; with JSON Schema `1.0` is one too, with most languages it is not.
    Whole,
    /// One of the formats of texts.
    Text(Box<Validator>),
    /// For people.
    Other,
}

impl Format {
    fn of(value: &Value) -> Box<dyn for<'i> Keyword<'i>> {
        let name = value.as_str().unwrap_or_default();
        let is_whole =
            name.strip_prefix('u').unwrap_or(name).strip_prefix("int").is_some_and(|size| {
                size.is_empty() || matches!(size, "8" | "16" | "32" | "64" | "128" | "size")
            });
        if is_whole {
            return Box::new(Self::Whole);
        }
        let schema = serde_json::json!({ "format": name });
        let text = jsonschema::options().should_validate_formats(true).build(&schema);
        Box::new(text.map_or(Self::Other, |validator| Self::Text(Box::new(validator))))
    }
}

impl<'i> Keyword<'i> for Format {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        match self {
            Self::Whole if instance.is_f64() => {
                Err(ValidationError::custom(format!("{instance} is not written as a whole number")))
            }
            Self::Text(validator) => validator.validate(instance),
            Self::Whole | Self::Other => Ok(()),
        }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        match self {
            Self::Whole => !instance.is_f64(),
            Self::Text(validator) => validator.is_valid(instance),
            Self::Other => true,
        }
    }
}

/// A problem, and where it is within the value; a long value is not repeated.
fn told(error: ValidationError<'_>) -> String {
    let is_long = error.instance().to_string().len() > SHOWN_BYTES_MAX;
    let what = if is_long { error.masked().to_string() } else { error.to_string() };
    match error.instance_path().as_str() {
        "" => what,
        place => format!("at {place}: {what}"),
    }
}

#[cfg(test)]
mod tests;
