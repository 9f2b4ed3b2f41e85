//! D1: three layers that each make up to three attempts, and a leaf that fails everything
//! for twenty seconds. Without more ado one call becomes 27.

use std::{ops::Range, rc::Rc};

use seawall_guard::Instant;

use super::{
    caller::{Ignores, RetryCaller},
    recovery,
};
use crate::sim::{
    Caller, Clients, Deadlines, Load, Node, OpenDoor, PlainCaller, Spread, Station, World, ms,
    second,
};

const SEED: u64 = 11;
const FAILS: f64 = 20.0;
const WELL: f64 = 40.0;
const LAST: f64 = 80.0;
const RATE: f64 = 300.0;

/// What the storm came to.
struct Storm {
    /// Requests at the leaf for each call of a client while it failed.
    amplification: f64,
    /// The most of them in any second.
    worst: f64,
    recovery: Option<u32>,
}

fn storm<C: Caller + 'static>(deadlines: Deadlines, caller: impl Fn() -> C) -> Storm {
    let mut world = World::new(SEED);
    let node = || {
        Node::new(Station::io(100_000), Spread::Exponential(ms(10)), Rc::new(OpenDoor))
            .deadlines(deadlines)
    };
    let leaf = world.service(vec![node()], vec![]);
    let to_leaf = world.link(leaf, caller());
    let middle = world.service(vec![node()], vec![to_leaf]);
    let to_middle = world.link(middle, caller());
    let front = world.service(vec![node()], vec![to_middle]);
    let to_front = world.link(front, caller());
    world.clients(Clients::new(to_front, Load::steady(RATE).then(second(LAST), 0.0)));
    world.at(second(FAILS), |world| world.nodes[0].failing = 1.0);
    world.at(second(WELL), |world| world.nodes[0].failing = 0.0);
    let report = world.run(second(LAST + 5.0)).clone();
    let came =
        |time: Range<Instant>| world.nodes[0].came(time.clone()) as f64 / report.calls(time) as f64;
    let seconds = (FAILS as u32..WELL as u32).map(f64::from);
    Storm {
        amplification: came(second(FAILS)..second(WELL)),
        worst: seconds.map(|from| came(second(from)..second(from + 1.0))).fold(0.0, f64::max),
        recovery: recovery(&report, WELL),
    }
}

fn with_policy(ignores: Ignores) -> Storm {
    storm(Deadlines::Enforced, || {
        let mut caller = RetryCaller::new(ms(1_000));
        caller.ignores = ignores;
        caller
    })
}

/// Three attempts after a wait, and nobody knows of the others: `fx.DoWithRetry` of
/// go-zero (`core/fx/retry.go`), backon and tokio-retry.
#[test]
fn d1_gozero_fx_retry_backon_and_tokio_retry_make_27_requests_of_one() {
    let control = storm(Deadlines::Unknown, || PlainCaller::new(ms(60_000)).retries(2, ms(50)));
    println!(
        "D1 without budgets: {:.1} requests for one, {:.1} in the worst second",
        control.amplification, control.worst
    );
    // It takes a second until all layers are at their third attempts.
    assert!(control.amplification > 25.0, "seed {SEED}: {}", control.amplification);
    assert!(control.worst > 27.0, "seed {SEED}: {}", control.worst);
}

#[test]
fn d1_a_retry_storm_adds_no_more_than_a_fifth() {
    let storm = with_policy(Ignores::default());
    println!(
        "D1 with budgets: {:.2} requests for one, {:.2} in the worst second, well after {:?} s",
        storm.amplification, storm.worst, storm.recovery
    );
    assert!(storm.amplification <= 1.2, "seed {SEED}: {}", storm.amplification);
    // The retries that ten good seconds have earned are made in the first bad one.
    assert!(storm.worst <= 2.5, "seed {SEED}: {}", storm.worst);
    assert!(storm.recovery.is_some_and(|after| after <= 3), "seed {SEED}: {:?}", storm.recovery);
}

/// A budget at each layer is not enough: the marks on requests and answers, which make
/// one layer retry, are what holds it at the budget of one.
#[test]
fn d1_budgets_alone_multiply_from_layer_to_layer() {
    let alone = with_policy(Ignores { attempts: true, pushback: true });
    let with_attempts = with_policy(Ignores { attempts: false, pushback: true });
    println!(
        "D1 with budgets only: {:.2} requests for one; with attempts on requests: {:.2}",
        alone.amplification, with_attempts.amplification
    );
    assert!(with_attempts.amplification > 1.2, "seed {SEED}: {}", with_attempts.amplification);
    assert!(with_attempts.amplification < alone.amplification);
}
