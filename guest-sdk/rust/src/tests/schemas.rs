//! What the definition of a workflow says of its arguments.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Context, Failure, Payload, Workflow, workflow};

/// A type without a schema.
#[derive(Deserialize)]
struct Opaque {
    #[serde(rename = "value")]
    _value: u8,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct Order {
    #[serde(rename = "lines")]
    _lines: Vec<String>,
}

#[derive(Default)]
struct Described;

#[workflow]
impl Described {
    #[run]
    async fn run(_: Context<Self>, _order: Order, _rounds: Option<u8>) -> Result<(), Failure> {
        Ok(())
    }

    #[signal]
    fn nothing(&mut self) {}

    #[signal]
    async fn mixed(_: Context<Self>, _opaque: Opaque, _opaques: Vec<Opaque>, _value: Value) {}

    #[query]
    fn asked(&self, _flag: bool) -> bool {
        true
    }

    #[update(dynamic)]
    fn any(&mut self, _name: String, _input: Vec<Payload>) {}
}

fn schemas(of: Option<Vec<String>>) -> Vec<Value> {
    of.unwrap().iter().map(|schema| serde_json::from_str(schema).unwrap()).collect()
}

#[test]
fn types_that_have_a_schema_tell_it_and_others_are_counted() {
    let definition = Described::definition().0;
    let input = schemas(definition.input_schemas);
    assert_eq!(input[0]["required"], json!(["lines"]));
    assert_eq!(input[0].get("$schema"), None);
    assert_eq!(input[1]["type"], json!(["integer", "null"]));
    assert_eq!(input.len(), 2);
    let signals: Vec<_> =
        definition.signals.into_iter().map(|signal| schemas(signal.input_schemas)).collect();
    assert_eq!(signals[0], [json!(null); 0]);
    assert_eq!(signals[1][..2], [json!(true), json!(true)]);
    assert_eq!(signals[1][2], json!({ "title": "AnyValue" }), "any value fits");
    let queries = definition.queries.into_iter().flat_map(|query| schemas(query.input_schemas));
    assert_eq!(queries.collect::<Vec<_>>()[0]["type"], "boolean");
    assert!(definition.updates.is_empty() && definition.dynamic_updates);
}
