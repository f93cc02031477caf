//! Engines of one purpose take what those of another have compiled.

use std::{
    fs,
    process::Command,
    sync::Arc,
    time::{Duration, SystemTime},
};

use wasmtime::{Config, Engine};

use super::support;
use crate::{
    SandboxConfig,
    artifacts::Artifacts,
    compile::Functions,
    engine::{self, Purpose},
    limits,
};

fn settings() -> SandboxConfig {
    SandboxConfig { instances_max: 4, ..SandboxConfig::default() }
}

#[test]
fn an_artifact_of_the_compiler_loads_where_guests_run() {
    let folder = tempfile::TempDir::new().unwrap();
    let artifacts = Artifacts::open(folder.path()).unwrap();
    let compiler = Purpose::Compile(None).engine().unwrap();
    let runner = Purpose::Run(&settings()).engine().unwrap();
    assert_eq!(engine::compatibility(&compiler), engine::compatibility(&runner));
    let path = folder.path().join("hello.cwasm");
    fs::write(&path, compiler.precompile_component(&support::guest("hello")).unwrap()).unwrap();
    assert!(artifacts.load(&runner, &path).unwrap().is_some());
    assert!(artifacts.load(&runner, &folder.path().join("other")).unwrap().is_none());
}

#[test]
fn artifacts_of_other_settings_have_other_names() {
    let ours = engine::compatibility(&Purpose::Compile(None).engine().unwrap());
    let changes: [fn(&mut Config) -> &mut Config; 3] = [
        // wasmtime itself would load it: for it, this is a question of taste.
        |config| config.cranelift_nan_canonicalization(false),
        |config| config.relaxed_simd_deterministic(false),
        |config| config.epoch_interruption(false),
    ];
    for change in changes {
        let mut config = engine::base();
        change(&mut config);
        assert_ne!(engine::compatibility(&Engine::new(&config).unwrap()), ours);
    }
}

#[test]
fn modules_share_functions_and_artifacts_do_not_show_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("functions");
    let plain = Purpose::Compile(None).engine().unwrap();
    let mut compile = |guest| {
        let bytes = support::guest(guest);
        let functions = Arc::new(Functions::read(&path));
        let sharing = Purpose::Compile(Some(&functions)).engine().unwrap();
        let same =
            sharing.precompile_component(&bytes).unwrap() == plain.precompile_component(&bytes).unwrap();
        assert!(same, "the artifact of {guest} is another one");
        functions.save().unwrap();
        fs::metadata(&path).unwrap().len()
    };
    let [one, two, again] = ["hello", "approval", "hello"].map(&mut compile);
    assert!(two - one < one, "two modules have {two} bytes of functions, one alone {one}");
    assert!(again - two < one / 3, "a module that is compiled again adds {} bytes", again - two);
}

#[test]
fn a_damaged_artifact_is_removed() {
    let folder = tempfile::TempDir::new().unwrap();
    let artifacts = Artifacts::open(folder.path()).unwrap();
    let path = folder.path().join("hello.cwasm");
    fs::write(&path, b"something else").unwrap();
    let runner = Purpose::Run(&settings()).engine().unwrap();
    assert!(artifacts.load(&runner, &path).unwrap().is_none());
    assert!(!path.exists());
}

#[test]
fn files_of_dead_compilers_are_removed_and_those_of_living_ones_are_not() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = |name: &str, hours: u64| {
        let path = folder.path().join(name);
        let file = fs::File::create(&path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3600)).unwrap();
        path
    };
    let (dead, living, artifact) = (file("compiling-a", 2), file("compiling-b", 0), file("c.cwasm", 99));
    Artifacts::open(folder.path()).unwrap();
    assert!(!dead.exists() && living.exists() && artifact.exists());
}

#[test]
fn artifacts_that_were_not_used_for_longest_make_room() {
    let folder = tempfile::TempDir::new().unwrap();
    let artifacts = Artifacts::open(folder.path()).unwrap();
    let now = SystemTime::now();
    let files = [("oldest.cwasm", 9), ("foreign", 9), ("old.cwasm", 8), ("new.cwasm", 7)];
    for (name, days) in files {
        let file = fs::File::create(folder.path().join(name)).unwrap();
        // Sparse, so that it takes no room on the disk.
        file.set_len(limits::ARTIFACTS_BYTES_MAX / 2).unwrap();
        file.set_modified(now - Duration::from_secs(days * 24 * 60 * 60)).unwrap();
    }
    let path = folder.path().join("newest.cwasm");
    artifacts.store(artifacts.new_file().unwrap(), &path).unwrap();
    let kept = files.map(|(name, _)| folder.path().join(name).exists());
    assert_eq!(kept, [false, true, true, true]);
}

#[test]
fn compatibility_is_the_same_in_every_process() {
    const CHILD: &str = "DALSEGNO_TEST_PRINT_COMPATIBILITY";
    let ours = engine::compatibility(&Purpose::Compile(None).engine().unwrap());
    if std::env::var_os(CHILD).is_some() {
        panic!("compatibility {ours}");
    }
    let this = std::env::current_exe().unwrap();
    let name = "tests::engines::compatibility_is_the_same_in_every_process";
    let output = Command::new(this).args(["--exact", name]).env(CHILD, "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains(&format!("compatibility {ours}")), "{said}");
}

#[test]
fn everything_moves_between_threads() {
    fn shared<T: Send + Sync>() {}
    fn moved<T: Send>() {}
    shared::<crate::Sandbox>();
    shared::<crate::Module>();
    moved::<crate::Instance>();
}
