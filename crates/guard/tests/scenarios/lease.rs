//! A limit of five nodes, four fifths of the traffic at one of them, and a store that is away
//! for half a minute.

use std::{cmp::Reverse, collections::BinaryHeap, ops::Range, time::Duration};

use seawall_guard::{
    Instant,
    rate::{LeaseAllocator, LeaseGrant, LeaseRequest, LeaseSettings, LeasedRateLimit},
    rate::{RateLimit, RateLimitSettings},
    stat::Rng,
};

const SEED: u64 = 4_711;
const LIMIT: u32 = 10_000;
const NODES: usize = 5;
const STEP_NANOS: u64 = 250_000;
const SECOND_NANOS: u64 = 1_000_000_000;

/// A node with a clock of its own: it started at another time and runs a little fast or slow.
struct Node {
    limit: LeasedRateLimit,
    started: u64,
    drift_ppm: i64,
    poll_at: Instant,
    next_arrival: f64,
}

impl Node {
    fn clock(&self, time: u64) -> Instant {
        let drift = i128::from(time) * i128::from(self.drift_ppm) / 1_000_000;
        Instant::from_nanos((i128::from(self.started + time) + drift) as u64)
    }
}

/// A message on its way, by the moment it arrives.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    at: u64,
    node: usize,
    number: usize,
}

#[derive(Debug, Clone, Copy)]
enum Message {
    Ask(LeaseRequest),
    Answer(LeaseGrant),
}

struct World {
    rng: Rng,
    allocator: LeaseAllocator<usize>,
    nodes: Vec<Node>,
    messages: Vec<Message>,
    on_their_way: BinaryHeap<Reverse<Arrival>>,
    /// Seconds in which no message of these nodes gets through.
    cut_off: Vec<(usize, Range<u64>)>,
    time: u64,
}

impl World {
    fn new(cut_off: Vec<(usize, Range<u64>)>) -> Self {
        let settings = LeaseSettings { permits: LIMIT, ..Default::default() };
        let node = |(started, drift_ppm): (u64, i64)| {
            let started = started * SECOND_NANOS;
            let now = Instant::from_nanos(started);
            let limit = LeasedRateLimit::new(&settings, now).unwrap();
            Node { limit, started, drift_ppm, poll_at: now, next_arrival: 0.0 }
        };
        let clocks = [(3, 100), (90_000, -100), (1, 0), (777, 200), (50, -200)];
        Self {
            rng: Rng::seeded(SEED),
            allocator: LeaseAllocator::new(&settings, Instant::START).unwrap(),
            nodes: clocks.map(node).into(),
            messages: Vec::new(),
            on_their_way: BinaryHeap::new(),
            cut_off,
            time: 0,
        }
    }

    /// Lets a second go by with so many requests at each node; how many passed at each.
    fn second(&mut self, demands: [f64; NODES]) -> [u64; NODES] {
        let mut passed = [0; NODES];
        let end = self.time + SECOND_NANOS;
        while self.time < end {
            self.deliver();
            for node in 0..NODES {
                self.poll(node);
                passed[node] += self.requests(node, demands[node]);
            }
            self.time += STEP_NANOS;
        }
        passed
    }

    fn requests(&mut self, node: usize, demand: f64) -> u64 {
        let until = (self.time + STEP_NANOS) as f64;
        let Some(node) = self.nodes.get_mut(node) else { return 0 };
        node.next_arrival = node.next_arrival.max(self.time as f64);
        let mut passed = 0;
        while node.next_arrival < until {
            let now = node.clock(node.next_arrival as u64);
            passed += u64::from(node.limit.try_acquire(now).is_ok());
            let unit = 1.0 - self.rng.next_f64();
            node.next_arrival += -unit.ln() / demand * SECOND_NANOS as f64;
        }
        passed
    }

    fn poll(&mut self, number: usize) {
        let node = &mut self.nodes[number];
        let now = node.clock(self.time);
        if now < node.poll_at {
            return;
        }
        let effects = node.limit.poll(now);
        node.poll_at = effects.poll_at;
        if let Some(request) = effects.ask {
            self.send(number, Message::Ask(request));
        }
    }

    /// Sends a message, which takes half a millisecond to three, or is lost.
    fn send(&mut self, node: usize, message: Message) {
        let second = self.time / SECOND_NANOS;
        if self.cut_off.iter().any(|(other, away)| *other == node && away.contains(&second)) {
            return;
        }
        let at = self.time + 500_000 + self.rng.below(2_500_000);
        self.messages.push(message);
        self.on_their_way.push(Reverse(Arrival { at, node, number: self.messages.len() - 1 }));
    }

    fn deliver(&mut self) {
        while let Some(Reverse(next)) = self.on_their_way.peek()
            && next.at <= self.time
        {
            let Some(Reverse(Arrival { node, number, .. })) = self.on_their_way.pop() else {
                break;
            };
            match self.messages[number] {
                Message::Ask(request) => {
                    let now = Instant::from_nanos(self.time);
                    let grant = self.allocator.handle(now, &node, request);
                    self.send(node, Message::Answer(grant));
                }
                Message::Answer(grant) => {
                    let node = &mut self.nodes[node];
                    let now = node.clock(self.time);
                    node.poll_at = node.limit.granted(now, grant).poll_at;
                }
            }
        }
    }
}

/// 20,000 requests a second, four fifths at one node.
const SKEWED: [f64; NODES] = [16_000.0, 1_000.0, 1_000.0, 1_000.0, 1_000.0];

/// What passed in each of some seconds, of all nodes together.
fn sums(world: &mut World, seconds: usize, demands: [f64; NODES]) -> Vec<u64> {
    (0..seconds).map(|_| world.second(demands).iter().sum()).collect()
}

fn assert_within(sums: &[u64], share: f64, what: &str) {
    let limit = f64::from(LIMIT);
    let worst = sums.iter().map(|&sum| (sum as f64 - limit) / limit);
    let worst =
        worst.fold(0.0, |one: f64, other| if other.abs() > one.abs() { other } else { one });
    println!("seed={SEED} {what}: worst second {:+.1} %", worst * 100.0);
    assert!(worst.abs() <= share, "seed={SEED} {what}: {sums:?}");
}

fn assert_no_more_than(sums: &[u64], share: f64, what: &str) {
    let most = sums.iter().max().copied().unwrap_or(0);
    let least = sums.iter().min().copied().unwrap_or(0);
    println!("seed={SEED} {what}: {least} to {most} a second");
    assert!(most as f64 <= f64::from(LIMIT) * (1.0 + share), "seed={SEED} {what}: {sums:?}");
}

/// E1: within 3 % while the store is there, at most 10 % above while it is away.
#[test]
fn five_nodes_keep_to_one_limit_and_go_on_with_their_shares_while_the_store_is_away() {
    let mut world = World::new((0..NODES).map(|node| (node, 20..50)).collect());
    sums(&mut world, 5, SKEWED);
    assert_within(&sums(&mut world, 15, SKEWED), 0.03, "steady");
    assert_no_more_than(&sums(&mut world, 30, SKEWED), 0.1, "store away");
    sums(&mut world, 2, SKEWED);
    assert_within(&sums(&mut world, 8, SKEWED), 0.03, "store back");
}

#[test]
fn nodes_that_are_cut_off_keep_what_the_others_leave_them() {
    for (what, cut_off) in [("the busy node", 0..1), ("the four others", 1..5)] {
        let mut world = World::new(cut_off.map(|node| (node, 10..40)).collect());
        sums(&mut world, 5, SKEWED);
        assert_within(&sums(&mut world, 5, SKEWED), 0.03, "steady");
        let away = sums(&mut world, 30, SKEWED);
        assert_no_more_than(&away, 0.1, &format!("without {what}"));
        sums(&mut world, 2, SKEWED);
        assert_within(&sums(&mut world, 5, SKEWED), 0.03, "back");
    }
}

#[test]
fn shares_go_where_the_requests_go() {
    let mut world = World::new(Vec::new());
    sums(&mut world, 5, SKEWED);
    let moved = [1_000.0, 1_000.0, 16_000.0, 1_000.0, 1_000.0];
    let change = sums(&mut world, 5, moved);
    assert_no_more_than(&change, 0.03, "moving");
    let settled = world.second(moved);
    assert!((7_600..=8_300).contains(&settled[2]), "seed={SEED} {settled:?}");
    assert_within(&sums(&mut world, 5, moved), 0.03, "moved");
    // A little more than there is, and a little less.
    let scaled = |factor: f64| moved.map(|demand| demand * factor);
    sums(&mut world, 5, scaled(0.55));
    assert_within(&sums(&mut world, 5, scaled(0.55)), 0.03, "11,000 asked for");
    sums(&mut world, 5, scaled(0.45));
    let little = sums(&mut world, 5, scaled(0.45));
    println!("seed={SEED} 9,000 asked for: {little:?}");
    assert!(little.iter().all(|&sum| sum >= 8_700), "seed={SEED} {little:?}");
}

/// What go-zero's `TokenLimiter` does without its Redis: a bucket of the full rate in each
/// node.
#[test]
fn gozero_token_limiter_full_rate_per_node_on_redis_error_is_not_ours() {
    let settings = RateLimitSettings { permits: LIMIT, burst: LIMIT, ..Default::default() };
    let rescue: Vec<_> = (0..NODES).map(|_| RateLimit::new(&settings).unwrap()).collect();
    let mut passed = 0;
    for (limit, demand) in rescue.iter().zip(SKEWED) {
        for request in 0..(demand * 10.0) as u32 {
            let now = Instant::START + Duration::from_secs(10) * request / (demand * 10.0) as u32;
            passed += u64::from(limit.try_acquire(now).is_ok());
        }
    }
    let theirs = passed / 10;
    let mut world = World::new((0..NODES).map(|node| (node, 5..15)).collect());
    sums(&mut world, 5, SKEWED);
    let ours = sums(&mut world, 10, SKEWED).iter().sum::<u64>() / 10;
    println!("seed={SEED} store away: go-zero's {theirs} a second, ours {ours}");
    assert!(theirs > 14_000 && ours < 11_000, "seed={SEED} {theirs} {ours}");
}
