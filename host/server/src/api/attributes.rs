//! Search attributes in requests and answers: plain JSON if its value tells its type, else `{"type": …, "value": …}`.

use std::collections::BTreeMap;

use dalsegno_engine::{
    Payload,
    attributes::{SearchAttributeType, search_attribute, shown_search_attribute},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    payloads::{self, PayloadMap},
    problem::Problem,
};

/// A search attribute whose type is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    r#type: String,
    value: Value,
}

/// Search attributes of a request. Those without a type are left to the service to judge.
pub(crate) fn read(attributes: PayloadMap) -> Result<BTreeMap<String, Payload>, Problem> {
    let mut attributes = attributes.into_map("search_attributes")?;
    payloads::check_size("search_attributes", attributes.values())?;
    for (name, payload) in &mut attributes {
        if let Some(typed) = payload.as_json().and_then(typed) {
            *payload = of_type(&typed)
                .map_err(|problem| Problem::invalid(format!("search_attributes.{name}: {problem}")))?;
        }
    }
    Ok(attributes)
}

/// A list is one too, and never means a type and a value.
fn typed(text: &str) -> Option<Typed> {
    if text.starts_with('{') { serde_json::from_str(text).ok() } else { None }
}

fn of_type(Typed { r#type: name, value }: &Typed) -> Result<Payload, String> {
    let r#type = SearchAttributeType::from_name(name).ok_or_else(|| {
        let known = SearchAttributeType::ALL.map(SearchAttributeType::as_str).join(", ");
        format!("`{name}` is no type; there are {known}")
    })?;
    search_attribute(r#type, value)
}

/// Search attributes as an answer has them: a request may have them so again.
pub(crate) fn write(attributes: &BTreeMap<String, Payload>) -> BTreeMap<String, Value> {
    attributes.iter().map(|(name, payload)| (name.clone(), written(payload))).collect()
}

fn written(payload: &Payload) -> Value {
    let shown = shown_search_attribute(payload);
    let value = shown.as_json().and_then(|text| serde_json::from_str(text).ok());
    value.unwrap_or_else(|| json!(payload))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn map(json: &str) -> PayloadMap {
        serde_json::from_str(&format!(r#"{{"Name": {json}}}"#)).expect("an object")
    }

    #[rstest]
    #[case::a_time(r#"{"type": "datetime", "value": "2026-01-02T03:04:05Z"}"#)]
    #[case::words(r#"{"type": "text", "value": "two words"}"#)]
    #[case::a_whole_double(r#"{"type": "double", "value": 3}"#)]
    fn a_type_that_the_value_does_not_tell_stands_beside_it(#[case] json: &str) {
        let read = read(map(json)).expect("it has a type");
        let expected: Value = serde_json::from_str(json).expect("it is JSON");
        assert_eq!(write(&read)["Name"], expected);
    }

    #[rstest]
    #[case::a_bool("true", "bool")]
    #[case::a_keyword("\"EU\"", "keyword")]
    #[case::several(r#"["a", "b"]"#, "keyword-list")]
    #[case::a_number("1.5", "double")]
    fn a_type_that_the_value_tells_is_left_out(#[case] json: &str, #[case] r#type: &str) {
        let value: Value = serde_json::from_str(json).expect("it is JSON");
        let typed = json!({ "type": r#type, "value": value }).to_string();
        assert_eq!(write(&read(map(&typed)).expect("it has a type"))["Name"], value);
        assert_eq!(write(&read(map(json)).expect("it needs no type"))["Name"], value);
    }

    #[test]
    fn values_that_do_not_fit_their_type_are_refused() {
        for json in [r#"{"type": "int", "value": "3"}"#, r#"{"type": "date", "value": "2026-01-02"}"#] {
            assert!(read(map(json)).is_err(), "{json}");
        }
    }
}
