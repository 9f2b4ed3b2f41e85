//! Steps of load: goodput and latency in them, and what is left of them afterwards.

use std::rc::Rc;

use seawall_guard::shed::ShedSettings;

use super::world::{BEGIN, Bound, END, LAST, Step, first, settled};
use crate::sim::{Deadlines, OurDoor, ms, second};

/// Steps to each overload keep goodput and latency, and leave nothing behind.
fn hold(bound: Bound, deadlines: Deadlines, settings: &ShedSettings) {
    let unloaded = bound.unloaded_p99();
    for (times, seed) in [1.2, 2.0, 5.0, 10.0].into_iter().zip(42..) {
        let step = Step { seed, deadlines, ..Step::of(bound, times) };
        let (report, world) = step.run(Rc::new(OurDoor::new(settings)));
        let goodput = report.goodput(settled()) / bound.capacity();
        let at_first = report.goodput(first()) / bound.capacity();
        let p99 = report.latency(0.99, settled());
        let enough = bound.enough(times);
        println!(
            "{bound:?}, deadlines {deadlines:?}, {times} times (seed {seed}): goodput {:.1} % \
             (enough {:.1} %), first 2 s {:.0} %, p99 {p99:.0?} (unloaded {unloaded:.0?})",
            goodput * 100.0,
            enough * 100.0,
            at_first * 100.0,
        );
        assert!(goodput >= enough, "seed {seed}");
        assert!(at_first >= 0.7, "seed {seed}");
        assert!(p99 <= 3 * unloaded + ms(50), "seed {seed}");
        let node = &world.nodes[0];
        assert_eq!(node.refused(second(0.0)..second(BEGIN)), 0, "seed {seed}");
        for after in 2..20 {
            let from = END + f64::from(after);
            let success = report.success(second(from)..second(from + 1.0));
            assert!(success >= 0.99, "seed {seed}, {after} s: {success}");
        }
        assert_eq!(node.refused(second(END + 5.0)..second(LAST)), 0, "seed {seed}");
    }
}

/// For a service that is not told how long its callers wait: 300 ms.
fn short_bursts() -> ShedSettings {
    ShedSettings { burst: ms(200), ..ShedSettings::default() }
}

#[test]
fn a1_a3_a_step_of_load_on_a_server_bound_by_its_cpu() {
    hold(Bound::Cpu, Deadlines::Known, &ShedSettings::default());
    hold(Bound::Cpu, Deadlines::Unknown, &short_bursts());
}

#[test]
fn a2_a3_a_step_of_load_on_a_server_bound_by_something_else_with_an_idle_cpu() {
    hold(Bound::Io, Deadlines::Known, &ShedSettings::default());
    hold(Bound::Io, Deadlines::Unknown, &short_bursts());
}

#[test]
fn a1_work_that_ends_at_the_deadline_is_no_reason_to_do_less() {
    hold(Bound::Cpu, Deadlines::Enforced, &ShedSettings::default());
}
