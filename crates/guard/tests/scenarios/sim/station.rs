//! What does the work of a node.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    time::Duration,
};

use seawall_guard::Instant;

/// Serves jobs. At most `slots` of them run, the others wait in the order in which they
/// came; those that run share `cores` evenly, none getting more than one.
///
/// Without a bound of slots it is processor sharing, as of a CPU-bound server with a
/// task per request. Without a bound of cores it is a pool of workers that wait for
/// something else, as of an IO-bound one.
#[derive(Debug)]
pub(crate) struct Station {
    slots: usize,
    cores: f64,
    /// How fast a core or worker is; 0 when everything stands still.
    speed: f64,
    now: Instant,
    /// Nanoseconds of work done so far for a job that ran all the time.
    served: f64,
    /// Jobs that run, by the value of `served` at which each is done.
    running: BTreeSet<(u64, u64)>,
    waiting: VecDeque<u64>,
    jobs: HashMap<u64, Job>,
    slots_taken: usize,
    /// Core nanoseconds used and had since somebody last asked.
    used: f64,
    had: f64,
}

#[derive(Debug, Clone, Copy)]
struct Job {
    work: Duration,
    takes_slot: bool,
    /// When it is done; `None` while it waits.
    done_at: Option<u64>,
}

impl Station {
    /// Processor sharing on so many cores.
    pub(crate) fn cpu(cores: f64) -> Self {
        Self::new(usize::MAX, cores)
    }

    /// So many workers that each wait for something else.
    pub(crate) fn io(workers: usize) -> Self {
        Self::new(workers, f64::INFINITY)
    }

    fn new(slots: usize, cores: f64) -> Self {
        Self {
            slots,
            cores,
            speed: 1.0,
            now: Instant::START,
            served: 0.0,
            running: BTreeSet::new(),
            waiting: VecDeque::new(),
            jobs: HashMap::new(),
            slots_taken: 0,
            used: 0.0,
            had: 0.0,
        }
    }

    /// Takes a job in.
    pub(crate) fn start(&mut self, now: Instant, id: u64, work: Duration) {
        self.advance(now);
        self.jobs.insert(id, Job { work, takes_slot: true, done_at: None });
        self.waiting.push_back(id);
        self.fill_slots();
    }

    /// Takes a job in that needs no slot: what is done before a request gets one.
    pub(crate) fn start_aside(&mut self, now: Instant, id: u64, work: Duration) {
        self.advance(now);
        self.jobs.insert(id, Job { work, takes_slot: false, done_at: None });
        self.run(id);
    }

    /// Drops a job.
    pub(crate) fn cancel(&mut self, now: Instant, id: u64) {
        self.advance(now);
        self.remove(id);
    }

    /// When the next job is done if none comes.
    pub(crate) fn next_done(&self) -> Option<Instant> {
        let (done_at, _) = self.running.first()?;
        let rate = self.rate();
        let left = (*done_at as f64 - self.served).max(0.0);
        (rate > 0.0).then(|| self.now + Duration::from_nanos((left / rate).ceil() as u64))
    }

    /// Takes out a job that is done by `now`.
    pub(crate) fn take_done(&mut self, now: Instant) -> Option<u64> {
        self.advance(now);
        let (done_at, id) = *self.running.first()?;
        // `served` is rounded; half a nanosecond is none.
        (self.served + 0.5 >= done_at as f64).then(|| {
            self.remove(id);
            id
        })
    }

    /// Gives it another number of cores.
    pub(crate) fn set_cores(&mut self, now: Instant, cores: f64) {
        self.advance(now);
        self.cores = cores;
    }

    /// Makes each core or worker so much faster (1 is as it was made).
    pub(crate) fn set_speed(&mut self, now: Instant, speed: f64) {
        self.advance(now);
        self.speed = speed;
    }

    /// The share of its cores that was used since last asked; 0 without a bound of cores.
    pub(crate) fn take_cpu(&mut self, now: Instant) -> f64 {
        self.advance(now);
        let share = if self.had > 0.0 { self.used / self.had } else { 0.0 };
        (self.used, self.had) = (0.0, 0.0);
        share
    }

    /// How fast each running job is served.
    fn rate(&self) -> f64 {
        self.speed * (self.cores / self.running.len() as f64).min(1.0)
    }

    fn advance(&mut self, now: Instant) {
        let nanos = now.nanos_since(self.now) as f64;
        self.now = self.now.max(now);
        if !self.running.is_empty() {
            self.served += nanos * self.rate();
        }
        if self.cores.is_finite() {
            self.used += nanos * self.cores.min(self.running.len() as f64);
            self.had += nanos * self.cores;
        }
    }

    fn run(&mut self, id: u64) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let done_at = (self.served + job.work.as_nanos() as f64).round() as u64;
        job.done_at = Some(done_at);
        self.slots_taken += usize::from(job.takes_slot);
        self.running.insert((done_at, id));
    }

    fn fill_slots(&mut self) {
        while self.slots_taken < self.slots {
            // One that was cancelled while it waited is no job any more.
            let Some(id) = self.waiting.pop_front() else { return };
            self.run(id);
        }
    }

    fn remove(&mut self, id: u64) {
        let Some(job) = self.jobs.remove(&id) else { return };
        if let Some(done_at) = job.done_at {
            self.running.remove(&(done_at, id));
            self.slots_taken -= usize::from(job.takes_slot);
            self.fill_slots();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Duration::from_millis(millis)
    }

    /// Runs the station dry; who was done when, in milliseconds.
    fn drain(station: &mut Station) -> Vec<(u64, u64)> {
        let mut done = Vec::new();
        while let Some(next) = station.next_done() {
            while let Some(id) = station.take_done(next) {
                done.push((id, (next - Instant::START).as_millis() as u64));
            }
        }
        done
    }

    #[test]
    fn jobs_on_a_processor_share_it() {
        let mut station = Station::cpu(2.0);
        // Two cores, four jobs of 10 ms: each gets half a core until the first two end.
        for id in 0..4 {
            station.start(at(0), id, Duration::from_millis(10 + 10 * (id / 2)));
        }
        assert_eq!(drain(&mut station), [(0, 20), (1, 20), (2, 30), (3, 30)]);
        assert!((station.take_cpu(at(60)) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn jobs_of_a_pool_wait_for_a_worker_and_those_aside_do_not() {
        let mut station = Station::io(1);
        for id in 0..4 {
            station.start(at(0), id, Duration::from_millis(10));
        }
        station.start_aside(at(0), 9, Duration::from_millis(1));
        station.cancel(at(5), 0);
        station.cancel(at(5), 2);
        assert_eq!(drain(&mut station), [(9, 5), (1, 15), (3, 25)]);
    }

    #[test]
    fn a_station_that_stands_still_goes_on_where_it_was() {
        let mut station = Station::cpu(1.0);
        station.start(at(0), 0, Duration::from_millis(10));
        station.set_speed(at(4), 0.0);
        assert_eq!(station.next_done(), None);
        station.set_speed(at(100), 2.0);
        assert_eq!(drain(&mut station), [(0, 103)]);
        station.set_cores(at(200), 0.5);
        station.start(at(200), 1, Duration::from_millis(10));
        assert_eq!(drain(&mut station), [(0, 210)].map(|(_, end)| (1, end)));
    }
}
