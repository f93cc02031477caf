//! Compiling modules, where it can do no harm.
//!
//! A compiler that is fed by strangers may need absurd time or memory, or crash: outside what wasmtime
//! promises. So it is this program again, as a child with a deadline and a memory limit.

mod child;
mod functions;
mod parent;

use std::{path::Path, sync::Arc};

use wasmtime::{Engine, component::Component};

use crate::{
    CompileError, Compiler, Refused, SandboxError,
    artifacts::Artifacts,
    bindings::WorkflowPre,
    engine::Purpose,
    limits,
    runtime::{self, Runtime},
    wasi,
};

pub(crate) use child::check_not_child;
pub use child::compile_child_main;
pub(crate) use functions::Functions;

/// Compiles `bytes` to the artifact at `path`.
pub(crate) fn compile(
    runtime: &Runtime,
    artifacts: &Artifacts,
    path: &Path,
    bytes: &[u8],
) -> Result<(), CompileError> {
    let mut file = artifacts.new_file()?;
    let shares = bytes.len() >= limits::SHARING_MODULE_BYTES_MIN;
    let functions = shares.then(|| artifacts.functions(&runtime.compatibility));
    if runtime.config.compiler == Compiler::ThisProcess {
        let artifact = to_artifact(bytes, runtime.config.memory_bytes_max, functions.as_deref())?;
        std::io::Write::write_all(&mut file, &artifact).map_err(|error| SandboxError::Cache {
            action: "write the compiled module",
            path: file.path().to_owned(),
            error,
        })?;
    } else {
        parent::compile(&runtime.config, bytes, functions, file.as_file())?;
    }
    // The pool has limits that only it knows: on the size of an instance's tables of functions, say.
    Artifacts::check(&runtime.engine, &file)
        .map_err(|error| Refused::TooDemanding(format!("more than guests have here ({error})")))?;
    Ok(artifacts.store(file, path)?)
}

/// Compiles, and checks what only the compiled component tells; with a file of functions that may be known already.
fn to_artifact(
    bytes: &[u8],
    memory_bytes_max: usize,
    functions: Option<&Path>,
) -> Result<Vec<u8>, CompileError> {
    let functions = functions.map(|path| Arc::new(Functions::read(path)));
    let engine = Purpose::Compile(functions.as_ref()).engine();
    let engine = engine.map_err(|error| CompileError::Failed(format!("{error:#}")))?;
    let component = Component::from_binary(&engine, bytes).map_err(not_compiled)?;
    check_demands(&component, memory_bytes_max)?;
    check_types(&engine, &component).map_err(|error| Refused::Incompatible(format!("{error:#}")))?;
    if let Some(Err(error)) = functions.map(|functions| functions.save()) {
        tracing::warn!("the functions of a module are not kept, the next one takes longer: {error}");
    }
    component.serialize().map_err(|error| CompileError::Failed(format!("{error:#}")))
}

fn not_compiled(error: wasmtime::Error) -> CompileError {
    if error.is::<std::io::Error>() || error.is::<wasmtime::OutOfMemory>() {
        // The machine is to blame, not the module.
        return CompileError::Failed(format!("{error:#}"));
    }
    Refused::Malformed(format!("{error:#}")).into()
}

/// Whether every import and export has the contract's type.
fn check_types(engine: &Engine, component: &Component) -> wasmtime::Result<()> {
    let linker = wasi::linker_for(&runtime::linker(engine)?, component)?;
    WorkflowPre::new(linker.instantiate_pre(component)?).map(drop)
}

const WASM_PAGE_BYTES: u64 = 64 << 10;

/// Whether a guest could ever be made of it.
fn check_demands(component: &Component, memory_bytes_max: usize) -> Result<(), Refused> {
    use crate::limits::{MEMORIES_PER_COMPONENT_MAX, TABLE_ELEMENTS_MAX, TABLES_PER_COMPONENT_MAX};

    let Some(demands) = component.resources_required() else {
        return Err(Refused::TooDemanding("core modules from outside, which nobody gives it".into()));
    };
    let memory = demands.max_initial_memory_size.unwrap_or(0).saturating_mul(WASM_PAGE_BYTES);
    let elements = demands.max_initial_table_size.unwrap_or(0);
    let checks = [
        ("bytes of memory at its start", memory, memory_bytes_max as u64),
        ("memories", demands.num_memories.into(), MEMORIES_PER_COMPONENT_MAX.into()),
        ("tables", demands.num_tables.into(), TABLES_PER_COMPONENT_MAX.into()),
        ("elements in one table", elements, TABLE_ELEMENTS_MAX as u64),
    ];
    for (what, needed, allowed) in checks {
        if needed > allowed {
            return Err(Refused::TooDemanding(format!("{needed} {what}, {allowed} are allowed")));
        }
    }
    Ok(())
}
