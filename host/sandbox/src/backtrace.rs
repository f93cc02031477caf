//! The guest's own frames, for people.

use std::fmt::Write as _;

use wasmtime::{FrameInfo, WasmBacktrace};

/// How run-time libraries name what lies between a panic and the code that panicked.
const RUNTIME_PREFIXES: [&str; 8] =
    ["core::", "std::", "alloc::", "__rust", "rust_", "_R", "abort", "panic_abort::"];

/// One frame per line, innermost first; the run-time library's own at the inner end are left out.
pub(crate) fn render(backtrace: &WasmBacktrace) -> String {
    let frames: Vec<String> = backtrace.frames().iter().filter_map(frame).collect();
    let runtime = frames.iter().take_while(|frame| is_runtime(frame)).count();
    // If nothing else is left, the run-time library is what there is to show.
    let skipped = if runtime == frames.len() { 0 } else { runtime };
    frames[skipped..].join("\n")
}

fn is_runtime(frame: &str) -> bool {
    let frame = frame.trim_start_matches('<');
    RUNTIME_PREFIXES.iter().any(|prefix| frame.starts_with(prefix))
}

/// None: glue that the component tools made.
fn frame(frame: &FrameInfo) -> Option<String> {
    if frame.module().name().is_some_and(|module| module.starts_with("wit-component:")) {
        return None;
    }
    let symbol = frame.symbols().first();
    let name = symbol.and_then(|symbol| symbol.name()).or(frame.func_name());
    let mut line = match name {
        // `#` leaves out the hash at the end.
        Some(name) => format!("{:#}", rustc_demangle::demangle(name)),
        None => format!("<function {}>", frame.func_index()),
    };
    if let Some(symbol) = symbol
        && let (Some(file), Some(number)) = (symbol.file(), symbol.line())
    {
        // Writing to a string does not fail.
        let _ = write!(line, " at {file}:{number}");
    }
    Some(line)
}
