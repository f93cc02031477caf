//! What a process uses, as the kernel counts it.

use std::{fs, time::Duration};

use anyhow::Context as _;

/// Length of the kernel's tick for processes; the same on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// What a process has used until now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Processor time.
    pub(crate) cpu: Duration,
    /// Memory that is its own: not files, nor pages that guests share with their module's image.
    pub(crate) private_bytes: u64,
    /// Memory in all.
    pub(crate) resident_bytes: u64,
}

impl Usage {
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name of the program stands in parentheses and may hold anything.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |place: usize| {
            fields.get(place).and_then(|text| text.parse::<u32>().ok()).context("no such field")
        };
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
            line.trim().trim_end_matches(" kB").parse::<u64>().context("no number").map(|kib| kib << 10)
        };
        Ok(Self {
            cpu: TICK * (ticks(11)? + ticks(12)?),
            private_bytes: kib("RssAnon:")?,
            resident_bytes: kib("VmRSS:")?,
        })
    }
}
