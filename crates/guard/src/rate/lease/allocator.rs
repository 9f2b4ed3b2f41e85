//! Who gets how much.

use std::{collections::BTreeMap, time::Duration};

use super::{LeaseGrant, LeaseRequest, LeaseSettings, share::Share};
use crate::{settings::InvalidSetting, time::Instant};

/// This share of the limit is kept for nodes that come when all of the rest is given out.
const KEPT: f64 = 0.01;
/// All nodes get this share of the limit together whatever is asked for at them, so that
/// one where nothing was asked for can begin at once.
const FLOOR: f64 = 0.01;
/// A share that changed by less than this is settled and holds for longer.
const SETTLED: f64 = 0.1;

/// Divides a limit among nodes: the store's side, plain data and one function of the time.
///
/// While less is asked for than there is, a node gets what is asked for at it and an equal
/// part of the rest; otherwise a part of the limit in proportion, so that a request has the
/// same chance at every node.
///
/// The sum of what nodes may be letting pass is never more than the limit, nor is that of
/// what they come to by themselves: what a node has
/// to give up counts as its own until it says that it goes by its smaller share, or its term
/// is over; and a node that is not heard of counts with what it does by itself until it is
/// forgotten. For its first [`longest_term`](LeaseSettings::longest_term) an allocator gives
/// no more than what nodes say they have, because it may follow one whose grants still hold.
#[derive(Debug, Clone)]
pub struct LeaseAllocator<N> {
    settings: LeaseSettings,
    holders: BTreeMap<N, Holder>,
    /// Until when it may be that a predecessor's grants hold.
    learns_until: Instant,
}

/// A node. It goes by what it held when it asked last, or by what it was granted then, if the
/// answer arrived: it asks for one thing at a time and believes no other answer.
#[derive(Debug, Clone)]
struct Holder {
    demand: f64,
    held: Grant,
    granted: Grant,
    term: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Grant {
    sequence: u64,
    share: Share,
}

impl Holder {
    /// The most that it can be letting pass.
    fn most(&self, now: Instant, settings: &LeaseSettings) -> f64 {
        self.held.share.most(now, settings).max(self.granted.share.most(now, settings))
    }

    /// The most that it can be letting pass from now to the end of a term that begins now.
    fn most_in_a_term(&self, now: Instant, settings: &LeaseSettings) -> f64 {
        self.most(now, settings).max(self.most(now + settings.longest_term, settings))
    }

    /// The most that it can be coming to by itself.
    fn most_fair(&self) -> f64 {
        self.held.share.fair.max(self.granted.share.fair)
    }

    fn until(&self) -> Instant {
        self.held.share.until.max(self.granted.share.until)
    }
}

impl<N: Ord + Clone> LeaseAllocator<N> {
    /// One that knows no node yet.
    ///
    /// # Errors
    /// See [`LeaseSettings::validate`].
    pub fn new(settings: &LeaseSettings, now: Instant) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let learns_until = now + settings.longest_term;
        Ok(Self { settings: settings.clone(), holders: BTreeMap::new(), learns_until })
    }

    /// Answers the request of a node. One that is older than another of the same node
    /// changes nothing, but for the first of a node that was started again.
    pub fn handle(&mut self, now: Instant, node: &N, request: LeaseRequest) -> LeaseGrant {
        self.forget(now);
        let sequence = request.sequence;
        let none = LeaseGrant { sequence, rate: 0.0, fair: 0.0, term: Duration::ZERO };
        match self.holders.get(node) {
            Some(holder) if sequence <= holder.granted.sequence && sequence != 1 => return none,
            None if self.holders.len() >= self.settings.max_nodes as usize => {
                return LeaseGrant { term: self.settings.longest_term, ..none };
            }
            _ => {}
        }
        self.hear(now, node, request);
        let (wanted, wanted_fair) = self.target(now, node, request);
        let (free, free_fair) = self.free(now, node);
        let (rate, fair) = (wanted.min(free).max(0.0), wanted_fair.min(free_fair).max(0.0));
        let term = self.term(node, rate, wanted);
        if let Some(holder) = self.holders.get_mut(node) {
            let share = Share { rate, fair, from: now, until: now + term };
            holder.granted = Grant { sequence, share };
            holder.term = term;
        }
        LeaseGrant { sequence, rate, fair, term }
    }

    /// A node goes away and lets nothing pass any more.
    pub fn release(&mut self, node: &N) {
        self.holders.remove(node);
    }

    /// The most that all nodes together may be letting pass, in permits a second.
    pub fn outstanding(&self, now: Instant) -> f64 {
        self.holders.values().map(|holder| holder.most(now, &self.settings)).sum()
    }

    /// How many nodes have a share.
    pub fn nodes(&self) -> usize {
        self.holders.len()
    }

    /// Other settings from now on; what was granted holds for its term.
    ///
    /// # Errors
    /// See [`LeaseSettings::validate`]; the old settings stay.
    pub fn reconfigure(&mut self, settings: &LeaseSettings) -> Result<(), InvalidSetting> {
        settings.validate()?;
        self.settings = settings.clone();
        Ok(())
    }

    fn forget(&mut self, now: Instant) {
        let forget = self.settings.forget;
        self.holders.retain(|_, holder| now < holder.until() + forget);
    }

    /// Takes down what a node says of itself.
    fn hear(&mut self, now: Instant, node: &N, request: LeaseRequest) {
        let (rate, fair) = (request.rate.max(0.0), request.fair.max(0.0));
        let share = Share { rate, fair, from: now, until: now };
        let says = Grant { sequence: request.holds, share };
        let term = self.settings.shortest_term;
        let demand = request.demand.max(0.0);
        let new = Holder { demand, held: says, granted: says, term };
        let holder = self.holders.entry(node.clone()).or_insert(new);
        holder.demand = demand;
        // What it was granted is known better than what it says it has left of that.
        holder.held = if request.holds == 0 {
            says
        } else if request.holds == holder.granted.sequence {
            holder.granted
        } else if request.holds == holder.held.sequence {
            holder.held
        } else {
            says
        };
    }

    /// What a node should have, and come to by itself.
    fn target(&self, now: Instant, node: &N, request: LeaseRequest) -> (f64, f64) {
        if now < self.learns_until {
            return (request.rate, request.fair);
        }
        let total = self.settings.total();
        let fair = total / self.holders.len().max(1) as f64;
        let mut rest = total * (1.0 - KEPT);
        let (mut demand, mut nodes) = (0.0, 0.0);
        for (name, holder) in &self.holders {
            if name == node || now < holder.until() {
                demand += holder.demand;
                nodes += 1.0;
            } else {
                rest -= holder.most_in_a_term(now, &self.settings);
            }
        }
        let rest = rest.max(0.0);
        let asked = request.demand.max(0.0);
        let rate = if demand <= rest {
            asked + (rest - demand) / nodes
        } else {
            (rest * asked / demand).max(total * FLOOR / nodes)
        };
        (rate, fair)
    }

    /// What no other node can be letting pass, or be coming to by itself.
    fn free(&self, now: Instant, node: &N) -> (f64, f64) {
        let total = self.settings.total();
        let others = self.holders.iter().filter(|(name, _)| *name != node);
        others.fold((total, total), |(free, free_fair), (_, holder)| {
            let most = holder.most_in_a_term(now, &self.settings);
            (free - most, free_fair - holder.most_fair())
        })
    }

    /// A share that is where it should be holds twice as long as the one before it.
    fn term(&self, node: &N, rate: f64, wanted: f64) -> Duration {
        let (shortest, longest) = (self.settings.shortest_term, self.settings.longest_term);
        let Some(holder) = self.holders.get(node) else { return shortest };
        let near = |one: f64, other: f64| (one - other).abs() <= SETTLED * one.max(other);
        let last = holder.granted;
        if last.sequence != 0 && near(rate, wanted) && near(rate, last.share.rate) {
            (holder.term * 2).clamp(shortest, longest)
        } else {
            shortest
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settings() -> LeaseSettings {
        LeaseSettings { permits: 10_000, ..Default::default() }
    }

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    /// Nodes that ask and hear the answer at once.
    struct Nodes {
        allocator: LeaseAllocator<u8>,
        sequences: BTreeMap<u8, u64>,
        held: BTreeMap<u8, LeaseGrant>,
    }

    impl Nodes {
        fn new() -> Self {
            let allocator = LeaseAllocator::new(&settings(), at(0)).unwrap();
            Self { allocator, sequences: BTreeMap::new(), held: BTreeMap::new() }
        }

        fn ask(&mut self, now: Instant, node: u8, demand: f64) -> LeaseGrant {
            let grant = self.ask_and_not_hear(now, node, demand);
            self.held.insert(node, grant);
            grant
        }

        fn ask_and_not_hear(&mut self, now: Instant, node: u8, demand: f64) -> LeaseGrant {
            let sequence = self.sequences.entry(node).or_insert(0);
            *sequence += 1;
            let held = self.held.get(&node).copied();
            let (rate, fair) = held.map_or((0.0, 0.0), |grant| (grant.rate, grant.fair));
            let holds = held.map_or(0, |grant| grant.sequence);
            let request = LeaseRequest { sequence: *sequence, holds, rate, fair, demand };
            self.allocator.handle(now, &node, request)
        }

        /// All ask every 50 ms until `until`.
        fn settle(&mut self, from: u64, until: u64, demands: &[f64]) {
            for now in (from..until).step_by(50) {
                for (node, demand) in demands.iter().enumerate() {
                    self.ask(at(now), node as u8, *demand);
                }
            }
        }

        fn rates(&self) -> Vec<f64> {
            self.held.values().map(|grant| grant.rate.round()).collect()
        }
    }

    #[test]
    fn shares_follow_what_is_asked_for() {
        let mut nodes = Nodes::new();
        nodes.settle(2_000, 4_000, &[16_000.0, 1_000.0, 1_000.0, 1_000.0, 1_000.0]);
        assert_eq!(nodes.rates(), [7_920.0, 495.0, 495.0, 495.0, 495.0]);
        nodes.settle(4_000, 8_000, &[1_000.0, 16_000.0, 1_000.0, 1_000.0, 1_000.0]);
        assert_eq!(nodes.rates(), [495.0, 7_920.0, 495.0, 495.0, 495.0]);
        nodes.settle(8_000, 12_000, &[1_000.0, 2_000.0, 500.0, 0.0, 0.0]);
        assert_eq!(nodes.rates(), [2_280.0, 3_280.0, 1_780.0, 1_280.0, 1_280.0]);
    }

    #[test]
    fn terms_grow_while_shares_stay_and_shrink_when_they_change() {
        let mut nodes = Nodes::new();
        let millis = |grant: LeaseGrant| grant.term.as_millis();
        assert_eq!(millis(nodes.ask(at(2_000), 0, 20_000.0)), 100);
        let terms = [2_050, 2_100, 2_150, 2_200].map(|now| millis(nodes.ask(at(now), 0, 20_000.0)));
        assert_eq!(terms, [200, 400, 800, 1_000]);
        // Another one comes: what there is for it is little, and it asks again soon.
        let first = nodes.ask(at(2_300), 1, 20_000.0);
        assert_eq!((first.rate.round(), millis(first)), (100.0, 100));
        assert_eq!(millis(nodes.ask(at(2_350), 0, 20_000.0)), 100);
    }

    /// What a node has to give up goes to others only when it said that it has given it up.
    #[test]
    fn a_share_that_shrinks_counts_until_its_node_goes_by_the_smaller_one() {
        let mut nodes = Nodes::new();
        nodes.ask(at(2_000), 0, 20_000.0);
        nodes.ask(at(2_010), 0, 20_000.0);
        nodes.ask(at(2_020), 1, 20_000.0);
        let smaller = nodes.ask(at(2_030), 0, 20_000.0).rate;
        assert!(smaller < 5_000.0);
        assert_eq!(nodes.ask(at(2_040), 1, 20_000.0).rate.round(), 100.0);
        nodes.ask(at(2_050), 0, 20_000.0);
        assert_eq!(nodes.ask(at(2_060), 1, 20_000.0).rate.round(), 4_950.0);
    }

    #[test]
    fn a_node_that_is_not_heard_of_keeps_what_it_does_by_itself_until_it_is_forgotten() {
        let mut nodes = Nodes::new();
        nodes.settle(2_000, 4_000, &[20_000.0, 20_000.0]);
        let alone = |nodes: &mut Nodes, now: u64| {
            (0..3).map(|step| nodes.ask(at(now + step * 10), 0, 20_000.0).rate).last().unwrap()
        };
        assert!((alone(&mut nodes, 30_000) - 4_950.0).abs() < 60.0);
        assert!((alone(&mut nodes, 60_000) - 4_900.0).abs() < 60.0);
        assert_eq!(alone(&mut nodes, 66_000).round(), 9_900.0);
        assert_eq!(nodes.allocator.nodes(), 1);
        nodes.allocator.release(&0);
        assert_eq!(nodes.allocator.outstanding(at(66_000)), 0.0);
    }

    #[test]
    fn one_that_follows_another_gives_no_more_than_nodes_have_at_first() {
        let mut nodes = Nodes::new();
        nodes.settle(2_000, 4_000, &[16_000.0, 4_000.0]);
        nodes.allocator = LeaseAllocator::new(&settings(), at(5_000)).unwrap();
        nodes.settle(5_000, 5_900, &[4_000.0, 16_000.0]);
        assert_eq!(nodes.rates(), [7_920.0, 1_980.0]);
        nodes.settle(6_000, 8_000, &[4_000.0, 16_000.0]);
        assert_eq!(nodes.rates(), [1_980.0, 7_920.0]);
    }

    #[test]
    fn more_nodes_than_there_may_be_get_nothing() {
        let settings = LeaseSettings { max_nodes: 1, ..settings() };
        let mut allocator = LeaseAllocator::new(&settings, at(0)).unwrap();
        let request = LeaseRequest { sequence: 1, holds: 0, rate: 0.0, fair: 0.0, demand: 10.0 };
        assert!(allocator.handle(at(2_000), &1, request).rate > 0.0);
        assert_eq!(allocator.handle(at(2_000), &2, request).rate, 0.0);
        let bad = LeaseSettings { nodes: 0, ..settings };
        assert_eq!(allocator.reconfigure(&bad).unwrap_err().field, "nodes");
    }

    #[test]
    fn requests_that_come_late_change_nothing() {
        let mut nodes = Nodes::new();
        nodes.settle(2_000, 4_000, &[20_000.0]);
        let old = LeaseRequest { sequence: 3, holds: 2, rate: 0.0, fair: 0.0, demand: 0.0 };
        let answer = nodes.allocator.handle(at(4_000), &0, old);
        assert_eq!((answer.rate, answer.term), (0.0, Duration::ZERO));
        assert_eq!(nodes.allocator.outstanding(at(4_000)).round(), 9_900.0);
        // A node that was started again begins anew.
        let first = LeaseRequest { sequence: 1, holds: 0, rate: 0.0, fair: 0.0, demand: 500.0 };
        assert!(nodes.allocator.handle(at(4_000), &0, first).rate > 9_000.0);
    }

    proptest! {
        /// Whatever is asked for, whichever answers are lost and whoever is not heard of any
        /// more: what nodes may let pass is never more than the limit.
        #[test]
        fn no_more_is_given_out_than_there_is(
            asks in prop::collection::vec(
                (0_u64..400, 0_u8..5, 0.0..30_000.0, prop::bool::weighted(0.2)),
                1..300,
            ),
            silence in prop::collection::vec((0_u8..5, 0_u64..30_000), 0..3),
        ) {
            let mut nodes = Nodes::new();
            let mut now = 2_000;
            for (step, node, demand, is_lost) in asks {
                now += step;
                if silence.iter().any(|&(silent, from)| silent == node && now > 2_000 + from) {
                    continue;
                }
                if is_lost {
                    nodes.ask_and_not_hear(at(now), node, demand);
                } else {
                    nodes.ask(at(now), node, demand);
                }
                for later in [now, now + 300] {
                    let outstanding = nodes.allocator.outstanding(at(later));
                    prop_assert!(outstanding <= 10_000.0 + 1e-6, "{outstanding} at {later}");
                }
            }
        }
    }
}
