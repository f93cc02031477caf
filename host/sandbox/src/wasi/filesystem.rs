//! `wasi:filesystem`: an empty root folder.
//!
//! The folder is there so that using a file can be noticed: without any, the guest's own libc refuses
//! before it asks the host, with an error that helps nobody. Looking whether something exists is answered
//! (nothing does), since libraries look for their configuration unasked; opening or changing something
//! ends the call.

use wasmtime::{
    StoreContextMut,
    component::{Linker, LinkerInstance, Resource, ResourceAny, ResourceType, Val},
};

use super::{absent, name};
use crate::{context::Context, stop::Stop};

/// The root folder, the only one there is.
struct Descriptor;
/// Never made.
struct DirectoryEntryStream;

/// Where libraries look for time zones, host names and the like without being asked.
const SYSTEM_FOLDERS: [&str; 7] = ["etc", "usr", "proc", "sys", "dev", "lib", "var"];

pub(super) fn add_to_linker(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    let mut types = linker.instance(&name("filesystem/types"))?;
    types.resource("descriptor", ResourceType::host::<Descriptor>(), |_, _| Ok(()))?;
    let entries = ResourceType::host::<DirectoryEntryStream>();
    types.resource("directory-entry-stream", entries, |_, _| Ok(()))?;
    add_root(&mut types)?;

    let mut preopens = linker.instance(&name("filesystem/preopens"))?;
    preopens.func_new("get-directories", |mut store: StoreContextMut<'_, Context>, _, _, results| {
        let root = Resource::<Descriptor>::new_own(0);
        let root = ResourceAny::try_from_resource(root, &mut store)?;
        let root = Val::Tuple(vec![Val::Resource(root), Val::String("/".to_owned())]);
        answer(results, Val::List(vec![root]))
    })
}

/// What may be asked of the root folder; the rest is absent.
fn add_root(types: &mut LinkerInstance<'_, Context>) -> wasmtime::Result<()> {
    add_answer(types, "get-type", |_| Ok(ok(Val::Enum("directory".to_owned()))))?;
    add_answer(types, "get-flags", |_| Ok(ok(Val::Flags(vec!["read".to_owned()]))))?;
    add_answer(types, "is-same-object", |_| Ok(Val::Bool(true)))?;
    for looking in ["stat-at", "readlink-at", "metadata-hash-at"] {
        add_answer(types, looking, |_| Ok(no_entry()))?;
    }
    add_answer(types, "open-at", |path| {
        let top = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        if SYSTEM_FOLDERS.contains(&top) || is_source(path) {
            return Ok(no_entry());
        }
        Err(absent::forbidden("filesystem", &format!("opening the file `{path}`")))
    })
}

/// Python looks for the source of a line that it is about to show, also of code that is in no file: `<string>`.
fn is_source(path: &str) -> bool {
    path.starts_with('<') || path.ends_with(".py")
}

/// Defines a method of the root folder by what it answers for a path (empty if it takes none).
fn add_answer(
    types: &mut LinkerInstance<'_, Context>,
    method: &str,
    answer_for: impl Fn(&str) -> Result<Val, Stop> + Send + Sync + 'static,
) -> wasmtime::Result<()> {
    types.func_new(&format!("[method]descriptor.{method}"), move |mut store, _, arguments, results| {
        let mut path = "";
        for argument in arguments {
            match argument {
                Val::String(text) => path = text,
                // What was lent for the call has to be given back within it.
                Val::Resource(lent) => lent.resource_drop(&mut store)?,
                _ => {}
            }
        }
        answer(results, answer_for(path)?)
    })
}

fn ok(value: Val) -> Val {
    Val::Result(Ok(Some(Box::new(value))))
}

fn no_entry() -> Val {
    Val::Result(Err(Some(Box::new(Val::Enum("no-entry".to_owned())))))
}

fn answer(results: &mut [Val], value: Val) -> wasmtime::Result<()> {
    if let Some(result) = results.first_mut() {
        *result = value;
    }
    Ok(())
}
