//! Who is refused.

use std::{cell::RefCell, rc::Rc, time::Duration};

use seawall_guard::{Class, Instant, Outcome, Rejection};

use super::world::{BEGIN, Bound, END, Step, settled};
use crate::sim::{
    Answer, Attempt, Caller, Clients, Deadlines, Door, Load, Node, OpenDoor, OurDoor, PlainCaller,
    Route, Spread, Station, World, models::StaticCap, ms, second,
};

const P0: Class = Class::CRITICAL;

fn class(number: u8) -> Class {
    Class::new(number).unwrap_or_default()
}

#[test]
fn a5_who_matters_most_is_answered_and_who_matters_least_is_refused_first() {
    for (bound, seed) in [(Bound::Cpu, 42), (Bound::Cpu, 43), (Bound::Io, 42), (Bound::Io, 43)] {
        for times in [2.0, 5.0] {
            let step = Step {
                seed,
                mix: vec![(0.2, P0), (0.3, class(1)), (0.5, class(3))],
                timeout: ms(1_000),
                deadlines: Deadlines::Known,
                ..Step::of(bound, times)
            };
            let (report, _) = step.run(Rc::new(OurDoor::default()));
            let [p0, p1, p3] = [P0, class(1), class(3)].map(|class| {
                let of_class = report.only(|done| done.priority.class == class);
                of_class.success(settled())
            });
            println!(
                "{bound:?}, {times} times (seed {seed}): P0 {:.2} %, P1 {:.1} %, P3 {:.1} %",
                p0 * 100.0,
                p1 * 100.0,
                p3 * 100.0,
            );
            if times == 2.0 {
                // P0 alone is 0.4 of the capacity, and with P1 all of it.
                assert!(p0 >= 0.999, "seed {seed}: {p0}");
                assert!(p1 >= 0.75, "seed {seed}: {p1}");
            } else {
                // P0 alone is all of it.
                assert!(p0 >= 0.75, "seed {seed}: {p0}");
                assert!(p1 <= 0.05, "seed {seed}: {p1}");
            }
            // It fills what room others leave at the moment.
            assert!(p3 <= 0.15, "seed {seed}: {p3}");
        }
    }
}

/// How many calls of a link succeeded while the overload was settled.
type Successes = Rc<RefCell<u32>>;

struct Counting(PlainCaller, Successes);

impl Caller for Counting {
    fn send(&mut self, now: Instant, attempt: &Attempt) -> Result<Route, Rejection> {
        self.0.send(now, attempt)
    }

    fn hear(&mut self, now: Instant, attempt: &Attempt, answer: &Answer) -> Option<Duration> {
        if answer.outcome == Outcome::Success && settled().contains(&now) {
            *self.1.borrow_mut() += 1;
        }
        self.0.hear(now, attempt, answer)
    }
}

/// Cores of the service that tasks call three times.
const CORES: f64 = 16.0;

/// Tasks of three calls to an overloaded service. Of those whose first call was answered,
/// the share that was answered whole; and those a second, of what could be.
fn tasks(leaf_door: Rc<dyn Door>, times: f64, seed: u64) -> (f64, f64) {
    let mut world = World::new(seed);
    let node = |cores, door| {
        Node::new(Station::cpu(cores), Spread::Exponential(ms(10)), door)
            .reject_work(Duration::from_micros(200))
            .deadlines(Deadlines::Known)
    };
    let leaf = world.service(vec![node(CORES, leaf_door)], vec![]);
    let successes: [Successes; 3] = Default::default();
    let links = successes.clone().map(|successes| {
        // Each call has some way to go, or it would take the place that the one before
        // has just given back.
        let caller = PlainCaller::new(ms(1_000)).follows_level();
        let to_leaf = world.link(leaf, Counting(caller, successes));
        let proxy = world.service(vec![node(400.0, Rc::new(OpenDoor))], vec![to_leaf]);
        world.link(proxy, PlainCaller::new(ms(2_000)))
    });
    // The front has enough cores and lets everybody in: with a shedder of its own it
    // would hold the leaf's load down.
    let front = node(400.0, Rc::new(OpenDoor));
    let front = world.service(vec![front], links.to_vec());
    let to_front = world.link(front, PlainCaller::new(ms(3_000)));
    let capacity = 100.0 * CORES / 3.0;
    let load =
        Load::steady(0.7 * capacity).then(second(BEGIN), times * capacity).then(second(END), 0.0);
    world.clients(Clients::new(to_front, load));
    let goodput = world.run(second(END + 5.0)).goodput(settled()) / capacity;
    let [first, _, last] = successes.map(|successes| f64::from(*successes.borrow()));
    (last / first, goodput)
}

#[test]
fn a5_a_task_that_was_admitted_once_is_admitted_at_each_call() {
    for (times, seed) in [(2.0, 42), (2.0, 43), (5.0, 42), (5.0, 43)] {
        let (finished, goodput) = tasks(Rc::new(OurDoor::default()), times, seed);
        let (at_random, goodput_at_random) = tasks(Rc::new(StaticCap::new(64)), times, seed);
        println!(
            "tasks of three calls, {times} times (seed {seed}): {:.0} % of those begun are \
             finished, goodput {:.0} %; refused at random {:.0} % and {:.0} %",
            finished * 100.0,
            goodput * 100.0,
            at_random * 100.0,
            goodput_at_random * 100.0,
        );
        assert!(finished >= 0.9, "seed {seed}: {finished}");
        assert!(goodput >= 0.85, "seed {seed}: {goodput}");
        assert!(at_random < 0.6, "refusing at random must do worse, or this shows nothing");
    }
}
