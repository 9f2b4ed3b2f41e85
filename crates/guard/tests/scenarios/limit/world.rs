//! A server with a limit in front and callers who do not wait for one another.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use seawall_guard::{
    Instant, Outcome,
    limit::{ConcurrencyLimit, Permit},
    stat::{Histogram, Rng},
};

/// How a server works on what it has admitted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Server {
    /// So many cores, which all requests share evenly.
    Cores(f64),
    /// So many slots, first come, first served: a pool in front of a store.
    Slots(usize),
}

/// A stretch of time in which nothing changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phase {
    pub(crate) seconds: f64,
    /// Requests a second.
    pub(crate) rate: f64,
    /// How much slower than usual the server works.
    pub(crate) slowness: f64,
    /// Time that each request takes on top, and that no load makes longer.
    pub(crate) delay: Duration,
    /// Bursts: every so many seconds the rate is this many times as high for 200 ms.
    pub(crate) bursts: Option<(f64, f64)>,
}

impl Phase {
    pub(crate) fn new(seconds: f64, rate: f64) -> Self {
        Self { seconds, rate, slowness: 1.0, delay: Duration::ZERO, bursts: None }
    }

    fn rate_at(&self, since: f64) -> f64 {
        match self.bursts {
            Some((every, times)) if since % every < 0.2 => self.rate * times,
            _ => self.rate,
        }
    }
}

/// Everything that stays the same.
pub(crate) struct World {
    pub(crate) server: Server,
    /// A request's work, in seconds of one core or slot.
    pub(crate) work: fn(&Rng) -> f64,
    /// How long a caller waits.
    pub(crate) timeout: Duration,
    /// Whether the server stops working on what nobody waits for.
    pub(crate) cancels: bool,
    /// What a rejection costs the server, in seconds of one core.
    pub(crate) reject_work: f64,
    pub(crate) seed: u64,
}

/// What came of a phase.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) offered: u64,
    pub(crate) good: u64,
    pub(crate) late: u64,
    pub(crate) rejected: u64,
    /// Of those answered in time.
    pub(crate) latency: Histogram,
    /// Answers in time, each second.
    pub(crate) good_each_second: Vec<u64>,
    pub(crate) limit_min: u32,
    pub(crate) limit_max: u32,
}

impl Report {
    /// Answers in time a second, from the second `from` on.
    pub(crate) fn goodput(&self, from: usize) -> f64 {
        let seconds = self.good_each_second.get(from..).unwrap_or_default();
        seconds.iter().sum::<u64>() as f64 / seconds.len().max(1) as f64
    }

    /// The milliseconds that a share of the answers in time did not exceed.
    pub(crate) fn millis(&self, quantile: f64) -> f64 {
        self.latency.quantile(quantile).unwrap_or_default().as_secs_f64() * 1e3
    }

    /// Answers in time in the worst second, from the second `from` on.
    pub(crate) fn worst_second(&self, from: usize) -> f64 {
        let seconds = self.good_each_second.get(from..).unwrap_or_default();
        seconds.iter().copied().min().unwrap_or_default() as f64
    }

    /// Of those who came, how many were not admitted, 0 to 1.
    pub(crate) fn share_rejected(&self) -> f64 {
        self.rejected as f64 / self.offered.max(1) as f64
    }
}

struct Job<'a> {
    came: Instant,
    /// `None` for a rejection on its way out.
    permit: Option<Permit<&'a ConcurrencyLimit>>,
}

/// Jobs inside: shared evenly, or in slots with a queue.
struct Inside<'a> {
    server: Server,
    /// By the even share at which they are done, or by the time at which they are.
    busy: BTreeMap<(u64, u64), Job<'a>>,
    /// The share that everybody has had since the start.
    share: f64,
    queue: VecDeque<(u64, f64, Job<'a>)>,
}

impl<'a> Inside<'a> {
    fn rate(&self, slowness: f64) -> f64 {
        match self.server {
            Server::Cores(cores) => (cores / self.busy.len() as f64).min(1.0) / slowness,
            Server::Slots(_) => 1.0 / slowness,
        }
    }

    fn pass(&mut self, seconds: f64, slowness: f64) {
        if !self.busy.is_empty() {
            self.share += seconds * self.rate(slowness);
        }
    }

    /// Seconds until the next is done.
    fn next(&self, slowness: f64) -> f64 {
        let first = self.busy.keys().next();
        first.map_or(f64::INFINITY, |&(share, _)| {
            (f64::from_bits(share) - self.share).max(0.0) / self.rate(slowness)
        })
    }

    fn put(&mut self, id: u64, work: f64, job: Job<'a>) {
        let is_full = match self.server {
            Server::Cores(_) => false,
            Server::Slots(slots) => self.busy.len() >= slots,
        };
        if is_full && job.permit.is_some() {
            self.queue.push_back((id, work, job));
        } else {
            self.busy.insert(((self.share + work).to_bits(), id), job);
        }
    }

    fn take_first(&mut self) -> Option<Job<'a>> {
        let (_, job) = self.busy.pop_first()?;
        self.fill();
        Some(job)
    }

    fn fill(&mut self) {
        let Server::Slots(slots) = self.server else { return };
        while self.busy.len() < slots {
            let Some((id, work, job)) = self.queue.pop_front() else { return };
            self.busy.insert(((self.share + work).to_bits(), id), job);
        }
    }

    /// Takes everybody away who came before `before`.
    fn take_older(&mut self, before: Instant) -> Vec<Job<'a>> {
        let is_old = |job: &Job<'_>| job.permit.is_some() && job.came < before;
        let mut taken = Vec::new();
        let keys: Vec<_> =
            self.busy.iter().filter(|(_, job)| is_old(job)).map(|(key, _)| *key).collect();
        taken.extend(keys.iter().filter_map(|key| self.busy.remove(key)));
        while let Some((_, _, job)) = self.queue.pop_front_if(|(_, _, job)| is_old(job)) {
            taken.push(job);
        }
        self.fill();
        taken
    }
}

impl World {
    /// Four cores that do 400 requests a second of 10 ms each, exponentially distributed;
    /// callers wait 300 ms.
    pub(crate) fn cores(seed: u64) -> Self {
        Self {
            server: Server::Cores(4.0),
            work: |rng| exponential(rng, 0.01),
            timeout: Duration::from_millis(300),
            cancels: false,
            reject_work: 0.000_2,
            seed,
        }
    }

    /// Runs the phases one after the other from the start of time.
    pub(crate) fn run(&self, limit: &ConcurrencyLimit, phases: &[Phase]) -> Vec<Report> {
        let mut run = Run {
            world: self,
            limit,
            rng: Rng::seeded(self.seed),
            now: 0.0,
            next_id: 0,
            inside: Inside {
                server: self.server,
                busy: BTreeMap::new(),
                share: 0.0,
                queue: VecDeque::new(),
            },
            leaving: BTreeMap::new(),
            deadlines: VecDeque::new(),
        };
        let reports = phases.iter().map(|phase| run.phase(phase)).collect();
        drop(run);
        assert_eq!(limit.in_flight(), 0, "seed {}: a permit leaked", self.seed);
        reports
    }
}

struct Run<'a> {
    world: &'a World,
    limit: &'a ConcurrencyLimit,
    rng: Rng,
    now: f64,
    next_id: u64,
    inside: Inside<'a>,
    /// Those who have had their work and wait out their delay.
    leaving: BTreeMap<(u64, u64), Job<'a>>,
    /// When callers give up, if that ends the work.
    deadlines: VecDeque<f64>,
}

impl<'a> Run<'a> {
    fn phase(&mut self, phase: &Phase) -> Report {
        let (began, ends) = (self.now, self.now + phase.seconds);
        let mut report = Report { limit_min: u32::MAX, ..Report::default() };
        report.good_each_second.resize(phase.seconds.ceil() as usize, 0);
        let mut arrival = self.now + exponential(&self.rng, 1.0 / phase.rate_at(0.0));
        while self.now < ends {
            let done = self.now + self.inside.next(phase.slowness);
            let left = first_of(&self.leaving);
            let gives_up = self.deadlines.front().copied().unwrap_or(f64::INFINITY);
            let next = done.min(left).min(gives_up).min(arrival).min(ends);
            self.inside.pass(next - self.now, phase.slowness);
            self.now = next;
            let second = (next - began) as usize;
            if next == ends {
                break;
            } else if next == done {
                if let Some(job) = self.inside.take_first() {
                    let leaves = self.now + phase.delay.as_secs_f64();
                    self.next_id += 1;
                    self.leaving.insert((leaves.to_bits(), self.next_id), job);
                }
            } else if next == left {
                if let Some((_, job)) = self.leaving.pop_first() {
                    self.answer(job, second, &mut report);
                }
            } else if next == gives_up {
                self.deadlines.pop_front();
                self.give_up(&mut report);
            } else {
                let rate = phase.rate_at(self.now - began);
                arrival = self.now + exponential(&self.rng, 1.0 / rate);
                self.arrive(&mut report);
            }
            report.limit_min = report.limit_min.min(self.limit.limit());
            report.limit_max = report.limit_max.max(self.limit.limit());
        }
        report
    }

    fn instant(&self) -> Instant {
        Instant::from_nanos((self.now * 1e9) as u64)
    }

    fn arrive(&mut self, report: &mut Report) {
        let now = self.instant();
        report.offered += 1;
        self.next_id += 1;
        match self.limit.try_acquire(now) {
            Ok(permit) => {
                assert!(self.limit.in_flight() <= self.limit.limit(), "seed {}", self.world.seed);
                let job = Job { came: now, permit: Some(permit) };
                let work = (self.world.work)(&self.rng);
                self.inside.put(self.next_id, work, job);
                if self.world.cancels {
                    self.deadlines.push_back(self.now + self.world.timeout.as_secs_f64());
                }
            }
            Err(_) => {
                report.rejected += 1;
                if self.world.reject_work > 0.0 {
                    let job = Job { came: now, permit: None };
                    self.inside.put(self.next_id, self.world.reject_work, job);
                }
            }
        }
    }

    fn answer(&mut self, job: Job<'a>, second: usize, report: &mut Report) {
        let Some(permit) = job.permit else { return };
        let now = self.instant();
        permit.finish(now, Outcome::Success);
        if now - job.came <= self.world.timeout {
            report.good += 1;
            report.latency.add(now - job.came);
            if let Some(good) = report.good_each_second.get_mut(second) {
                *good += 1;
            }
        } else {
            report.late += 1;
        }
    }

    fn give_up(&mut self, report: &mut Report) {
        let now = self.instant();
        let before = Instant::from_nanos(
            (now - Instant::START).saturating_sub(self.world.timeout).as_nanos() as u64 + 1,
        );
        let is_old = |job: &Job<'_>| job.permit.is_some() && job.came < before;
        let keys: Vec<_> =
            self.leaving.iter().filter(|(_, job)| is_old(job)).map(|(key, _)| *key).collect();
        let mut late: Vec<_> = keys.iter().filter_map(|key| self.leaving.remove(key)).collect();
        late.extend(self.inside.take_older(before));
        for job in late {
            report.late += 1;
            if let Some(permit) = job.permit {
                permit.finish(now, Outcome::Timeout);
            }
        }
    }
}

fn first_of<T>(jobs: &BTreeMap<(u64, u64), T>) -> f64 {
    jobs.keys().next().map_or(f64::INFINITY, |&(at, _)| f64::from_bits(at))
}

/// An exponentially distributed number.
pub(crate) fn exponential(rng: &Rng, mean: f64) -> f64 {
    -mean * (1.0 - rng.next_f64()).ln()
}
