//! Listening, long polling, fuzzy watch.

use std::{
    collections::HashSet,
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{core::Core, open::ConfigService};
use crate::{
    Caller, ChangeSink, Changed, ConfigKey, FuzzyChange, FuzzyError, FuzzyPattern, FuzzySink,
    Listen, ListenError, ListenerId, ListenerView, index::slot::Slot, listen::long_poll::LongPoll,
};

/// Long polls get numbers from here on; the wire's stay below.
const FIRST_POLL: u64 = 1 << 63;

impl ConfigService {
    /// Adds items to what a listener listens to, or renews them, and gives those
    /// that are not what the client has. From then on `sink` is told whenever one of
    /// them changes for this caller, each change once.
    ///
    /// Numbers of listeners must be below 2^63.
    pub fn listen(
        &self,
        listener: ListenerId,
        caller: &Caller,
        items: Vec<Listen>,
        sink: Arc<dyn ChangeSink>,
    ) -> Result<Vec<Changed>, ListenError> {
        self.core.index.check_loaded()?;
        self.core.listen(listener, caller, items, sink)
    }

    /// Takes items from what a listener listens to.
    pub fn unlisten(&self, listener: ListenerId, keys: &[ConfigKey]) {
        self.core.listeners.lock().unlisten(listener, keys);
        self.core.count_listeners();
    }

    /// How many listeners there are, long polls included.
    pub fn listener_count(&self) -> usize {
        let (listeners, _) = self.core.listeners.lock().size();
        listeners
    }

    /// Forgets a listener with all its items and fuzzy watches.
    pub fn drop_listener(&self, listener: ListenerId) {
        self.core.listeners.lock().remove(listener);
        self.core.fuzzy.lock().remove(listener);
        self.core.count_listeners();
    }

    /// Long polling: gives the items that are not what the client has; if there are
    /// none, waits at most `wait` for one to change. All polls on one `connection`, a
    /// number that the wire chooses, share one limit. Cancel-safe.
    pub async fn wait_changed(
        &self,
        connection: u64,
        caller: &Caller,
        items: Vec<Listen>,
        wait: Duration,
    ) -> Result<Vec<Changed>, ListenError> {
        self.core.index.check_loaded()?;
        let max = self.core.settings.listens_per_client_max;
        let share = self.core.poll_load.take(connection, items.len(), max);
        let _share = share.ok_or(ListenError::TooMany { max })?;
        let number = FIRST_POLL | self.core.polls.fetch_add(1, Ordering::Relaxed);
        let poll = Arc::new(LongPoll::default());
        // Forgets the poll however this ends.
        let _ends = Ends { core: &self.core, listener: ListenerId(number) };
        let sink: Arc<dyn ChangeSink> = Arc::clone(&poll) as Arc<dyn ChangeSink>;
        let changed = self.core.listen(ListenerId(number), caller, items, sink)?;
        if !changed.is_empty() || wait.is_zero() {
            return Ok(changed);
        }
        tokio::select! {
            () = poll.woken() => {}
            () = tokio::time::sleep(wait) => {}
            () = self.core.closed.cancelled() => {}
        }
        Ok(poll.take())
    }

    /// Who listens to an item.
    pub fn listeners_of(&self, key: &ConfigKey) -> Vec<ListenerView> {
        self.core.listeners.lock().of_key(key)
    }

    /// What listeners at an address listen to.
    pub fn listened_by(&self, ip: IpAddr) -> Vec<ListenerView> {
        self.core.listeners.lock().of_ip(ip)
    }

    /// Follows all items that `pattern` names. `begin` is given the difference between
    /// them and `received`, what the client already has; later changes go to `sink`.
    /// None of them overtakes `begin`, which is called before this returns and, like a
    /// sink, must not block or call back into this service.
    pub fn fuzzy_watch(
        &self,
        listener: ListenerId,
        pattern: &FuzzyPattern,
        received: &HashSet<ConfigKey>,
        sink: Arc<dyn FuzzySink>,
        begin: impl FnOnce(&[FuzzyChange]),
    ) -> Result<(), FuzzyError> {
        let core = &self.core;
        core.index.check_loaded()?;
        // Locked while looking and telling: a change is either in what is present or
        // told later.
        let mut watches = core.fuzzy.lock();
        let named = |slot: &Slot| {
            slot.formal.as_ref().map(|meta| &meta.key).filter(|key| pattern.matches(key)).cloned()
        };
        let mut present = core.index.collect(named);
        present.sort();
        let limits = core.settings.fuzzy_watch;
        begin(&watches.watch(listener, pattern, received, sink, present, limits)?);
        Ok(())
    }

    /// Stops following a pattern.
    pub fn fuzzy_cancel(&self, listener: ListenerId, pattern: &FuzzyPattern) {
        self.core.fuzzy.lock().cancel(listener, pattern);
    }
}

impl Core {
    fn listen(
        &self,
        listener: ListenerId,
        caller: &Caller,
        items: Vec<Listen>,
        sink: Arc<dyn ChangeSink>,
    ) -> Result<Vec<Changed>, ListenError> {
        let max = self.settings.listens_per_client_max;
        // What is current is read under the table's lock: a change is either seen
        // here or told later, never lost between.
        let mut listeners = self.listeners.lock();
        if !listeners.has_room(listener, &items, max) {
            return Err(ListenError::TooMany { max });
        }
        let changed = listeners.listen(listener, caller, sink, items, |key, caller| {
            self.index.with(key, |slot| slot.and_then(|slot| slot.md5_for(caller)))
        });
        drop(listeners);
        self.count_listeners();
        Ok(changed)
    }

    fn count_listeners(&self) {
        let (listeners, interests) = self.listeners.lock().size();
        self.metrics.listeners.set(i64::try_from(listeners).unwrap_or(i64::MAX));
        self.metrics.interests.set(i64::try_from(interests).unwrap_or(i64::MAX));
    }
}

struct Ends<'a> {
    core: &'a Core,
    listener: ListenerId,
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.core.listeners.lock().remove(self.listener);
        self.core.count_listeners();
    }
}
