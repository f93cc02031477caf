//! What a workflow cannot have of WASI: it may be imported, and ends the call when it is used.
//!
//! Run-time libraries import sockets and files whether the code uses them or not, so refusing them at
//! upload would refuse every module.

use wasmtime::component::{
    Component, Linker, ResourceType,
    types::{ComponentInstance, ComponentItem},
};

use super::{PACKAGES, name};
use crate::{context::Context, stop::Stop};

/// A resource of which there is never one.
struct Absent;

/// Defines every function and resource of WASI that the component imports and `linker` lacks.
pub(super) fn add_to_linker(linker: &mut Linker<Context>, component: &Component) -> wasmtime::Result<()> {
    let engine = component.engine().clone();
    // A resource that an interface has from another one is not defined a second time.
    let mut resources = Vec::new();
    for (import, item) in component.component_type().imports(&engine) {
        let ComponentItem::ComponentInstance(instance) = item.ty else { continue };
        let fresh = fresh_resources(&instance, &engine, &mut resources);
        let Some(interface) = wasi_interface(import) else { continue };
        for (export, item) in instance.exports(&engine) {
            // An error says that it is defined already, and that is all it can say.
            let mut defined = linker.instance(&name(interface))?;
            match item.ty {
                ComponentItem::ComponentFunc(_) => {
                    let what = format!("`wasi:{interface}.{export}`");
                    let interface = interface.to_owned();
                    let _ =
                        defined.func_new(export, move |_, _, _, _| Err(forbidden(&interface, &what).into()));
                }
                ComponentItem::Resource(_) if fresh.contains(&export.to_owned()) => {
                    let _ = defined.resource(export, ResourceType::host::<Absent>(), |_, _| Ok(()));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// The names of the resources that this instance is the first to export.
fn fresh_resources(
    instance: &ComponentInstance,
    engine: &wasmtime::Engine,
    seen: &mut Vec<ResourceType>,
) -> Vec<String> {
    let mut fresh = Vec::new();
    for (export, item) in instance.exports(engine) {
        if let ComponentItem::Resource(resource) = item.ty
            && !seen.contains(&resource)
        {
            seen.push(resource);
            fresh.push(export.to_owned());
        }
    }
    fresh
}

/// `io/streams` of `wasi:io/streams@0.2.6`.
fn wasi_interface(import: &str) -> Option<&str> {
    let (interface, _version) = import.strip_prefix("wasi:")?.split_once('@')?;
    let (package, _) = interface.split_once('/')?;
    PACKAGES.contains(&package).then_some(interface)
}

/// What to say of a use of `interface`.
pub(super) fn forbidden(interface: &str, what: &str) -> Stop {
    let package = interface.split('/').next().unwrap_or_default();
    let instead = match package {
        "sockets" => {
            "a replay would not get the same answer; do network calls in activities, the built-in \
             `http` activity for example"
        }
        "filesystem" => {
            "a workflow has no files; read and write them in an activity, and pass what the \
             workflow needs as its input"
        }
        _ => "a workflow has no such thing; do it in an activity",
    };
    Stop::Forbidden { what: what.to_owned(), instead }
}
