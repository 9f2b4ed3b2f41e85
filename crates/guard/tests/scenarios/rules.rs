//! Rules that are replaced while requests come.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use seawall_guard::{
    Clock as _, Cohort, Ctx, GuardSettings, ManualClock, MonotonicClock, Outcome, Priority,
    Rejected,
    limit::{AlgorithmSettings, LimitSettings},
    rules::{Pattern, Rule, RuleBook, RuleSet, RulesVersion},
};

fn book(clock: Arc<dyn seawall_guard::Clock>) -> RuleBook {
    RuleBook::new(Default::default(), "node-1", clock, Arc::default()).unwrap()
}

/// A breaker that is too strict by far is rolled out as it should be: nobody is refused in
/// its dry run, which shows the fault; a tenth of the users are when that is not looked at;
/// and all are served again after the rollback.
#[test]
fn a_bad_rule_is_found_by_its_dry_run_and_hurts_a_tenth_as_a_canary() {
    let clock = ManualClock::default();
    let book = book(Arc::new(clock.clone()));
    let breaker = r#""breaker": {"policy": {"kind": "consecutive", "failures": 1}}"#;
    let rules = |version: u64, rule: &str| {
        format!(
            r#"{{"version": {version},
                "rules": [{{"id": "pay", "resources": ["pay"], {rule}}}]}}"#
        )
    };
    // One request a millisecond for a second, of which one in a hundred fails.
    let second = || {
        let mut refused = 0;
        for number in 0..1_000_u64 {
            clock.advance(Duration::from_millis(1));
            let cohort = Cohort::of(number, 7);
            let ctx = Ctx::default().priority(Priority { cohort, ..Priority::default() });
            match book.enter("pay", &ctx) {
                Ok(entry) if number % 100 == 99 => entry.finish(Outcome::Failure),
                Ok(entry) => entry.finish(Outcome::Success),
                Err(rejection) => {
                    assert_eq!(rejection.reason, Rejected::BreakerOpen);
                    refused += 1;
                }
            }
        }
        refused
    };
    book.load(&rules(1, r#""settings": {}"#)).unwrap();
    let before = second();
    book.load(&rules(2, &format!(r#""settings": {{"dry_run": true, {breaker}}}"#))).unwrap();
    let dry = second();
    let would = book.guard("pay").counts().would_have_rejected(Rejected::BreakerOpen);
    let canary = format!(r#"{{"percent": 10, "of": "requests", "settings": {{{breaker}}}}}"#);
    book.load(&rules(3, &format!(r#""settings": {{}}, "canary": {canary}"#))).unwrap();
    let (mut canary, mut seconds) = (0, 0);
    while seconds < 10 {
        canary += second();
        seconds += 1;
    }
    let canary = canary / seconds;
    book.rollback().unwrap();
    book.rollback().unwrap();
    let after = second();
    println!(
        "refused in a second of 1,000: before {before}, dry run {dry} (would be {would}), \
         canary of a tenth {canary}, after the rollback {after}"
    );
    assert_eq!((before, dry, after), (0, 0, 0));
    assert!(would > 850, "{would}");
    assert!((1..=130).contains(&canary), "{canary}");
}

/// As many rules as there may be, all of them with another limit in each version. What a
/// request finds is of one version, never older than one that it found before; when a set is
/// wrong, nothing of it is in force.
#[test]
fn ten_thousand_rules_are_replaced_whole_under_load() {
    const RULES: u32 = 10_000;
    let clock = Arc::new(MonotonicClock::new());
    let book = book(clock.clone());
    let names: Vec<String> = (0..RULES).map(|number| format!("GET /{number}")).collect();
    let set = |version: u64| {
        let rule = |name: &String| Rule {
            id: name.as_str().into(),
            resources: vec![Pattern::Exact(name.as_str().into())],
            enabled: true,
            settings: GuardSettings {
                limit: Some(LimitSettings::fixed(1_000 + version as u32)),
                ..GuardSettings::default()
            },
            canary: None,
        };
        let rules = names.iter().map(rule).collect();
        RuleSet { version: RulesVersion::new(version), rules, ..RuleSet::default() }
    };
    book.apply(&set(1)).unwrap();
    let (stop, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    let times = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut newest = 0;
                // Few of them, so that this is no test of memory.
                for name in names.iter().step_by(50).cycle() {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let guard = book.guard(name);
                    let version = version_of(guard.settings());
                    assert!(version >= newest, "{version} after {newest}");
                    newest = version;
                    guard.enter(&Ctx::default()).unwrap().finish(Outcome::Success);
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let times: Vec<Duration> = (2..4)
            .map(|version| {
                let began = clock.now();
                assert_eq!(book.apply(&set(version)).unwrap().plan.changes.len(), RULES as usize);
                let mut wrong = set(version + 1);
                wrong.rules[9_999].settings.limit = Some(LimitSettings::fixed(u32::MAX));
                assert!(book.apply(&wrong).is_err());
                assert_eq!(book.version().number(), version);
                clock.now() - began
            })
            .collect();
        stop.store(true, Ordering::Relaxed);
        times
    });
    let posts = book.posts();
    assert!(posts.iter().all(|post| version_of(post.guard().settings()) == 3));
    let ended: u64 = posts.iter().map(|post| post.guard().counts().ended()).sum();
    assert_eq!(ended, asked.into_inner());
    println!("10,000 rules checked twice and replaced once in {times:?}; {ended} requests");
}

fn version_of(settings: &GuardSettings) -> u32 {
    match settings.limit.as_ref().map(|limit| &limit.algorithm) {
        Some(AlgorithmSettings::Fixed(fixed)) => fixed.limit - 1_000,
        other => panic!("{other:?}"),
    }
}
