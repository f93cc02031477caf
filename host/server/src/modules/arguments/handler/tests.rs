use rstest::rstest;
use serde_json::json;

use super::*;

fn handler(schemas: &[Value]) -> Arc<Handler> {
    let schemas: Vec<String> = schemas.iter().map(ToString::to_string).collect();
    schemas.iter().for_each(|schema| drop(compile(schema).expect("it is a schema")));
    Handler::of(&schemas)
}

fn checked(schemas: &[Value], input: &[&str]) -> String {
    let input: Vec<Payload> = input.iter().map(|text| Payload::json((*text).to_owned())).collect();
    handler(schemas).check(&input).err().unwrap_or_else(|| "fits".to_owned())
}

#[rstest]
#[case::fits(&["1", "\"a\""], "fits")]
#[case::last_left_out(&["1"], "fits")]
#[case::last_is_null(&["1", "null"], "fits")]
#[case::first_left_out(&[], "argument 1 is missing")]
#[case::another_type(&["\"1\""], "argument 1 does not fit: \"1\" is not of type \"integer\"")]
#[case::too_small(&["-1"], "argument 1 does not fit: -1 is less than the minimum of 0")]
#[case::not_whole(&["1.0"], "argument 1 does not fit: 1.0 is not written as a whole number")]
#[case::no_json(&["1", "x"], "argument 2 is no JSON: expected value at line 1 column 1")]
#[case::one_too_many(&["1", "null", "null"], "3 were given, it takes 2")]
fn arguments_are_checked_one_by_one(#[case] input: &[&str], #[case] expected: &str) {
    let count = json!({ "type": "integer", "format": "uint64", "minimum": 0 });
    let name = json!({ "type": ["string", "null"] });
    assert_eq!(checked(&[count, name], input), expected);
}

#[test]
fn the_place_of_each_problem_is_told_and_long_values_are_not() {
    let order = json!({
        "type": "object", "required": ["cents"],
        "properties": { "lines": { "items": { "type": "string", "maxLength": 5 } } },
    });
    let long = "x".repeat(200);
    let text = json!({ "lines": ["a", 7, long] }).to_string();
    let problem = checked(&[order], &[&text]);
    assert!(problem.contains("\"cents\" is a required property"), "{problem}");
    assert!(problem.contains("at /lines/1: 7 is not of type \"string\""), "{problem}");
    assert!(problem.contains("at /lines/2: value is longer than 5 characters"), "{problem}");
    assert!(problem.len() < 300, "{problem}");
}

#[test]
fn what_the_guest_alone_can_read_is_left_to_it() {
    let schemas = handler(&[json!({ "type": "string" })]);
    assert_eq!(schemas.check(&[Payload::encoded("binary/encrypted", vec![1])]), Ok(()));
    assert!(schemas.check(&[Payload::encoded(BINARY_NULL, "")]).is_err());
}

#[test]
fn a_default_stands_for_what_is_left_out() {
    assert_eq!(checked(&[json!({ "type": "integer", "default": 3 })], &[]), "fits");
}

#[rstest]
#[case(json!({ "format": "date-time" }), "\"yesterday\"", "fits not")]
#[case(json!({ "format": "uuid" }), "\"0b7d1f6e-5c1c-4a53-9a5f-6d0d3c1b2a3f\"", "fits")]
#[case(json!({ "format": "int64" }), "1e3", "fits not")]
#[case(json!({ "format": "double" }), "1.5", "fits")]
#[case(json!({ "format": "of our own" }), "\"x\"", "fits")]
fn formats_count_where_they_are_known(#[case] schema: Value, #[case] value: &str, #[case] expected: &str) {
    assert_eq!(checked(&[schema], &[value]) == "fits", expected == "fits");
}

#[rstest]
#[case::no_json("{", "is no JSON")]
#[case::no_schema(r#"{"type": "colour"}"#, "is no JSON Schema")]
#[case::elsewhere(r#"{"$ref": "https://example.com/schema"}"#, "is no JSON Schema")]
#[case::pattern_without_bounds(r#"{"pattern": "^(?=(a+)+$)b"}"#, "is no JSON Schema")]
fn what_is_no_schema_of_ours_is_refused(#[case] text: &str, #[case] problem: &str) {
    let told = compile(text).err().unwrap_or_default();
    assert!(told.contains(problem), "{told}");
}

#[test]
fn schemas_that_refer_may_take_long() {
    let tree = json!({ "properties": { "left": { "$ref": "#" } } });
    assert_eq!(handler(&[tree]).effort(&[]), Effort::Long);
    assert_eq!(handler(&[json!({ "type": "integer" })]).effort(&[Payload::json("1")]), Effort::Short);
}
#[rstest]
#[case(json!({ "$ref": "#" }))]
#[case(json!({ "allOf": [{ "$ref": "#" }] }))]
#[case(json!({ "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "anyOf": [{ "$ref": "#/$defs/a" }] } }, "$ref": "#/$defs/a" }))]
fn a_schema_that_means_itself_ends_without_the_host(#[case] schema: Value) {
    if let Ok(Some(_)) = compile(&schema.to_string()) {
        assert_eq!(checked(&[schema], &["1"]), "fits");
    }
}

#[test]
fn patterns_take_little_memory_together() {
    let many: Vec<Value> = (0..1_000).map(|_| json!({ "pattern": "\\w{99}" })).collect();
    let told = compile(&json!({ "allOf": many }).to_string()).err().unwrap_or_default();
    assert!(told.contains("is no JSON Schema"), "{told}");
    let usual: Vec<Value> = (0..100).map(|_| json!({ "pattern": "^[A-Z]{2}-[0-9]{1,8}$" })).collect();
    assert_eq!(checked(&[json!({ "anyOf": usual })], &["\"EU-17\""]), "fits");
}
