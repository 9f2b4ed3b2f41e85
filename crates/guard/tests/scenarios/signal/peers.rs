//! What went wrong elsewhere, and does not here.

use seawall_guard::signal::{Judgement, Source};

use super::machine::{Machine, Mounts, TICK, group};

/// go-zero #1636 and #3857: with the unified hierarchy mounted whole, limits and use were
/// read at its root, where there are none of this process.
#[test]
fn gozero_1636_3857_a_nested_v2_cgroup_is_measured_against_its_own_limit() {
    let groups = vec![group("", None, 3.0), group("pod", Some(2.0), 0.0), group("app", None, 0.0)];
    let mut machine = Machine::new(Mounts::V2, 8, groups);
    machine.own = 1.9;
    let cpu = machine.settle(5).cpu.unwrap();
    assert!((cpu.share - 0.95).abs() < 0.02, "{cpu:?}: of 2 processors, and not of 8");
    assert_eq!(cpu.source, Source::CgroupV2);
}

/// go-zero's `RefreshCpu` answers 0 for ever when its first look at the cgroup fails, and
/// sheds nothing from then on (core/stat/internal/cpu_linux.go, `noCgroup`).
#[test]
fn gozero_a_failed_start_is_unknown_and_not_an_idle_machine_for_ever() {
    let mut machine =
        Machine::new(Mounts::V2, 8, vec![group("", None, 0.0), group("a", Some(2.0), 0.0)]);
    machine.own = 8.0;
    machine.pressure = 1.0;
    for _ in 0..40 {
        machine.run(TICK);
        machine.files.remove("/");
        assert_eq!(machine.judge(), Judgement::UNKNOWN);
    }
    for _ in 0..40 {
        machine.run(TICK);
        machine.files.remove("/sys/fs/cgroup");
        let source = machine.judge().cpu.map(|cpu| cpu.source);
        assert!(!matches!(source, Some(Source::CgroupV2)));
    }
    let back = machine.settle(2);
    assert!(back.is_overloaded, "once there are files, they are read: {back:?}");
    assert_eq!((back.cpu.unwrap().source, back.cpu_limit), (Source::CgroupV2, Some(2.0)));
}

/// go-zero #24, #2019 and #3948: where there is no cgroup, as in WSL, in functions of a
/// cloud or on some platforms, whatever linked it ended at its start.
#[test]
fn gozero_24_a_machine_without_cgroups_is_measured_all_the_same() {
    let mut machine = Machine::new(Mounts::Absent, 8, Vec::new());
    machine.own = 6.0;
    let cpu = machine.settle(5).cpu.unwrap();
    assert!((cpu.share - 0.75).abs() < 0.04, "{cpu:?}: 6 of 8 processors");
}

/// Envoy #39978: the CPU monitor knew paths of the first version only.
#[test]
fn envoy_39978_v2_is_read_where_there_is_no_v1() {
    let mut machine = Machine::new(Mounts::V2Namespace, 8, vec![group("pod", Some(1.0), 0.0)]);
    machine.own = 0.5;
    let cpu = machine.settle(3).cpu.unwrap();
    assert_eq!(cpu.source, Source::CgroupV2);
    assert!((cpu.share - 0.5).abs() < 0.02, "{cpu:?}");
}

/// Envoy #47485: in the host's cgroup namespace the mount's root has `cpu.stat` and no
/// `cpu.max`, by which no cgroup was recognised at all.
#[test]
fn envoy_47485_a_root_without_limits_is_no_reason_to_give_up() {
    let groups =
        vec![group("", None, 0.0), group("kubepods", None, 0.0), group("app", Some(2.0), 0.0)];
    let mut machine = Machine::new(Mounts::V2, 8, groups);
    machine.own = 1.0;
    let judgement = machine.settle(3);
    assert_eq!(judgement.cpu_limit, Some(2.0));
    assert!((judgement.cpu.unwrap().share - 0.5).abs() < 0.02, "{judgement:?}");
}

/// Sentinel #1204: in a container the whole machine's use was taken for the process's.
/// Since then it is the larger of both, and so it is here, for the reason given there: a
/// process suffers from a full machine, however little it uses itself.
#[test]
fn sentinel_1204_a_container_knows_its_own_use_and_sees_a_full_machine() {
    let container = || {
        let groups = vec![group("", None, 0.0), group("app", Some(1.0), 0.0)];
        Machine::new(Mounts::V2, 8, groups)
    };
    let mut full_container = container();
    full_container.own = 1.0;
    let cpu = full_container.settle(5).cpu.unwrap();
    assert!(
        cpu.share > 0.98 && cpu.source == Source::CgroupV2,
        "an eighth of the machine: {cpu:?}"
    );
    let mut full_machine = container();
    full_machine.own = 0.1;
    full_machine.foreign = 8.0;
    let judgement = full_machine.settle(5);
    let cpu = judgement.cpu.unwrap();
    assert!(cpu.share > 0.98 && cpu.source == Source::Host, "{cpu:?}");
    assert!(!judgement.is_overloaded, "as long as nobody in the container waits");
}

/// Sentinel #3120: a limit of 1.25 or 0.25 processors counted as 2 or 1, so that a full
/// container read as 62 % or 25 % used.
#[test]
fn sentinel_3120_fractions_of_a_processor_are_not_rounded() {
    for quota in [1.25, 0.25, 0.1] {
        let groups = vec![group("", None, 0.0), group("app", Some(quota), 0.0)];
        let mut machine = Machine::new(Mounts::V1, 8, groups);
        machine.own = 8.0;
        let cpu = machine.settle(5).cpu.unwrap();
        assert!(cpu.share > 0.98, "{quota}: {cpu:?}");
    }
}

/// Sentinel #3119: the use was read once a second, without an average, and jumped about.
/// Here one that jumps by a third of the CPU from tick to tick, about a mean below the
/// threshold, is never an overload; about a mean at the threshold it is one now and then,
/// and not at every tick that is above.
#[test]
fn sentinel_3119_noise_does_not_flap() {
    let seed = 3119;
    let mut random = Noise(seed);
    let mut run = |mean: f64| {
        let mut machine = Machine::new(Mounts::V2Namespace, 8, vec![group("app", Some(2.0), 0.0)]);
        machine.has_pressure = false;
        machine.own = 2.0 * mean;
        machine.settle(5);
        let (mut crossings, mut flips, mut was) = (0, 0, (false, false));
        for _ in 0..12_000 {
            let share = mean + (random.next() - 0.5) * 0.7;
            machine.own = 2.0 * share;
            let is = (share >= 0.9, machine.tick().is_overloaded);
            crossings += u32::from(is.0 != was.0);
            flips += u32::from(is.1 != was.1);
            was = is;
        }
        println!(
            "mean {mean}: raw crosses the threshold {crossings} times in ten minutes, we {flips}"
        );
        (crossings, flips)
    };
    let (crossings, flips) = run(0.7);
    assert!(crossings > 2_000 && flips == 0, "seed {seed}: {crossings} {flips}");
    let (crossings, flips) = run(0.88);
    assert!(flips * 5 < crossings, "seed {seed}: {crossings} {flips}");
}

/// Numbers from 0 to 1 (SplitMix64).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        let number = seawall_guard::stat::mix(self.0);
        self.0 = self.0.wrapping_add(1);
        (number >> 11) as f64 / (1_u64 << 53) as f64
    }
}
