//! The guards of all resources.

use std::{collections::VecDeque, fmt, hash::BuildHasher as _, sync::Arc};

use arc_swap::ArcSwap;
use hashbrown::{DefaultHashBuilder, HashMap};
use parking_lot::Mutex;

use super::{
    Plan, Post, RuleBookSettings, RuleSet, RulesError, RulesVersion,
    pattern::BYTES_MAX,
    post::CanaryPost,
    share,
    state::{Rules, Shared, State},
};
use crate::{
    admit::{Ctx, Rejection},
    settings::InvalidSetting,
    signal::SystemSignal,
    stack::{Entry, Guard, GuardSettings},
    time::Clock,
};

/// The guards of all resources of a process, by rules that are replaced while it runs. See
/// the [module](super).
pub struct RuleBook {
    settings: RuleBookSettings,
    node: Box<str>,
    clock: Arc<dyn Clock>,
    system: Arc<SystemSignal>,
    seed: u64,
    hasher: DefaultHashBuilder,
    /// For what cannot be built, which is nothing that passed its check.
    nothing: Arc<Guard>,
    state: ArcSwap<State>,
    history: Mutex<History>,
}

/// Rule sets that were in force, the last one of them is. Who replaces rules holds its lock;
/// no request does.
#[derive(Debug, Default)]
struct History {
    sets: VecDeque<Arc<RuleSet>>,
    /// The newest that ever was, so that one that was taken back does not return by itself.
    newest: RulesVersion,
}

/// What came of other rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// What changed.
    pub plan: Plan,
    /// How many resources were in use that now go by something else.
    pub renewed: usize,
}

impl fmt::Debug for RuleBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuleBook")
            .field("node", &self.node)
            .field("version", &self.version())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl RuleBook {
    /// A book without rules, by which everything passes and is counted. `node` is the name
    /// of this node among those that get the same rules; `clock` and `system` are those of
    /// the process.
    ///
    /// # Errors
    ///
    /// A setting is out of its range.
    pub fn new(
        settings: RuleBookSettings,
        node: &str,
        clock: Arc<dyn Clock>,
        system: Arc<SystemSignal>,
    ) -> Result<Self, InvalidSetting> {
        settings.validate()?;
        let nothing = Guard::builder("*").clock(clock.clone()).build()?;
        Ok(Self {
            settings,
            node: node.into(),
            clock,
            system,
            seed: share::hash(node),
            hasher: DefaultHashBuilder::default(),
            nothing: Arc::new(nothing),
            state: ArcSwap::from_pointee(State::empty(Arc::default())),
            history: Mutex::default(),
        })
    }

    /// Admits a request of a resource or refuses it; as [`Guard::enter_owned`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn enter(&self, resource: &str, ctx: &Ctx<'_>) -> Result<Entry<Arc<Guard>>, Rejection> {
        let hash = self.hasher.hash_one(resource);
        match self.state.load().find(hash, resource) {
            Some(post) => post.guard_of(ctx).enter_owned(ctx),
            None => self.settle(hash, resource).guard_of(ctx).enter_owned(ctx),
        }
    }

    /// The guard of a resource, but for requests of a canary. Ask again for each request:
    /// this one stays as it is when the rules change.
    pub fn guard(&self, resource: &str) -> Arc<Guard> {
        self.post(resource).guard.clone()
    }

    /// The guard of a request of a resource; as [`RuleBook::guard`].
    pub fn guard_of(&self, resource: &str, ctx: &Ctx<'_>) -> Arc<Guard> {
        let hash = self.hasher.hash_one(resource);
        match self.state.load().find(hash, resource) {
            Some(post) => post.guard_of(ctx).clone(),
            None => self.settle(hash, resource).guard_of(ctx).clone(),
        }
    }

    /// What stands in front of a resource.
    pub fn post(&self, resource: &str) -> Arc<Post> {
        let hash = self.hasher.hash_one(resource);
        let found = self.state.load().find(hash, resource).cloned();
        found.unwrap_or_else(|| self.settle(hash, resource))
    }

    /// What stands in front of all resources that were asked for, in no order: for metrics
    /// and consoles. All of it is by the same rules.
    pub fn posts(&self) -> Vec<Arc<Post>> {
        self.state.load().posts().map(|(_, post)| post.clone()).collect()
    }

    /// Reads rules and replaces those in force. The very rules that are in force may come
    /// again, as they do when a listener connects anew, and change nothing.
    ///
    /// # Errors
    ///
    /// Something is wrong with them, or they are others and not newer than all that were in
    /// force; nothing changed.
    pub fn load(&self, text: &str) -> Result<Applied, RulesError> {
        self.replace(RuleSet::parse(text, &self.settings.limits)?, false)
    }

    /// As [`RuleBook::load`], with rules that were read from something else or made here.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn apply(&self, set: &RuleSet) -> Result<Applied, RulesError> {
        self.replace(set.valid(&self.settings.limits)?, false)
    }

    /// As [`RuleBook::apply`], whatever their version.
    ///
    /// # Errors
    ///
    /// Something is wrong with them; nothing changed.
    pub fn force(&self, set: &RuleSet) -> Result<Applied, RulesError> {
        self.replace(set.valid(&self.settings.limits)?, true)
    }

    /// What these rules would change.
    ///
    /// # Errors
    ///
    /// As [`RuleBook::load`].
    pub fn plan(&self, text: &str) -> Result<Plan, RulesError> {
        let set = RuleSet::parse(text, &self.settings.limits)?;
        let (history, current) = (self.history.lock(), self.rules());
        if *current != set {
            history.check(set.version)?;
        }
        Ok(Plan::new(&current, &set))
    }

    /// Goes back to the rules before those in force, and with each further call to those
    /// before. What was taken back stays out until it comes with a higher version.
    ///
    /// # Errors
    ///
    /// [`RulesError::NothingBefore`].
    pub fn rollback(&self) -> Result<Applied, RulesError> {
        let mut history = self.history.lock();
        let before = history.sets.len().checked_sub(2).and_then(|at| history.sets.get(at));
        let before = before.cloned().ok_or(RulesError::NothingBefore)?;
        history.sets.pop_back();
        Ok(self.put_in_force(before))
    }

    /// Where its guards read the time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// What it was told.
    pub const fn settings(&self) -> &RuleBookSettings {
        &self.settings
    }

    /// The version of the rules in force, [`RulesVersion::NONE`] before there are any.
    pub fn version(&self) -> RulesVersion {
        self.state.load().rules.set.version
    }

    /// The rules in force.
    pub fn rules(&self) -> Arc<RuleSet> {
        self.state.load().rules.set.clone()
    }

    /// The rules in force and those before them that can be gone back to, the oldest first.
    pub fn history(&self) -> Vec<Arc<RuleSet>> {
        self.history.lock().sets.iter().cloned().collect()
    }

    fn replace(&self, set: RuleSet, is_forced: bool) -> Result<Applied, RulesError> {
        let mut history = self.history.lock();
        let current = self.rules();
        if *current == set {
            return Ok(Applied { plan: Plan::new(&current, &set), renewed: 0 });
        }
        if !is_forced {
            history.check(set.version)?;
        }
        let set = Arc::new(set);
        let applied = self.put_in_force(set.clone());
        history.newest = history.newest.max(set.version);
        history.sets.push_back(set);
        if history.sets.len() > self.settings.history_max as usize {
            history.sets.pop_front();
        }
        Ok(applied)
    }

    /// Replaces the rules, by whoever holds the lock of the history.
    fn put_in_force(&self, set: Arc<RuleSet>) -> Applied {
        let rules = Arc::new(Rules::new(set));
        let plan = Plan::new(&self.rules(), &rules.set);
        let mut posts: HashMap<Arc<str>, Arc<Post>> = HashMap::new();
        let mut renewed = 0;
        // Again only for resources that were first asked for meanwhile.
        self.state.rcu(|state| {
            let mut next = State::empty(rules.clone());
            renewed = 0;
            for (hash, old) in state.posts() {
                let post = posts
                    .entry(old.resource.clone())
                    .or_insert_with(|| Arc::new(self.renewed(old, &rules)));
                if !post.is_named && next.unnamed >= self.settings.resources_max as usize {
                    continue;
                }
                renewed += usize::from(!post.is_same(old));
                next.add(hash, post.clone());
            }
            next
        });
        Applied { plan, renewed }
    }

    /// The post of a resource that had none.
    #[cold]
    fn settle(&self, hash: u64, resource: &str) -> Arc<Post> {
        loop {
            let state = self.state.load_full();
            if let Some(post) = state.find(hash, resource) {
                return post.clone();
            }
            let shared = state.rules.shared(resource);
            let is_full = state.unnamed >= self.settings.resources_max as usize;
            if let Shared::Prefix(prefix) = shared
                && (is_full || resource.len() > BYTES_MAX)
            {
                return self.post(&format!("{prefix}*"));
            }
            let post = Arc::new(self.new_post(resource, &state.rules, shared));
            let next = Arc::new(state.with(hash, post.clone()));
            let before = self.state.compare_and_swap(&state, next);
            if Arc::ptr_eq(&before, &state) {
                return post;
            }
        }
    }

    fn new_post(&self, resource: &str, rules: &Rules, shared: Shared<'_>) -> Post {
        let ordered = rules.ordered(resource, &self.node);
        let canary = ordered.canary.map(|(settings, cohorts)| CanaryPost {
            guard: self.new_guard(resource, settings),
            cohorts,
        });
        Post {
            resource: resource.into(),
            rule: ordered.rule.map(Into::into),
            guard: self.new_guard(resource, ordered.settings),
            canary,
            is_named: shared == Shared::Itself,
        }
    }

    /// The post of a resource by other rules, with what it learnt.
    fn renewed(&self, old: &Post, rules: &Rules) -> Post {
        let ordered = rules.ordered(&old.resource, &self.node);
        let canary = ordered.canary.map(|(settings, cohorts)| {
            let guard = match &old.canary {
                Some(old) => self.renewed_guard(&old.guard, settings),
                None => self.new_guard(&old.resource, settings),
            };
            CanaryPost { guard, cohorts }
        });
        Post {
            resource: old.resource.clone(),
            rule: ordered.rule.map(Into::into),
            guard: self.renewed_guard(&old.guard, ordered.settings),
            canary,
            is_named: rules.shared(&old.resource) == Shared::Itself,
        }
    }

    fn new_guard(&self, resource: &str, settings: &GuardSettings) -> Arc<Guard> {
        let built = Guard::builder(resource)
            .settings(settings.clone())
            .clock(self.clock.clone())
            .system(self.system.clone())
            .seed(self.seed)
            .build();
        built.map_or_else(|_| self.nothing.clone(), Arc::new)
    }

    fn renewed_guard(&self, old: &Arc<Guard>, settings: &GuardSettings) -> Arc<Guard> {
        if old.settings() == settings {
            return old.clone();
        }
        old.with(settings.clone()).map_or_else(|_| old.clone(), Arc::new)
    }
}

impl History {
    fn check(&self, version: RulesVersion) -> Result<(), RulesError> {
        let newest = self.newest;
        if version > newest { Ok(()) } else { Err(RulesError::NotNewer { version, newest }) }
    }
}
