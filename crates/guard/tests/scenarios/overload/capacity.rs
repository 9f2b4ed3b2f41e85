//! Less to serve with.

use std::{rc::Rc, time::Duration};

use seawall_guard::Instant;

use super::world::Bound;
use crate::sim::{
    Clients, Deadlines, Door, Load, OurDoor, PlainCaller, Report, Station, World,
    models::StaticCap, ms, second,
};

/// What half of the CPU that is gone looks like.
#[derive(Debug, Clone, Copy)]
enum Loss {
    /// A quota that was halved, or a foreign process that gets every other slice: all
    /// work takes twice as long.
    Speed,
    /// A foreign process on four of eight cores.
    Cores,
}

fn set(station: &mut Station, now: Instant, loss: Loss, share: f64) {
    match loss {
        Loss::Speed => station.set_speed(now, share),
        Loss::Cores => station.set_cores(now, 8.0 * share),
    }
}

/// The 99th percentile of latency without load, in what is left.
fn unloaded_p99(loss: Loss) -> Duration {
    match loss {
        Loss::Speed => 2 * Bound::Cpu.unloaded_p99(),
        Loss::Cores => Bound::Cpu.unloaded_p99(),
    }
}

/// A load of 0.8, half of the CPU gone from 15 s to 35 s, and what becomes of it.
fn run(door: Rc<dyn Door>, loss: Loss, seed: u64) -> (Report, World) {
    let mut world = World::new(seed);
    let mut node = Bound::Cpu.node(door).deadlines(Deadlines::Known);
    node.station = Station::cpu(8.0);
    let service = world.service(vec![node], vec![]);
    let link = world.link(service, PlainCaller::new(ms(300)));
    world.clients(Clients::new(link, Load::steady(640.0).then(second(60.0), 0.0)));
    for (at, share) in [(15.0, 0.5), (35.0, 1.0)] {
        world.at(second(at), move |world| {
            let now = world.now();
            set(&mut world.nodes[0].station, now, loss, share);
        });
    }
    (world.run(second(62.0)).clone(), world)
}

#[test]
fn b1_half_of_the_cpu_goes_and_comes_back() {
    for (loss, seed) in [(Loss::Speed, 42), (Loss::Speed, 43), (Loss::Cores, 42), (Loss::Cores, 43)]
    {
        let settled = second(20.0)..second(35.0);
        // The new peak is what the best of some fixed caps gets out of the same requests.
        let capped = |cap| run(Rc::new(StaticCap::new(cap)), loss, seed).0;
        let peaks = [8, 12, 16, 24].map(|cap| capped(cap).goodput(settled.clone()));
        let peak = peaks.into_iter().fold(0.0, f64::max);
        let (report, world) = run(Rc::new(OurDoor::default()), loss, seed);
        // The limit is new within a second; so these are the first two of it.
        let at_first = report.goodput(second(16.0)..second(18.0)) / peak;
        let goodput = report.goodput(settled.clone()) / peak;
        let p99 = report.latency(0.99, settled);
        let refused_later = world.nodes[0].refused(second(40.0)..second(60.0));
        println!(
            "half of the CPU by {loss:?} (seed {seed}): goodput {:.1} % of {peak:.0} a second, \
             second 2 and 3 {:.0} %, p99 {p99:.0?}, refused after it came back: {refused_later}",
            goodput * 100.0,
            at_first * 100.0,
        );
        assert!(goodput >= Bound::Cpu.enough(1.6), "seed {seed}");
        assert!(at_first >= 0.7, "seed {seed}");
        assert!(p99 <= 3 * unloaded_p99(loss) + ms(50), "seed {seed}");
        assert_eq!(refused_later, 0, "seed {seed}");
    }
}
