use proptest::prelude::*;

use super::*;

fn at(millis: u64) -> Instant {
    Instant::START + Duration::from_millis(millis)
}

fn budget(ratio: f64, min_per_second: u32, ttl_ms: u64) -> RetryBudget {
    let ttl = Duration::from_millis(ttl_ms);
    RetryBudget::new(&RetryBudgetSettings { ratio, min_per_second, ttl }, at(0)).unwrap()
}

/// Pays for as many retries as it gives, at most 10,000.
fn drain(budget: &RetryBudget, now: Instant) -> usize {
    (0..10_000).take_while(|_| budget.try_withdraw(now).is_ok()).count()
}

fn deposit(budget: &RetryBudget, now: Instant, requests: usize) {
    (0..requests).for_each(|_| budget.deposit(now));
}

#[test]
fn the_defaults_allow_a_tenth_and_three_a_second() {
    let budget = RetryBudget::new(&RetryBudgetSettings::default(), at(0)).unwrap();
    deposit(&budget, at(0), 1_000);
    assert_eq!(drain(&budget, at(0)), 30, "only the reserve in the first slot");
    assert_eq!(drain(&budget, at(100)), 100);
    assert_eq!(budget.balance(at(100)), 0.0);
}

/// 20 % of requests and 10 a second over 10 s: `RetryBudget.apply()` of Finagle,
/// `TpsBudget::default()` of Tower, a Linkerd `ServiceProfile` without values.
#[test]
fn finagle_tower_and_linkerd_constants_can_be_set() {
    let budget = budget(0.2, 10, 10_000);
    assert_eq!(drain(&budget, at(0)), 100);
    deposit(&budget, at(0), 500);
    assert_eq!(drain(&budget, at(100)), 100);
}

/// Tower's `TpsBucket::expire` and Finagle's window take a lock for every request and
/// retry (`tower/src/retry/budget/tps_budget.rs`).
#[test]
fn tower_expires_under_a_mutex_and_here_nobody_waits_for_it() {
    let budget = budget(1.0, 0, 1_000);
    deposit(&budget, at(0), 2);
    budget.balance(at(100));
    let held = budget.state.lock();
    // A slot has ended and somebody else holds the lock: here those two hang.
    budget.deposit(at(200));
    assert!(budget.try_withdraw(at(200)).is_ok(), "what was there is still given");
    drop(held);
    assert_eq!(drain(&budget, at(300)), 2, "and what was paid in meanwhile counts");
}

#[test]
fn a_request_counts_for_its_ttl_and_no_longer() {
    let budget = budget(1.0, 0, 1_000);
    deposit(&budget, at(50), 3);
    assert_eq!(budget.balance(at(99)), 0.0);
    assert_eq!(budget.balance(at(100)), 3.0);
    deposit(&budget, at(550), 4);
    assert_eq!(budget.balance(at(1_099)), 7.0);
    assert_eq!(budget.balance(at(1_100)), 4.0, "50 ms and its slot of 100 ms");
    assert_eq!(budget.balance(at(1_600)), 0.0);
}

#[test]
fn a_request_before_a_silence_is_not_made_younger_by_it() {
    let budget = budget(1.0, 0, 1_000);
    deposit(&budget, at(50), 3);
    // Nobody asks until its time is nearly over.
    assert_eq!(budget.balance(at(1_050)), 3.0);
    assert_eq!(budget.balance(at(1_100)), 0.0);
    deposit(&budget, at(1_150), 3);
    assert_eq!(budget.balance(at(60_000)), 0.0);
}

#[test]
fn what_is_spent_comes_back_when_it_is_forgotten() {
    let budget = budget(0.0, 2, 1_000);
    assert_eq!(drain(&budget, at(0)), 2);
    assert_eq!(drain(&budget, at(1_099)), 0);
    assert_eq!(drain(&budget, at(1_100)), 2);
}

#[test]
fn a_request_whose_server_is_overloaded_earns_nothing() {
    let budget = budget(0.5, 0, 1_000);
    deposit(&budget, at(0), 10);
    (0..8).for_each(|_| budget.forfeit(at(0)));
    assert_eq!(drain(&budget, at(100)), 1);
}

#[test]
fn without_a_share_and_a_reserve_there_are_no_retries() {
    let budget = budget(0.0, 0, 1_000);
    deposit(&budget, at(0), 1_000);
    let refused = budget.try_withdraw(at(130)).unwrap_err();
    assert_eq!((refused.reason, refused.scope), (Rejected::RetryBudgetSpent, Scope::Resource));
    assert_eq!(refused.retry_after, Duration::from_millis(70));
}

#[test]
fn other_settings_count_from_now_on() {
    let budget = budget(0.0, 3, 10_000);
    assert_eq!(drain(&budget, at(0)), 30);
    let ttl = Duration::from_secs(20);
    let settings = RetryBudgetSettings { ratio: 0.5, min_per_second: 2, ttl };
    budget.reconfigure(&settings, at(50)).unwrap();
    assert_eq!(drain(&budget, at(50)), 10, "40 less the 30 that were spent");
    deposit(&budget, at(50), 10);
    assert_eq!(drain(&budget, at(100)), 5);
    let refused = budget.reconfigure(&RetryBudgetSettings { ratio: f64::NAN, ..settings }, at(100));
    assert_eq!(refused.unwrap_err().field, "ratio");
}

#[test]
fn many_threads_spend_no_more_than_there_is() {
    let budget = budget(0.1, 0, 10_000);
    deposit(&budget, at(0), 10_000);
    budget.balance(at(100));
    let spent: usize = std::thread::scope(|scope| {
        let spend = || drain(&budget, at(150));
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(spend)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum()
    });
    assert_eq!(spent, 1_000);
}

#[test]
fn threads_that_turn_slots_and_spend_lose_nothing() {
    let budget = budget(1.0, 0, 60_000);
    let spent: usize = std::thread::scope(|scope| {
        let work = |thread: u64| {
            let budget = &budget;
            move || {
                let step = |step: u64| {
                    let now = at(step * 7 + thread);
                    budget.deposit(now);
                    usize::from(budget.try_withdraw(now).is_ok())
                };
                (0..5_000).map(step).sum::<usize>()
            }
        };
        let threads: Vec<_> = (0..4).map(|thread| scope.spawn(work(thread))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum()
    });
    // 20,000 requests in 35 s, none forgotten yet.
    let left = drain(&budget, at(36_000)) + drain(&budget, at(36_000));
    assert_eq!(spent + left, 20_000);
}

proptest! {
    /// Against a list of everything that happened.
    #[test]
    fn a_retry_is_paid_for_by_the_requests_of_the_last_ttl(
        steps in proptest::collection::vec((0_u64..400, 0_usize..6, 0_usize..6), 1..150),
        reserve in 0_u32..3,
    ) {
        const TTL: u64 = 1_000;
        let budget = budget(0.5, reserve, TTL);
        let (mut now, mut requests, mut retries) = (0, Vec::new(), Vec::new());
        for (wait, asked, retried) in steps {
            now += wait;
            deposit(&budget, at(now), asked);
            requests.extend(std::iter::repeat_n(now, asked));
            let paid = (0..retried).filter(|_| budget.try_withdraw(at(now)).is_ok()).count();
            retries.extend(std::iter::repeat_n(now, paid));
            if paid == 0 {
                continue;
            }
            // A slot of 100 ms is the exactness it has.
            let recent = |times: &[u64], within: u64| {
                times.iter().filter(|time| **time + within > now).count()
            };
            let earned = recent(&requests, TTL + 100) as f64 * 0.5;
            prop_assert!(recent(&retries, TTL) as f64 <= earned + f64::from(reserve) + 1e-9);
        }
    }
}

#[test]
fn values_out_of_range_are_named() {
    let refused = |settings: RetryBudgetSettings| settings.validate().unwrap_err().field;
    let default = RetryBudgetSettings::default;
    assert_eq!(default().validate(), Ok(()));
    assert_eq!(refused(RetryBudgetSettings { ratio: -0.1, ..default() }), "ratio");
    assert_eq!(
        refused(RetryBudgetSettings { min_per_second: 10_001, ..default() }),
        "min_per_second"
    );
    assert_eq!(
        refused(RetryBudgetSettings { ttl: Duration::from_secs(61), ..default() }),
        "ttl_ms"
    );
}
