use dalsegno_engine::ids::{ModuleDigest, Namespace};
use dalsegno_store::ModuleRow;

use crate::{
    builders::{digest, namespace, time},
    databases::{Database, on_every_database},
};

fn module(number: u8, uploaded_at: u64) -> ModuleRow {
    ModuleRow {
        namespace: namespace(),
        digest: digest(number),
        bytes: 3,
        definition: r#"{"workflows":[]}"#.to_owned(),
        uploaded_at: time(uploaded_at),
    }
}

async fn a_module_is_kept_once(database: Database) {
    let store = &database.store;
    assert!(store.put_module(&module(1, 10), &[0, 97, 255]).await.unwrap());
    assert!(!store.put_module(&module(1, 20), &[0, 97, 255]).await.unwrap());
    assert_eq!(store.module(&namespace(), &digest(1)).await.unwrap(), Some(module(1, 10)));
    assert_eq!(store.module_bytes(&digest(1)).await.unwrap(), Some(vec![0, 97, 255]));
}

async fn the_newest_module_is_first(database: Database) {
    let store = &database.store;
    for (number, at) in [(1, 20), (2, 30), (3, 10)] {
        store.put_module(&module(number, at), &[number]).await.unwrap();
    }
    let modules = store.modules(&namespace()).await.unwrap();
    assert_eq!(modules, [module(2, 30), module(1, 20), module(3, 10)]);
}

async fn a_large_module_is_kept(database: Database) {
    let bytes: Vec<u8> = (0..8 << 20).map(|n: u32| (n >> 7) as u8).collect();
    database.store.put_module(&module(1, 10), &bytes).await.unwrap();
    assert!(database.store.module_bytes(&digest(1)).await.unwrap() == Some(bytes));
}

async fn unknown_modules_are_absent(database: Database) {
    let store = &database.store;
    store.put_module(&module(1, 10), &[1]).await.unwrap();
    assert_eq!(store.module(&namespace(), &digest(2)).await.unwrap(), None);
    assert_eq!(store.module(&Namespace::new("other"), &digest(1)).await.unwrap(), None);
    assert_eq!(store.modules(&Namespace::new("other")).await.unwrap(), []);
    for text in ["", "sha256:", "sha256:zz", &digest(1).as_str().to_uppercase()] {
        assert_eq!(store.module_bytes(&ModuleDigest::new(text)).await.unwrap(), None, "{text}");
    }
}

async fn a_module_is_of_a_namespace_that_exists(database: Database) {
    let store = &database.store;
    assert!(store.namespace_exists(&namespace()).await.unwrap());
    let other = Namespace::new("other");
    assert!(!store.namespace_exists(&other).await.unwrap());
    let row = ModuleRow { namespace: other, ..module(1, 10) };
    assert!(store.put_module(&row, &[1]).await.is_err());
}

on_every_database!(
    a_module_is_kept_once,
    the_newest_module_is_first,
    a_large_module_is_kept,
    unknown_modules_are_absent,
    a_module_is_of_a_namespace_that_exists,
);
