//! The guest contract in Rust, generated from `wit/`. Ordinary workflows need nothing of it.

wit_bindgen::generate!({
    path: "../../wit",
    world: "workflow",
    pub_export_macro: true,
    default_bindings_module: "dalsegno_sdk::bindings",
    additional_derives: [PartialEq],
});
