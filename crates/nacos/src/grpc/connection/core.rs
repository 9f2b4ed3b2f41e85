//! What one connection is told, and whether it still lives. No I/O, no clock.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use seawall_clock::Instant;

use super::push::{News, NewsKey};
use crate::GrpcSettings;

/// News waiting for room in the window; more end the connection, which then comes
/// back and compares everything it has.
const WAITING_MAX: usize = 100_000;

/// What happens to a connection.
#[derive(Debug)]
pub(crate) enum Event {
    /// There is news for the client.
    News(News),
    /// The client confirmed or refused what was sent under this number.
    Answered { number: u64, success: bool },
    /// What was to be sent under this number did not fit into the queue.
    Undelivered { number: u64 },
    /// Time has passed; the client was last heard of at `last_active`.
    Tick { last_active: Instant },
}

/// What is to be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Send the news under this number.
    Send { number: u64, news: News },
    /// Ask the client whether it is there.
    Detect,
    /// Close the connection: it was asked and did not answer.
    Silent,
    /// Close the connection: it does not take its news.
    Unresponsive,
}

/// Bounds and times; see [`GrpcSettings`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) silence: Duration,
    pub(crate) detection_timeout: Duration,
    pub(crate) push_timeout: Duration,
    pub(crate) push_retry: Duration,
    pub(crate) push_tries_max: u32,
    pub(crate) in_flight_max: usize,
}

impl From<&GrpcSettings> for Limits {
    fn from(settings: &GrpcSettings) -> Self {
        Self {
            silence: Duration::from_millis(settings.silence_ms),
            detection_timeout: Duration::from_millis(settings.detection_timeout_ms),
            push_timeout: Duration::from_millis(settings.config_push_timeout_ms),
            push_retry: Duration::from_millis(settings.config_push_retry_ms),
            push_tries_max: settings.config_push_tries_max,
            in_flight_max: settings.config_pushes_in_flight.max(1),
        }
    }
}

/// The state of one connection.
#[derive(Debug)]
pub(crate) struct Core {
    limits: Limits,
    /// When the client was asked whether it is there, if it has not answered yet.
    asked: Option<Instant>,
    /// Sent and not confirmed, by number.
    sent: BTreeMap<u64, Sent>,
    /// Numbers of what is in `sent`, to see that the same news is under way.
    numbers: HashMap<NewsKey, u64>,
    /// Not sent yet, because enough is under way. Every key is in it once.
    waiting: VecDeque<News>,
    waits: HashMap<NewsKey, ()>,
    last_number: u64,
}

#[derive(Debug)]
struct Sent {
    news: News,
    tries: u32,
    due: Due,
    /// It happened again after it was sent: the client may have looked in between.
    again: bool,
}

#[derive(Debug, Clone, Copy)]
enum Due {
    /// The client has until then to confirm.
    Answer(Instant),
    /// It is sent again then.
    Retry(Instant),
}

impl Core {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            asked: None,
            sent: BTreeMap::new(),
            numbers: HashMap::new(),
            waiting: VecDeque::new(),
            waits: HashMap::new(),
            last_number: 0,
        }
    }

    /// Decides what to do about `event` at `now`.
    pub(crate) fn handle(&mut self, now: Instant, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::News(news) => self.take(now, news, &mut effects),
            Event::Answered { number, success: true } => self.confirmed(now, number, &mut effects),
            Event::Answered { number, success: false } | Event::Undelivered { number } => {
                self.failed(now, number, &mut effects);
            }
            Event::Tick { last_active } => {
                self.look_for_life(now, last_active, &mut effects);
                self.look_at_pushes(now, &mut effects);
            }
        }
        effects
    }

    /// News sent or waiting.
    pub(crate) fn pending(&self) -> usize {
        self.sent.len() + self.waiting.len()
    }

    fn take(&mut self, now: Instant, news: News, effects: &mut Vec<Effect>) {
        let key = news.key();
        if let Some(sent) = self.numbers.get(&key).and_then(|number| self.sent.get_mut(number)) {
            // Also when it waits to be sent again: a late confirmation is of what was
            // sent before this happened.
            sent.again = true;
        } else if self.waits.contains_key(&key) {
            // It has not been sent yet, so it tells of this too.
        } else if self.sent.len() < self.limits.in_flight_max && self.waiting.is_empty() {
            self.send(now, news, effects);
        } else if self.waiting.len() >= WAITING_MAX {
            effects.push(Effect::Unresponsive);
        } else {
            self.waits.insert(key, ());
            self.waiting.push_back(news);
        }
    }

    fn send(&mut self, now: Instant, news: News, effects: &mut Vec<Effect>) {
        self.last_number += 1;
        let number = self.last_number;
        let due = Due::Answer(now + self.limits.push_timeout);
        self.numbers.insert(news.key(), number);
        self.sent.insert(number, Sent { news: news.clone(), tries: 1, due, again: false });
        effects.push(Effect::Send { number, news });
    }

    fn confirmed(&mut self, now: Instant, number: u64, effects: &mut Vec<Effect>) {
        let Some(sent) = self.sent.remove(&number) else { return };
        self.numbers.remove(&sent.news.key());
        if sent.again {
            self.send(now, sent.news, effects);
        }
        while self.sent.len() < self.limits.in_flight_max {
            let Some(news) = self.waiting.pop_front() else { break };
            self.waits.remove(&news.key());
            self.send(now, news, effects);
        }
    }

    fn failed(&mut self, now: Instant, number: u64, effects: &mut Vec<Effect>) {
        let Some(sent) = self.sent.get_mut(&number) else { return };
        if sent.tries >= self.limits.push_tries_max {
            effects.push(Effect::Unresponsive);
        } else {
            sent.due = Due::Retry(now + self.limits.push_retry * sent.tries);
        }
    }

    fn look_for_life(&mut self, now: Instant, last_active: Instant, effects: &mut Vec<Effect>) {
        match self.asked {
            Some(asked) if last_active >= asked => self.asked = None,
            Some(asked) if now - asked >= self.limits.detection_timeout => {
                effects.push(Effect::Silent);
            }
            Some(_) => {}
            None if now - last_active >= self.limits.silence => {
                self.asked = Some(now);
                effects.push(Effect::Detect);
            }
            None => {}
        }
    }

    fn look_at_pushes(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let overdue: Vec<u64> = self
            .sent
            .iter()
            .filter(|(_, sent)| matches!(sent.due, Due::Answer(at) if at <= now))
            .map(|(number, _)| *number)
            .collect();
        for number in overdue {
            self.failed(now, number, effects);
        }
        for (number, sent) in &mut self.sent {
            if matches!(sent.due, Due::Retry(at) if at <= now) {
                sent.tries += 1;
                sent.again = false;
                sent.due = Due::Answer(now + self.limits.push_timeout);
                effects.push(Effect::Send { number: *number, news: sent.news.clone() });
            }
        }
    }
}

#[cfg(test)]
#[path = "core_tests.rs"]
mod tests;
