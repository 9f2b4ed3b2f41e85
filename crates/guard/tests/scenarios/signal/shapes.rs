//! Every shape of cgroups a process may find itself in: what is read is within 5 % of
//! what is so.

use seawall_guard::signal::Source;

use super::machine::{GIB, Group, Machine, Mounts, TICK, group};

struct Shape {
    name: &'static str,
    mounts: Mounts,
    groups: fn() -> Vec<Group>,
    source: Source,
    /// Processors' worth of time, of eight.
    limit: f64,
}

const fn shape(
    name: &'static str,
    mounts: Mounts,
    source: Source,
    limit: f64,
    groups: fn() -> Vec<Group>,
) -> Shape {
    Shape { name, mounts, groups, source, limit }
}

/// Neighbours are there in shared groups, and must be seen.
fn shapes() -> Vec<Shape> {
    use Mounts::*;
    use Source::*;
    vec![
        shape("v2, the machine's root", V2, CgroupV2, 8.0, || vec![group("", None, 0.0)]),
        shape("v2, a service under a limit", V2, CgroupV2, 2.0, || {
            vec![group("", None, 1.0), group("web.service", Some(2.0), 0.0)]
        }),
        shape("v2 in a container with its own namespace", V2Namespace, CgroupV2, 2.0, || {
            vec![group("app", Some(2.0), 0.0)]
        }),
        shape("v2, inner limit tighter", V2, CgroupV2, 1.0, || {
            vec![
                group("", None, 1.0),
                group("kubepods", Some(7.0), 0.0),
                group("pod", Some(4.0), 0.5),
                group("app", Some(1.0), 0.0),
            ]
        }),
        shape("v2, outer limit tighter, and shared", V2, CgroupV2, 1.5, || {
            vec![
                group("", None, 1.0),
                group("pod", Some(1.5), 0.5),
                group("app", Some(4.0), 0.0),
                group("worker", None, 0.0),
            ]
        }),
        shape("v2, nested inside a container", V2Namespace, CgroupV2, 2.0, || {
            vec![group("app", Some(2.0), 0.25), group("init", None, 0.0)]
        }),
        shape("v2, unlimited throughout", V2, CgroupV2, 8.0, || {
            vec![group("", None, 0.0), group("a", None, 0.0), group("b", None, 1.0)]
        }),
        shape("v2, a fraction of a processor", V2Namespace, CgroupV2, 0.25, || {
            vec![group("app", Some(0.25), 0.0)]
        }),
        shape("v1", V1, CgroupV1, 2.0, || vec![group("", None, 1.0), group("web", Some(2.0), 0.0)]),
        shape("v1, nested", V1, CgroupV1, 1.5, || {
            vec![group("", None, 1.0), group("pod", Some(1.5), 0.5), group("app", None, 0.0)]
        }),
        shape("v1, mounted apart", V1Apart, CgroupV1, 1.5, || {
            vec![group("", None, 1.0), group("pod", Some(3.0), 0.5), group("app", Some(1.5), 0.0)]
        }),
        shape("v1 in a container", V1Part, CgroupV1, 2.0, || {
            vec![group("docker-ab", Some(2.0), 0.0)]
        }),
        shape("v1, unlimited", V1, CgroupV1, 8.0, || {
            vec![group("", None, 0.0), group("a", None, 0.0)]
        }),
        shape("hybrid", Hybrid, CgroupV1, 2.0, || {
            vec![group("", None, 1.0), group("web", Some(2.0), 0.0)]
        }),
        shape("no cgroups", Absent, Process, 8.0, || Vec::from([])),
    ]
}

/// Or two thousandths of it all, where 5 % is less than that: the machine counts hundredths
/// of a second.
fn is_within_5_percent(found: f64, truth: f64) -> bool {
    (found - truth).abs() <= (0.05 * truth).max(0.002)
}

#[test]
fn b2_in_every_shape_the_share_is_within_5_percent_of_the_truth() {
    for shape in shapes() {
        for load in [0.02, 0.3, 0.6, 0.9] {
            let mut machine = Machine::new(shape.mounts, 8, (shape.groups)());
            machine.own = load * shape.limit;
            let judgement = machine.settle(5);
            let truth = machine.truth().max(machine.truth_of_host());
            let cpu = judgement.cpu.unwrap_or_else(|| panic!("{}: unknown", shape.name));
            let name = format!("{}, at {load}: {cpu:?}, in truth {truth}", shape.name);
            assert!(is_within_5_percent(cpu.share, truth), "{name}");
            assert_eq!(judgement.cpu_limit, Some(shape.limit), "{name}");
            machine.run(TICK);
            let own = machine.read().cpu;
            assert!(own.is_none_or(|(_, source)| source == shape.source), "{name}: {own:?}");
        }
    }
}

#[test]
fn b2_a_used_up_limit_reads_as_used_up_wherever_it_is() {
    for shape in shapes() {
        let mut machine = Machine::new(shape.mounts, 8, (shape.groups)());
        machine.own = 8.0;
        let cpu = machine.settle(5).cpu.unwrap();
        assert!(cpu.share > 0.98, "{}: {cpu:?}", shape.name);
    }
}

#[test]
fn b2_the_whole_machine_is_within_5_percent_of_the_truth() {
    for load in [0.3, 0.6, 0.95] {
        let mut machine =
            Machine::new(Mounts::V2, 8, vec![group("", None, 0.0), group("a", Some(2.0), 0.0)]);
        machine.own = 0.1;
        machine.foreign = 8.0 * load - 0.1;
        let cpu = machine.settle(5).cpu.unwrap();
        assert_eq!(cpu.source, Source::Host);
        assert!(is_within_5_percent(cpu.share, load), "{cpu:?}, in truth {load}");
    }
}

#[test]
fn memory_is_that_of_the_limit_that_is_nearest() {
    for (mounts, source) in [(Mounts::V2, Source::CgroupV2), (Mounts::V1, Source::CgroupV1)] {
        let mut groups =
            vec![group("", None, 0.0), group("pod", None, 0.0), group("app", None, 0.0)];
        groups[1].memory_max = Some(GIB / 2);
        groups[2].memory_max = Some(GIB);
        let memory = Machine::new(mounts, 8, groups).settle(1).memory.unwrap();
        assert_eq!(
            (memory.used.share, memory.used.source, memory.limit_bytes),
            (0.5, source, GIB / 2)
        );
    }
    let memory = Machine::new(Mounts::Absent, 8, Vec::new()).settle(1).memory.unwrap();
    assert_eq!(
        (memory.used.share, memory.used.source, memory.limit_bytes),
        (0.25, Source::Host, 8 * GIB)
    );
}

#[test]
fn a_process_that_is_moved_is_measured_where_it_is_now() {
    let groups =
        || vec![group("", None, 0.0), group("a", Some(4.0), 0.0), group("b", Some(1.0), 0.0)];
    let mut machine = Machine::new(Mounts::V2, 8, groups());
    machine.own = 0.5;
    assert_eq!(machine.settle(3).cpu_limit, Some(1.0));
    machine.moved_to = Some("/a");
    let judgement = machine.settle(3);
    assert_eq!(judgement.cpu_limit, Some(4.0));
    assert!(is_within_5_percent(judgement.cpu.unwrap().share, 0.125), "{judgement:?}");
}

#[test]
fn a_process_that_is_pinned_fills_what_it_is_pinned_to() {
    let mut machine =
        Machine::new(Mounts::V2, 8, vec![group("", None, 0.0), group("a", None, 0.0)]);
    machine.own = 1.0;
    assert!(machine.settle(3).cpu.unwrap().share < 0.15);
    machine.pinned_to = Some(3);
    let judgement = machine.settle(3);
    let cpu = judgement.cpu.unwrap();
    assert!(cpu.share > 0.95 && cpu.source == Source::Process, "{cpu:?}");
    assert_eq!(judgement.cpu_limit, Some(1.0));
}
