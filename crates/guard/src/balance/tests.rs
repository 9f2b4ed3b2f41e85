//! A balancer and its picks, one step at a time.

use std::{collections::HashMap, sync::Arc, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::{
    admit::{Outcome, Rejected},
    time::Instant,
};

const START: Instant = Instant::START;
const MILLISECOND: Duration = Duration::from_millis(1);

fn balancer(members: impl IntoIterator<Item = Member<u32>>) -> Balancer<u32> {
    let balancer = Balancer::new(BalanceSettings::default(), 1, START).unwrap();
    balancer.replace(START, members);
    balancer
}

fn pending(balancer: &Balancer<u32>) -> u32 {
    balancer.status(START).iter().map(|status| status.pending).sum()
}

fn unwell(balancer: &Balancer<u32>, now: Instant) -> Vec<(u32, Reason, bool)> {
    let status = balancer.status(now);
    let unwell =
        |status: &EndpointStatus<u32>| Some((*status.endpoint(), status.unwell?, status.left_out));
    status.iter().filter_map(unwell).collect()
}

/// Ends requests so, one each millisecond, by what they were sent to.
fn ask(
    balancer: &Balancer<u32>,
    now: &mut Instant,
    times: u32,
    outcome: impl Fn(u32) -> Outcome,
) -> HashMap<u32, u32> {
    let mut asked = HashMap::new();
    for _ in 0..times {
        let pick = balancer.pick(*now).unwrap();
        let endpoint = *pick.endpoint();
        *asked.entry(endpoint).or_default() += 1;
        *now = *now + MILLISECOND;
        pick.finish(*now, outcome(endpoint));
    }
    asked
}

#[test]
fn without_endpoints_it_says_so() {
    let balancer = balancer([]);
    assert_eq!(balancer.pick(START).unwrap_err().reason, Rejected::NoEndpoint);
    assert_eq!(balancer.pick_again(START, &[]).unwrap_err().reason, Rejected::NoEndpoint);
}

#[test]
fn a_request_is_pending_until_it_is_finished_or_dropped() {
    let balancer = balancer((0..3).map(Member::new));
    let picks = [(); 3].map(|()| balancer.pick(START).unwrap());
    assert_eq!(pending(&balancer), 3);
    let [finished, dropped, moved] = picks;
    finished.finish(START + MILLISECOND, Outcome::Success);
    drop(dropped);
    assert_eq!(pending(&balancer), 1);
    // It may be ended elsewhere, and after its endpoint is gone.
    balancer.replace(START, [Member::new(9)]);
    std::thread::spawn(move || moved.finish(START, Outcome::Failure)).join().unwrap();
    assert_eq!(pending(&balancer), 0);
}

#[test]
fn tower_a_clone_needs_no_readiness_of_its_own() {
    // In tower a service that is ready says nothing of its clone, and a clone that is
    // called without being asked panics. Here nothing is reserved before the pick.
    let balancer = Arc::new(balancer((0..2).map(Member::new)));
    let clone = Arc::clone(&balancer);
    let one = balancer.pick(START).unwrap();
    let other = clone.pick(START).unwrap();
    assert_ne!(one.endpoint(), other.endpoint(), "the clone sees what is pending");
    assert_eq!(pending(&clone), 2);
}

#[test]
fn gozero_p2c_no_pick_waits_for_a_lock() {
    let balancer = balancer((0..3).map(Member::new));
    let held = balancer.roster.lock();
    let later = START + Duration::from_secs(5);
    balancer.pick(later).unwrap().finish(later, Outcome::Success);
    balancer.pick_again(later, &[]).unwrap().finish(later, Outcome::Success);
    drop(held);
}

#[test]
fn gozero_p2c_a_failing_endpoint_is_not_picked_by_force_each_second() {
    let balancer = balancer((0..5).map(Member::new));
    let mut now = START;
    let fails = |endpoint| if endpoint == 0 { Outcome::Failure } else { Outcome::Success };
    ask(&balancer, &mut now, 2_000, fails);
    // In a minute go-zero would pick it sixty times.
    let asked = ask(&balancer, &mut now, 60_000, fails);
    assert!(asked.get(&0).copied().unwrap_or(0) <= 6, "{asked:?}");
}

#[test]
fn a_pick_allocates_nothing() {
    let balancer = balancer((0..100).map(Member::new));
    let now = START + MILLISECOND;
    let request = || {
        let pick = balancer.pick(now).unwrap();
        let again = balancer.pick_again(now, &[pick.tried()]).unwrap();
        pick.finish(now, Outcome::Failure);
        again.finish(now, Outcome::Success);
    };
    request();
    assert_eq!(allocation_counter::measure(|| (0..100).for_each(|_| request())).count_total, 0);
}

#[test]
fn weights_are_kept_at_little_load_and_at_much() {
    let balancer = balancer([
        Member::new(0).weight(1.0),
        Member::new(1).weight(2.0),
        Member::new(2).weight(5.0),
    ]);
    let mut now = START;
    let asked = ask(&balancer, &mut now, 8_000, |_| Outcome::Success);
    for (endpoint, part) in [(0, 1_000.0), (1, 2_000.0), (2, 5_000.0)] {
        let asked = f64::from(asked[&endpoint]);
        assert!((part * 0.8..part * 1.2).contains(&asked), "{endpoint}: {asked}");
    }
    let picks: Vec<_> = (0..800).map(|_| balancer.pick(now).unwrap()).collect();
    for (endpoint, part) in [(0, 100.0), (1, 200.0), (2, 500.0)] {
        let picked = picks.iter().filter(|pick| *pick.endpoint() == endpoint).count() as f64;
        assert!((part * 0.8..part * 1.2).contains(&picked), "{endpoint}: {picked}");
    }
}

#[test]
fn another_attempt_goes_elsewhere_if_there_is_an_elsewhere() {
    let zone = |number: u32| Member::new(number).zone(Zone(number / 3));
    let two_zones = balancer((0..6).map(zone));
    let one_zone = balancer((0..3).map(zone));
    let alone = balancer([zone(0)]);
    for _ in 0..100 {
        let tried = two_zones.pick(START).unwrap();
        let again = two_zones.pick_again(START, &[tried.tried()]).unwrap();
        assert_ne!(tried.endpoint() / 3, again.endpoint() / 3, "another zone");
        let last = two_zones.pick_again(START, &[tried.tried(), again.tried()]).unwrap();
        assert!(
            ![tried.endpoint(), again.endpoint()].contains(&last.endpoint()),
            "another endpoint"
        );

        let tried = one_zone.pick(START).unwrap();
        let again = one_zone.pick_again(START, &[tried.tried()]).unwrap();
        let last = one_zone.pick_again(START, &[tried.tried(), again.tried()]).unwrap();
        let mut all = [*tried.endpoint(), *again.endpoint(), *last.endpoint()];
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2]);

        let tried = alone.pick(START).unwrap();
        assert!(alone.pick_again(START, &[tried.tried()]).is_ok(), "better the same than none");
    }
}

#[test]
fn another_attempt_does_not_go_far_away_for_nothing() {
    let near = |number| Member::new(number).zone(Zone(0)).tier(Tier(0));
    let far = |number| Member::new(number).zone(Zone(1)).tier(Tier(1));
    let balancer = balancer([near(0), near(1), near(2), far(3)]);
    let finish = |endpoint: &Pick<u32>| {
        // The far one takes 200 ms and the near ones 10.
        START + MILLISECOND * if *endpoint.endpoint() == 3 { 200 } else { 10 }
    };
    let tried: Vec<_> = (0..3).map(|_| balancer.pick(START).unwrap().tried()).collect();
    for _ in 0..50 {
        let pick = balancer.pick_again(START, &tried).unwrap();
        let end = finish(&pick);
        pick.finish(end, Outcome::Success);
    }
    let now = START + MILLISECOND * 300;
    for _ in 0..100 {
        let tried = balancer.pick(now).unwrap();
        assert_ne!(balancer.pick_again(now, &[tried.tried()]).unwrap().endpoint(), &3);
    }
}

#[test]
fn what_is_not_the_servers_fault_never_ejects() {
    for outcome in
        [Outcome::Ignore, Outcome::Slow, Outcome::Overload, Outcome::Topology, Outcome::Cancelled]
    {
        let balancer = balancer((0..5).map(Member::new));
        let mut now = START;
        let ended = |endpoint| if endpoint == 0 { outcome } else { Outcome::Success };
        ask(&balancer, &mut now, 20_000, ended);
        assert_eq!(unwell(&balancer, now), [], "{outcome:?}");
    }
}

#[test]
fn a_refusal_of_our_own_is_dropped_and_counts_for_nothing() {
    let balancer = balancer((0..5).map(Member::new));
    for millis in 0..2_000 {
        drop(balancer.pick(START + MILLISECOND * millis).unwrap());
    }
    let now = START + MILLISECOND * 2_000;
    assert_eq!(unwell(&balancer, now), []);
    assert!(balancer.status(now).iter().all(|status| status.failing == 0.0 && status.pending == 0));
}

#[test]
fn who_is_left_out_gets_a_probe_and_one_that_passes_brings_it_back() {
    let balancer = balancer((0..5).map(Member::new));
    let mut now = START;
    let fails = |endpoint| if endpoint == 0 { Outcome::Failure } else { Outcome::Success };
    ask(&balancer, &mut now, 1_000, fails);
    assert_eq!(unwell(&balancer, now), [(0, Reason::Streak, true)]);

    // A probe that is dropped is asked for again; one that fails is not, for long.
    let probe = |now: &mut Instant| loop {
        let pick = balancer.pick(*now).unwrap();
        *now = *now + MILLISECOND;
        if pick.is_probe() {
            assert_eq!(pick.endpoint(), &0);
            break pick;
        }
        pick.finish(*now, Outcome::Success);
    };
    drop(probe(&mut now));
    let before = now;
    probe(&mut now).finish(now, Outcome::Failure);
    let pause = now;
    assert!(pause - before < Duration::from_secs(2));
    let passed = probe(&mut now);
    assert!(now - pause >= Duration::from_secs(5), "{:?}", now - pause);
    passed.finish(now, Outcome::Success);
    ask(&balancer, &mut now, 200, |_| Outcome::Success);
    assert_eq!(unwell(&balancer, now), []);
    assert!(balancer.status(now)[0].room < 0.2, "its share grows");
}

#[test]
fn another_attempt_is_never_a_probe() {
    let balancer = balancer((0..5).map(Member::new));
    let mut now = START;
    let fails = |endpoint| if endpoint == 0 { Outcome::Failure } else { Outcome::Success };
    ask(&balancer, &mut now, 1_000, fails);
    for _ in 0..60_000 {
        now = now + MILLISECOND;
        let pick = balancer.pick_again(now, &[]).unwrap();
        assert!(!pick.is_probe() && pick.endpoint() != &0);
        pick.finish(now, Outcome::Success);
    }
}

#[test]
fn a_health_check_is_believed() {
    let balancer = balancer((0..5).map(Member::new));
    assert!(balancer.checked(START, &2, false));
    assert_eq!(unwell(&balancer, START), [(2, Reason::Check, true)]);
    let mut now = START;
    assert_eq!(ask(&balancer, &mut now, 1_000, |_| Outcome::Success).get(&2), None);
    assert!(balancer.checked(now, &2, true));
    assert_eq!(unwell(&balancer, now), []);
    assert!(!balancer.checked(now, &7, false), "there is no such endpoint");
}

#[test]
fn a_health_check_does_not_overrule_failed_requests() {
    let balancer = balancer((0..5).map(Member::new));
    let mut now = START;
    let fails = |endpoint| if endpoint == 0 { Outcome::Failure } else { Outcome::Success };
    ask(&balancer, &mut now, 2_000, fails);
    assert_eq!(unwell(&balancer, now), [(0, Reason::Streak, true)]);
    assert!(balancer.checked(now, &0, true));
    assert_eq!(unwell(&balancer, now), [(0, Reason::Streak, true)]);
    // It is tried at once, and not only after seconds.
    ask(&balancer, &mut now, 400, |_| Outcome::Success);
    assert_eq!(unwell(&balancer, now), []);
}

#[test]
fn a_health_check_that_fails_again_and_again_is_one_reason() {
    let balancer = balancer((0..5).map(Member::new));
    let mut now = START;
    for _ in 0..100 {
        balancer.checked(now, &0, false);
        now = now + Duration::from_secs(1);
    }
    balancer.checked(now, &0, true);
    assert_eq!(unwell(&balancer, now), []);
}

#[test]
fn settings_change_and_what_was_learnt_stays() {
    let balancer = balancer((0..5).map(Member::new));
    let mut now = START;
    let fails = |endpoint| if endpoint == 0 { Outcome::Failure } else { Outcome::Success };
    ask(&balancer, &mut now, 1_000, fails);
    let mut settings = BalanceSettings::default();
    settings.ejection.max_share = 2.0;
    assert_eq!(balancer.reconfigure(now, settings).unwrap_err().field, "max_share");
    let settings = BalanceSettings { panic_below: 1.0, ..BalanceSettings::default() };
    balancer.reconfigure(now, settings).unwrap();
    assert_eq!(unwell(&balancer, now), [(0, Reason::Streak, false)], "nobody may be left out now");
}

#[test]
fn equal_endpoints_are_one_and_one_that_comes_again_is_new() {
    let balancer = balancer([Member::new(1), Member::new(1).weight(5.0), Member::new(2)]);
    assert_eq!(balancer.status(START).len(), 2);
    let held = balancer.pick(START).unwrap();
    let endpoint = *held.endpoint();
    let change = balancer.replace(START, [Member::new(3)]);
    assert_eq!(change, Change { added: 1, removed: 2, kept: 0 });
    balancer.replace(START, [Member::new(endpoint), Member::new(3)]);
    assert_eq!(pending(&balancer), 0, "what is under way belongs to the old one");
    drop(held);
    assert_eq!(pending(&balancer), 0);
}

#[test]
fn a_balancer_and_its_picks_go_between_threads() {
    fn goes<T: Send + Sync>() {}
    goes::<Balancer<String>>();
    goes::<Pick<String>>();
}

#[test]
fn many_threads_and_changing_sets_leave_nothing_pending() {
    let balancer = balancer((0..10).map(Member::new));
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let balancer = &balancer;
            scope.spawn(move || {
                for step in 0..5_000 {
                    let now = START + MILLISECOND * step;
                    let pick = balancer.pick(now).unwrap();
                    let again = balancer.pick_again(now, &[pick.tried()]).unwrap();
                    match (step as u64 + thread) % 3 {
                        0 => pick.finish(now + MILLISECOND, Outcome::Success),
                        1 => pick.finish(now + MILLISECOND, Outcome::Failure),
                        _ => drop(pick),
                    }
                    drop(again);
                }
            });
        }
        for step in 0..500_u32 {
            let set = (0..10).filter(|number| (number + step) % 4 != 0).map(Member::new);
            balancer.replace(START + MILLISECOND * (step * 10), set);
        }
    });
    assert_eq!(pending(&balancer), 0);
}

/// One thing that happens to a balancer.
#[derive(Debug, Clone)]
enum Step {
    Wait(u64),
    Pick,
    PickAgain,
    Finish(usize, Outcome),
    Drop(usize),
    Replace(Vec<(u32, u32, u8)>),
    Check(u32, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let outcome = prop::sample::select(vec![
        Outcome::Success,
        Outcome::Success,
        Outcome::Failure,
        Outcome::Failure,
        Outcome::Timeout,
        Outcome::Overload,
        Outcome::Topology,
        Outcome::Cancelled,
    ]);
    let member = (0_u32..12, 0_u32..3, 0_u8..3);
    prop_oneof![
        3 => (1_u64..400).prop_map(Step::Wait),
        8 => Just(Step::Pick),
        2 => Just(Step::PickAgain),
        8 => (0_usize..50, outcome).prop_map(|(index, outcome)| Step::Finish(index, outcome)),
        1 => (0_usize..50).prop_map(Step::Drop),
        1 => prop::collection::vec(member, 0..12).prop_map(Step::Replace),
        1 => (0_u32..12, any::<bool>()).prop_map(|(endpoint, passed)| Step::Check(endpoint, passed)),
    ]
}

/// That no more are left out than may be.
fn bounds_hold(
    status: &[EndpointStatus<u32>],
    settings: &BalanceSettings,
) -> Result<(), TestCaseError> {
    let kept = status.iter().filter(|status| !status.left_out).count();
    prop_assert!(kept as f64 >= settings.panic_below * status.len() as f64, "{status:?}");
    for status in status.iter().filter(|status| status.left_out) {
        prop_assert!(status.unwell.is_some() && status.unwell != Some(Reason::Stalled));
    }
    let mut zones: HashMap<Zone, Vec<&EndpointStatus<u32>>> = HashMap::new();
    for status in status {
        zones.entry(status.zone).or_default().push(status);
    }
    for zone in zones.values() {
        let out: Vec<_> = zone.iter().filter(|status| status.left_out).collect();
        let share = ((settings.ejection.max_share * zone.len() as f64) as usize).max(1);
        let down =
            out.len() == zone.len() || out.iter().any(|status| status.unwell == Some(Reason::Zone));
        prop_assert!(out.len() <= share || down, "{zone:?}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn whatever_happens_nothing_leaks_and_somebody_is_asked(
        steps in prop::collection::vec(step(), 1..300),
        seed in any::<u64>(),
    ) {
        let settings = BalanceSettings::default();
        let balancer = Balancer::new(settings.clone(), seed, START).unwrap();
        let mut now = START;
        let mut members: Vec<u32> = Vec::new();
        // Each pick, and whether its endpoint was a member all the time.
        let mut held: Vec<(Pick<u32>, bool)> = Vec::new();
        for step in steps {
            match step {
                Step::Wait(millis) => now = now + Duration::from_millis(millis),
                Step::Pick | Step::PickAgain => {
                    let tried: Vec<_> = held.iter().rev().take(2).map(|(pick, _)| pick.tried()).collect();
                    let pick = match step {
                        Step::Pick => balancer.pick(now),
                        _ => balancer.pick_again(now, &tried),
                    };
                    prop_assert_eq!(pick.is_ok(), !members.is_empty());
                    if let Ok(pick) = pick {
                        prop_assert!(members.contains(pick.endpoint()));
                        held.push((pick, true));
                    }
                }
                Step::Finish(index, outcome) if index < held.len() => {
                    held.swap_remove(index).0.finish(now, outcome);
                }
                Step::Drop(index) if index < held.len() => drop(held.swap_remove(index)),
                Step::Finish(..) | Step::Drop(_) => {}
                Step::Replace(set) => {
                    let member = |&(endpoint, zone, tier): &(u32, u32, u8)| {
                        Member::new(endpoint).zone(Zone(zone)).tier(Tier(tier))
                    };
                    balancer.replace(now, set.iter().map(member));
                    members = set.iter().map(|(endpoint, ..)| *endpoint).collect();
                    for (pick, stayed) in &mut held {
                        *stayed &= members.contains(pick.endpoint());
                    }
                }
                Step::Check(endpoint, passed) => {
                    prop_assert_eq!(balancer.checked(now, &endpoint, passed), members.contains(&endpoint));
                }
            }
            let status = balancer.status(now);
            for status in &status {
                let under_way = held.iter().filter(|(pick, stayed)| *stayed && pick.endpoint() == status.endpoint());
                prop_assert_eq!(status.pending as usize, under_way.count());
                prop_assert!((0.0..=1.0).contains(&status.failing), "{:?}", status);
            }
            bounds_hold(&status, &settings)?;
        }
        drop(held);
        prop_assert!(balancer.status(now).iter().all(|status| status.pending == 0));
    }
}
