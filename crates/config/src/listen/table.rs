//! Who listens to what.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::Arc,
};

use crate::{
    Caller, ChangeSink, Changed, ConfigKey, Listen, ListenerId, ListenerView, Md5,
    NamespaceSpelling,
};

/// What somebody has of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Has {
    Nothing,
    Content(Md5),
    /// Something that is no fingerprint: differs from everything.
    Unknown,
}

impl Has {
    fn claimed(md5: &str) -> Self {
        match md5.trim() {
            "" => Self::Nothing,
            text => Md5::parse(text).map_or(Self::Unknown, Self::Content),
        }
    }

    fn of(md5: Option<Md5>) -> Self {
        md5.map_or(Self::Nothing, Self::Content)
    }
}

/// One listener's interest in one item.
#[derive(Debug, Clone, Copy)]
struct Interest {
    /// What the client said it has.
    claimed: Has,
    /// What the client has or was told to fetch: no news while this is current.
    told: Has,
    spelling: NamespaceSpelling,
}

struct Listener {
    caller: Caller,
    sink: Arc<dyn ChangeSink>,
    keys: HashSet<Arc<ConfigKey>>,
}

/// News ready to be handed over, once the table is no longer locked.
pub(crate) struct News {
    sink: Arc<dyn ChangeSink>,
    changed: Changed,
}

impl News {
    pub(crate) fn deliver(self) {
        self.sink.changed(self.changed);
    }
}

/// All listeners, by item and by listener. Every interest is in both maps.
#[derive(Default)]
pub(crate) struct ListenerTable {
    by_key: HashMap<Arc<ConfigKey>, HashMap<ListenerId, Interest>>,
    listeners: HashMap<ListenerId, Listener>,
    interests: usize,
}

impl ListenerTable {
    /// Whether the listener may add these items to those it has.
    pub(crate) fn has_room(&self, id: ListenerId, items: &[Listen], max: usize) -> bool {
        let keys = self.listeners.get(&id).map(|listener| &listener.keys);
        let held = keys.map_or(0, HashSet::len);
        // Most clients are far from the limit: then nothing is looked up.
        if held + items.len() <= max {
            return true;
        }
        let fresh: HashSet<_> = items
            .iter()
            .map(|item| &item.key)
            .filter(|key| keys.is_none_or(|keys| !keys.contains(*key)))
            .collect();
        held + fresh.len() <= max
    }

    /// Adds interests, or renews them; gives the items whose present fingerprint
    /// is not what the client has. `current` tells what a caller is to see.
    pub(crate) fn listen(
        &mut self,
        id: ListenerId,
        caller: &Caller,
        sink: Arc<dyn ChangeSink>,
        items: Vec<Listen>,
        current: impl Fn(&ConfigKey, &Caller) -> Option<Md5>,
    ) -> Vec<Changed> {
        let mut changed = Vec::new();
        if items.is_empty() {
            return changed;
        }
        let listener = self.listeners.entry(id).or_insert_with(|| Listener {
            caller: caller.clone(),
            sink: Arc::clone(&sink),
            keys: HashSet::new(),
        });
        listener.caller = caller.clone();
        listener.sink = sink;
        for Listen { key, md5, spelling } in items {
            let claimed = Has::claimed(&md5);
            let told = Has::of(current(&key, caller));
            let shared = match self.by_key.get_key_value(&key) {
                Some((shared, _)) => Arc::clone(shared),
                None => Arc::new(key),
            };
            listener.keys.insert(Arc::clone(&shared));
            if claimed != told {
                changed.push(Changed { key: shared.as_ref().clone(), spelling });
            }
            let interest = Interest { claimed, told, spelling };
            let known = self.by_key.entry(shared).or_default().insert(id, interest);
            self.interests += usize::from(known.is_none());
        }
        changed
    }

    /// Ends a listener's interest in `keys`.
    pub(crate) fn unlisten(&mut self, id: ListenerId, keys: &[ConfigKey]) {
        let Some(listener) = self.listeners.get_mut(&id) else { return };
        for key in keys {
            if listener.keys.remove(key) {
                self.interests -= 1;
                forget(&mut self.by_key, id, key);
            }
        }
        if listener.keys.is_empty() {
            self.listeners.remove(&id);
        }
    }

    /// Forgets a listener.
    pub(crate) fn remove(&mut self, id: ListenerId) {
        let Some(listener) = self.listeners.remove(&id) else { return };
        self.interests -= listener.keys.len();
        for key in listener.keys {
            forget(&mut self.by_key, id, &key);
        }
    }

    /// News for those who are to see something else of `key` than they were told.
    pub(crate) fn changed(
        &mut self,
        key: &ConfigKey,
        current: impl Fn(&Caller) -> Option<Md5>,
    ) -> Vec<News> {
        let Some(interests) = self.by_key.get_mut(key) else { return Vec::new() };
        let mut news = Vec::new();
        for (id, interest) in interests {
            let Some(listener) = self.listeners.get(id) else { continue };
            let now = Has::of(current(&listener.caller));
            if interest.told != now {
                interest.told = now;
                let changed = Changed { key: key.clone(), spelling: interest.spelling };
                news.push(News { sink: Arc::clone(&listener.sink), changed });
            }
        }
        news
    }

    /// Who listens to an item.
    pub(crate) fn of_key(&self, key: &ConfigKey) -> Vec<ListenerView> {
        let Some((shared, interests)) = self.by_key.get_key_value(key) else { return Vec::new() };
        interests.keys().filter_map(|id| self.view(*id, shared)).collect()
    }

    /// What listeners at an address listen to.
    pub(crate) fn of_ip(&self, ip: IpAddr) -> Vec<ListenerView> {
        let ip = ip.to_canonical();
        let here = self.listeners.iter().filter(|(_, listener)| listener.caller.ip == ip);
        here.flat_map(|(id, listener)| listener.keys.iter().filter_map(|key| self.view(*id, key)))
            .collect()
    }

    /// Number of listeners and of their interests.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.listeners.len(), self.interests)
    }

    fn view(&self, id: ListenerId, key: &Arc<ConfigKey>) -> Option<ListenerView> {
        let listener = self.listeners.get(&id)?;
        let md5 = match self.by_key.get(key)?.get(&id)?.claimed {
            Has::Content(md5) => Some(md5),
            Has::Nothing | Has::Unknown => None,
        };
        Some(ListenerView { listener: id, ip: listener.caller.ip, key: Arc::clone(key), md5 })
    }
}

fn forget(
    by_key: &mut HashMap<Arc<ConfigKey>, HashMap<ListenerId, Interest>>,
    id: ListenerId,
    key: &ConfigKey,
) {
    if let Some(interests) = by_key.get_mut(key) {
        interests.remove(&id);
        if interests.is_empty() {
            by_key.remove(key);
        }
    }
}
