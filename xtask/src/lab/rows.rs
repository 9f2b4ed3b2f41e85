//! What is asked of our guard, and the rows that say whether it is so.

use super::measured::{Measured, Point};
use super::plan::{OVERLOADS, Work};
use super::server::Product;
use crate::report::Row;

/// Those admitted may take so many times as long as when there is hardly anything to do,
/// and so many milliseconds more.
const P99_TIMES: f64 = 3.0;
const P99_MORE_MS: f64 = 50.0;

/// Nearly all must be served again so many milliseconds after an overload.
const RECOVERED_MS: f64 = 2_000.0;

/// All servers that were measured under one kind of work.
#[derive(Debug)]
pub(crate) struct Found {
    /// The work.
    pub(crate) work: Work,
    /// The medians of each server.
    pub(crate) servers: Vec<(Product, Measured)>,
}

impl Found {
    fn of(&self, product: Product) -> Option<&Measured> {
        self.servers.iter().find(|(found, _)| *found == product).map(|(_, measured)| measured)
    }

    /// Our guard beside go-zero, then the others, of which nothing is asked.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let (guard, gozero) = (self.of(Product::Guard), self.of(Product::GoZero));
        let name = self.work.name();
        let peak = |measured: &Measured| measured.peak;
        let mut rows = vec![
            Row { what: format!("{name}: peak (per s)"), ..row(guard.map(peak), gozero.map(peak)) },
            Row {
                what: format!("{name}: p99 unloaded (ms)"),
                ..row(
                    guard.map(|measured| measured.unloaded_p99_ms),
                    gozero.map(|measured| measured.unloaded_p99_ms),
                )
            },
        ];
        for (index, (times, least)) in OVERLOADS.into_iter().enumerate() {
            let point = |measured: Option<&Measured>| {
                measured.and_then(|measured| measured.points.get(index)).copied()
            };
            let unloaded = guard.map_or(f64::NAN, |measured| measured.unloaded_p99_ms);
            let asked = Asked { times, least, slowest: P99_TIMES * unloaded + P99_MORE_MS };
            rows.extend(asked.rows(name, point(guard), point(gozero)));
        }
        for product in [Product::Cap, Product::Unprotected] {
            let points = self.of(product).into_iter().flat_map(|measured| &measured.points);
            rows.extend(points.map(|point| Row {
                what: format!(
                    "{name} at {}x, {}: goodput (% of peak)",
                    point.times,
                    product.name()
                ),
                ..row(Some(point.goodput), None)
            }));
        }
        rows
    }
}

/// What is asked at one overload.
#[derive(Debug, Clone, Copy)]
struct Asked {
    times: f64,
    least: f64,
    slowest: f64,
}

impl Asked {
    fn rows(self, name: &str, ours: Option<Point>, peer: Option<Point>) -> [Row; 4] {
        let what = |what: &str| format!("{name} at {}x: {what}", self.times);
        let of = |number: fn(Point) -> f64| row(ours.map(number), peer.map(number));
        let ok = |holds: fn(Self, Point) -> bool| ours.is_some_and(|point| holds(self, point));
        [
            Row {
                what: what("goodput (% of peak)"),
                target: Some(format!(">= {}", self.least)),
                ok: ok(|asked, point| point.goodput >= asked.least),
                ..of(|point| point.goodput)
            },
            Row {
                what: what("p99 of those admitted (ms)"),
                target: Some(format!("<= {:.0}", self.slowest)),
                ok: ok(|asked, point| point.p99_ms <= asked.slowest),
                ..of(|point| point.p99_ms)
            },
            Row {
                what: what("p99 of those admitted in the first 2 s (ms)"),
                target: Some(format!("<= {:.0}", self.slowest)),
                ok: ok(|asked, point| point.p99_at_first_ms <= asked.slowest),
                ..of(|point| point.p99_at_first_ms)
            },
            Row {
                what: what("99 % served again after (ms)"),
                target: Some(format!("<= {RECOVERED_MS}")),
                ok: ok(|_, point| point.recovered_ms <= RECOVERED_MS),
                ..of(|point| point.recovered_ms)
            },
        ]
    }
}

/// What never came has no number.
fn row(ours: Option<f64>, peer: Option<f64>) -> Row {
    let ours = ours.filter(|number| number.is_finite());
    let peer = peer.filter(|number| number.is_finite());
    let ratio = ours.zip(peer).filter(|(_, peer)| *peer != 0.0).map(|(ours, peer)| ours / peer);
    Row { what: String::new(), ours, peer, ratio, target: None, ok: true, note: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(goodput: f64, p99_ms: f64, recovered_ms: f64) -> Found {
        let point = |times| Point { times, goodput, p99_ms, p99_at_first_ms: p99_ms, recovered_ms };
        let points = OVERLOADS.iter().map(|(times, _)| point(*times)).collect();
        let measured = Measured { peak: 250.0, unloaded_p99_ms: 5.0, points };
        let servers = Product::ALL.map(|product| (product, measured.clone())).to_vec();
        Found { work: Work::Cpu, servers }
    }

    fn missed(found: &Found) -> usize {
        found.rows().iter().filter(|row| !row.ok).count()
    }

    #[test]
    fn what_is_asked_falls_with_the_overload() {
        assert_eq!(missed(&found(95.0, 65.0, 2_000.0)), 0);
        assert_eq!(missed(&found(91.0, 65.0, 2_000.0)), 2);
        assert_eq!(missed(&found(79.0, 66.0, f64::INFINITY)), 16);
    }

    #[test]
    fn a_guard_that_was_not_measured_meets_nothing() {
        let mut found = found(95.0, 65.0, 0.0);
        found.servers.retain(|(product, _)| *product != Product::Guard);
        assert_eq!(missed(&found), 4 * OVERLOADS.len());
    }
}
