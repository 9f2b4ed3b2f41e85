//! What is asked of each measurement, and the rows that say whether it is so.

use super::session::{Measure, Measured};
use crate::report::Row;

/// What is asked of a measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Target {
    /// At least so many times the peer's.
    TimesPeer(f64),
    /// At most the peer's.
    NotAbovePeer,
    /// At most this much, whatever the peer does.
    AtMost(f64),
}

/// The target of a measurement, by its name.
fn target(name: &str) -> Option<Target> {
    let (what, unit) = name.rsplit_once('.')?;
    let doing = what.split('.').next()?;
    let per_cpu = matches!(unit, "per_cpu_s" | "peak_per_cpu_s");
    match doing {
        "register" | "query" | "get" if per_cpu => Some(Target::TimesPeer(2.0)),
        "publish" if per_cpu || unit == "peak_per_s" => Some(Target::TimesPeer(1.0)),
        "push" if what == "push.5000" && unit == "p99_ms" => Some(Target::AtMost(100.0)),
        // A limit of its own: a node for one person's machine.
        "memory" if unit == "idle_mib" => Some(Target::AtMost(40.0)),
        "memory" => Some(Target::NotAbovePeer),
        "startup" => Some(Target::AtMost(300.0)),
        _ => None,
    }
}

/// One row for each thing measured; failed operations only where there were any.
pub(crate) fn rows(ours: &Measured, peer: Option<&Measured>) -> Vec<Row> {
    let mut names: Vec<&str> = Vec::new();
    for measured in std::iter::once(ours).chain(peer) {
        for measure in &measured.measures {
            if !names.contains(&measure.name.as_str()) {
                names.push(&measure.name);
            }
        }
    }
    let mut rows: Vec<Row> = names
        .into_iter()
        .filter_map(|name| row(name, find(ours, name), peer.map(|peer| find(peer, name))))
        .collect();
    rows.extend(
        ours.failures
            .iter()
            .map(|failure| Row::verdict("a load on seawall failed", 1).with_note(failure.clone())),
    );
    rows.extend(
        peer.into_iter()
            .flat_map(|peer| &peer.failures)
            .map(|failure| Row::skipped("a load on the peer failed", failure.clone(), true)),
    );
    rows
}

fn find(measured: &Measured, name: &str) -> Option<f64> {
    let found: Option<&Measure> = measured.measures.iter().find(|measure| measure.name == name);
    found.map(|measure| measure.value)
}

/// `peer` is nothing when there was no peer at all: then nothing is asked beside one.
fn row(name: &str, ours: Option<f64>, peer: Option<Option<f64>>) -> Option<Row> {
    let alone = peer.is_none();
    let peer = peer.flatten();
    let failures = name.ends_with("failed");
    if failures && ours.unwrap_or(0.0) == 0.0 && peer.unwrap_or(0.0) == 0.0 {
        return None;
    }
    let ratio = ours.zip(peer).filter(|(_, peer)| *peer != 0.0).map(|(ours, peer)| ours / peer);
    let target = if failures { Some(Target::AtMost(0.0)) } else { target(name) };
    let target = target.filter(|target| !alone || matches!(target, Target::AtMost(_)));
    let ok = match target {
        None => true,
        Some(Target::TimesPeer(least)) => ratio.is_some_and(|ratio| ratio >= least),
        Some(Target::NotAbovePeer) => ratio.is_some_and(|ratio| ratio <= 1.0),
        Some(Target::AtMost(most)) => ours.is_some_and(|ours| ours <= most),
    };
    let target = target.map(|target| match target {
        Target::TimesPeer(least) => format!("ratio >= {least}"),
        Target::NotAbovePeer => "ratio <= 1".to_owned(),
        Target::AtMost(most) => format!("<= {most}"),
    });
    Some(Row { what: title(name), ours, peer, ratio, target, ok, note: None })
}

/// `register.grpc.p99_ms` as `register grpc, p99 (ms)`.
fn title(name: &str) -> String {
    let (what, unit) = name.rsplit_once('.').unwrap_or(("", name));
    let what = what.replace('.', " ");
    let unit = match unit {
        "per_s" => "per second at this load",
        "per_cpu_s" => "per CPU-second",
        "peak_per_s" => "per second at most",
        "peak_per_cpu_s" => "per CPU-second at most load",
        "p50_ms" => "p50 (ms)",
        "p99_ms" => "p99 (ms)",
        "p999_ms" => "p99.9 (ms)",
        "max_ms" => "max (ms)",
        "failed" => "failed",
        "peak_failed" => "failed at most load",
        other => return title_of_amount(&what, other),
    };
    format!("{what}, {unit}")
}

fn title_of_amount(what: &str, amount: &str) -> String {
    let (amount, unit) = amount.rsplit_once('_').unwrap_or((amount, ""));
    let unit = if unit == "mib" { "MiB" } else { unit };
    format!("{what}, {} ({unit})", amount.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(name: &str, value: f64) -> Measured {
        Measured { measures: vec![Measure { name: name.to_owned(), value }], failures: Vec::new() }
    }

    fn only_row(name: &str, ours: f64, peer: f64) -> Row {
        rows(&measured(name, ours), Some(&measured(name, peer))).remove(0)
    }

    #[test]
    fn reads_and_registrations_must_be_twice_the_peers() {
        for name in ["register.grpc.per_cpu_s", "query.http.per_cpu_s", "get.grpc.peak_per_cpu_s"] {
            assert!(only_row(name, 20.0, 10.0).ok, "{name}");
            assert!(!only_row(name, 19.0, 10.0).ok, "{name}");
        }
    }

    #[test]
    fn a_publish_must_be_as_good_and_memory_no_more() {
        assert!(only_row("publish.grpc.per_cpu_s", 10.0, 10.0).ok);
        assert!(!only_row("publish.grpc.per_cpu_s", 9.0, 10.0).ok);
        assert!(only_row("memory.100000_instances_mib", 10.0, 10.0).ok);
        assert!(!only_row("memory.100000_instances_mib", 11.0, 10.0).ok);
        assert!(only_row("memory.idle_mib", 39.0, 10.0).ok);
        assert!(!only_row("memory.idle_mib", 41.0, 50.0).ok);
    }

    #[test]
    fn a_push_has_a_hundred_milliseconds_whatever_the_peer_takes() {
        assert!(only_row("push.5000.p99_ms", 100.0, 1.0).ok);
        assert!(!only_row("push.5000.p99_ms", 101.0, 1_000.0).ok);
        assert!(only_row("push.1000.p99_ms", 500.0, 1.0).ok);
    }

    #[test]
    fn what_could_not_be_measured_is_not_met() {
        let nothing = Measured::default();
        let rows = rows(&nothing, Some(&measured("query.grpc.per_cpu_s", 10.0)));
        assert!(rows.first().is_some_and(|row| !row.ok && row.ours.is_none()));
    }

    #[test]
    fn without_a_peer_nothing_is_asked_beside_one() {
        let rows = rows(&measured("query.grpc.per_cpu_s", 1.0), None);
        assert!(rows.first().is_some_and(|row| row.ok && row.target.is_none()));
        let pushed = measured("push.5000.p99_ms", 101.0);
        assert!(super::rows(&pushed, None).first().is_some_and(|row| !row.ok));
    }

    #[test]
    fn failures_show_only_where_there_were_any() {
        assert!(rows(&measured("get.grpc.failed", 0.0), None).is_empty());
        assert!(!only_row("get.grpc.failed", 1.0, 0.0).ok);
        assert!(only_row("get.grpc.failed", 0.0, 1.0).ok);
    }

    #[test]
    fn names_become_titles() {
        assert_eq!(title("register.grpc.p99_ms"), "register grpc, p99 (ms)");
        assert_eq!(title("memory.100000_instances_mib"), "memory, 100000 instances (MiB)");
        assert_eq!(title("startup.empty_ms"), "startup, empty (ms)");
    }
}
