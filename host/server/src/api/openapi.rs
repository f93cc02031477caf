//! What `/openapi.json` says beside the calls themselves: how values are written, the tables of events and errors,
//! and what all calls have in common.

use std::fmt::Write as _;

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr,
        Required, ResponseBuilder,
        path::{Operation, ParameterBuilder, ParameterIn, PathItem},
        schema::{Schema, Type},
        tag::TagBuilder,
    },
};

use super::{
    events::{EVENT_TYPES, EventSchema},
    problem::{self, ProblemBody},
    schemas,
};
use crate::service::ErrorCode;

const CONVENTIONS: &str = "\
A host that runs durable workflows, each step stored before it counts. Everything is within a namespace; `default` \
always exists.

## Conventions

- A call that changes something answers when the change is durable.
- Inputs are JSON arrays of arguments. A `json/plain` payload is its own JSON, kept byte for byte; any other is \
`{\"$payload\": {\"metadata\": {key: base64}, \"data\": base64}}`. `?payloads=raw` writes all that way.
- Ids have 1 to 255 bytes, no control characters, and are not `.` or `..`; in an address `/` is written `%2F`.
- Durations are ISO 8601 (`PT30S`) or like `30s` and `7 days`; times are RFC 3339.
- Fields and parameters that are not known are refused, so that a misspelt one is told.
- One payload may have 2 MiB, a request 8 MiB, a module what the host is configured to take.
- `request_id` makes trying again safe: the same request counts once. An update has its `update_id` for that.
- A search attribute is plain JSON if its value tells its type (bool, int, double, keyword, keyword-list), else \
`{\"type\": \"datetime\", \"value\": \"2026-01-02T03:04:05Z\"}`; so for `text` too.
";

/// The document before any call is in it.
pub(crate) fn skeleton() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Dalsegno")
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .description(Some(description()));
    let tag = |name: &str, text: &str| TagBuilder::new().name(name).description(Some(text)).build();
    let tags = [
        tag("workflows", "Starting, asking, following and stopping workflows."),
        tag("modules", "The code of workflows."),
        tag("host", "The host itself."),
    ];
    OpenApiBuilder::new().info(info).tags(Some(tags)).build()
}

/// The conventions, and the tables.
fn description() -> String {
    let mut text = CONVENTIONS.to_owned();
    text.push_str("\n## Errors\n\nEvery refusal is a problem (RFC 9457) with one of these codes.\n\n");
    text.push_str("| code | status | meaning, and what to do |\n|---|---|---|\n");
    for code in ErrorCode::ALL {
        let _ =
            writeln!(text, "| `{}` | {} | {} |", code.as_str(), problem::status(code).as_u16(), code.help());
    }
    text.push_str(
        "\n## Events\n\nA history is made of these. A later version may add types and attributes.\n\n",
    );
    text.push_str("| type | meaning | attributes |\n|---|---|---|\n");
    for event in EVENT_TYPES {
        let attributes = event
            .attributes
            .iter()
            .map(|(name, form, meaning)| format!("`{name}` ({}): {meaning}", form.word()));
        let attributes = attributes.collect::<Vec<_>>().join("; ");
        let _ = writeln!(text, "| `{}` | {} | {attributes} |", event.name, event.meaning);
    }
    text
}

/// Adds what all calls have in common, once they are all there.
pub(crate) fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    let mut add = |name: String, schema: RefOr<Schema>| {
        components.schemas.insert(name, schema);
    };
    let failures = needed::<schemas::Failure>().chain(needed::<schemas::FailureKind>());
    let values = needed::<schemas::Payload>().chain(needed::<EventSchema>());
    for (name, schema) in needed::<ProblemBody<'_>>().chain(failures).chain(values) {
        add(name, schema);
    }
    add("ErrorCode".to_owned(), error_codes());
    components.responses.insert("Problem".to_owned(), problem_response());
    for (path, item) in &mut document.paths.paths {
        if path.contains("{namespace}") {
            let namespace = path_parameter("namespace", "`default` always exists.");
            item.parameters.get_or_insert_default().push(namespace.into());
        }
        if path.contains("/workflows/{id}") {
            let id = path_parameter("id", "The workflow id, `/` in it written `%2F`.");
            item.parameters.get_or_insert_default().push(id.into());
        }
        for operation in operations(item) {
            let problem = Ref::from_response_name("Problem");
            operation.responses.responses.insert("default".to_owned(), problem.into());
        }
    }
}

/// A schema under its name, with those it refers to.
fn needed<T: ToSchema>() -> impl Iterator<Item = (String, RefOr<Schema>)> {
    let mut others = Vec::new();
    T::schemas(&mut others);
    others.into_iter().chain([(T::name().into_owned(), T::schema())])
}

fn error_codes() -> RefOr<Schema> {
    let codes = ErrorCode::ALL.map(ErrorCode::as_str);
    let text = "The stable codes of problems; the description of this document says what each means.";
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).description(Some(text)).into()
}

fn problem_response() -> RefOr<utoipa::openapi::Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let text = "The request was refused; the code says why. With `Retry-After`, trying again may help.";
    ResponseBuilder::new().description(text).content("application/problem+json", content).into()
}

fn path_parameter(name: &str, description: &str) -> utoipa::openapi::path::Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// Answers with the document, which was written before.
pub(crate) fn answer(document: Bytes) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], document).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    fn document() -> Value {
        serde_json::to_value(crate::api::openapi()).expect("plain data")
    }

    /// Every call, as the contract has it.
    const CALLS: &[&str] = &[
        "GET /",
        "GET /api/v1/namespaces/{namespace}/modules",
        "GET /api/v1/namespaces/{namespace}/modules/{digest}",
        "GET /api/v1/namespaces/{namespace}/workflows",
        "GET /api/v1/namespaces/{namespace}/workflows/{id}",
        "GET /api/v1/namespaces/{namespace}/workflows/{id}/history",
        "GET /api/v1/namespaces/{namespace}/workflows/{id}/result",
        "GET /api/v1/namespaces/{namespace}/workflows/{id}/updates/{name}",
        "GET /api/v1/namespaces/{namespace}/workflows:count",
        "GET /healthz",
        "GET /metrics",
        "GET /readyz",
        "POST /api/v1/namespaces/{namespace}/modules",
        "POST /api/v1/namespaces/{namespace}/workflows",
        "POST /api/v1/namespaces/{namespace}/workflows/{id}/cancel",
        "POST /api/v1/namespaces/{namespace}/workflows/{id}/queries/{name}",
        "POST /api/v1/namespaces/{namespace}/workflows/{id}/release",
        "POST /api/v1/namespaces/{namespace}/workflows/{id}/signals/{name}",
        "POST /api/v1/namespaces/{namespace}/workflows/{id}/terminate",
        "POST /api/v1/namespaces/{namespace}/workflows/{id}/updates/{name}",
        "POST /api/v1/namespaces/{namespace}/workflows:signal-with-start",
        "POST /api/v1/namespaces/{namespace}/workflows:update-with-start",
    ];

    fn calls(document: &Value) -> Vec<(String, &Value)> {
        let paths = document["paths"].as_object().expect("paths");
        let mut calls: Vec<(String, &Value)> = Vec::new();
        for (path, item) in paths {
            for (method, call) in item.as_object().expect("an item") {
                if method != "parameters" {
                    calls.push((format!("{} {path}", method.to_uppercase()), call));
                }
            }
        }
        calls.sort_by(|a, b| a.0.cmp(&b.0));
        calls
    }

    #[test]
    fn every_call_is_documented() {
        let document = document();
        let documented: Vec<String> = calls(&document).into_iter().map(|(call, _)| call).collect();
        assert_eq!(documented, CALLS);
    }

    #[test]
    fn every_call_says_what_it_does_and_takes_and_answers() {
        let document = document();
        for (call, item) in calls(&document) {
            assert!(item["summary"].as_str().is_some_and(|text| !text.is_empty()), "{call}");
            assert!(item["operationId"].is_string(), "{call}");
            assert_eq!(item["responses"]["default"]["$ref"], "#/components/responses/Problem", "{call}");
            let path = call.split(' ').nth(1).expect("a path");
            let of_path = document["paths"][path]["parameters"].as_array().into_iter().flatten();
            let of_call = item["parameters"].as_array().into_iter().flatten();
            let named: BTreeSet<&str> =
                of_path.chain(of_call).filter_map(|parameter| parameter["name"].as_str()).collect();
            for variable in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                assert!(named.contains(variable), "{call}: {variable}");
            }
        }
    }

    #[test]
    fn operation_ids_are_unique() {
        let document = document();
        let ids: BTreeSet<&str> =
            calls(&document).into_iter().filter_map(|(_, item)| item["operationId"].as_str()).collect();
        assert_eq!(ids.len(), CALLS.len());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn check(document: &Value, value: &Value) {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').expect("references stay within the document");
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
            match value {
                Value::Object(fields) => fields.values().for_each(|value| check(document, value)),
                Value::Array(items) => items.iter().for_each(|value| check(document, value)),
                _ => {}
            }
        }
        let document = document();
        check(&document, &document);
    }

    #[test]
    fn the_tables_are_complete() {
        let document = document();
        assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
        let description = document["info"]["description"].as_str().expect("text");
        for code in ErrorCode::ALL {
            assert!(description.contains(&format!("| `{}` |", code.as_str())), "{code:?}");
        }
        for event in EVENT_TYPES {
            assert!(description.contains(&format!("| `{}` |", event.name)), "{}", event.name);
        }
        let events = document["components"]["schemas"]["Event"]["oneOf"].as_array().map(Vec::len);
        assert_eq!(events, Some(EVENT_TYPES.len()));
    }
}
