//! D2: services that stay overloaded after what overloaded them is gone (Bronson et al.,
//! "Metastable Failures in Distributed Systems", HotOS 2021; Huang et al., "Metastable
//! Failures in the Wild", OSDI 2022): a trigger, more load or less capacity, and what
//! keeps it going, retries or a service that overload makes slower.
//!
//! Each runs once without protection and has to stay degraded for half a minute after
//! the trigger is gone, which proves that the test bites, and once with it.

use std::{rc::Rc, sync::Arc, time::Duration};

use seawall_guard::{
    Instant,
    limit::{ConcurrencyLimit, LimitSettings},
};

use super::{
    caller::RetryCaller,
    degraded::{Cached, Connected},
    recovery, second_after,
};
use crate::sim::{
    Caller, Clients, Deadlines, Load, Node, OpenDoor, PlainCaller, Report, Spread, Station, World,
    ms, second,
};

const SEED: u64 = 42;
const BEGIN: f64 = 20.0;
const END: f64 = 30.0;
const LAST: f64 = 62.0;
/// Four cores and work of 10 ms: 400 a second.
const CAPACITY: f64 = 400.0;

/// What begins it, and ends after ten seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trigger {
    /// Others who ask for twice the capacity.
    Spike,
    /// A server at a quarter of its speed.
    Slow,
}

/// What keeps it going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amplifier {
    /// Three attempts.
    Retries,
    /// A cache whose entries have to be fetched again from the server.
    ColdCache,
    /// Connections that are closed by timeouts and made again.
    Reconnects,
}

fn server(guarded: bool) -> Node {
    let (station, work) = (Station::cpu(4.0), Spread::Exponential(ms(10)));
    if !guarded {
        return Node::new(station, work, Rc::new(OpenDoor));
    }
    let limit = ConcurrencyLimit::new(&LimitSettings::default(), Instant::START).unwrap();
    Node::new(station, work, Rc::new(Arc::new(limit)))
        .reject_work(Duration::from_micros(200))
        .deadlines(Deadlines::Enforced)
}

/// A client that waits so long for an attempt; one without protection makes so many more
/// when they fail.
fn client(guarded: bool, timeout: Duration, retries: u32) -> Box<dyn Caller> {
    if guarded {
        Box::new(RetryCaller::new(timeout))
    } else {
        Box::new(PlainCaller::new(timeout).retries(retries, ms(50)))
    }
}

fn run(trigger: Trigger, amplifier: Amplifier, guarded: bool) -> Report {
    let mut world = World::new(SEED);
    let server = world.service(vec![server(guarded)], vec![]);
    let (link, rate) = match amplifier {
        Amplifier::Retries => (world.link(server, client(guarded, ms(500), 2)), 0.7 * CAPACITY),
        Amplifier::Reconnects => {
            let client = Connected::new(client(guarded, ms(500), 0), ms(20));
            (world.link(server, client), 0.7 * CAPACITY)
        }
        Amplifier::ColdCache => {
            let client_of_app = client(guarded, ms(800), 0);
            let cached = Cached::new(client(guarded, ms(500), 0), 1_000, ms(8_000));
            let to_server = world.link(server, cached);
            let deadlines = if guarded { Deadlines::Enforced } else { Deadlines::Unknown };
            let app = Node::new(Station::io(100_000), Spread::Fixed(ms(1)), Rc::new(OpenDoor));
            let app = world.service(vec![app.deadlines(deadlines)], vec![to_server]);
            // Without the cache it would be four times what the server can do.
            (world.link(app, client_of_app), 4.0 * CAPACITY)
        }
    };
    let load = Load::steady(rate).then(second(LAST - 1.0), 0.0);
    world.clients(Clients::new(link, load));
    match trigger {
        Trigger::Spike => {
            // Those who come are not in the cache.
            let link = world.link(server, client(guarded, ms(500), 2));
            let load = Load::steady(0.0).burst(second(BEGIN), ms(10_000), 2.0 * CAPACITY);
            world.clients(Clients::new(link, load));
        }
        Trigger::Slow => {
            world.at(second(BEGIN), |world| set_speed(world, 0.25));
            world.at(second(END), |world| set_speed(world, 1.0));
        }
    }
    world.run(second(LAST)).clone()
}

fn set_speed(world: &mut World, speed: f64) {
    let now = world.now();
    world.nodes[0].station.set_speed(now, speed);
}

fn stays_degraded_without_and_recovers_with(trigger: Trigger, amplifier: Amplifier) {
    let name = format!("D2 {trigger:?}, {amplifier:?} (seed {SEED})");
    let control = run(trigger, amplifier, false);
    assert!(control.success(second(5.0)..second(BEGIN)) > 0.99, "{name}: ill from the start");
    let best = (0..30).map(|after| control.success(second_after(END, after))).fold(0.0, f64::max);
    let guarded = run(trigger, amplifier, true);
    let recovery = recovery(&guarded, END);
    println!(
        "{name}: without protection at most {:.0} % of a second succeed in the 30 s after; with \
         it {:.0} % during the trigger, and well {recovery:?} s after",
        best * 100.0,
        guarded.success(second(BEGIN)..second(END)) * 100.0,
    );
    assert!(best < 0.5, "{name}: the control run recovers: {best}");
    assert!(guarded.success(second(5.0)..second(BEGIN)) > 0.99, "{name}: ill from the start");
    assert!(recovery.is_some_and(|after| after <= 5), "{name}: {recovery:?}");
}

#[test]
fn d2_a_spike_and_retries() {
    stays_degraded_without_and_recovers_with(Trigger::Spike, Amplifier::Retries);
}

#[test]
fn d2_a_slow_server_and_retries() {
    stays_degraded_without_and_recovers_with(Trigger::Slow, Amplifier::Retries);
}

#[test]
fn d2_a_spike_and_a_cold_cache() {
    stays_degraded_without_and_recovers_with(Trigger::Spike, Amplifier::ColdCache);
}

#[test]
fn d2_a_slow_server_and_a_cold_cache() {
    stays_degraded_without_and_recovers_with(Trigger::Slow, Amplifier::ColdCache);
}

#[test]
fn d2_a_spike_and_a_storm_of_connections() {
    stays_degraded_without_and_recovers_with(Trigger::Spike, Amplifier::Reconnects);
}

#[test]
fn d2_a_slow_server_and_a_storm_of_connections() {
    stays_degraded_without_and_recovers_with(Trigger::Slow, Amplifier::Reconnects);
}
