//! When which instance is checked, and what a result means.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use seawall_clock::Instant;

use crate::{
    CheckSettings, InstanceAddress, ServiceKey,
    core::{CheckChange, CheckPlan},
};

/// While an instance is as believed, each interval is so much longer than the last.
const INTERVAL_GROWTH: f64 = 1.5;
/// An instance is busy with checks for at most one part in so many of its time.
const BUSY_SHARE: u32 = 20;

/// Names one plan for one instance; never used again, so a late result of an old
/// plan is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CheckId(u64);

/// One check to be done now.
#[derive(Debug, Clone)]
pub(crate) struct CheckJob {
    pub(crate) id: CheckId,
    pub(crate) address: InstanceAddress,
    pub(crate) plan: CheckPlan,
}

/// What is believed of an instance from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) service: ServiceKey,
    pub(crate) address: InstanceAddress,
    pub(crate) healthy: bool,
}

#[derive(Debug)]
struct Checked {
    service: ServiceKey,
    address: InstanceAddress,
    plan: CheckPlan,
    /// Results in a row that contradict what is believed.
    contradictions: u32,
    interval: Duration,
    /// When the next check is due; `None` while one is running.
    due: Option<Instant>,
}

/// All checked instances.
#[derive(Debug)]
pub(crate) struct CheckSchedule {
    settings: CheckSettings,
    checked: HashMap<CheckId, Checked>,
    by_instance: HashMap<(ServiceKey, InstanceAddress), CheckId>,
    queue: BTreeSet<(Instant, CheckId)>,
    last: u64,
}

impl CheckSchedule {
    /// Nothing is checked yet.
    pub(crate) fn new(settings: CheckSettings) -> Self {
        Self {
            settings,
            checked: HashMap::new(),
            by_instance: HashMap::new(),
            queue: BTreeSet::new(),
            last: 0,
        }
    }

    /// Begins, changes or ends the checks of one instance.
    pub(crate) fn change(&mut self, now: Instant, change: CheckChange) {
        let CheckChange { service, address, plan } = change;
        let instance = (service, address);
        let known = self.by_instance.get(&instance).copied();
        if let (Some(plan), Some(checked)) = (&plan, known.and_then(|id| self.checked.get_mut(&id)))
            && (&checked.plan.checker, checked.plan.port) == (&plan.checker, plan.port)
        {
            checked.plan.healthy = plan.healthy;
            return;
        }
        if let Some(id) = known {
            self.by_instance.remove(&instance);
            if let Some(Checked { due: Some(due), .. }) = self.checked.remove(&id) {
                self.queue.remove(&(due, id));
            }
        }
        if let Some(plan) = plan.filter(|_| self.settings.enabled) {
            self.begin(now, instance, plan);
        }
    }

    fn begin(&mut self, now: Instant, instance: (ServiceKey, InstanceAddress), plan: CheckPlan) {
        self.last += 1;
        let id = CheckId(self.last);
        let interval = Duration::from_millis(self.settings.interval_min_ms);
        // Instances that appear together are not all checked at the same time.
        let spread = (self.last * 137) % self.settings.interval_min_ms;
        let due = now + Duration::from_millis(spread);
        let (service, address) = instance.clone();
        let checked =
            Checked { service, address, plan, contradictions: 0, interval, due: Some(due) };
        self.checked.insert(id, checked);
        self.by_instance.insert(instance, id);
        self.queue.insert((due, id));
    }

    /// When the next check is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.queue.first().map(|(due, _)| *due)
    }

    /// Takes out a check that is due; its result is to be [reported](Self::finish).
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<CheckJob> {
        let (due, id) = *self.queue.first()?;
        if due > now {
            return None;
        }
        self.queue.remove(&(due, id));
        let checked = self.checked.get_mut(&id)?;
        checked.due = None;
        Some(CheckJob { id, address: checked.address.clone(), plan: checked.plan.clone() })
    }

    /// Takes in the result of a check that took `took`.
    pub(crate) fn finish(
        &mut self,
        now: Instant,
        id: CheckId,
        passed: bool,
        took: Duration,
    ) -> Option<Verdict> {
        let shortest = Duration::from_millis(self.settings.interval_min_ms);
        let longest = Duration::from_millis(self.settings.interval_max_ms);
        let checked = self.checked.get_mut(&id)?;
        let confirmed = passed == checked.plan.healthy;
        checked.contradictions = if confirmed { 0 } else { checked.contradictions + 1 };
        // What is doubtful is looked at often; what is as always, less and less.
        let wanted = if confirmed { checked.interval.mul_f64(INTERVAL_GROWTH) } else { shortest };
        checked.interval = wanted.max(took * BUSY_SHARE).clamp(shortest, longest);
        let due = now + checked.interval;
        checked.due = Some(due);
        self.queue.insert((due, id));
        if checked.contradictions < self.settings.confirmations {
            return None;
        }
        checked.contradictions = 0;
        checked.plan.healthy = passed;
        let (service, address) = (checked.service.clone(), checked.address.clone());
        Some(Verdict { service, address, healthy: passed })
    }
}
