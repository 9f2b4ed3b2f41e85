//! Books whose rules are replaced.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use super::*;
use crate::{
    Class, Cohort, Ctx, GuardSettings, ManualClock, Outcome, Priority, Rejected,
    limit::LimitSettings, stack::Guard,
};

fn book_of(node: &str, settings: RuleBookSettings) -> RuleBook {
    RuleBook::new(settings, node, Arc::new(ManualClock::default()), Arc::default()).unwrap()
}

fn book() -> RuleBook {
    book_of("node-1", RuleBookSettings::default())
}

/// Rules by which `resource` may have so many requests in flight.
fn limited(version: u64, resource: &str, limit: u32) -> String {
    format!(
        r#"{{"version": {version}, "rules": [{{"id": "{resource}", "resources": ["{resource}"],
            "settings": {{"limit": {{"algorithm": {{"fixed": {{"limit": {limit}}}}}}}}}}}]}}"#
    )
}

fn limit_of(guard: &Guard) -> Option<u32> {
    guard.limit().map(|limit| limit.limit())
}

fn reason(book: &RuleBook, resource: &str, ctx: &Ctx<'_>) -> Option<Rejected> {
    book.enter(resource, ctx).err().map(|rejection| rejection.reason)
}

#[test]
fn the_most_specific_rule_holds_and_only_that_one() {
    let rule = |id: &str, resources: &str, limit: u32| {
        format!(
            r#"{{"id": "{id}", "resources": [{resources}],
                "settings": {{"limit": {{"algorithm": {{"fixed": {{"limit": {limit}}}}}}}}}}}"#
        )
    };
    let rules = [
        rule("all", r#""*""#, 1),
        rule("gets", r#""GET *""#, 2),
        rule("orders", r#""GET /orders*", "GET /单元*""#, 3),
        rule("one", r#""GET /orders/7""#, 4),
        format!(r#"{{"enabled": false, {}"#, &rule("off", r#""GET /orders/8""#, 5)[1..]),
    ];
    let text = format!(r#"{{"version": 1, "rules": [{}]}}"#, rules.join(","));
    let book = book();
    book.load(&text).unwrap();
    let rule = |resource| {
        let post = book.post(resource);
        (post.rule().map(str::to_owned), limit_of(post.guard()))
    };
    let of = |id: &str, limit| (Some(id.to_owned()), Some(limit));
    assert_eq!(rule("POST /orders"), of("all", 1));
    assert_eq!(rule("GET /"), of("gets", 2));
    assert_eq!(rule("GET /orders/8"), of("orders", 3), "what is off is not there");
    assert_eq!(rule("GET /单元/4"), of("orders", 3));
    assert_eq!(rule("GET /单"), of("gets", 2), "not cut within a letter");
    assert_eq!(rule("GET /orders/7"), of("one", 4));
    book.load(r#"{"version": 2, "default": {"timeout_ms": 70}}"#).unwrap();
    let post = book.post("GET /orders/7");
    assert_eq!((post.rule(), limit_of(post.guard())), (None, None));
    assert_eq!(post.guard().settings().timeout, Some(Duration::from_millis(70)));
}

#[test]
fn other_rules_keep_what_was_learnt_and_end_what_was_admitted() {
    let book = book();
    book.load(&limited(1, "pay", 2)).unwrap();
    let held = [book.enter("pay", &Ctx::default()), book.enter("pay", &Ctx::default())];
    assert_eq!(reason(&book, "pay", &Ctx::default()), Some(Rejected::ConcurrencyLimited));
    let applied = book.load(&limited(2, "pay", 3)).unwrap();
    assert_eq!((applied.renewed, applied.plan.changes.len()), (1, 1));
    let third = book.enter("pay", &Ctx::default()).unwrap();
    assert_eq!(reason(&book, "pay", &Ctx::default()), Some(Rejected::ConcurrencyLimited));
    for entry in held {
        entry.unwrap().finish(Outcome::Success);
    }
    third.finish(Outcome::Success);
    let counts = book.guard("pay").counts();
    assert_eq!((counts.outcome(Outcome::Success), counts.rejections()), (3, 2));
    assert_eq!(book.guard("pay").limit().unwrap().in_flight(), 0);
}

#[test]
fn what_does_not_change_stays_the_very_guard_it_was() {
    let book = book();
    book.load(&limited(1, "pay", 2)).unwrap();
    let (pay, other) = (book.guard("pay"), book.guard("other"));
    let applied = book.load(&limited(2, "pay", 3)).unwrap();
    assert_eq!(applied.renewed, 1);
    assert!(Arc::ptr_eq(&other, &book.guard("other")));
    assert!(!Arc::ptr_eq(&pay, &book.guard("pay")));
}

/// A value that Sentinel cannot use makes it take the rules that it understood, so rules in
/// force are gone and nobody is told: alibaba/Sentinel#2889, #1519.
#[test]
fn sentinel_2889_wrong_rules_change_nothing_and_are_an_error() {
    let book = book();
    book.load(&limited(1, "pay", 1)).unwrap();
    let held = book.enter("pay", &Ctx::default()).unwrap();
    let wrong = limited(2, "pay", 9).replace("9", "-9");
    for text in [wrong.as_str(), "", "[]", "null", r#"{"version": 2, "rules": [{}]}"#] {
        assert!(matches!(book.load(text), Err(RulesError::Invalid(_))), "{text}");
        assert_eq!(book.version().number(), 1);
        assert_eq!(reason(&book, "pay", &Ctx::default()), Some(Rejected::ConcurrencyLimited));
    }
    held.finish(Outcome::Success);
}

/// Sentinel's dashboard keeps rules in memory: alibaba/Sentinel#934, #3457. What is in force
/// here can be written down, and a process that starts while nobody is there to ask begins
/// with it.
#[test]
fn sentinel_934_rules_outlive_a_restart() {
    let before = book();
    before.load(&limited(3, "pay", 4)).unwrap();
    let snapshot = before.rules().to_json();
    let after = book();
    after.load(&snapshot).unwrap();
    assert_eq!(after.rules(), before.rules());
    assert_eq!(limit_of(&after.guard("pay")), Some(4));
    assert!(after.load(&limited(3, "pay", 4)).unwrap().plan.is_empty(), "they are there again");
}

/// After a restart Sentinel's dashboard numbers rules from the start again, so that new ones
/// overwrite others that nobody meant: alibaba/Sentinel#2434. Here a version only goes up.
#[test]
fn sentinel_2434_older_rules_do_not_overwrite_newer_ones() {
    let book = book();
    book.load(&limited(5, "pay", 5)).unwrap();
    for version in [0, 4, 5] {
        assert!(book.load(&limited(version, "pay", 9)).is_err());
    }
    let refused = book.load(&limited(5, "pay", 9)).unwrap_err();
    let version = RulesVersion::new(5);
    assert_eq!(refused, RulesError::NotNewer { version, newest: version });
    assert!(book.load(&limited(5, "pay", 5)).unwrap().plan.is_empty(), "the very same may come");
    assert_eq!(book.history().len(), 1);
    let older = RuleSet::parse(&limited(4, "pay", 4), &RuleLimits::default()).unwrap();
    assert!(book.apply(&older).is_err());
    book.force(&older).unwrap();
    assert_eq!((book.version().number(), limit_of(&book.guard("pay"))), (4, Some(4)));
    assert!(book.load(&limited(5, "pay", 9)).is_err(), "5 was there");
}

#[test]
fn a_rollback_goes_back_step_by_step_and_what_was_taken_back_stays_out() {
    let settings = RuleBookSettings { history_max: 3, ..RuleBookSettings::default() };
    let book = book_of("node-1", settings);
    assert_eq!(book.rollback(), Err(RulesError::NothingBefore));
    for version in 1..=4 {
        book.load(&limited(version, "pay", version as u32)).unwrap();
    }
    let pay = book.guard("pay");
    let history = |book: &RuleBook| -> Vec<u64> {
        book.history().iter().map(|set| set.version.number()).collect()
    };
    assert_eq!(history(&book), [2, 3, 4]);
    assert_eq!(book.rollback().unwrap().renewed, 1);
    assert_eq!((book.version().number(), limit_of(&book.guard("pay"))), (3, Some(3)));
    assert_eq!(limit_of(&pay), Some(3), "who still has the guard before is limited as well");
    assert!(book.load(&limited(4, "pay", 4)).is_err(), "a listener brings it again");
    book.rollback().unwrap();
    assert_eq!((book.rollback(), history(&book)), (Err(RulesError::NothingBefore), vec![2]));
    book.load(&limited(5, "pay", 5)).unwrap();
    assert_eq!(history(&book), [2, 5]);
}

#[test]
fn a_plan_changes_nothing() {
    let book = book();
    book.load(&limited(1, "pay", 1)).unwrap();
    let plan = book.plan(&limited(2, "pay", 2)).unwrap();
    let path = "settings.limit.algorithm.fixed.limit";
    assert!(plan.to_string().contains(&format!("{path}: 1 -> 2")), "{plan}");
    assert!(book.plan(&limited(1, "pay", 2)).is_err());
    assert_eq!((book.version().number(), limit_of(&book.guard("pay"))), (1, Some(1)));
}

#[test]
fn a_dry_run_refuses_nobody_and_counts_for_which_reason_it_would_have() {
    let dry = limited(1, "pay", 1).replace(r#""settings": {"#, r#""settings": {"dry_run": true,"#);
    let book = book();
    book.load(&dry).unwrap();
    let held: Vec<_> = (0..10).map(|_| book.enter("pay", &Ctx::default()).unwrap()).collect();
    let counts = book.guard("pay").counts();
    assert_eq!(counts.would_have_rejected(Rejected::ConcurrencyLimited), 9);
    assert_eq!((counts.would_be_rejections(), counts.rejections()), (9, 0));
    book.load(&limited(2, "pay", 1)).unwrap();
    assert_eq!(reason(&book, "pay", &Ctx::default()), Some(Rejected::ConcurrencyLimited));
    drop(held);
    assert_eq!(reason(&book, "pay", &Ctx::default()), None);
}

fn with_canary(version: u64, percent: u8, of: &str) -> String {
    let canary = format!(
        r#""settings": {{}}, "canary": {{"percent": {percent}, "of": "{of}",
            "settings": {{"limit": {{"algorithm": {{"fixed": {{"limit": 0}}}}}}}}}}"#
    );
    format!(
        r#"{{"version": {version}, "rules": [{{"id": "pay", "resources": ["pay"], {canary}}}]}}"#
    )
}

#[test]
fn a_canary_of_nodes_is_all_of_a_node_or_nothing_of_it() {
    let is_in = |node: &str, percent| {
        let settings = RuleBookSettings { resources_max: 1, ..RuleBookSettings::default() };
        let book = book_of(node, settings);
        book.load(&with_canary(1, percent, "nodes")).unwrap();
        limit_of(&book.guard("pay")).is_some()
    };
    let nodes: Vec<_> = (0..200).map(|number| format!("node-{number}")).collect();
    let count = |percent| nodes.iter().filter(|node| is_in(node, percent)).count();
    assert_eq!((count(0), count(100)), (0, 200));
    let (tenth, half) = (count(10), count(50));
    assert!((8..=32).contains(&tenth) && (70..=130).contains(&half), "{tenth} {half}");
    for node in &nodes {
        assert!(!is_in(node, 10) || is_in(node, 50), "who is in a tenth is in a half");
    }
}

#[test]
fn a_canary_of_requests_is_the_share_it_should_be_for_the_same_users_everywhere() {
    let refused_on = |node, percent| -> Vec<u8> {
        let book = book_of(node, RuleBookSettings::default());
        book.load(&with_canary(1, percent, "requests")).unwrap();
        let refused = (0..Cohort::COUNT).filter(|&cohort| {
            let cohort = Cohort::new(cohort).unwrap();
            let ctx = Ctx::default().priority(Priority { class: Class::DEFAULT, cohort });
            reason(&book, "pay", &ctx).is_some()
        });
        refused.collect()
    };
    for (percent, cohorts) in [(0, 0), (1, 1), (10, 13), (50, 64), (99, 127), (100, 128)] {
        assert_eq!(refused_on("node-1", percent).len(), cohorts, "{percent}");
    }
    assert_eq!(refused_on("node-1", 25), refused_on("node-2", 25));
}

#[test]
fn a_canary_of_requests_has_counts_of_its_own_and_keeps_them_as_its_share_grows() {
    let book = book();
    book.load(&with_canary(1, 50, "requests")).unwrap();
    let ask = || {
        for cohort in 0..Cohort::COUNT {
            let cohort = Cohort::new(cohort).unwrap();
            let ctx = Ctx::default().priority(Priority { class: Class::DEFAULT, cohort });
            if let Ok(entry) = book.enter("pay", &ctx) {
                entry.finish(Outcome::Success);
            }
        }
        let post = book.post("pay");
        let canary = post.canary().map(|guard| guard.counts().rejections());
        (post.guard().counts().outcome(Outcome::Success), canary)
    };
    assert_eq!(ask(), (64, Some(64)));
    assert_eq!(book.load(&with_canary(2, 100, "requests")).unwrap().renewed, 1);
    assert_eq!(ask(), (64, Some(192)));
    book.load(&limited(3, "pay", 9)).unwrap();
    assert_eq!(ask(), (192, None));
}

#[test]
fn beyond_the_bound_resources_share_a_guard_but_those_that_are_named() {
    let settings = RuleBookSettings { resources_max: 10, ..RuleBookSettings::default() };
    let book = book_of("node-1", settings);
    let named: Vec<_> = (0..20).map(|number| format!("\"named {number}\"")).collect();
    let text = format!(
        r#"{{"version": 1, "rules": [
            {{"id": "named", "resources": [{}]}}, {{"id": "get", "resources": ["GET *"],
              "settings": {{"rate": {{"permits": 5, "burst": 5}}}}}}]}}"#,
        named.join(",")
    );
    book.load(&text).unwrap();
    for number in 0..1_000 {
        book.guard(&format!("GET {number}"));
        book.guard(&format!("POST {number}"));
    }
    assert_eq!(book.posts().len(), 12, "ten, and one for each of two patterns");
    assert_eq!(book.post("GET 999").resource(), "GET *");
    assert_eq!(book.post("POST 999").resource(), "*");
    assert_eq!(book.post("GET 0").resource(), "GET 0");
    let passed = (0..1_000).filter(|number| {
        reason(&book, &format!("GET invented {number}"), &Ctx::default()).is_none()
    });
    assert_eq!(passed.count(), 5, "inventing names brings nothing");
    for number in 0..20 {
        let name = format!("named {number}");
        assert_eq!(book.post(&name).resource(), name);
    }
    assert_eq!(self::book().post(&"x".repeat(513)).resource(), "*", "too long to be kept");
    book.load(r#"{"version": 2}"#).unwrap();
    assert!(book.posts().len() <= 11, "{}", book.posts().len());
    assert_eq!(book.post("named 3").rule(), None);
}

#[test]
fn the_path_of_a_request_allocates_nothing() {
    let book = book();
    book.load(&limited(1, "pay", 10)).unwrap();
    let pass = || book.enter("pay", &Ctx::default()).unwrap().finish(Outcome::Success);
    pass();
    let used = allocation_counter::measure(|| (0..1_000).for_each(|_| pass()));
    assert_eq!(used.count_total, 0, "{used:?}");
}

/// What a resource costs, as the settings say it.
#[test]
fn a_guard_takes_as_much_memory_as_is_said() {
    let bytes = |settings: &str| {
        let book = book();
        book.load(&format!(r#"{{"version": 1, "default": {settings}}}"#)).unwrap();
        let used = allocation_counter::measure(|| drop(book.guard("pay")));
        used.bytes_current / 1_024
    };
    let (bare, breaker) = (bytes("{}"), bytes(r#"{"breaker": {}}"#));
    println!("KiB of a guard: {bare}, with a breaker: {breaker}");
    assert!(bare <= 16 && breaker <= 30, "{bare} {breaker}");
}

#[test]
fn requests_go_on_while_rules_are_replaced_and_rolled_back() {
    let book = book();
    let limits = LimitSettings::fixed(64);
    let settings = GuardSettings { limit: Some(limits), ..GuardSettings::default() };
    let set = |version: u64| {
        let limit = Some(LimitSettings::fixed(64 + (version % 2) as u32));
        let rule = Rule {
            id: "shop".into(),
            resources: vec![Pattern::Prefix("shop".into())],
            enabled: true,
            settings: GuardSettings { limit, ..settings.clone() },
            canary: None,
        };
        RuleSet { version: RulesVersion::new(version), rules: vec![rule], ..RuleSet::default() }
    };
    book.apply(&set(1)).unwrap();
    let (stop, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    let names: Vec<_> = (0..100).map(|number| format!("shop {number}")).collect();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for name in names.iter().cycle() {
                    let entry = book.enter(name, &Ctx::default()).unwrap();
                    asked.fetch_add(1, Ordering::Relaxed);
                    entry.finish(Outcome::Success);
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
        for version in 2..200 {
            book.apply(&set(version)).unwrap();
            if version % 5 == 0 {
                book.rollback().unwrap();
            }
            let limit = 64 + (book.version().number() % 2) as u32;
            let is_whole = |post: &Arc<Post>| limit_of(post.guard()) == Some(limit);
            assert!(book.posts().iter().all(is_whole), "all are by version {}", book.version());
        }
        stop.store(true, Ordering::Relaxed);
    });
    let posts = book.posts();
    assert!(posts.len() <= 100);
    let ended: u64 = posts.iter().map(|post| post.guard().counts().ended()).sum();
    assert_eq!(ended, asked.into_inner(), "no count was lost");
    let in_flight = |post: &Arc<Post>| post.guard().limit().unwrap().in_flight();
    assert_eq!(posts.iter().map(in_flight).sum::<u32>(), 0);
}

#[test]
fn loads_at_once_come_one_after_the_other_and_the_newest_stays() {
    let book = book();
    thread::scope(|scope| {
        for start in 1..=4_u64 {
            let book = &book;
            scope.spawn(move || {
                for version in (start..200).step_by(4) {
                    let _ = book.load(&limited(version, "pay", version as u32));
                    assert!(limit_of(&book.guard("pay")).is_some());
                }
            });
        }
    });
    assert_eq!((book.version().number(), limit_of(&book.guard("pay"))), (199, Some(199)));
}
