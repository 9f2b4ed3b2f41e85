//! What a request pays for its deadline, its budget and the decision to try it again. Run
//! with `cargo bench -p seawall-guard --bench retry`; for what it prints see `timing.rs`.
//!
//! The clock is not read: `now` is an argument of every operation here.

#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up has failed")]

mod timing;

use std::{
    future::{Future as _, Pending},
    hint::black_box,
    pin::pin,
    process::ExitCode,
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use seawall_guard::{
    Class, Clock, Ctx, Instant, Outcome, Priority, Timer,
    retry::{
        Answer, Hedge, HedgeEvent, HedgeSettings, Lane, Next, Repeat, RetryBudget,
        RetryBudgetSettings, RetryPolicy, RetrySettings, RetryThrottle, RetryThrottleSettings,
        wire::{RequestHeaders, Sender, Wire, grpc_timeout, parse_grpc_timeout, parse_timeout_ms},
    },
};
use timing::{Row, measure};

/// A million operations a second.
fn at(number: u64) -> Instant {
    Instant::from_nanos(number * 1_000)
}

fn budgets() -> [Row; 4] {
    let settings = RetryBudgetSettings { ratio: 10.0, ..RetryBudgetSettings::default() };
    let budget =
        |settings: &RetryBudgetSettings| RetryBudget::new(settings, Instant::START).unwrap();
    let nothing = RetryBudgetSettings { ratio: 0.0, min_per_second: 0, ..settings.clone() };
    let (paid_in, empty) = (budget(&settings), budget(&nothing));
    let full = budget(&settings);
    // Ten retries for each; no slot ends once they are there.
    for _ in 0..1_000_000 {
        full.deposit(Instant::START);
    }
    let now = Instant::START + Duration::from_millis(150);
    full.balance(now);
    let throttle = RetryThrottle::new(&RetryThrottleSettings::default()).unwrap();
    [
        measure("budget: deposit", Some(20.0), |number| paid_in.deposit(black_box(at(number)))),
        measure("budget: withdraw", Some(20.0), |_| {
            let _ = black_box(full.try_withdraw(black_box(now)));
        }),
        measure("budget: withdraw, refused", Some(20.0), |_| {
            let _ = black_box(empty.try_withdraw(black_box(now)));
        }),
        measure("throttle: success, and may retry", Some(20.0), |_| {
            throttle.succeeded();
            black_box(throttle.allows());
        }),
    ]
}

fn headers() -> [Row; 4] {
    let sent: [(&str, &[u8]); 4] = [
        ("x-seawall-timeout-ms", b"250"),
        ("x-seawall-priority", b"4"),
        ("x-seawall-cohort", b"77"),
        ("x-seawall-attempt", b"1"),
    ];
    let find = |name: &str| sent.iter().find(|header| header.0 == name).map(|header| header.1);
    let write = RequestHeaders {
        timeout: Some(Duration::from_millis(250)),
        priority: Some(Priority::of_user(Class::DEFAULT, 1, 1)),
        previous_attempts: 0,
    };
    [
        measure("deadline: parse grpc-timeout", Some(20.0), |_| {
            black_box(parse_grpc_timeout(black_box(b"249500u")));
        }),
        measure("deadline: parse x-seawall-timeout-ms", Some(20.0), |_| {
            black_box(parse_timeout_ms(black_box(b"250")));
        }),
        measure("deadline: write grpc-timeout", Some(40.0), |_| {
            black_box(grpc_timeout(black_box(Duration::from_micros(249_500))));
        }),
        measure("headers: read and write all", Some(300.0), |_| {
            black_box(RequestHeaders::read(black_box(Sender::Trusted), find));
            black_box(&write).write(Wire::Http, |name, text| {
                black_box((name, text));
            });
        }),
    ]
}

/// Neither the time of a clock nor of a runtime is measured.
struct StandsStill;

impl Clock for StandsStill {
    fn now(&self) -> Instant {
        Instant::START
    }
}

impl Timer for StandsStill {
    type Sleep = Pending<()>;

    fn sleep_until(&self, _at: Instant) -> Pending<()> {
        std::future::pending()
    }
}

fn policies() -> [Row; 3] {
    let settings = RetrySettings {
        budget: RetryBudgetSettings { ratio: 10.0, ..RetryBudgetSettings::default() },
        ..RetrySettings::default()
    };
    let policy = || RetryPolicy::new(&settings, 1, Instant::START).unwrap();
    let (well, failing, awaited) = (policy(), policy(), policy());
    let begin = |policy: &RetryPolicy, now| {
        let ctx = Ctx::default().deadline(now + Duration::from_secs(1));
        let attempts = black_box(policy).start(black_box(now), &ctx, Repeat::Safe).unwrap();
        black_box(policy.attempt(&attempts, now));
        attempts
    };
    [
        measure("policy: a request that succeeds", Some(40.0), |number| {
            let mut attempts = begin(&well, at(number));
            black_box(well.handle(&mut attempts, at(number), black_box(Outcome::Success)));
        }),
        measure("policy: a request that is tried again", Some(120.0), |number| {
            let mut attempts = begin(&failing, at(number));
            let next = failing.handle(&mut attempts, at(number), black_box(Outcome::Failure));
            if let Next::Retry { at } = next {
                black_box(failing.attempt(&attempts, at));
                black_box(failing.handle(&mut attempts, at, black_box(Outcome::Success)));
            }
        }),
        measure("policy: a call that succeeds, awaited", Some(100.0), |_| {
            let judge = |_: &u32| Outcome::Success;
            let answer = |_| std::future::ready(200_u32);
            let ctx = Ctx::default();
            let call = pin!(awaited.call(&StandsStill, &ctx, Repeat::Safe, judge, answer));
            let _ = black_box(call.poll(&mut Context::from_waker(Waker::noop())));
        }),
    ]
}

fn hedge() -> Row {
    let budget = RetryBudget::new(&RetryBudgetSettings::default(), Instant::START).unwrap();
    let settings = HedgeSettings { enabled: true, ..HedgeSettings::default() };
    let hedge = Hedge::new(&settings, Arc::new(budget), Instant::START).unwrap();
    measure("hedge: answered at once", Some(100.0), |number| {
        let now = black_box(at(number));
        let ctx = Ctx::default().deadline(now + Duration::from_secs(1));
        if let Ok((mut hedging, _)) = hedge.start(now, &ctx, Repeat::Safe) {
            let answer = black_box(Answer::new(Outcome::Success));
            let ended = HedgeEvent::Ended(Lane::First, answer.into());
            black_box(hedge.handle(&mut hedging, now + Duration::from_millis(2), ended));
        }
    })
}

fn main() -> ExitCode {
    let rows: Vec<Row> =
        budgets().into_iter().chain(headers()).chain(policies()).chain([hedge()]).collect();
    timing::print("retry", &rows)
}
