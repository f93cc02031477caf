use dalsegno_engine::ids::WorkflowType;
use dalsegno_store::ModuleRow;

use crate::{
    builders::{digest, namespace, time},
    databases::{Database, on_every_database},
};

async fn with_modules(database: &Database) -> WorkflowType {
    for number in [1, 2] {
        let module = ModuleRow {
            namespace: namespace(),
            digest: digest(number),
            bytes: 1,
            definition: "{}".to_owned(),
            uploaded_at: time(1),
        };
        database.store.put_module(&module, &[number]).await.unwrap();
    }
    WorkflowType::new("order")
}

async fn the_first_module_of_a_type_becomes_current(database: Database) {
    let order = with_modules(&database).await;
    let (store, namespace) = (&database.store, namespace());
    assert_eq!(store.deployment(&namespace, &order).await.unwrap(), None);
    assert_eq!(store.deploy(&namespace, &order, &digest(1), true).await.unwrap(), digest(1));
    assert_eq!(store.deploy(&namespace, &order, &digest(2), true).await.unwrap(), digest(1));
    assert_eq!(store.deployment(&namespace, &order).await.unwrap(), Some(digest(1)));
}

async fn a_deployed_module_replaces_the_current_one(database: Database) {
    let order = with_modules(&database).await;
    let (store, namespace) = (&database.store, namespace());
    store.deploy(&namespace, &order, &digest(1), false).await.unwrap();
    assert_eq!(store.deploy(&namespace, &order, &digest(2), false).await.unwrap(), digest(2));
    assert_eq!(store.deployment(&namespace, &order).await.unwrap(), Some(digest(2)));
    assert_eq!(store.deployment(&namespace, &WorkflowType::new("other")).await.unwrap(), None);
}

async fn an_unknown_module_is_not_deployed(database: Database) {
    let order = with_modules(&database).await;
    let (store, namespace) = (&database.store, namespace());
    assert!(store.deploy(&namespace, &order, &digest(3), false).await.is_err());
    assert_eq!(store.deployment(&namespace, &order).await.unwrap(), None);
}

on_every_database!(
    the_first_module_of_a_type_becomes_current,
    a_deployed_module_replaces_the_current_one,
    an_unknown_module_is_not_deployed,
);
