//! Load that is no overload.

use std::rc::Rc;

use super::world::Bound;
use crate::sim::{Clients, Load, OurDoor, PlainCaller, World, ms, second};

#[test]
fn a4_bursts_on_a_busy_server_are_no_overload() {
    for (bound, seed) in [(Bound::Cpu, 42), (Bound::Cpu, 43), (Bound::Io, 42), (Bound::Io, 43)] {
        // Given a load of 0.8, and every five seconds three times that for 200 ms
        let rate = 0.8 * bound.capacity();
        let load = (1..12).fold(Load::steady(rate), |load, burst| {
            load.burst(second(f64::from(burst) * 5.0), ms(200), 3.0 * rate)
        });
        let mut world = World::new(seed);
        let service = world.service(vec![bound.node(Rc::new(OurDoor::default()))], vec![]);
        let link = world.link(service, PlainCaller::new(ms(1_000)));
        world.clients(Clients::new(link, load.then(second(60.0), 0.0)));
        let all = second(0.0)..second(60.0);
        let report = world.run(second(62.0)).clone();
        let refused = world.nodes[0].refused(all.clone());
        let success = report.success(all.clone());
        println!(
            "{bound:?} (seed {seed}): {refused} of {} refused, success {:.2} %",
            report.calls(all),
            success * 100.0,
        );
        assert_eq!(refused, 0, "seed {seed}");
        assert!(success > 0.995, "seed {seed}");
    }
}
