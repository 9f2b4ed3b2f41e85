//! Measures an embedded store: opening, memory, commits a second.
//!
//! ```text
//! cargo run --release -p seawall-store --example measure [FOLDER]
//! ```
//!
//! Without a folder it uses one beside the build, on the same disk.

use std::{error::Error, path::Path, sync::Arc, time::Duration};

use futures::future::join_all;
use seawall_clock::{Clock, SystemClock};
use seawall_store::{Batch, CommitError, EmbeddedStore, Key, Store, StoreSettings};

const VALUE_BYTES: usize = 512;
const RUN: Duration = Duration::from_secs(4);

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/measure".to_owned());
    let folder = Path::new(&folder);
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(folder))?;
    Ok(std::fs::remove_dir_all(folder)?)
}

async fn measure(folder: &Path) -> Result<(), Box<dyn Error>> {
    let clock = Arc::new(SystemClock::new());
    let open = |what: &str| {
        let start = clock.now();
        let store = EmbeddedStore::open(folder, StoreSettings::default(), clock.clone())?;
        println!("open, {what:<14} {:>9.1} ms", millis(clock.now() - start));
        Ok::<_, Box<dyn Error>>(store)
    };
    let store = open("new store")?;
    println!("resident, idle       {:>9.1} MiB", resident_mib());
    store.close().await;
    let store = open("empty store")?;
    for writers in [1, 32, 256] {
        publish(&store, clock.as_ref(), writers).await?;
    }
    println!("resident, after load {:>9.1} MiB", resident_mib());
    store.close().await;
    open("after load")?.close().await;
    compare_checkpoints(folder, &clock).await
}

/// What bringing the state to disk costs the writers meanwhile: the same load with a
/// checkpoint every 8 MiB, as by default, one every 512 KiB, and none at all.
async fn compare_checkpoints(
    folder: &Path,
    clock: &Arc<SystemClock>,
) -> Result<(), Box<dyn Error>> {
    let default = StoreSettings::default();
    let every = [default.checkpoint_bytes, 512 * 1024, u64::MAX];
    // Twice in turn, so that what else the disk does meanwhile shows.
    for checkpoint_bytes in every.into_iter().chain(every) {
        let settings = StoreSettings { checkpoint_bytes, ..default.clone() };
        let store = EmbeddedStore::open(folder, settings, clock.clone())?;
        match checkpoint_bytes {
            u64::MAX => println!("no checkpoints:"),
            bytes => println!("a checkpoint every {} KiB:", bytes / 1024),
        }
        publish(&store, clock.as_ref(), 32).await?;
        store.close().await;
    }
    Ok(())
}

/// Lets `writers` commit one write after the other, each waiting for its own.
async fn publish(
    store: &Arc<EmbeddedStore>,
    clock: &dyn Clock,
    writers: usize,
) -> Result<(), Box<dyn Error>> {
    let (start, syncs) = (clock.now(), store.log_syncs());
    let end = start + RUN;
    let tasks = (0..writers).map(|writer| {
        let store = store.clone();
        let clock = SystemClock::new();
        tokio::spawn(async move {
            let deadline = clock.now() + RUN;
            let mut latencies = Vec::new();
            while clock.now() < deadline {
                let number = (latencies.len() % 1_000).to_string();
                let key = Key::of_parts(["bench", &writer.to_string(), &number]);
                let begin = clock.now();
                store.commit(Batch::new().put(key, vec![b'x'; VALUE_BYTES])).await?;
                latencies.push(clock.now() - begin);
            }
            Ok::<_, CommitError>(latencies)
        })
    });
    let mut latencies: Vec<Duration> = Vec::new();
    for task in join_all(tasks).await {
        latencies.extend(task??);
    }
    let took = (clock.now() - start).max(end - start);
    latencies.sort();
    let at = |share: f64| {
        let index = (latencies.len() as f64 * share) as usize;
        latencies.get(index).copied().map_or(0.0, millis)
    };
    let commits = latencies.len() as f64;
    println!(
        "{writers:>3} writers          {:>9.0} commits/s  {:.3} syncs/commit  p50 {:.2} ms  p99 {:.2} ms  p99.9 {:.2} ms  longest {:.2} ms",
        commits / took.as_secs_f64(),
        (store.log_syncs() - syncs) as f64 / commits,
        at(0.5),
        at(0.99),
        at(0.999),
        latencies.last().copied().map_or(0.0, millis),
    );
    Ok(())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Resident memory of this process; 0 where the system does not tell.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}
