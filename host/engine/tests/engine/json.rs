//! The text form of payloads, times, durations and histories.

use dalsegno_engine::{
    Millis, Payload, Seed, Timestamp,
    event::EventAttributes,
    export::{BadExport, ExportedHistory},
    history::ENGINE_SEMANTICS,
};
use proptest::prelude::*;
use rstest::rstest;

use crate::kit::{Ctx, Way, Workflow, World, json, started};

fn to_text(payload: &Payload) -> String {
    serde_json::to_string(payload).expect("payloads are data")
}

fn from_text(text: &str) -> Payload {
    serde_json::from_str(text).expect("it is a payload")
}

#[rstest]
#[case("null")]
#[case("-0")]
#[case("1.0")]
#[case("123456789012345678901234567890")]
#[case("1e400")]
#[case("0.1000000000000000055511151231257827021181583404541015625")]
#[case("\"\"")]
#[case("\"\\u00e4 ä 𝄋 \\ud834\\udd0b \\ud834 \\u0000\"")]
#[case("{ \"b\" : [ 1 ,\t2 ],\n \"a\" : {} }")]
#[case("{\"a\":1,\"a\":2}")]
#[case::marked_but_no_payload("{\"$payload\":1}")]
#[case::marked_among_others("{\"$payload\":{\"data\":\"\"},\"other\":1}")]
#[case::marked_with_something_unknown("{\"$payload\":{\"data\":\"\",\"other\":1}}")]
#[case::marked_twice("{\"$payload\":{},\"$payload\":{}}")]
#[case::marked_in_disguise("{\"\\u0024payload\":{\"data\":\"\"}}")]
#[case::marked_further_in("[{\"$payload\":{\"data\":\"\"}}]")]
fn json_is_kept_byte_for_byte(#[case] text: &str) {
    let payload = from_text(text);
    assert_eq!(payload, json(text));
    assert_eq!(to_text(&payload), text);
}

#[test]
fn json_of_any_depth_is_kept() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(to_text(&from_text(&deep)), deep);
    let workflow = Workflow::new(move |_| {
        let deep = deep.clone();
        async move { Ok(json(&deep)) }
    });
    World::start(Way::Resident, workflow, started());
}

fn with_metadata(key: &'static str, mut payload: Payload) -> Payload {
    payload.metadata.insert(key.to_owned(), "x".into());
    payload
}

#[rstest]
#[case::bytes(Payload::encoded("binary/plain", vec![0, 159, 146, 150]))]
#[case::no_value(Payload::encoded("binary/null", ""))]
#[case::nothing_at_all(Payload::default())]
#[case::json_with_more_metadata(with_metadata("messageType", json("1")))]
#[case::no_json(json("{"))]
#[case::nothing(json(""))]
#[case::space_before(json(" 1"))]
#[case::space_after(json("1\n"))]
#[case::two_values(json("1 2"))]
#[case::no_text(Payload::json(vec![b'"', 255, b'"']))]
#[case::looks_written_out(json("{\"$payload\":{\"data\":\"MQ==\"}}"))]
#[case::looks_written_out_badly(json("{\"$payload\":{\"data\":\"!\"}}"))]
#[case::looks_written_out_spaciously(json("{ \"$payload\" : { } }"))]
fn anything_else_is_written_out(#[case] payload: Payload) {
    let text = to_text(&payload);
    assert!(text.starts_with("{\"$payload\":{"), "{text}");
    assert_eq!(from_text(&text), payload);
    assert_eq!(payload.written_out().as_json(), Some(text.as_str()));
}

#[test]
fn a_payload_written_out_is_read_as_the_payload() {
    let text = r#"{"$payload":{"metadata":{"encoding":"YmluYXJ5L3BsYWlu"},"data":"AAE="}}"#;
    assert_eq!(from_text(text), Payload::encoded("binary/plain", vec![0, 1]));
    assert_eq!(from_text(r#"{"$payload":{}}"#), Payload::default());
    let bad = serde_json::from_str::<Payload>(r#"{"$payload":{"data":"!"}}"#);
    assert!(bad.is_err(), "no base64");
}

#[rstest]
#[case("30s", 30_000)]
#[case("7 days", 604_800_000)]
#[case("1h 30m", 5_400_000)]
#[case("PT1.5S", 1_500)]
#[case("PT0S", 0)]
#[case("P1DT1H", 90_000_000)]
#[case("PT18446744073709551.615S", u64::MAX)]
fn durations_are_read_as_people_write_them(#[case] text: &str, #[case] millis: u64) {
    assert_eq!(text.parse(), Ok(Millis(millis)));
}

#[rstest]
#[case("-1s", "negative")]
#[case("soon", "no duration")]
#[case("", "no duration")]
#[case("PT18446744073709551.616S", "no duration")]
#[case("5", "no duration")]
fn other_durations_are_refused_with_a_reason(#[case] text: &str, #[case] reason: &str) {
    let error = text.parse::<Millis>().expect_err("it is no duration");
    assert!(error.contains(reason), "{error}");
}

#[rstest]
#[case("2026-01-02T03:04:05.000006Z", Ok(1_767_323_045_000_006))]
#[case("1970-01-01T00:00:00Z", Ok(0))]
#[case("2026-01-02T03:04:05+01:00", Ok(1_767_319_445_000_000))]
#[case("1969-12-31T23:59:59Z", Err(()))]
#[case("yesterday", Err(()))]
fn times_are_read_as_rfc_3339(#[case] text: &str, #[case] micros: Result<u64, ()>) {
    let time = text.parse::<Timestamp>().map(Timestamp::as_micros);
    assert_eq!(time.map_err(drop), micros);
}

#[test]
fn a_seed_is_hexadecimal_text() {
    let text = format!("\"{}\"", "07".repeat(32));
    assert_eq!(serde_json::to_string(&Seed([7; 32])).expect("seeds are data"), text);
    assert_eq!(serde_json::from_str::<Seed>(&text).expect("a seed"), Seed([7; 32]));
    for bad in ["\"07\"".to_owned(), text.replace('7', "x"), text.replacen("07", "ä", 1)] {
        assert!(serde_json::from_str::<Seed>(&bad).is_err());
    }
}

/// A history of three events and one activation.
fn exported() -> serde_json::Value {
    let workflow = Workflow::new(|ctx: Ctx| async move {
        ctx.activity("a").await?;
        Ok(json("null"))
    });
    let mut world = World::start(Way::Resident, workflow, started());
    world.end("a", dalsegno_engine::attempts::AttemptResult::Completed(None));
    serde_json::to_value(world.stored.export()).expect("histories are data")
}

#[test]
fn an_exported_history_names_what_wrote_it() {
    let history = exported();
    assert_eq!(history["format"], 1);
    assert_eq!(history["engine_semantics"], ENGINE_SEMANTICS);
    assert_eq!(history["module"], "sha256:00");
    assert_eq!(history["workflow_type"], "scripted");
    let activations: Vec<_> = (0..4).map(|event| history["events"][event]["activation"].clone()).collect();
    assert_eq!(activations, [1, 1, 2, 2]);
}

#[test]
fn no_result_and_a_result_of_null_are_told_apart() {
    let history = exported();
    let (completed, closed) = (&history["events"][2]["attributes"], &history["events"][3]["attributes"]);
    assert_eq!(completed.get("result"), None);
    assert_eq!(closed.get("result"), Some(&serde_json::Value::Null));
    let nothing = EventAttributes::WorkflowExecutionCompleted { result: None };
    assert_eq!(nothing.attributes_json(), serde_json::json!({}));
    let imported: ExportedHistory = serde_json::from_value(history.clone()).expect("what was exported");
    assert!(matches!(
        imported.events[2].attributes,
        EventAttributes::ActivityTaskCompleted { operation: 1, result: None, attempt: 1 }
    ));
}

type Damage = fn(&mut serde_json::Value);

fn mix_up(history: &mut serde_json::Value) {
    history["events"].as_array_mut().expect("events").swap(2, 3);
    history["events"][2]["event_id"] = 3.into();
    history["events"][3]["event_id"] = 4.into();
}

#[test]
fn a_history_that_does_not_fit_together_is_refused() {
    let cases: [(Damage, &str); 4] = [
        (|history| history["format"] = 2.into(), "format 2"),
        (|history| history["events"][2]["event_id"] = 5.into(), "event 5 where event 3 belongs"),
        (mix_up, "stands after a command"),
        (|history| history["activations"][1]["number"] = 7.into(), "activation 7 has no events"),
    ];
    for (damage, reason) in cases {
        let mut history = exported();
        damage(&mut history);
        let imported: ExportedHistory = serde_json::from_value(history).expect("its form is right");
        let error = imported.into_transitions().expect_err("its parts do not fit").to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn an_empty_history_is_not_exported() {
    assert!(matches!(ExportedHistory::new(Vec::new()), Err(BadExport::NoStart)));
}

#[test]
fn a_history_with_an_unknown_event_says_which() {
    let mut history = exported();
    history["events"][1]["type"] = "Surprise".into();
    let error = serde_json::from_value::<ExportedHistory>(history).expect_err("nobody knows it");
    assert!(error.to_string().contains("event 2") && error.to_string().contains("Surprise"), "{error}");
}

fn payloads() -> impl Strategy<Value = Payload> {
    let metadata =
        proptest::collection::btree_map(".{0,8}", proptest::collection::vec(any::<u8>(), 0..8), 0..3);
    let any =
        (metadata, proptest::collection::vec(any::<u8>(), 0..64)).prop_map(|(metadata, data)| Payload {
            metadata: metadata.into_iter().map(|(key, value)| (key, value.into())).collect(),
            data: data.into(),
        });
    let fragment = prop_oneof![
        Just("{"),
        Just("}"),
        Just("\"$payload\""),
        Just(":"),
        Just("\"data\""),
        Just("\"MQ==\""),
        Just(" "),
        Just("\"metadata\""),
        Just("1"),
        Just(","),
        Just("[null]"),
    ];
    let texts = proptest::collection::vec(fragment, 0..12).prop_map(|parts| json(&parts.concat()));
    prop_oneof![any, ".{0,64}".prop_map(|text| json(&text)), texts]
}

proptest! {
    #[test]
    fn any_payload_comes_back_from_text(payload in payloads()) {
        prop_assert_eq!(from_text(&to_text(&payload)), payload);
    }

    #[test]
    fn any_payload_comes_back_from_the_store(payload in payloads()) {
        let bytes = rmp_serde::to_vec(&payload).expect("payloads are data");
        prop_assert_eq!(rmp_serde::from_slice::<Payload>(&bytes).expect("a payload"), payload);
    }

    #[test]
    fn any_duration_comes_back(millis in prop_oneof![any::<u64>(), 0..100_000u64]) {
        prop_assert_eq!(Millis(millis).to_string().parse(), Ok(Millis(millis)));
    }

    #[test]
    fn any_time_comes_back(micros in 0..=Timestamp::MAX.as_micros()) {
        let time = Timestamp::from_micros(micros);
        prop_assert_eq!(time.to_string().parse(), Ok(time));
    }

    #[test]
    fn any_coefficient_comes_back_from_text(bits in 1f64.to_bits()..=f64::MAX.to_bits()) {
        let policy = dalsegno_engine::retry::RetryPolicy {
            backoff_coefficient: f64::from_bits(bits),
            ..Default::default()
        };
        let text = serde_json::to_string(&policy).expect("policies are data");
        prop_assert_eq!(serde_json::from_str::<dalsegno_engine::retry::RetryPolicy>(&text).expect("a policy"), policy);
    }
}
