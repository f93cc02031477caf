//! What a run notes of itself: search attributes and memo, changed, removed, and within limits.

use std::collections::BTreeMap;

use dalsegno_engine::{
    Calls, Payload, Timestamp, Transition,
    attributes::{
        CHANGE_VERSION, SearchAttributeType, TYPE, normal_search_attributes, read_search_attribute,
        search_attribute, shown_search_attribute, unshown_search_attribute,
    },
    calls::{CallError, StartChild},
    event::EventAttributes,
    guest::Shown,
    limits,
    replay::Replay,
};
use rstest::rstest;

use crate::kit::{
    Ctx, Outcome, Way, Workflow, World,
    asks::{changes, child},
    data, json, scenario, scenario_from, started,
};

/// Changes search attributes.
fn upsert(ctx: &Ctx, changed: &[(&str, &str)]) {
    ctx.call(|calls| calls.upsert_search_attributes(&changes(changed)));
}

fn set_memo(ctx: &Ctx, changed: &[(&str, &str)]) {
    ctx.call(|calls| calls.set_memo(changes(changed)));
}

async fn busy(ctx: Ctx) -> Outcome {
    upsert(&ctx, &[("Stage", "\"paid\""), ("Amount", "7"), ("Gone", "null")]);
    set_memo(&ctx, &[("note", "{\"a\":1}"), ("other", "2")]);
    ctx.signal("next").await;
    upsert(&ctx, &[("Stage", "\"shipped\""), ("Amount", "")]);
    set_memo(&ctx, &[("note", "null"), ("third", "3")]);
    Ok(json("null"))
}

fn shown(all: &BTreeMap<String, Payload>) -> String {
    all.iter().map(|(name, payload)| format!("{name}={}", data(payload))).collect::<Vec<_>>().join(" ")
}

#[test]
fn attributes_are_changed_and_removed() {
    let mut start = started();
    start.memo = [("kept".to_owned(), json("0"))].into();
    start.search_attributes = [("Customer".to_owned(), json("\"c-1\""))].into();
    scenario_from(start, busy, |world| {
        let attributes = world.stored.attributes.clone();
        assert_eq!(shown(&attributes.search_attributes), "Amount=7 Customer=\"c-1\" Stage=\"paid\"");
        assert_eq!(shown(&attributes.memo), "kept=0 note={\"a\":1} other=2");
        world.take_over();
        world.signal("next", "1");
        let attributes = &world.stored.attributes;
        assert_eq!(shown(&attributes.search_attributes), "Customer=\"c-1\" Stage=\"shipped\"");
        assert_eq!(shown(&attributes.memo), "kept=0 other=2 third=3");
        assert_eq!(world.story()[0].matches(' ').count(), 3, "one event for each call");
    });
}

#[test]
fn a_value_is_stored_with_its_type() {
    scenario(busy, |world| {
        let stored = &world.stored.attributes.search_attributes;
        assert_eq!(stored["Amount"].metadata[TYPE], "int");
        assert_eq!(stored["Stage"].metadata[TYPE], "keyword");
        let EventAttributes::UpsertWorkflowSearchAttributes { search_attributes } = &world.stored.events()[1]
        else {
            panic!("it is the first command")
        };
        assert_eq!(search_attributes["Gone"], None);
        assert_eq!(search_attributes["Amount"].as_ref(), stored.get("Amount"));
    });
}

#[rstest]
#[case("true", "bool")]
#[case("7", "int")]
#[case("-9223372036854775808", "int")]
#[case("9223372036854775808", "double")]
#[case("7.0", "double")]
#[case("\"x\"", "keyword")]
#[case("[\"x\",\"y\"]", "keyword-list")]
#[case("[]", "keyword-list")]
fn a_value_without_a_type_has_the_one_it_looks_like(#[case] value: &str, #[case] expected: &str) {
    let (r#type, _) = read_search_attribute(&json(value)).expect("it has a type");
    assert_eq!(r#type.as_str(), expected);
}

#[rstest]
#[case("{}", "of no type")]
#[case("[1]", "is no keyword-list")]
#[case("x", "is no JSON")]
fn a_value_that_cannot_be_searched_is_refused(#[case] value: &str, #[case] reason: &str) {
    let problem = read_search_attribute(&json(value)).expect_err("it cannot be searched");
    assert!(problem.contains(reason), "{problem}");
}

#[test]
fn every_type_takes_its_values_and_no_others() {
    use SearchAttributeType::{Bool, Datetime, Double, Int, Keyword, KeywordList, Text};
    let fitting = [
        (Bool, "true"),
        (Datetime, "\"2026-01-02T03:04:05Z\""),
        (Double, "1.5"),
        (Int, "3"),
        (Keyword, "\"k\""),
        (KeywordList, "[\"k\"]"),
        (Text, "\"some words\""),
    ];
    for (r#type, value) in fitting {
        let value = serde_json::from_str(value).expect("JSON");
        let payload = search_attribute(r#type, &value).expect("it fits");
        assert_eq!(read_search_attribute(&payload), Ok((r#type, value)));
        assert_eq!(SearchAttributeType::from_name(r#type.as_str()), Some(r#type));
        for (other, foreign) in fitting {
            let foreign = serde_json::from_str(foreign).expect("JSON");
            let texts = [Datetime, Keyword, Text];
            let fits = r#type == other
                || (r#type, other) == (Double, Int)
                || (texts.contains(&other) && [Keyword, Text].contains(&r#type));
            assert_eq!(search_attribute(r#type, &foreign).is_ok(), fits, "{foreign} as {type}");
        }
    }
    let mut unknown = json("1");
    unknown.metadata.insert(TYPE.to_owned(), "colour".into());
    let problem = read_search_attribute(&unknown).expect_err("nobody knows it");
    assert!(problem.contains("bool, datetime, double, int, keyword, keyword-list, text"), "{problem}");
    assert!(read_search_attribute(&Payload::encoded("binary/plain", "1")).is_err());
}

/// A call that cannot be made.
type Call = fn(&mut Calls) -> Result<(), CallError>;

fn large(bytes: usize) -> String {
    format!("\"{}\"", "x".repeat(bytes))
}

fn wrong_type(calls: &mut Calls) -> Result<(), CallError> {
    let mut payload = json("\"seven\"");
    payload.metadata.insert(TYPE.to_owned(), "int".into());
    calls.upsert_search_attributes(&[("Amount".to_owned(), Some(payload))].into())
}

fn too_many(calls: &mut Calls) -> Result<(), CallError> {
    let all = |from: usize, to: usize| (from..to).map(|n| (format!("A{n}"), Some(json("1")))).collect();
    calls.upsert_search_attributes(&all(0, limits::SEARCH_ATTRIBUTES_MAX))?;
    calls.upsert_search_attributes(&all(limits::SEARCH_ATTRIBUTES_MAX, limits::SEARCH_ATTRIBUTES_MAX + 1))
}

fn too_large_together(calls: &mut Calls) -> Result<(), CallError> {
    let half = json(&large(limits::MEMO_BYTES_MAX / 2));
    calls.set_memo([("a".to_owned(), Some(half.clone()))].into())?;
    calls.set_memo([("b".to_owned(), Some(half))].into())
}

fn child_with(attributes: BTreeMap<String, Payload>) -> StartChild {
    StartChild { search_attributes: attributes, ..child("line", "line-1") }
}

#[test]
fn what_is_noted_has_limits() {
    let cases: [(Call, &str); 7] = [
        (wrong_type, "the search attribute `Amount`: the value \"seven\" is no int"),
        (too_many, "the run would have 101 search attributes, 100 are allowed"),
        (
            |calls| calls.upsert_search_attributes(&changes(&[("A", &large(2_047))])),
            "the search attribute `A` has 2049 bytes, 2048 are allowed",
        ),
        (
            |calls| calls.upsert_search_attributes(&changes(&[("", "1")])),
            "the name of a search attribute is empty",
        ),
        (too_large_together, "the memo would have"),
        (|calls| calls.start_child(child_with([("A".to_owned(), json("{}"))].into())).map(drop), "`A`"),
        (
            |calls| {
                let search_attributes = Some([("A".to_owned(), json("{}"))].into());
                calls.continue_as_new(dalsegno_engine::calls::ContinueAsNew {
                    search_attributes,
                    ..Default::default()
                })
            },
            "`A`",
        ),
    ];
    for (call, message) in cases {
        let workflow = Workflow::new(move |ctx: Ctx| async move {
            ctx.call(call);
            std::future::pending().await
        });
        let world = World::start(Way::Resident, workflow, started());
        assert!(world.errors[0].message.contains(message), "{:?}", world.errors);
        assert_eq!(world.story(), ["WorkflowExecutionStarted"], "nothing has changed");
    }
}

#[test]
fn as_many_as_are_allowed_may_be_changed_and_patches_take_no_place() {
    scenario(
        |ctx| async move {
            let all: Vec<String> = (0..limits::SEARCH_ATTRIBUTES_MAX).map(|n| format!("A{n}")).collect();
            let pairs: Vec<_> = all.iter().map(|name| (name.as_str(), "1")).collect();
            upsert(&ctx, &pairs);
            assert!(ctx.patched("p"));
            ctx.signal("next").await;
            upsert(&ctx, &[("A0", "2")]);
            upsert(&ctx, &[("A1", ""), ("B", "3")]);
            Ok(json("null"))
        },
        |world| {
            world.signal("next", "1");
            assert_eq!(world.result(), "null");
            assert_eq!(world.stored.attributes.search_attributes.len(), limits::SEARCH_ATTRIBUTES_MAX + 1);
        },
    );
}

#[test]
fn a_note_that_makes_room_is_counted_without_what_it_replaces() {
    scenario(
        |ctx| async move {
            let large = large(limits::MEMO_BYTES_MAX - 1_000);
            set_memo(&ctx, &[("a", &large)]);
            set_memo(&ctx, &[("a", &large)]);
            set_memo(&ctx, &[("a", ""), ("b", &large)]);
            Ok(json("null"))
        },
        |world| assert_eq!(world.result(), "null"),
    );
}

#[test]
fn what_changes_nothing_is_not_stored_again() {
    let mut start = started();
    start.search_attributes = BTreeMap::new();
    scenario_from(
        start,
        |ctx| async move {
            upsert(&ctx, &[("A", "1")]);
            ctx.signal("next").await;
            upsert(&ctx, &[("A", "1"), ("B", "")]);
            ctx.signal("next").await;
            Ok(json("null"))
        },
        |world| {
            // The kit refuses a step that stores attributes as they are.
            world.signal("next", "1");
            assert!(world.story()[1].ends_with("UpsertWorkflowSearchAttributes"));
            assert_eq!(shown(&world.stored.attributes.search_attributes), "A=1");
        },
    );
}

#[test]
fn what_the_host_tells_of_patches_is_not_the_codes_to_change() {
    let calls: [Call; 3] = [
        |calls| calls.upsert_search_attributes(&changes(&[(CHANGE_VERSION, "[\"p\"]")])),
        |calls| calls.upsert_search_attributes(&changes(&[(CHANGE_VERSION, "null")])),
        |calls| {
            let attributes = [(CHANGE_VERSION.to_owned(), json("[\"p\"]"))].into();
            calls.start_child(child_with(attributes)).map(drop)
        },
    ];
    for call in calls {
        let workflow = Workflow::new(move |ctx: Ctx| async move {
            ctx.call(call);
            std::future::pending().await
        });
        let world = World::start(Way::Resident, workflow, started());
        assert!(world.errors[0].message.contains("`ChangeVersion` is the host's"), "{:?}", world.errors);
    }
}

/// A history of a host that allowed more than this one does.
#[test]
fn a_replay_asks_for_no_limits() {
    let long = large(limits::MEMO_BYTES_MAX + 1);
    let word = large(limits::SEARCH_ATTRIBUTE_BYTES_MAX);
    let memo = changes(&[("note", &long)]);
    let search_attributes = normal_search_attributes(&changes(&[("Word", &word)])).expect("it has a type");
    let commands = vec![
        EventAttributes::WorkflowPropertiesModified { upserted_memo: memo.clone() },
        EventAttributes::UpsertWorkflowSearchAttributes { search_attributes },
        EventAttributes::WorkflowExecutionCompleted { result: Some(json("null")) },
    ];
    let stored = Transition {
        first_event_id: 1,
        time: Timestamp::MIN,
        activation: 1,
        activated: Some(Shown::default()),
        inputs: vec![EventAttributes::WorkflowExecutionStarted(started().into())],
        commands,
    };
    let workflow = Workflow::new(move |ctx: Ctx| {
        let (memo, word) = (memo.clone(), word.clone());
        async move {
            ctx.call(|calls| calls.set_memo(memo));
            upsert(&ctx, &[("Word", &word)]);
            Ok(json("null"))
        }
    });
    Replay::default().step(&stored, 0, &mut workflow.guest()).expect("it was allowed when it was written");
    let world = World::start(Way::Resident, workflow, started());
    assert!(world.errors[0].message.contains("the memo would have"), "{:?}", world.errors);
}

#[test]
fn attributes_are_shown_plainly_and_read_back_as_they_were() {
    for (r#type, value, expected) in [
        ("keyword", "\"EU\"", "\"EU\""),
        ("int", "3", "3"),
        ("double", "3", r#"{"type":"double","value":3}"#),
        ("text", "\"two words\"", r#"{"type":"text","value":"two words"}"#),
        ("keyword-list", "[\"a\"]", "[\"a\"]"),
    ] {
        let r#type = SearchAttributeType::from_name(r#type).expect("it is a type");
        let value = serde_json::from_str(value).expect("JSON");
        let payload = search_attribute(r#type, &value).expect("it fits");
        let shown = shown_search_attribute(&payload);
        assert_eq!(shown.as_json(), Some(expected));
        assert_eq!(unshown_search_attribute(&shown), payload);
        assert_eq!(unshown_search_attribute(&payload), payload, "written out, it is read as it is");
    }
}
