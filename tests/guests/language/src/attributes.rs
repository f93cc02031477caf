//! What people find a run by.

use std::time::{Duration, SystemTime};

use dalsegno_sdk::{
    Failure, SearchAttribute, info, set_details, set_memo, signals, upsert_search_attributes, workflow,
};
use serde_json::{Value, json};

/// Sets attributes of every type and a memo, removes some at the signal `go`; the result is the attributes that
/// it then knows of itself.
#[workflow]
pub(crate) async fn attributed() -> Result<Vec<(String, String)>, Failure> {
    let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    upsert_search_attributes([
        ("Done", SearchAttribute::Bool(true)),
        ("Due", moment.into()),
        ("Share", 0.5.into()),
        ("Parcels", 3.into()),
        ("Country", SearchAttribute::keyword("IS")),
        ("Labels", SearchAttribute::keywords(["a", "b"])),
        ("Words", SearchAttribute::text("two words")),
    ]);
    set_memo(&json!({ "step": 1, "gone": "soon", "nested": { "a": [1] } }));
    set_details("waits for the signal");
    let _: Option<Value> = signals("go").next().await?;
    upsert_search_attributes([("Done", None), ("Parcels", Some(SearchAttribute::Int(4)))]);
    set_memo(&json!({ "step": 2, "gone": null }));
    let _: Option<Value> = signals("go").next().await?;
    let attributes = info().search_attributes;
    Ok(attributes.into_iter().map(|(name, value)| (name, format!("{value:?}"))).collect())
}
