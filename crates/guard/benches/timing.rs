//! What the benches share: plain loops, medians over rounds, and one form to print them in.
//!
//! Not a bench itself; each has it as a module, and so do the benches of peers in
//! `bench/peers/guard`, so that both sides are measured by the same loop.
//!
//! Two threads run on a core each and begin when both are there: left to the scheduler
//! they may take turns on one core, and then nothing that they share costs anything.
//!
//! Every bench takes `--json` (one object a row), `--quick` (hardly measures) and `--check`
//! (fails above twice a budget, above four times one with two threads, or when a row with a
//! budget allocates).

use std::{
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Operations of one thread in a round, at most.
const OPS_MAX: u64 = 200_000;

/// One operation, measured.
pub(crate) struct Row {
    what: String,
    budget: Option<f64>,
    /// Nanoseconds an operation and thread, with one thread and with two; not a number
    /// where there are not as many cores.
    nanos: [f64; 2],
    /// Of a thousand operations.
    allocations: u64,
}

impl Row {
    /// A time that was measured in another way, of one thread.
    #[allow(dead_code, reason = "not every bench has one")]
    pub(crate) fn of(what: impl Into<String>, took: Duration) -> Self {
        let nanos = [took.as_nanos() as f64, f64::NAN];
        Self { what: what.into(), budget: None, nanos, allocations: 0 }
    }

    fn is_ok(&self) -> bool {
        let [one, two] = self.nanos;
        self.budget.is_none_or(|budget| {
            one <= 2.0 * budget && two <= 4.0 * budget && self.allocations == 0
        })
    }
}

/// Measures `op`, which is given a number that grows from round to round and that no other
/// call of this row is given. `budget` is in nanoseconds with one thread.
pub(crate) fn measure(
    what: impl Into<String>,
    budget: Option<f64>,
    op: impl Fn(u64) + Sync,
) -> Row {
    let (rounds, length) = if is_asked("--quick") { (3, 1) } else { (15, 20) };
    let length = Duration::from_millis(length).as_nanos() as f64;
    let mut next = 0;
    let mut run = |threads, ops| {
        let first = next;
        next += threads * ops;
        round(threads, ops, first, &op)
    };
    // Warms up, and finds how many operations a round takes.
    let mut ops = 500;
    while ops < OPS_MAX && run(1, ops) * ops as f64 <= length {
        ops = OPS_MAX.min(2 * ops);
    }
    let nanos = [1, 2].map(|threads| {
        let mut rounds: Vec<f64> = (0..rounds).map(|_| run(threads, ops)).collect();
        rounds.sort_by(f64::total_cmp);
        rounds.get(rounds.len() / 2).copied().unwrap_or(f64::NAN)
    });
    let counted = allocation_counter::measure(|| (next..next + 1_000).for_each(&op));
    Row { what: what.into(), budget, nanos, allocations: counted.count_total }
}

/// Nanoseconds an operation of one thread, when so many run it at once, on a core each.
fn round(threads: u64, ops: u64, first: u64, op: &(impl Fn(u64) + Sync)) -> f64 {
    let Some(cores) = cores(threads as usize) else { return f64::NAN };
    let (clock, here) = (quanta::Clock::new(), AtomicUsize::new(0));
    let (clock, here, all) = (&clock, &here, cores.len());
    let took: Option<Duration> = thread::scope(|scope| {
        let start = |(thread, core): (u64, CpuSet)| {
            scope.spawn(move || {
                let moved = sched_setaffinity(None, &core);
                here.fetch_add(1, Ordering::AcqRel);
                while here.load(Ordering::Acquire) < all {
                    std::hint::spin_loop();
                }
                let began = clock.now();
                (0..ops).for_each(|number| op(first + number * threads + thread));
                moved.map(|()| clock.now() - began)
            })
        };
        let workers: Vec<_> = (0..).zip(cores).map(start).collect();
        workers.into_iter().map(|worker| worker.join().ok()?.ok()).sum()
    });
    took.map_or(f64::NAN, |took| took.as_nanos() as f64 / (threads * ops) as f64)
}

/// So many cores, if this process may use as many.
fn cores(count: usize) -> Option<Vec<CpuSet>> {
    let allowed = sched_getaffinity(None).ok()?;
    let one = |core| {
        let mut only = CpuSet::new();
        only.set(core);
        only
    };
    let cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).take(count).map(one);
    Some(cores.collect::<Vec<_>>()).filter(|cores| cores.len() == count)
}

/// Prints the rows of a bench, whose name goes into each JSON object.
pub(crate) fn print(bench: &str, rows: &[Row]) -> ExitCode {
    if is_asked("--json") {
        for Row { what, budget, nanos, allocations } in rows {
            let row = serde_json::json!({
                "bench": bench, "what": what, "budget": budget, "nanos": nanos,
                "allocations": allocations,
            });
            println!("{row}");
        }
    } else {
        let what = "ns an operation and thread";
        println!("{what:<42} {:>6} {:>9} {:>9} {:>11}", "budget", "1 thread", "2", "allocations");
        for Row { what, budget, nanos: [one, two], allocations } in rows {
            let budget = budget.map_or(String::from("-"), |budget| format!("{budget:.0}"));
            println!("{what:<42} {budget:>6} {one:>9.1} {two:>9.1} {allocations:>11}");
        }
    }
    let failed = is_asked("--check") && !rows.iter().all(Row::is_ok);
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

pub(crate) fn is_asked(flag: &str) -> bool {
    std::env::args().any(|argument| argument == flag)
}
