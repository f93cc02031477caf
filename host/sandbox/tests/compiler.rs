//! The compiler is this program again, as a child; so this test has a `main` of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[expect(dead_code, reason = "each test uses a part")]
mod support;

use std::time::{Duration, Instant};

use dalsegno_sandbox::{CompileError, Compiler, Refused, Sandbox, SandboxConfig, compile_child_main};
use support::{TestSandbox, guest, handmade::Handmade};

fn main() {
    compile_child_main();
    let tests: [(&str, fn()); 8] = [
        ("a_child_compiles_what_this_process_runs", a_child_compiles_what_this_process_runs),
        ("compiling_again_does_nothing", compiling_again_does_nothing),
        ("large_modules_share_functions", large_modules_share_functions),
        ("a_child_that_is_too_late_is_killed", a_child_that_is_too_late_is_killed),
        ("a_child_that_needs_too_much_memory_ends", a_child_that_needs_too_much_memory_ends),
        ("a_child_says_why_a_module_is_refused", a_child_says_why_a_module_is_refused),
        ("a_foreign_program_as_compiler_is_reported", a_foreign_program_as_compiler_is_reported),
        ("the_cache_folder_is_the_owners_alone", the_cache_folder_is_the_owners_alone),
    ];
    for (name, test) in tests {
        test();
        eprintln!("test {name} ... ok");
    }
}

fn sandbox(change: impl FnOnce(&mut SandboxConfig)) -> TestSandbox {
    TestSandbox::with(|config| {
        config.compiler = Compiler::ChildProcess;
        change(config);
    })
}

fn compile(test: &TestSandbox, bytes: &[u8]) -> Result<(), CompileError> {
    test.sandbox.compile(&Sandbox::digest(bytes), bytes)
}

/// What is left in the cache.
fn files(test: &TestSandbox) -> usize {
    std::fs::read_dir(test.cache.path().join("modules")).unwrap().count()
}

fn a_child_compiles_what_this_process_runs() {
    let test = sandbox(|_| {});
    let mut hello = test.start("hello", "hello", &["\"World\""]);
    hello.finish().unwrap();
    assert_eq!(hello.result(), "\"Hello, World!\"");
    assert_eq!(files(&test), 1);
}

fn compiling_again_does_nothing() {
    let test = sandbox(|_| {});
    let bytes = guest("hello");
    compile(&test, &bytes).unwrap();
    let begin = Instant::now();
    compile(&test, &bytes).unwrap();
    assert!(begin.elapsed() < Duration::from_millis(50), "it compiled again");
}

fn large_modules_share_functions() {
    let test = sandbox(|_| {});
    let [one, other, third] = [1, 2, 3].map(|byte| large(guest("hello"), byte));
    compile(&test, &one).unwrap();
    assert_eq!(files(&test), 2, "an artifact, and its functions");
    let kept = functions(&test);
    let bytes = || std::fs::metadata(&kept).unwrap().len();
    let once = bytes();
    compile(&test, &other).unwrap();
    assert!(bytes() < once + once / 2, "most of it was known");
    std::fs::write(&kept, b"something else").unwrap();
    compile(&test, &third).unwrap();
    assert!(bytes() > once / 2, "what was damaged is made again");
    assert_eq!(files(&test), 4, "three artifacts, and their functions");
}

/// A component of the same code, with two mebibytes in a section that nobody reads.
fn large(mut component: Vec<u8>, fill: u8) -> Vec<u8> {
    const CUSTOM_SECTION: u8 = 0;
    // The size of the section, in LEB128: the name's length, no name, and the content.
    const CONTENT_BYTES: usize = (1 << 21) - 2;
    component.extend([CUSTOM_SECTION, 0xff, 0xff, 0x7f, 0]);
    component.extend(std::iter::repeat_n(fill, CONTENT_BYTES));
    component
}

/// The file of functions that modules have in common.
fn functions(test: &TestSandbox) -> std::path::PathBuf {
    let entries = std::fs::read_dir(test.cache.path().join("modules")).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    paths.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("functions-")).unwrap()
}

fn a_child_that_is_too_late_is_killed() {
    let test = sandbox(|config| config.compile_deadline = Duration::from_millis(1));
    let begin = Instant::now();
    let error = compile(&test, &guest("hostile")).unwrap_err();
    assert!(matches!(error, CompileError::Deadline(_)), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(10));
    assert_eq!(files(&test), 0, "half an artifact is left");
    let children = format!("/proc/self/task/{0}/children", std::process::id());
    assert_eq!(std::fs::read_to_string(children).unwrap_or_default(), "", "a child is left");
}

fn a_child_that_needs_too_much_memory_ends() {
    let test = sandbox(|config| config.compile_memory_bytes_max = 16 << 20);
    let error = compile(&test, &guest("hostile")).unwrap_err();
    assert!(matches!(error, CompileError::Memory(_)), "{error}");
    assert_eq!(files(&test), 0);
}

fn a_child_says_why_a_module_is_refused() {
    let test = sandbox(|_| {});
    let error = compile(&test, b"\0asm").unwrap_err();
    assert!(matches!(error, CompileError::Refused(Refused::Malformed(_))), "{error}");
    let large = Handmade { fields: "(memory 5000)", ..Handmade::default() };
    let error = compile(&test, &large.build()).unwrap_err();
    assert!(matches!(error, CompileError::Refused(Refused::TooDemanding(_))), "{error}");
}

fn a_foreign_program_as_compiler_is_reported() {
    let test = sandbox(|config| config.compiler = Compiler::Program("/bin/true".into()));
    let error = compile(&test, &guest("hello")).unwrap_err();
    assert!(error.to_string().contains("compile_child_main()"), "{error}");
    assert_eq!(files(&test), 0);
    let test = sandbox(|config| config.compiler = Compiler::Program("/no/such/program".into()));
    let error = compile(&test, &guest("hello")).unwrap_err();
    assert!(matches!(error, CompileError::Host(_)), "{error}");
}

fn the_cache_folder_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let test = sandbox(|_| {});
    let folder = test.cache.path().join("modules");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    let config = SandboxConfig { cache_dir: folder.clone(), ..SandboxConfig::default() };
    Sandbox::new(config).unwrap();
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
}
