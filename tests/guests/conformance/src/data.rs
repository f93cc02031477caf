//! Values of every kind: large, foreign, many, none; and what people find a run by.

use std::time::{Duration, SystemTime};

use dalsegno_sdk::{
    Context, Failure, Payload, SearchAttribute, set_memo, upsert_search_attributes, workflow,
};
use serde_json::{Value, json};

use crate::{call, children::only_child};

/// A long text through an activity.
#[workflow]
pub(crate) async fn large_payload(length: usize) -> Result<usize, Failure> {
    let text: String = call("echo").input(&"x".repeat(length)).await?;
    Ok(text.len())
}

#[derive(Default)]
pub(crate) struct Unicode {
    value: Option<Value>,
}

/// A text in a memo, through an activity, and as a signal.
#[workflow]
impl Unicode {
    #[run]
    async fn run(ctx: Context<Self>, text: String) -> Result<(String, Option<Value>), Failure> {
        set_memo(&json!({ "note": text }));
        let echoed = call("echo").input(&text).await?;
        ctx.wait_condition(|unicode| unicode.value.is_some()).await?;
        Ok((echoed, ctx.state(|unicode| unicode.value.clone())))
    }

    #[signal(name = "grüße 😀")]
    fn greet(&mut self, value: Value) {
        self.value = Some(value);
    }
}

/// Six arguments.
#[workflow]
pub(crate) async fn many_arguments(
    text: String,
    int: i64,
    float: f64,
    is_so: bool,
    list: Vec<Value>,
    object: Value,
) -> Result<Value, Failure> {
    let call = call("echo").input(&text).input(&int).input(&float);
    call.input(&is_so).input(&list).input(&object).await
}

/// Nothing, in all its forms.
#[workflow]
pub(crate) async fn nothing(argument: Option<Value>) -> Result<(), Failure> {
    let a: Option<Value> = call("silent").await?;
    let b: Option<Value> = call("echo").await?;
    let c: Option<Value> = call("echo").input(&argument).await?;
    let _: Value = call("echo").input(&[a, b, c]).await?;
    Ok(())
}

/// Gives back what it is given.
#[workflow]
pub(crate) async fn mirror(value: Payload) -> Payload {
    value
}

/// Bytes to a child and back.
#[workflow]
pub(crate) async fn bytes() -> Result<Payload, Failure> {
    only_child("mirror").input(&Payload::bytes(vec![0, 1, 254, 255])).await
}

/// Attributes of every type and a memo, changed once.
#[workflow]
pub(crate) async fn attributes() -> Result<(), Failure> {
    let due = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    upsert_search_attributes([
        ("Count", SearchAttribute::Int(3)),
        ("Done", SearchAttribute::Bool(true)),
        ("Due", SearchAttribute::Datetime(due)),
        ("Labels", SearchAttribute::keywords(["a", "b"])),
        ("Region", SearchAttribute::keyword("IS")),
        ("Share", SearchAttribute::Double(0.5)),
        ("Words", SearchAttribute::text("two words")),
    ]);
    set_memo(&json!({ "gone": "soon", "nested": { "a": [1] }, "step": 1 }));
    let _: Value = call("echo").input("between").await?;
    upsert_search_attributes([("Count", Some(SearchAttribute::Int(4))), ("Done", None)]);
    set_memo(&json!({ "gone": null, "step": 2 }));
    Ok(())
}
