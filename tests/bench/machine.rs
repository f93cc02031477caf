//! Facts of the machine, without which figures mean little.

use std::{
    fmt, fs,
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
    process::Command,
    time::Instant,
};

use serde_json::{Value, json};

use crate::stats::Times;

/// Small overwrites made durable, to learn what one costs.
const SYNCS: usize = 50;

/// Facts of the machine and the code.
pub(crate) struct Facts(Vec<(&'static str, Value)>);

impl Facts {
    pub(crate) fn to_json(&self) -> Value {
        Value::Object(self.0.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, value)) in self.0.iter().enumerate() {
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            write!(f, "{}{name}: {text}", if place > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// The facts, as they are now; `folder` is where databases are.
pub(crate) fn facts(folder: &Path) -> Facts {
    let profile = if cfg!(debug_assertions) { "debug, which measures nothing" } else { "release" };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    Facts(vec![
        ("commit", json!(commit())),
        ("profile", json!(profile)),
        ("cores", json!(cores)),
        ("processor", json!(line_of("/proc/cpuinfo", "model name"))),
        ("memory", json!(line_of("/proc/meminfo", "MemTotal"))),
        ("kernel", json!(read("/proc/sys/kernel/osrelease"))),
        ("load_before", json!(read("/proc/loadavg"))),
        ("fdatasync_p50_ms", json!(fdatasync_ms(folder))),
    ])
}

/// The commit that was built, if git knows; with a plus if files differ from it.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").arg("-C").arg(env!("CARGO_MANIFEST_DIR")).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let changed =
        git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|files| !files.is_empty());
    if changed { commit + "+" } else { commit }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn line_of(path: &str, name: &str) -> String {
    let text = read(path);
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map(|rest| rest.trim_matches([' ', '\t', ':']).to_owned()).unwrap_or_default()
}

/// What making a small overwrite durable takes here, in milliseconds.
fn fdatasync_ms(folder: &Path) -> Option<f64> {
    let path = folder.join("fdatasync");
    let mut file = fs::File::create(&path).ok()?;
    let mut times = Times::default();
    for _ in 0..SYNCS {
        let begun = Instant::now();
        file.seek(SeekFrom::Start(0)).ok()?;
        file.write_all(&[1; 4096]).ok()?;
        file.sync_data().ok()?;
        times.push(begun.elapsed());
    }
    fs::remove_file(&path).ok()?;
    Some((times.p50_ms() * 1e3).round() / 1e3)
}
