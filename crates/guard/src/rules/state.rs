//! What is in force, all at one moment.

use std::sync::Arc;

use hashbrown::HashTable;

use super::{
    CanaryOf, Post, RuleSet,
    index::{Found, Index},
    share,
};
use crate::stack::GuardSettings;

/// So many parts, so that one more resource means copying one of them and not all.
const SHARDS: usize = 64;

/// Rules, ready to be looked up.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) set: Arc<RuleSet>,
    index: Index,
}

/// What the rules say of a resource on this node.
#[derive(Debug)]
pub(super) struct Ordered<'a> {
    pub(super) rule: Option<&'a str>,
    pub(super) settings: &'a GuardSettings,
    /// Other settings for these cohorts.
    pub(super) canary: Option<(&'a GuardSettings, u128)>,
}

impl Rules {
    pub(super) fn new(set: Arc<RuleSet>) -> Self {
        Self { index: Index::new(&set), set }
    }

    pub(super) fn find(&self, resource: &str) -> Option<Found<'_>> {
        self.index.find(&self.set, resource)
    }

    pub(super) fn ordered(&self, resource: &str, node: &str) -> Ordered<'_> {
        let Some(Found { rule, .. }) = self.find(resource) else {
            return Ordered { rule: None, settings: &self.set.default, canary: None };
        };
        let mut ordered = Ordered { rule: Some(&rule.id), settings: &rule.settings, canary: None };
        if let Some(canary) = &rule.canary {
            match canary.of {
                CanaryOf::Nodes if share::has_node(&rule.id, canary.percent, node) => {
                    ordered.settings = &canary.settings;
                }
                CanaryOf::Requests if canary.percent > 0 => {
                    let cohorts = share::cohorts(&rule.id, canary.percent);
                    ordered.canary = Some((&canary.settings, cohorts));
                }
                CanaryOf::Nodes | CanaryOf::Requests => {}
            }
        }
        ordered
    }

    /// The resource that this one shares a guard with when there is no room for another:
    /// itself if it is named by a rule, or is what others share.
    pub(super) fn shared<'a>(&'a self, resource: &'a str) -> Shared<'a> {
        match self.find(resource) {
            None if resource == "*" => Shared::Itself,
            None => Shared::Prefix(""),
            Some(Found { prefix: None, .. }) => Shared::Itself,
            Some(Found { prefix: Some(prefix), .. }) => match resource.strip_suffix('*') {
                Some(start) if start == prefix => Shared::Itself,
                _ => Shared::Prefix(prefix),
            },
        }
    }
}

/// See [`Rules::shared`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared<'a> {
    Itself,
    Prefix(&'a str),
}

/// Rules and the posts by them. Never changed, only replaced.
#[derive(Debug)]
pub(super) struct State {
    pub(super) rules: Arc<Rules>,
    shards: Box<[Arc<HashTable<Slot>>]>,
    /// How many posts are not named.
    pub(super) unnamed: usize,
}

#[derive(Debug, Clone)]
struct Slot {
    hash: u64,
    post: Arc<Post>,
}

impl State {
    pub(super) fn empty(rules: Arc<Rules>) -> Self {
        Self { rules, shards: (0..SHARDS).map(|_| Arc::default()).collect(), unnamed: 0 }
    }

    pub(super) fn find(&self, hash: u64, resource: &str) -> Option<&Arc<Post>> {
        let shard = self.shards.get(shard_of(hash))?;
        let slot = shard.find(hash, |slot| &*slot.post.resource == resource)?;
        Some(&slot.post)
    }

    /// The same with one post more.
    pub(super) fn with(&self, hash: u64, post: Arc<Post>) -> Self {
        let mut next =
            Self { rules: self.rules.clone(), shards: self.shards.clone(), unnamed: self.unnamed };
        next.add(hash, post);
        next
    }

    pub(super) fn add(&mut self, hash: u64, post: Arc<Post>) {
        self.unnamed += usize::from(!post.is_named);
        if let Some(shard) = self.shards.get_mut(shard_of(hash)) {
            let slot = Slot { hash, post };
            Arc::make_mut(shard).insert_unique(hash, slot, |slot| slot.hash);
        }
    }

    pub(super) fn posts(&self) -> impl Iterator<Item = (u64, &Arc<Post>)> {
        self.shards.iter().flat_map(|shard| shard.iter().map(|slot| (slot.hash, &slot.post)))
    }
}

/// Bits that neither the place in a table nor its tags are made of.
const fn shard_of(hash: u64) -> usize {
    (hash >> 48) as usize % SHARDS
}
