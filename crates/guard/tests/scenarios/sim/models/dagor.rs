//! DAGOR's admission (Zhou et al., "Overload Control for Scaling WeChat Microservices",
//! SoCC 2018; the factors also in `breakwater/src/dg_config.h` of shenango/caladan).

use std::{cell::RefCell, rc::Rc, time::Duration};

use seawall_guard::{Ctx, Instant, Outcome, Priority, Rejected, Rejection, Scope};

use crate::sim::{Door, Ticket};

/// A window ends after this time or so many requests.
const WINDOW: Duration = Duration::from_secs(1);
const WINDOW_REQUESTS: u32 = 2_000;
/// A window is overloaded when requests waited longer than this on average.
const QUEUING: Duration = Duration::from_millis(20);
/// What is admitted less after an overloaded window, and more after another.
const ALPHA: f64 = 0.05;
const BETA: f64 = 0.01;

const LEVELS: usize = Priority::LEVELS as usize;

/// Admission by levels. The server of these worlds shares its processor, so nobody waits
/// before the work: what a request takes beyond what is usual is taken for it.
pub(crate) struct Dagor {
    usual: Duration,
    state: Rc<RefCell<State>>,
}

struct State {
    began: Instant,
    level: usize,
    came: Vec<u32>,
    requests: u32,
    admitted: u32,
    answered: u32,
    latency: Duration,
}

impl Dagor {
    pub(crate) fn new(usual: Duration) -> Self {
        let state = State {
            began: Instant::START,
            level: LEVELS,
            came: vec![0; LEVELS],
            requests: 0,
            admitted: 0,
            answered: 0,
            latency: Duration::ZERO,
        };
        Self { usual, state: Rc::new(RefCell::new(state)) }
    }
}

impl State {
    fn end_window(&mut self, now: Instant, usual: Duration) {
        let is_overloaded =
            self.answered > 0 && self.latency / self.answered > usual.saturating_add(QUEUING);
        let change = if is_overloaded {
            -ALPHA * f64::from(self.admitted)
        } else {
            BETA * f64::from(self.requests)
        };
        let expected = f64::from(self.admitted) + change;
        let mut sum = 0.0;
        let level = self.came.iter().position(|came| {
            sum += f64::from(*came);
            sum > expected
        });
        self.level = level.unwrap_or(LEVELS).max(1);
        self.came.fill(0);
        (self.began, self.requests, self.admitted) = (now, 0, 0);
        (self.answered, self.latency) = (0, Duration::ZERO);
    }
}

impl Door for Dagor {
    fn enter(&self, now: Instant, ctx: &Ctx<'_>) -> Result<Box<dyn Ticket>, Rejection> {
        let mut state = self.state.borrow_mut();
        if now - state.began >= WINDOW || state.requests >= WINDOW_REQUESTS {
            state.end_window(now, self.usual);
        }
        let level = usize::from(ctx.priority.level());
        state.came[level] += 1;
        state.requests += 1;
        if level >= state.level {
            return Err(Rejection::new(Rejected::LowPriority, Scope::Node));
        }
        state.admitted += 1;
        Ok(Box::new(Admitted { state: Rc::clone(&self.state), began: now }))
    }

    fn level(&self) -> Option<u16> {
        u16::try_from(self.state.borrow().level).ok()
    }
}

struct Admitted {
    state: Rc<RefCell<State>>,
    began: Instant,
}

impl Ticket for Admitted {
    fn finish(self: Box<Self>, now: Instant, _outcome: Outcome) {
        let mut state = self.state.borrow_mut();
        state.answered += 1;
        state.latency += now - self.began;
    }
}
