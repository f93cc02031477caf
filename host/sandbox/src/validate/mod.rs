//! Whether bytes are a module that may run here: quickly, without compiling, whatever they are.

mod contract;

#[cfg(test)]
pub(crate) use contract::IMPORTS;

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmparser::{Parser, Payload, Validator};
use wasmtime::Engine;

use crate::Refused;

const WASM_MAGIC: &[u8] = b"\0asm";
const CORE_MODULE_LAYER: [u8; 2] = [0, 0];

pub(crate) fn validate(engine: &Engine, bytes: &[u8], bytes_max: usize) -> Result<(), Refused> {
    check_kind(bytes)?;
    if bytes.len() > bytes_max {
        return Err(Refused::TooLarge { bytes: bytes.len(), bytes_max });
    }
    // The parser promises not to panic. Uploads come from strangers, so its word is not all we have.
    catch_unwind(AssertUnwindSafe(|| check_component(engine, bytes)))
        .unwrap_or_else(|_| Err(Refused::Malformed("the parser gave up on it".to_owned())))
}

/// What it is, by its first bytes.
fn check_kind(bytes: &[u8]) -> Result<(), Refused> {
    if Engine::detect_precompiled(bytes).is_some() {
        return Err(Refused::Precompiled);
    }
    if !bytes.starts_with(WASM_MAGIC) {
        return Err(Refused::NotWasm);
    }
    if bytes.get(6..8) == Some(&CORE_MODULE_LAYER) {
        return Err(Refused::CoreModule);
    }
    Ok(())
}

fn check_component(engine: &Engine, bytes: &[u8]) -> Result<(), Refused> {
    let mut validator = Validator::new_with_features(engine.get_wasm_features());
    let types = validator.validate_all(bytes).map_err(malformed)?;
    // Only the outermost component's imports and exports are the host's business.
    let mut depth = 0_u32;
    let mut exports_guest = false;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(malformed)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    contract::check_import(import.map_err(malformed)?.name.name, &types)?;
                }
            }
            Payload::ComponentExportSection(exports) if depth == 0 => {
                for export in exports {
                    let name = export.map_err(malformed)?.name.name;
                    exports_guest |= contract::check_export(name, &types)?;
                }
            }
            _ => {}
        }
    }
    if exports_guest { Ok(()) } else { Err(Refused::MissingExport(contract::GUEST.to_owned())) }
}

fn malformed(error: wasmparser::BinaryReaderError) -> Refused {
    Refused::Malformed(error.to_string())
}
