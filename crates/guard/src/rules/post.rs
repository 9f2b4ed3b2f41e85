//! What stands in front of one resource just now.

use std::sync::Arc;

use crate::{Ctx, stack::Guard};

/// What stands in front of a resource by the rules in force.
#[derive(Debug, Clone)]
pub struct Post {
    pub(super) resource: Arc<str>,
    pub(super) rule: Option<Arc<str>>,
    pub(super) guard: Arc<Guard>,
    pub(super) canary: Option<CanaryPost>,
    /// Whether it has a place of its own however many others there are.
    pub(super) is_named: bool,
}

/// What stands in front of a share of its requests.
#[derive(Debug, Clone)]
pub(super) struct CanaryPost {
    pub(super) guard: Arc<Guard>,
    /// A bit for each cohort that is in the share.
    pub(super) cohorts: u128,
}

impl Post {
    /// The resource.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The id of the rule that holds for it, `None` for what holds where no rule does.
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// Its guard, for all requests but those of a canary.
    pub const fn guard(&self) -> &Arc<Guard> {
        &self.guard
    }

    /// The guard of a share of its requests, where a canary has one.
    pub fn canary(&self) -> Option<&Arc<Guard>> {
        self.canary.as_ref().map(|canary| &canary.guard)
    }

    /// Whether every request has the same guard by it as by another.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let canary = match (&self.canary, &other.canary) {
            (Some(one), Some(other)) => {
                one.cohorts == other.cohorts && Arc::ptr_eq(&one.guard, &other.guard)
            }
            (one, other) => one.is_none() && other.is_none(),
        };
        canary && Arc::ptr_eq(&self.guard, &other.guard)
    }

    /// The guard of a request.
    pub fn guard_of(&self, ctx: &Ctx<'_>) -> &Arc<Guard> {
        match &self.canary {
            Some(canary) if canary.cohorts >> ctx.priority.cohort.number() & 1 == 1 => {
                &canary.guard
            }
            _ => &self.guard,
        }
    }
}
