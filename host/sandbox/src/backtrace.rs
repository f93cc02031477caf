//! The guest's own frames, for people.

use wasmtime::{FrameInfo, WasmBacktrace};

use crate::text;

/// How run-time libraries name what lies between a trap and the code that is to blame.
const RUNTIME_PREFIXES: [&str; 11] = [
    "core::",
    "std::",
    "alloc::",
    "panic_abort::",
    "__rust",
    "rust_",
    "abort",
    "sbrk",
    "malloc",
    "dlmalloc",
    "__wasilibc",
];

/// How the function that runs all code of Python begins. The frames around it are the same whatever the code does.
const INTERPRETER_PREFIX: &str = "_PyEval_";

/// Names may have any length.
const FRAME_BYTES_MAX: usize = 400;

/// One frame per line, innermost first; the run-time library's own at the inner end are left out.
pub(crate) fn render(backtrace: &WasmBacktrace) -> String {
    let frames = backtrace.frames();
    let named: Vec<String> = frames.iter().filter_map(frame).collect();
    if named.is_empty() {
        // Stripped of all names: numbers are better than nothing.
        let numbers = frames.iter().map(|frame| format!("<function {}>", frame.func_index()));
        return numbers.collect::<Vec<_>>().join("\n");
    }
    let runtime = named.iter().take_while(|frame| is_runtime(frame)).count();
    // If nothing else is left, the run-time library is what there is to show.
    let skipped = if runtime == named.len() { 0 } else { runtime };
    let own = named[skipped..].iter().take_while(|frame| !frame.starts_with(INTERPRETER_PREFIX));
    own.map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// The code is interpreted in a language whose SDK tells each line that it runs.
pub(crate) fn is_of_interpreter(backtrace: &WasmBacktrace) -> bool {
    let mut names = backtrace.frames().iter().filter_map(FrameInfo::func_name);
    names.any(|name| name.starts_with(INTERPRETER_PREFIX))
}

fn is_runtime(frame: &str) -> bool {
    let frame = frame.trim_start_matches('<');
    RUNTIME_PREFIXES.iter().any(|prefix| frame.starts_with(prefix))
}

/// None: it has no name, like the glue that the component tools put between modules.
///
/// The place in the source would need the module's debug information, which is not parsed here: it comes
/// from strangers, and panic messages have the place.
fn frame(frame: &FrameInfo) -> Option<String> {
    // `#` leaves out the hash at the end.
    let name = format!("{:#}", rustc_demangle::demangle(frame.func_name()?));
    Some(text::line(&name, FRAME_BYTES_MAX))
}
