//! Looks at everything that differs between two machines or two moments.

use std::{
    collections::HashMap,
    env,
    time::{Duration, Instant, SystemTime},
};

use dalsegno_sdk::{Failure, now, random_bytes, sleep, workflow};
use serde::Serialize;
use uuid::Uuid;

/// What ordinary code sees of the world.
#[derive(Serialize)]
struct Probe {
    /// `SystemTime::now()`, in microseconds since the Unix epoch.
    system_time_us: u128,
    /// The SDK's `now()`, which is to be the same.
    workflow_time_us: u128,
    /// How far `Instant` moves within an activation.
    elapsed_ns: u128,
    /// In what order a `HashMap` iterates.
    hash_map_order: Vec<u32>,
    random: [u64; 3],
    host_random: Vec<u8>,
    uuid: Uuid,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
}

fn look() -> Result<Probe, Failure> {
    let begin = Instant::now();
    let hash_map: HashMap<u32, ()> = (0..16).map(|key| (key, ())).collect();
    let probe = Probe {
        system_time_us: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_micros(),
        workflow_time_us: now().duration_since(SystemTime::UNIX_EPOCH)?.as_micros(),
        hash_map_order: hash_map.into_keys().collect(),
        random: [rand::random(), rand::random(), rand::random()],
        host_random: random_bytes(8),
        uuid: Uuid::new_v4(),
        environment: env::vars().collect(),
        arguments: env::args().collect(),
        elapsed_ns: begin.elapsed().as_nanos(),
    };
    println!("probed at {}", probe.system_time_us);
    eprintln!("drew {}", probe.uuid);
    Ok(probe)
}

/// Looks, sleeps some milliseconds (10 by default), and looks again.
#[workflow]
async fn probe(ms: Option<u64>) -> Result<[Probe; 2], Failure> {
    let before = look()?;
    sleep(Duration::from_millis(ms.unwrap_or(10))).await?;
    Ok([before, look()?])
}

dalsegno_sdk::workflows![probe];
