//! Clients with balancers of their own, and servers that go wrong, in virtual time.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use super::plain::PlainPeakEwma;
use seawall_guard::{
    Instant, Outcome,
    balance::{BalanceSettings, Balancer, Member, Pick, Tier, Zone},
    stat::Rng,
};

/// How a server behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Well,
    /// So many times as slow.
    Slow(f64),
    /// This share of requests fails, after a millisecond.
    Fails(f64),
    /// Takes every request and answers none.
    BlackHole,
    /// Refuses every connection at once.
    Refuses,
    /// Answers this share of requests with an overload, after a millisecond.
    Overloaded(f64),
}

pub(crate) struct Server {
    pub(crate) mode: Mode,
    pub(crate) zone: u32,
    /// The mean service time, and whether each takes exactly that.
    pub(crate) service: Duration,
    pub(crate) fixed: bool,
    /// When each of its workers is free; none: as many as there are requests.
    workers: Vec<Instant>,
    /// Counts its deaths: what was under way before one is lost.
    epoch: u64,
}

pub(crate) struct Client {
    chooser: Chooser,
    rate: f64,
}

/// What chooses a client's endpoints.
enum Chooser {
    Ours(Box<Balancer<usize>>),
    Plain(PlainPeakEwma),
}

/// A request's hold on its endpoint.
enum Hold {
    Ours(Pick<usize>),
    Plain { server: usize, sent: Instant },
}

/// One attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) sent: Instant,
    pub(crate) client: usize,
    pub(crate) server: usize,
    pub(crate) probe: bool,
    pub(crate) served: bool,
}

struct Flight {
    hold: Hold,
    epoch: u64,
    sample: Sample,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrive(usize),
    Answer(usize, u8),
    GiveUp(usize),
}

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) now: Instant,
    pub(crate) timeout: Duration,
    pub(crate) servers: Vec<Server>,
    pub(crate) clients: Vec<Client>,
    pub(crate) samples: Vec<Sample>,
    rng: Rng,
    agenda: BinaryHeap<Reverse<(Instant, u64, Event)>>,
    entered: u64,
    flights: Vec<Option<Flight>>,
    free: Vec<usize>,
}

const OUTCOMES: [Outcome; 3] = [Outcome::Success, Outcome::Failure, Outcome::Overload];

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            now: Instant::START,
            timeout: Duration::from_secs(1),
            servers: Vec::new(),
            clients: Vec::new(),
            samples: Vec::new(),
            rng: Rng::seeded(seed),
            agenda: BinaryHeap::new(),
            entered: 0,
            flights: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Adds servers of 10 ms in a zone.
    pub(crate) fn servers(mut self, count: usize, zone: u32) -> Self {
        for _ in 0..count {
            self.servers.push(Server {
                mode: Mode::Well,
                zone,
                service: Duration::from_millis(10),
                fixed: false,
                workers: Vec::new(),
                epoch: 0,
            });
        }
        self
    }

    /// Every server works at so many requests at a time; others wait in line.
    pub(crate) fn workers(mut self, workers: usize) -> Self {
        for server in &mut self.servers {
            server.workers = vec![Instant::START; workers];
        }
        self
    }

    /// Every server takes exactly its service time.
    pub(crate) fn fixed(mut self) -> Self {
        for server in &mut self.servers {
            server.fixed = true;
        }
        self
    }

    /// Adds a client of so many requests a second, for which all zones are as near.
    pub(crate) fn client(self, rate: f64, settings: BalanceSettings) -> Self {
        self.client_with(rate, settings, |_| Tier(0))
    }

    /// Adds a client in a zone: that one is near, the others are far.
    pub(crate) fn client_in(self, zone: u32, rate: f64, settings: BalanceSettings) -> Self {
        self.client_with(rate, settings, |other| Tier(u8::from(other != zone)))
    }

    fn client_with(self, rate: f64, settings: BalanceSettings, tier: impl Fn(u32) -> Tier) -> Self {
        let balancer = Balancer::new(settings, self.rng.next_u64(), self.now).unwrap();
        let member = |(number, server): (usize, &Server)| {
            Member::new(number).zone(Zone(server.zone)).tier(tier(server.zone))
        };
        balancer.replace(self.now, self.servers.iter().enumerate().map(member));
        self.enlist(rate, Chooser::Ours(Box::new(balancer)))
    }

    /// Adds a client that chooses as Finagle and Linkerd did before failures cost.
    pub(crate) fn plain_client(self, rate: f64) -> Self {
        let plain = PlainPeakEwma::new(self.servers.len(), self.rng.next_u64());
        self.enlist(rate, Chooser::Plain(plain))
    }

    fn enlist(mut self, rate: f64, chooser: Chooser) -> Self {
        self.clients.push(Client { chooser, rate });
        self.arrive_next(self.clients.len() - 1);
        self
    }

    /// A client's balancer.
    pub(crate) fn balancer(&self, client: usize) -> &Balancer<usize> {
        match &self.clients[client].chooser {
            Chooser::Ours(balancer) => balancer,
            Chooser::Plain(_) => panic!("client {client} has no balancer of ours"),
        }
    }

    /// Changes how some servers behave from now on.
    pub(crate) fn set(&mut self, servers: impl IntoIterator<Item = usize>, mode: Mode) {
        for server in servers {
            let server = &mut self.servers[server];
            server.mode = mode;
            if matches!(mode, Mode::BlackHole | Mode::Refuses) {
                server.epoch += 1;
                server.workers.fill(self.now);
            }
        }
    }

    /// The servers of a zone.
    pub(crate) fn of_zone(&self, zone: u32) -> Vec<usize> {
        (0..self.servers.len()).filter(|&server| self.servers[server].zone == zone).collect()
    }

    /// Goes on for so many seconds.
    pub(crate) fn run(&mut self, seconds: f64) {
        let until = self.now + Duration::from_secs_f64(seconds);
        while self.agenda.peek().is_some_and(|Reverse((at, ..))| *at <= until) {
            let Some(Reverse((at, _, event))) = self.agenda.pop() else { break };
            self.now = at;
            match event {
                Event::Arrive(client) => {
                    self.send(client);
                    self.arrive_next(client);
                }
                Event::Answer(flight, outcome) => self.answer(flight, outcome),
                Event::GiveUp(flight) => self.finish(flight, Outcome::Timeout),
            }
        }
        self.now = until;
    }

    fn arrive_next(&mut self, client: usize) {
        let gap = exponential(&self.rng) / self.clients[client].rate;
        self.enter(self.now + Duration::from_secs_f64(gap), Event::Arrive(client));
    }

    fn enter(&mut self, at: Instant, event: Event) {
        self.entered += 1;
        self.agenda.push(Reverse((at, self.entered, event)));
    }

    fn send(&mut self, client: usize) {
        let (hold, server, probe) = match &mut self.clients[client].chooser {
            Chooser::Ours(balancer) => {
                let pick = balancer.pick(self.now).expect("there are endpoints");
                let (server, probe) = (*pick.endpoint(), pick.is_probe());
                (Hold::Ours(pick), server, probe)
            }
            Chooser::Plain(plain) => {
                let server = plain.choose(self.now);
                (Hold::Plain { server, sent: self.now }, server, false)
            }
        };
        let epoch = self.servers[server].epoch;
        let sample = Sample { sent: self.now, client, server, probe, served: false };
        let flight = self.free.pop().unwrap_or_else(|| {
            self.flights.push(None);
            self.flights.len() - 1
        });
        self.flights[flight] = Some(Flight { hold, epoch, sample });
        let patience = self.now + self.timeout;
        match self.serve(server) {
            Some((end, outcome)) if end < patience => {
                self.enter(end, Event::Answer(flight, outcome))
            }
            _ => self.enter(patience, Event::GiveUp(flight)),
        }
    }

    /// When a server answers a request that comes now, and how.
    fn serve(&mut self, server: usize) -> Option<(Instant, u8)> {
        let draw = self.rng.next_f64();
        let server = &mut self.servers[server];
        let soon = self.now + Duration::from_millis(1);
        let slower = match server.mode {
            Mode::BlackHole => return None,
            Mode::Refuses => return Some((self.now + Duration::from_micros(200), 1)),
            Mode::Fails(share) if draw < share => return Some((soon, 1)),
            Mode::Overloaded(share) if draw < share => return Some((soon, 2)),
            Mode::Slow(factor) => factor,
            Mode::Well | Mode::Fails(_) | Mode::Overloaded(_) => 1.0,
        };
        let size = if server.fixed { 1.0 } else { exponential(&self.rng) };
        let work = server.service.mul_f64(size * slower);
        let Some(worker) = server.workers.iter_mut().min() else {
            return Some((self.now + work, 0));
        };
        *worker = (*worker).max(self.now) + work;
        Some((*worker, 0))
    }

    fn answer(&mut self, flight: usize, outcome: u8) {
        let Some(Flight { sample, epoch, .. }) = &self.flights[flight] else { return };
        let server = &self.servers[sample.server];
        if server.epoch == *epoch {
            self.finish(flight, OUTCOMES[usize::from(outcome)]);
        } else if server.mode == Mode::Refuses {
            self.finish(flight, Outcome::Failure);
        } else {
            self.enter(sample.sent + self.timeout, Event::GiveUp(flight));
        }
    }

    fn finish(&mut self, flight: usize, outcome: Outcome) {
        let Some(Flight { hold, mut sample, .. }) = self.flights[flight].take() else { return };
        match (hold, &mut self.clients[sample.client].chooser) {
            (Hold::Ours(pick), _) => pick.finish(self.now, outcome),
            (Hold::Plain { server, sent }, Chooser::Plain(plain)) => {
                plain.finish(self.now, server, sent)
            }
            (Hold::Plain { .. }, Chooser::Ours(_)) => {}
        }
        sample.served = outcome == Outcome::Success;
        self.samples.push(sample);
        self.free.push(flight);
    }

    /// The attempts that were sent between two seconds.
    pub(crate) fn between(&self, from: f64, to: f64) -> Vec<Sample> {
        let at = |seconds| Instant::START + Duration::from_secs_f64(seconds);
        let within = |sample: &&Sample| (at(from)..at(to)).contains(&sample.sent);
        self.samples.iter().filter(within).copied().collect()
    }

    /// The share of the attempts of a time that went to some servers.
    pub(crate) fn share(&self, (from, to): (f64, f64), servers: &[usize]) -> f64 {
        let samples = self.between(from, to);
        assert!(!samples.is_empty(), "nothing was sent, seed {}", self.seed);
        let there = samples.iter().filter(|sample| servers.contains(&sample.server)).count();
        there as f64 / samples.len() as f64
    }

    /// The share of the attempts of a time that were served.
    pub(crate) fn success(&self, from: f64, to: f64) -> f64 {
        let samples = self.between(from, to);
        assert!(!samples.is_empty(), "nothing was sent, seed {}", self.seed);
        samples.iter().filter(|sample| sample.served).count() as f64 / samples.len() as f64
    }
}

/// Of mean 1.
pub(crate) fn exponential(rng: &Rng) -> f64 {
    -(1.0 - rng.next_f64()).ln()
}
