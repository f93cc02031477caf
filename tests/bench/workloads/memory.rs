//! What a resting guest takes up in the host's memory.

use anyhow::ensure;

use crate::{
    backend::Backend,
    bench::Bench,
    host::{HostOptions, HostProcess},
    report::{Row, Target},
};

/// Guests that rest.
const GUESTS: usize = 2_000;
/// Guests before them, so that what is made once is there.
const WARM_UP: usize = 50;
/// More than they take up by any count.
const ROOM_MIB: u64 = 64 << 10;
/// Of one guest, in KiB.
const TARGET_KIB: f64 = 64.0;

pub(crate) async fn run(bench: &Bench) -> anyhow::Result<()> {
    let host = bench.host(Backend::Sqlite, HostOptions { resident_mib: Some(ROOM_MIB) }).await?;
    let guests = bench.count(GUESTS);
    let mut client = host.client().await?;
    rest(&host, WARM_UP).await?;
    let before = host.usage()?;
    rest(&host, guests).await?;
    let after = host.usage()?;
    let resident = client.metrics().await?.get("dalsegno_resident_guests");
    ensure!(resident >= (WARM_UP + guests) as f64, "only {resident} guests are in memory");
    let each = |before: u64, after: u64| after.saturating_sub(before) as f64 / guests as f64 / 1024.0;
    let row = Row::new(
        format!("{guests} resting guests"),
        "private memory",
        each(before.private_bytes, after.private_bytes),
        "KiB each",
    );
    let row = row.target(Target::AtMost(TARGET_KIB));
    bench.report.add(row.note("in all", each(before.resident_bytes, after.resident_bytes), "KiB each"));
    host.stop().await
}

/// Workflows that wait for a signal.
async fn rest(host: &HostProcess, guests: usize) -> anyhow::Result<()> {
    let mut client = host.client().await?;
    for _ in 0..guests {
        client.start("waiter", &[]).await?;
    }
    Ok(())
}
