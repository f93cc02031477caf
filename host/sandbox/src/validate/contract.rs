//! The names of the contract: what may be imported, and what has to be exported.

use wasmparser::{
    component_types::{ComponentEntityType, ComponentItem},
    types::Types,
};

use crate::{Refused, wasi};

/// Our package, and the versions of it that this host has.
const PACKAGE: &str = "dalsegno:workflow/";
const VERSION: &str = "0.1.";

/// What a module of workflows exports.
pub(super) const GUEST: &str = "dalsegno:workflow/guest@0.1.0";
const GUEST_FUNCTIONS: [&str; 4] = ["definitions", "activate", "validate-update", "query"];

/// Every function that a module may import of ours, by interface.
pub(crate) const IMPORTS: [(&str, &[&str]); 8] = [
    ("types", &[]),
    ("activities", &["schedule", "schedule-local", "cancel"]),
    ("timers", &["start", "cancel"]),
    ("children", &["start", "cancel"]),
    ("runs", &["signal", "cancel"]),
    (
        "run",
        &[
            "info",
            "random-bytes",
            "complete",
            "fail",
            "cancelled",
            "continue-as-new",
            "patched",
            "deprecate-patch",
            "get-version",
            "upsert-search-attributes",
            "set-memo",
            "set-details",
        ],
    ),
    ("updates", &["complete", "fail"]),
    ("telemetry", &["log", "count", "record", "wants-call-sites", "call-site"]),
];

pub(super) fn check_import(name: &str, types: &Types) -> Result<(), Refused> {
    if let Some(ours) = name.strip_prefix(PACKAGE) {
        return check_our_import(name, ours, types);
    }
    if name.starts_with("wasi:http/") {
        return Err(Refused::Http(name.to_owned()));
    }
    if is_wasi(name) && functions(types.as_ref().component_item_for_import(name), types).is_some() {
        return Ok(());
    }
    Err(Refused::ForeignImport(name.to_owned()))
}

fn check_our_import(name: &str, ours: &str, types: &Types) -> Result<(), Refused> {
    let unknown = || Refused::UnknownImport(name.to_owned());
    let (interface, version) = ours.split_once('@').ok_or_else(unknown)?;
    let known = IMPORTS.iter().find(|(known, _)| *known == interface);
    let (_, known) = known.filter(|_| version.starts_with(VERSION)).ok_or_else(unknown)?;
    let functions = functions(types.as_ref().component_item_for_import(name), types);
    for function in functions.ok_or_else(unknown)? {
        if !known.contains(&function.as_str()) {
            return Err(Refused::UnknownImport(format!("{name}.{function}")));
        }
    }
    Ok(())
}

/// Whether `name` is an interface like `wasi:io/streams@0.2.6`.
fn is_wasi(name: &str) -> bool {
    let parts = || {
        let (interface, version) = name.strip_prefix("wasi:")?.split_once('@')?;
        let (package, _) = interface.split_once('/')?;
        Some(wasi::PACKAGES.contains(&package) && version.starts_with("0.2."))
    };
    parts().unwrap_or(false)
}

/// True: it is the export that is needed.
pub(super) fn check_export(name: &str, types: &Types) -> Result<bool, Refused> {
    let is_guest = name
        .strip_prefix(PACKAGE)
        .and_then(|export| export.strip_prefix("guest@"))
        .is_some_and(|version| version.starts_with(VERSION));
    if !is_guest {
        return Ok(false);
    }
    let exported = functions(types.as_ref().component_item_for_export(name), types);
    let exported = exported.unwrap_or_default();
    match GUEST_FUNCTIONS.iter().find(|function| !exported.iter().any(|name| name == *function)) {
        Some(missing) => Err(Refused::MissingExport(format!("{name}.{missing}"))),
        None => Ok(true),
    }
}

/// The functions of an instance; `None` if it is no instance.
fn functions(item: Option<&ComponentItem>, types: &Types) -> Option<Vec<String>> {
    let ComponentEntityType::Instance(instance) = item?.ty else { return None };
    let exports = types.as_ref().get(instance)?.exports.iter();
    let functions = exports
        .filter(|(_, export)| matches!(export.ty, ComponentEntityType::Func(_)))
        .map(|(name, _)| name.to_string());
    Some(functions.collect())
}
