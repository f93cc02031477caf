//! Values of every kind, what a run sees of the world, and a failure with causes.

use serde_json::json;

use super::scenarios;
use crate::stage::Stage;

scenarios![draws, large_payload, unicode, many_arguments, nothing, bytes, attributes, info, cause_chain];

/// Scripts, directions, joined characters, and what JSON escapes or must not escape.
const TEXT: &str = "grüße, שלום, مرحبا, 你好, 👩‍👩‍👧 😀 e\u{301} \u{202e}rtl\u{202c} <b>&amp;</b> \"quoted\" \\ / \
     \t\n\r\u{8}\u{c}\u{1}\u{1f}\u{7f}\u{85}\u{2028}\u{2029}\u{feff}";

async fn draws(stage: &mut Stage) {
    stage.draws = true;
    stage.begin(json!([])).await;
}

async fn large_payload(stage: &mut Stage) {
    stage.begin(json!([1 << 20])).await;
}

async fn unicode(stage: &mut Stage) {
    stage.begin(json!([TEXT])).await;
    stage.until_events("ActivityTaskCompleted", 1).await;
    stage.signal("grüße 😀", json!([TEXT])).await;
    stage.client.ended(&stage.id).await;
    let described = stage.client.describe(&stage.id).await;
    stage.tell("memo", described["memo"].clone());
}

async fn many_arguments(stage: &mut Stage) {
    stage.begin(json!(["six", -7, 1.5, true, [1, "two", null], { "a": 1, "b": [true, null] }])).await;
}

async fn nothing(stage: &mut Stage) {
    stage.begin(json!([null])).await;
}

async fn bytes(stage: &mut Stage) {
    stage.child();
    stage.begin(json!([])).await;
}

async fn attributes(stage: &mut Stage) {
    stage.begin(json!([])).await;
    stage.client.ended(&stage.id).await;
    let described = stage.client.describe(&stage.id).await;
    stage.tell("search attributes", described["search_attributes"].clone());
    stage.tell("memo", described["memo"].clone());
}

async fn info(stage: &mut Stage) {
    stage.begin(json!([])).await;
}

async fn cause_chain(stage: &mut Stage) {
    stage.begin(json!([])).await;
}
