//! What people find runs by: set at the start, changed by the code, shown.

use crate::prelude::*;

#[rstest]
#[tokio::test]
async fn attributes_of_every_type_are_set_and_removed(#[values(Sqlite, Postgres)] backend: Backend) {
    let client = shared(backend).await.client();
    let id = unique("attributed");
    let body = json!({
        "workflow_type": "attributed", "workflow_id": id,
        "search_attributes": { "Country": "FI", "Region": "EU" }, "memo": { "from": "the start" },
    });
    let _ = client.start(&body).await.json(201);
    let stage = async |step: u32| {
        eventually("the attributes are set", async || {
            let described = client.describe(&id).await;
            if described["memo"]["step"] == step { Ok(described) } else { Err(described) }
        })
        .await
    };
    let described = stage(1).await;
    let mut expected = json!({
        "Country": "IS", "Region": "EU", "Done": true, "Share": 0.5, "Parcels": 3, "Labels": ["a", "b"],
        "Due": { "type": "datetime", "value": "2001-09-09T01:46:40Z" },
        "Words": { "type": "text", "value": "two words" },
    });
    assert_eq!(described["search_attributes"], expected);
    let memo = json!({ "from": "the start", "step": 1, "gone": "soon", "nested": { "a": [1] } });
    assert_eq!(described["memo"], memo);

    let events = client.events(&id).await;
    assert_eq!(events[0]["attributes"]["search_attributes"], json!({ "Country": "FI", "Region": "EU" }));
    let upserted = events.iter().find(|event| event["type"] == "UpsertWorkflowSearchAttributes");
    let upserted = upserted.map(|event| &event["attributes"]["search_attributes"]).expect("it sets some");
    assert_eq!(
        (&upserted["Due"], &upserted["Parcels"]),
        (&expected["Due"], &json!(3)),
        "as describe has them"
    );

    client.signal(&id, "go", json!([])).await;
    let described = stage(2).await;
    expected["Parcels"] = json!(4);
    expected.as_object_mut().and_then(|attributes| attributes.remove("Done"));
    assert_eq!(described["search_attributes"], expected);
    assert_eq!(described["memo"], json!({ "from": "the start", "step": 2, "nested": { "a": [1] } }));
    let listed = client.read(&format!("/workflows?query=WorkflowId%20%3D%20'{id}'")).await.json(200);
    let listed = &listed["workflows"][0];
    assert_eq!((&listed["search_attributes"], &listed["memo"]), (&expected, &described["memo"]), "{listed}");

    client.signal(&id, "go", json!([])).await;
    let known = client.result(&id).await;
    assert_eq!(known.as_array().map(Vec::len), Some(7), "{known}");
    assert!(known.as_array().is_some_and(|known| known.contains(&json!(["Parcels", "Int(4)"]))), "{known}");
    assert_eq!(client.describe(&id).await["search_attributes"], expected, "they stay when it has ended");
}

#[rstest]
#[case::of_no_type(json!({ "Place": { "x": 1 } }))]
#[case::unknown_type(json!({ "Place": { "type": "point", "value": 1 } }))]
#[case::not_of_its_type(json!({ "Place": { "type": "int", "value": "one" } }))]
#[case::a_list_of_numbers(json!({ "Place": [1, 2] }))]
#[tokio::test]
async fn an_attribute_that_has_no_type_is_refused(
    #[values(Sqlite, Postgres)] backend: Backend,
    #[case] attributes: Value,
) {
    let client = shared(backend).await.client();
    let body = json!({ "workflow_type": "attributed", "search_attributes": attributes });
    let detail = client.start(&body).await.refusal(400, "invalid_argument");
    assert!(detail.contains("Place"), "{detail}");
}

#[tokio::test]
async fn what_tells_of_patches_is_not_the_clients_to_set() {
    let client = shared(Sqlite).await.client();
    let body = json!({ "workflow_type": "attributed", "search_attributes": { "ChangeVersion": ["p"] } });
    let detail = client.start(&body).await.refusal(400, "invalid_argument");
    assert!(detail.contains("`ChangeVersion` is the host's"), "{detail}");
}
