//! What peers are known for, each beside ours.

use std::{ops::Range, rc::Rc, time::Duration};

use seawall_guard::Instant;

use super::world::{BEGIN, Bound, END, LAST, Step, settled};
use crate::sim::{
    Clients, Deadlines, Door, Load, Node, OurDoor, PlainCaller, Report, Spread, Station, World,
    models::{Dagor, GoZero, Rule, Sentinel},
    ms, second,
};

fn ours() -> Rc<dyn Door> {
    Rc::new(OurDoor::default())
}

/// By the time go-zero's average of the CPU has crossed the threshold, the backlog is of
/// minutes; and a server that waits for something else never crosses it.
#[test]
fn gozero_arms_too_late_for_a_step_of_load_and_never_where_the_cpu_is_idle() {
    let cases = [(Bound::Cpu, 2.0), (Bound::Cpu, 5.0), (Bound::Cpu, 10.0), (Bound::Io, 2.0)];
    for (bound, times) in cases {
        let (report, _) = Step::of(bound, times).run(Rc::new(GoZero::new()));
        let goodput = report.goodput(settled()) / bound.capacity();
        println!("go-zero, {bound:?}, {times} times: goodput {:.0} %", goodput * 100.0);
        assert!(goodput < 0.5, "{bound:?}, {times} times: or the steps of ours show nothing");
    }
}

/// Its refusals kept it "hot", so that it went on refusing what it could have served.
#[test]
fn gozero_2476_what_was_refused_does_not_keep_it_shedding() {
    let mut world = World::new(42);
    let service = world.service(vec![Bound::Cpu.node(ours())], vec![]);
    let link = world.link(service, PlainCaller::new(ms(1_000)));
    // Given an overload that is over, and a load of 0.9 for as long as it takes
    let load = Load::steady(280.0)
        .then(second(BEGIN), 4_000.0)
        .then(second(END), 360.0)
        .then(second(LAST), 0.0);
    world.clients(Clients::new(link, load));
    world.run(second(LAST));
    let refused = world.nodes[0].refused(second(END + 5.0)..second(LAST));
    assert_eq!(refused, 0);
}

/// A floor of 0.1 of what could be in flight refuses most of what a full CPU could do:
/// the same shedder with a CPU average that is quick enough shows it.
#[test]
fn gozero_a_full_cpu_is_no_reason_to_refuse_nearly_everybody() {
    let step = Step::of(Bound::Cpu, 10.0);
    let goodput = |door| step.run(door).0.goodput(settled()) / step.bound.capacity();
    let (theirs, ours) = (goodput(Rc::new(GoZero::with_cpu_beta(0.6))), goodput(ours()));
    println!("10 times: go-zero with a quick CPU average {theirs:.2}, ours {ours:.2}");
    assert!(theirs < 0.7 && ours >= step.bound.enough(10.0));
}

/// Five per cent less a window is 45 windows to a tenth, in which the backlog is served
/// to nobody, and then it takes as long to find that there is room again.
#[test]
fn dagor_needs_tens_of_windows_to_find_the_level() {
    let step = Step::of(Bound::Cpu, 5.0);
    let goodput =
        |door, time: Range<Instant>| step.run(door).0.goodput(time) / step.bound.capacity();
    let first = second(BEGIN)..second(BEGIN + 5.0);
    let theirs = goodput(Rc::new(Dagor::new(ms(10))), first.clone());
    let ours = goodput(ours(), first);
    println!("first five seconds of 5 times: DAGOR {theirs:.2}, ours {ours:.2}");
    assert!(theirs < 0.3 && ours > 0.8);
}

/// One service, an overload from the fifth second on, and its clients.
fn overload_of(node: Node, rate: f64, times: f64) -> Report {
    let mut world = World::new(42);
    let service = world.service(vec![node.deadlines(Deadlines::Known)], vec![]);
    let link = world.link(service, PlainCaller::new(ms(1_000)));
    let load = Load::steady(0.7 * rate).then(second(5.0), times * rate).then(second(20.0), 0.0);
    world.clients(Clients::new(link, load));
    world.run(second(21.0)).clone()
}

/// Latencies in whole milliseconds, rounded up, make 0.2 ms of work look like one: five
/// times as many may be in flight, and wait.
#[test]
fn gozero_latencies_are_not_rounded_to_milliseconds() {
    let work = Duration::from_micros(200);
    let node =
        |door| Node::new(Station::cpu(1.0), Spread::Exponential(work), door).reject_work(work / 50);
    let late = second(10.0)..second(20.0);
    let calm = overload_of(node(ours()), 5_000.0, 0.1).latency(0.99, late.clone());
    let report = overload_of(node(ours()), 5_000.0, 2.0);
    let (goodput, p99) = (report.goodput(late.clone()) / 5_000.0, report.latency(0.99, late));
    println!("0.2 ms of work: goodput {:.0} %, p99 {p99:.1?}, calm {calm:.1?}", goodput * 100.0);
    assert!(goodput >= 0.92);
    assert!(p99 <= 10 * calm);
}

/// The fastest average of a tenth of a second is that of cheap requests; for the others
/// it allows for far too few in flight.
#[test]
fn gozero_cheap_requests_do_not_set_the_limit_for_all() {
    // Given nine requests of 1 ms in ten, and one of 91 ms: 10 ms on average
    let spread = Spread::Either(0.9, ms(1), ms(91));
    let node =
        |door| Node::new(Station::cpu(4.0), spread, door).reject_work(Duration::from_micros(200));
    let goodput = |times| {
        let report = overload_of(node(ours()), 400.0, times);
        report.goodput(second(10.0)..second(20.0)) / 400.0
    };
    println!("cheap and dear: 0.8 times {:.2}, 2 times {:.2}", goodput(0.8), goodput(2.0));
    assert!(goodput(0.8) >= 0.78);
    assert!(goodput(2.0) >= 0.88);
}

/// Goodput of each half second, the least and the most.
fn range(report: &Report, time: Range<Instant>) -> (f64, f64) {
    let halves = (time.end - time.start).as_millis() / 500;
    let goodput = |half: u128| {
        let from = time.start + ms(half as u64 * 500);
        report.goodput(from..from + ms(500))
    };
    let all: Vec<f64> = (0..halves).map(goodput).collect();
    (all.iter().copied().fold(f64::MAX, f64::min), all.into_iter().fold(0.0, f64::max))
}

/// Since then nobody enters while the CPU was over the threshold in the last second: it
/// is all or nothing, second by second.
#[test]
fn sentinel_1050_a_full_cpu_does_not_cut_everybody_off() {
    let step = Step { deadlines: Deadlines::Enforced, ..Step::of(Bound::Cpu, 2.0) };
    let theirs = step.run(Rc::new(Sentinel::new(Rule::Cut, 0.9))).0;
    let ours = step.run(ours()).0;
    let (theirs, ours) = (range(&theirs, settled()), range(&ours, settled()));
    println!("goodput a second in half seconds: Sentinel {theirs:?}, ours {ours:?}");
    assert!(theirs.0 < 0.05 * 400.0);
    assert!(ours.0 >= 0.7 * 400.0);
}

/// The lowest latency of the last second is one lucky request's. Times throughput it is
/// far below what is in flight on a server that is busy and well.
#[test]
fn sentinel_3212_a_lucky_request_does_not_make_a_busy_server_an_overloaded_one() {
    let refused = |door| {
        let step = Step { timeout: ms(1_000), ..Step::of(Bound::Cpu, 0.8) };
        let (report, _) = step.run(door);
        report.refused(settled())
    };
    let (theirs, ours) = (refused(Rc::new(Sentinel::new(Rule::Bbr, 0.6))), refused(ours()));
    println!("0.8 times: Sentinel refuses {:.1} %, ours {:.1} %", theirs * 100.0, ours * 100.0);
    assert!(theirs > 0.1);
    assert!(ours == 0.0);
}
