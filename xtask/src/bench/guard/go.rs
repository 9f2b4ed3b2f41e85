//! go-zero's and sentinel-golang's guards, and the benchmarks that these projects publish
//! of them: `bench/peers/go-guards`, a Go module.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::cost::{self, Cost};
use crate::command;
use crate::workspace::Workspace;

/// A package with benchmarks, and which of them.
struct Package {
    path: &'static str,
    /// A regular expression of Go.
    benchmarks: &'static str,
    /// Whether a benchmark runs on as many threads as it is told.
    is_parallel: bool,
}

const PACKAGES: [Package; 4] = [
    Package { path: ".", benchmarks: ".", is_parallel: true },
    Package {
        path: "github.com/zeromicro/go-zero/core/breaker",
        benchmarks: "^BenchmarkGoogleBreaker(Allow|DoReq)$",
        is_parallel: false,
    },
    Package {
        path: "github.com/zeromicro/go-zero/core/load",
        benchmarks: "^BenchmarkAdaptiveShedder_Allow$",
        is_parallel: false,
    },
    Package {
        path: "github.com/alibaba/sentinel-golang/tests/benchmark/entry",
        benchmarks: "^Benchmark_(Entry_Concurrency_1|SlotChain_Full_Global)$",
        is_parallel: true,
    },
];

/// Whether there is a Go toolchain.
pub(crate) fn is_here() -> bool {
    command::runs("go", "version")
}

/// Measures all of them.
pub(crate) fn costs(workspace: &Workspace, quick: bool) -> anyhow::Result<Vec<Cost>> {
    let folder = workspace.root().join("bench/peers/go-guards");
    let logs = workspace.target().join("peers/go-logs");
    std::fs::create_dir_all(&logs).context("making the folder of sentinel's logs")?;
    let mut costs = Vec::new();
    for package in PACKAGES {
        let (count, time) = if quick { ("1", "20ms") } else { ("5", "200ms") };
        let mut go = std::process::Command::new("go");
        go.current_dir(&folder)
            .env("SENTINEL_LOG_DIR", &logs)
            .args(["test", "-run", "^$", "-benchmem", "-bench", package.benchmarks])
            .args(["-count", count, "-benchtime", time, "-timeout", "5m"])
            .args(["-cpu", if package.is_parallel { "1,2" } else { "1" }, package.path]);
        costs.extend(read(&cost::output(&mut go)?));
    }
    Ok(costs)
}

/// The medians of what `go test -bench` printed, in its order.
fn read(printed: &str) -> Vec<Cost> {
    let mut order = Vec::new();
    let mut found: BTreeMap<&str, Found> = BTreeMap::new();
    for line in printed.lines() {
        let Some(Line { name, threads, nanos, allocations }) = Line::read(line) else { continue };
        if !found.contains_key(name) {
            order.push(name);
        }
        let found = found.entry(name).or_default();
        found.allocations = 1_000.0 * allocations;
        if let Some(rounds) = found.nanos.get_mut(threads - 1) {
            // Go prints time a call of all threads together.
            rounds.push(nanos * crate::report::count(threads));
        }
    }
    order
        .into_iter()
        .filter_map(|name| {
            let Found { nanos, allocations } = found.remove(name)?;
            let what = name.trim_start_matches("Benchmark").trim_start_matches('_').to_owned();
            let nanos = nanos.map(median);
            Some(Cost { bench: "peers".to_owned(), what, budget: None, nanos, allocations })
        })
        .collect()
}

#[derive(Default)]
struct Found {
    nanos: [Vec<f64>; 2],
    allocations: f64,
}

fn median(mut rounds: Vec<f64>) -> Option<f64> {
    rounds.sort_by(f64::total_cmp);
    rounds.get(rounds.len() / 2).copied()
}

/// `BenchmarkName-2  1000  123.4 ns/op  8 B/op  1 allocs/op`; without a suffix on one
/// thread.
struct Line<'a> {
    name: &'a str,
    threads: usize,
    nanos: f64,
    allocations: f64,
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let first = words.first().copied().filter(|word| word.starts_with("Benchmark"))?;
        let before = |unit: &str| -> Option<f64> {
            let [value, _] = words.windows(2).find(|pair| pair.last() == Some(&unit))? else {
                return None;
            };
            value.parse().ok()
        };
        let (name, threads) = match first.rsplit_once('-') {
            Some((name, threads)) => (name, threads.parse().ok().filter(|threads| *threads > 0)?),
            None => (first, 1),
        };
        let allocations = before("allocs/op").unwrap_or(0.0);
        Some(Self { name, threads, nanos: before("ns/op")?, allocations })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
goos: linux
BenchmarkGoZeroBreakerDo     \t  201254\t       303.0 ns/op\t      64 B/op\t       1 allocs/op
BenchmarkGoZeroBreakerDo     \t  201254\t       301.0 ns/op\t      64 B/op\t       1 allocs/op
BenchmarkGoZeroBreakerDo     \t  201254\t       900.0 ns/op\t      64 B/op\t       1 allocs/op
BenchmarkGoZeroBreakerDo-2   \t  180585\t       325.0 ns/op\t      64 B/op\t       1 allocs/op
BenchmarkAdaptiveShedder_Allow/low_load \t 9 \t 80.5 ns/op\t 0 B/op\t 0 allocs/op
PASS
ok  \tpackage\t1.176s
";

    #[test]
    fn medians_are_read_a_thread_and_not_a_machine() {
        let costs = read(PRINTED);
        assert_eq!(costs.len(), 2);
        assert_eq!(costs[0].what, "GoZeroBreakerDo");
        assert_eq!(costs[0].nanos, [Some(303.0), Some(650.0)]);
        assert_eq!(costs[0].allocations, 1_000.0);
        assert_eq!(costs[1].what, "AdaptiveShedder_Allow/low_load");
        assert_eq!(costs[1].nanos, [Some(80.5), None]);
    }
}
