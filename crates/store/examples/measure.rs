//! Measures an embedded store: opening, memory, commits a second.
//!
//! ```text
//! cargo run --release -p seawall-store --example measure [FOLDER]
//! ```
//!
//! Without a folder it uses one beside the build, on the same disk.

use std::{path::Path, sync::Arc, time::Duration};

use futures::future::join_all;
use seawall_clock::{Clock, SystemClock};
use seawall_store::{Batch, EmbeddedStore, Key, Store, StoreSettings};

const VALUE_BYTES: usize = 512;
const RUN: Duration = Duration::from_secs(4);

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/measure".to_owned());
    let folder = Path::new(&folder);
    if folder.exists() {
        std::fs::remove_dir_all(folder).expect("an old folder can be removed");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(measure(folder));
    std::fs::remove_dir_all(folder).expect("the folder can be removed");
}

async fn measure(folder: &Path) {
    let clock = Arc::new(SystemClock::new());
    let open = || {
        let start = clock.now();
        let store = EmbeddedStore::open(folder, StoreSettings::default(), clock.clone());
        (store.expect("the store opens"), clock.now() - start)
    };
    let (store, took) = open();
    println!("open, new store      {:>9.1} ms", millis(took));
    println!("resident, idle       {:>9.1} MiB", resident_mib());
    store.close().await;
    drop(store);
    let (store, took) = open();
    println!("open, empty store    {:>9.1} ms", millis(took));
    for writers in [1, 32, 256] {
        publish(&store, clock.as_ref(), writers).await;
    }
    println!("resident, after load {:>9.1} MiB", resident_mib());
    store.close().await;
    drop(store);
    let (store, took) = open();
    println!("open, after load     {:>9.1} ms", millis(took));
    store.close().await;
}

/// Lets `writers` commit one write after the other, each waiting for its own.
async fn publish(store: &Arc<EmbeddedStore>, clock: &dyn Clock, writers: usize) {
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
                let commit = store.commit(Batch::new().put(key, vec![b'x'; VALUE_BYTES])).await;
                commit.expect("a write commits");
                latencies.push(clock.now() - begin);
            }
            latencies
        })
    });
    let mut latencies: Vec<Duration> =
        join_all(tasks).await.into_iter().flat_map(|task| task.expect("a writer ends")).collect();
    let took = (clock.now() - start).max(end - start);
    latencies.sort();
    let at = |share: f64| {
        let index = (latencies.len() as f64 * share) as usize;
        latencies.get(index).copied().map_or(0.0, millis)
    };
    let commits = latencies.len() as f64;
    println!(
        "{writers:>3} writers          {:>9.0} commits/s  {:.3} syncs/commit  p50 {:.2} ms  p99 {:.2} ms",
        commits / took.as_secs_f64(),
        (store.log_syncs() - syncs) as f64 / commits,
        at(0.5),
        at(0.99),
    );
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
