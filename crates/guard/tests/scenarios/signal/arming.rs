//! How soon an overload is seen.

use std::time::Duration;

use seawall_guard::signal::{SchedDelay, SignalSettings};

use super::machine::{Machine, Mounts, TICK, group};

const SECOND: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(30);

/// go-zero's signal: every 250 ms the share in thousandths, averaged with beta 0.95 and
/// rounded down (core/stat/usage.go); overloaded from 900 on (core/load).
#[derive(Default)]
struct GoZero {
    usage: i64,
}

impl GoZero {
    const PERIOD: Duration = Duration::from_millis(250);

    fn add(&mut self, share: f64) {
        let share = (share * 1000.0).min(1000.0) as i64;
        self.usage = (self.usage as f64 * 0.95 + share as f64 * 0.05) as i64;
    }

    /// From a steady share to a full machine.
    fn arms_after(share: f64) -> Duration {
        let mut signal = Self::default();
        (0..10_000).for_each(|_| signal.add(share));
        let mut after = Duration::ZERO;
        while signal.usage < 900 {
            signal.add(1.0);
            after += Self::PERIOD;
        }
        after
    }
}

/// A container of two processors that works at this share of them.
fn container(share: f64) -> Machine {
    let groups =
        vec![group("", None, 0.0), group("pod", Some(4.0), 0.0), group("app", Some(2.0), 0.0)];
    let mut machine = Machine::new(Mounts::V2, 8, groups);
    machine.own = 2.0 * share;
    machine.pressure = share * share;
    machine
}

/// The longest of all moments a change may fall on between two ticks.
fn longest(mut machine: impl FnMut() -> Machine, change: impl Fn(&mut Machine)) -> Duration {
    let mut longest = Duration::ZERO;
    for phase in 0..10 {
        let mut machine = machine();
        assert!(!machine.settle(10).is_overloaded, "before anything happened");
        // Limits and the host are not read every tick: each phase of theirs, too.
        for _ in 0..phase {
            machine.tick();
        }
        let before_change = Duration::from_millis(5) * phase;
        machine.run(before_change);
        change(&mut machine);
        machine.run(TICK - before_change);
        let judgement = machine.judge();
        let seen = TICK - before_change;
        let took = if judgement.is_overloaded {
            seen
        } else {
            seen + machine.time_until(MOST, |judgement| judgement.is_overloaded).unwrap_or(MOST)
        };
        longest = longest.max(took);
    }
    longest
}

#[test]
fn an_overload_is_seen_within_a_second_where_go_zero_needs_five_or_eleven() {
    println!("from      CPU alone   CPU and pressure   go-zero");
    for (share, go_zero_at_least) in [(0.7, 5_250), (0.3, 9_250), (0.02, 11_000)] {
        let overload = |machine: &mut Machine| {
            machine.own = 8.0;
            machine.pressure = 1.0;
        };
        let both = longest(|| container(share), overload);
        let alone = longest(
            || {
                let mut machine = container(share);
                machine.has_pressure = false;
                machine
            },
            overload,
        );
        let go_zero = GoZero::arms_after(share);
        println!("{:>3.0} %     {alone:>7?}     {both:>12?}   {go_zero:>12?}", share * 100.0);
        assert!(alone <= SECOND, "from {share}: {alone:?}");
        assert!(both <= SECOND, "from {share}: {both:?}");
        assert!(go_zero >= Duration::from_millis(go_zero_at_least), "{go_zero:?}");
    }
}

#[test]
fn b1_a_quota_that_is_halved_is_seen_within_a_second() {
    // 1.2 of 2 processors are used; then there is 1.
    let halve = |machine: &mut Machine| {
        machine.groups[2].quota = Some(1.0);
        machine.pressure = 1.0;
    };
    let took = longest(|| container(0.6), halve);
    println!("a quota halved is an overload after {took:?}");
    assert!(took <= SECOND, "{took:?}");

    let mut machine = container(0.6);
    machine.settle(3);
    machine.groups[2].quota = Some(1.0);
    let took = machine.time_until(MOST, |judgement| judgement.cpu_limit == Some(1.0)).unwrap();
    assert!(took <= Duration::from_millis(300), "{took:?}");
    // And back: what it uses is 60 % again.
    machine.groups[2].quota = Some(2.0);
    let cpu = machine.settle(3).cpu.unwrap();
    assert!((cpu.share - 0.6).abs() < 0.03, "{cpu:?}");
}

#[test]
fn b1_a_foreign_hog_is_seen_within_a_second_wherever_it_sits() {
    let in_the_pod = longest(
        || container(0.5),
        |machine| {
            machine.groups[1].neighbours = 8.0;
            machine.pressure = 1.0;
        },
    );
    let on_the_machine = longest(
        || container(0.5),
        |machine| {
            machine.foreign = 8.0;
            machine.pressure = 1.0;
        },
    );
    println!(
        "a hog in the pod is seen after {in_the_pod:?}, on the machine after {on_the_machine:?}"
    );
    assert!(in_the_pod <= SECOND && on_the_machine <= SECOND);
}

#[test]
fn a_group_that_is_held_back_is_used_up_though_its_average_is_not() {
    let mut machine = container(0.6);
    machine.settle(3);
    machine.held_back = 0.3;
    let took =
        machine.time_until(MOST, |judgement| judgement.cpu.is_some_and(|cpu| cpu.share > 0.9));
    assert!(took.is_some_and(|took| took <= SECOND), "{took:?}");
    machine.held_back = 0.0;
    let cpu = machine.settle(3).cpu.unwrap();
    assert!((cpu.share - 0.6).abs() < 0.03, "{cpu:?}");
}

/// A CPU that is not half used, and tasks that wait for a handler that blocks.
#[test]
fn a_delay_alone_is_seen_within_half_a_second() {
    let mut machine = container(0.4);
    let canary = SchedDelay::new(&SignalSettings::default());
    let every = canary.every();
    let mut due = machine.now() + every;
    let mut run = |late: Duration, most: Duration| {
        let from = machine.now();
        while machine.now() - from < most {
            machine.run(TICK);
            while due + late <= machine.now() {
                canary.expect(due);
                canary.woke(due + late);
                due = due + late + every;
            }
            canary.expect(due);
            if machine.judge_with(canary.lateness(machine.now())).is_overloaded {
                return Some(machine.now() - from);
            }
        }
        None
    };
    assert_eq!(run(Duration::from_millis(5), 10 * SECOND), None);
    let took = run(Duration::from_millis(60), MOST);
    println!("tasks that run 60 ms late are an overload after {took:?}");
    assert!(took.is_some_and(|took| took <= SECOND / 2), "{took:?}");
}

#[test]
fn an_overload_that_is_over_is_over_within_a_second() {
    let mut machine = container(0.7);
    machine.settle(3);
    machine.own = 8.0;
    machine.pressure = 1.0;
    assert!(machine.settle(10).is_overloaded);
    machine.own = 1.4;
    machine.pressure = 0.4;
    let took = machine.time_until(MOST, |judgement| !judgement.is_overloaded).unwrap();
    println!("the end of an overload is seen after {took:?}");
    assert!(took <= SECOND, "{took:?}");
}

#[test]
fn bursts_of_200_ms_at_80_percent_are_no_overload_to_speak_of() {
    let smallest_factor = |quota| {
        let mut machine = container(0.8);
        machine.cpus = 2;
        machine.groups[2].quota = quota;
        let mut smallest: f64 = machine.settle(5).factor;
        for _ in 0..60 {
            for (own, pressure, ticks) in [(1.6, 0.64, 16), (8.0, 1.0, 4)] {
                (machine.own, machine.pressure) = (own, pressure);
                for _ in 0..ticks {
                    smallest = smallest.min(machine.tick().factor);
                }
            }
        }
        smallest
    };
    assert_eq!(smallest_factor(None), 1.0);
    // A quota that was used up is known of until its period is over.
    let smallest = smallest_factor(Some(2.0));
    assert!(smallest > 0.95, "{smallest}");
}
