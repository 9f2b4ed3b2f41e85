//! Publishing and removing.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use seawall_clock::WallTime;
use seawall_store::{
    Batch, Commit, CommitError, Key, KeyRange, Precondition, Revision, Unavailable, record,
};

use super::{core::Core, open::ConfigService};
use crate::{
    Author, ConfigKey, Describe, GrayName, GrayRule, Publish, PublishError, Published, Removed,
    index::slot::Slot,
    quota::account,
    stored::{
        convert::{self, Unreadable},
        keys::{self, Place},
        record::UsageRecord,
    },
    validate,
    write::{check, plan, plan::Plan},
};

/// Contents up to this size are checked where they are; larger ones aside, so that
/// they do not hold up others.
const CHECK_INLINE_BYTES: usize = 64 << 10;
/// How long a writer waits for the copy in memory to show what it ran into.
const CONFLICT_WAIT: Duration = Duration::from_millis(100);
/// Gray releases read at once; more than any setting sensibly allows.
const GRAYS_READ: usize = 1_000;
/// Writes after which the cleaner is woken before its time.
const WRITES_PER_CLEAN: u64 = 10_000;

impl ConfigService {
    /// Publishes an item or a gray release. When this returns, the content is on
    /// disk, readable on this node, and its listeners were told.
    ///
    /// Cancel-safety: a dropped call may or may not publish.
    pub async fn publish(&self, publish: Publish) -> Result<Published, PublishError> {
        self.check_content(&publish).await?;
        self.publish_unchecked(publish).await
    }

    /// Publishes without looking whether the content is well-formed: for contents
    /// that were accepted once already.
    pub(super) async fn publish_unchecked(
        &self,
        publish: Publish,
    ) -> Result<Published, PublishError> {
        let core = &self.core;
        check::publish(&publish, &core.settings)?;
        let grays_max = core.settings.gray_releases_max;
        let (commit, planned) = core
            .write(&publish.key, Some(&publish.content), |slot, now, number| {
                plan::publish(slot, &publish, now, number, grays_max).map(Some)
            })
            .await?
            .ok_or(PublishError::NotFound)?;
        let item = planned.item.as_ref().ok_or(PublishError::NotFound)?;
        core.metrics.publishes.inc();
        Ok(Published {
            md5: item.md5,
            modified: item.modified,
            created: planned.creates(),
            revision: commit.revision,
        })
    }

    /// Removes the item, or with a name one of its gray releases. Removing what is
    /// not there is no error. Gray releases outlive their item, as in Nacos.
    pub async fn remove(
        &self,
        key: &ConfigKey,
        gray: Option<&GrayName>,
        author: Author,
    ) -> Result<Removed, PublishError> {
        let done = self
            .core
            .write(key, None, |slot, now, number| {
                Ok(plan::remove(slot, gray, author.clone(), now, number))
            })
            .await?;
        if done.is_some() {
            self.core.metrics.removals.inc();
        }
        Ok(Removed { existed: done.is_some() })
    }

    /// Changes what people wrote about an item; clients see no change.
    pub async fn describe(
        &self,
        key: &ConfigKey,
        words: Describe,
        author: Author,
    ) -> Result<(), PublishError> {
        check::describe(&words)?;
        let planned = |slot: &_, _, _| plan::describe(slot, &words, author.clone()).map(Some);
        self.core.write(key, None, planned).await.map(drop)
    }

    /// Gives an existing gray release of the same name another rule; its content stays.
    pub async fn put_gray_rule(
        &self,
        key: &ConfigKey,
        rule: GrayRule,
        author: Author,
    ) -> Result<(), PublishError> {
        let planned = |slot: &_, now, _| plan::regray(slot, &rule, author.clone(), now).map(Some);
        self.core.write(key, None, planned).await.map(drop)
    }

    async fn check_content(&self, publish: &Publish) -> Result<(), PublishError> {
        let Some(content_type) = publish.content_type else { return Ok(()) };
        let settings = &self.core.settings;
        let wanted = match publish.from_client {
            true => settings.check_client_content,
            false => settings.check_content,
        };
        if !wanted || !publish.encrypted_data_key.is_empty() {
            return Ok(());
        }
        if publish.content.len() <= CHECK_INLINE_BYTES {
            return Ok(validate(content_type, &publish.content)?);
        }
        let content = Arc::clone(&publish.content);
        match tokio::task::spawn_blocking(move || validate(content_type, &content)).await {
            Ok(checked) => Ok(checked?),
            Err(error) => Err(Unavailable { reason: error.to_string() }.into()),
        }
    }
}

impl Core {
    /// Plans and commits until it succeeds, nothing is to be done (`None`), or the
    /// attempts run out. `content` is the new content, if the plan stores one.
    pub(super) async fn write(
        &self,
        key: &ConfigKey,
        content: Option<&Arc<str>>,
        plan: impl Fn(&Slot, WallTime, u64) -> Result<Option<Plan>, PublishError>,
    ) -> Result<Option<(Commit, Plan)>, PublishError> {
        self.index.check_loaded()?;
        let _turn = self.turn(key).await;
        let mut slot = self.index.slot(key);
        for _ in 0..self.settings.write_attempts_max.max(1) {
            let now = self.clock.wall();
            let Some(plan) = plan(&slot, now, self.numbers.next(now))? else { return Ok(None) };
            let batch = self.batch(key, &plan, content)?;
            // In the cache before the commit can be seen by anybody.
            let _coming = match (&plan.item, content) {
                (Some(item), Some(content)) if plan.new_content => {
                    Some(self.contents.coming(item, Arc::clone(content)))
                }
                _ => None,
            };
            match self.store.commit(batch).await {
                Ok(commit) => {
                    self.shown(commit.revision).await;
                    self.count_write();
                    return Ok(Some((commit, plan)));
                }
                Err(CommitError::Precondition { failed, modified }) => {
                    self.metrics.write_retries.inc();
                    slot = self.look_again(key, failed.key(), modified).await?;
                }
                Err(error) => return Err(refused(error)),
            }
        }
        Err(PublishError::Contended)
    }

    /// After a conflict with another node: what is there now, straight from the store.
    async fn look_again(
        &self,
        key: &ConfigKey,
        failed: &Key,
        modified: Option<Revision>,
    ) -> Result<Slot, PublishError> {
        if let (Some(Place::Usage(_)), Some(modified)) = (keys::place(failed), modified) {
            // Items are counted in memory: wait until the other's one is counted.
            let shown = self.applied.reached(modified);
            let _ = tokio::time::timeout(CONFLICT_WAIT, shown).await;
        }
        let snapshot = self.store.snapshot().await?;
        let unreadable = |error: Unreadable| Unavailable { reason: error.to_string() };
        let mut slot = Slot::default();
        if let Some(pair) = snapshot.get(&keys::item(key)).await? {
            let meta = convert::decode_item(key.clone(), &pair.value, pair.modified);
            slot.set(None, Some(Arc::new(meta.map_err(unreadable)?)));
        }
        let grays = KeyRange::prefix(&keys::grays_of(key));
        for pair in snapshot.scan(&grays, GRAYS_READ).await?.pairs {
            let Some(Place::Gray(_, name)) = keys::place(&pair.key) else { continue };
            let meta = convert::decode_item(key.clone(), &pair.value, pair.modified);
            slot.set(Some(&name), Some(Arc::new(meta.map_err(unreadable)?)));
        }
        Ok(slot)
    }

    /// Everything one write stores, as one commit.
    fn batch(
        &self,
        key: &ConfigKey,
        plan: &Plan,
        content: Option<&Arc<str>>,
    ) -> Result<Batch, PublishError> {
        let target = keys::target(key, plan.gray.as_ref());
        let mut batch = Batch::new().when(Precondition::ModifiedAt(target.clone(), plan.expected));
        match &plan.item {
            Some(item) => {
                if let Some(content) = content.filter(|_| plan.new_content) {
                    let sealed = self.seal(item, content)?;
                    batch = batch.put(keys::content(key, item.version), sealed);
                }
                batch = batch.put(target, convert::encode_item(item));
                batch = self.within_quota(batch, key, plan, item.bytes)?;
            }
            None => batch = batch.delete(target),
        }
        if let Some(recorded) = &plan.history {
            let place = keys::history(key, recorded.id);
            let value = convert::encode_history(
                recorded.operation,
                &recorded.item,
                recorded.at,
                &recorded.author,
            );
            batch = batch.when(Precondition::Absent(place.clone())).put(place, value);
        }
        Ok(batch)
    }

    /// Refuses what is over quota. A new item is counted in the store as well, on
    /// condition that nobody else counted one since: two nodes cannot both take the
    /// last place.
    fn within_quota(
        &self,
        mut batch: Batch,
        key: &ConfigKey,
        plan: &Plan,
        bytes: u64,
    ) -> Result<Batch, PublishError> {
        let settings = self.settings.quota;
        if !settings.enforce || !plan.new_content {
            return Ok(batch);
        }
        let creates = plan.creates() && plan.gray.is_none();
        for scope in account::scopes(key) {
            let in_force = account::in_force(&scope, self.index.quota(&scope), settings);
            let seen = self.index.usage(&scope);
            let items = self.index.count(&scope);
            account::check(&scope, in_force, items, bytes, creates)?;
            if creates && in_force.items_max > 0 {
                let place = keys::usage(&scope);
                let usage = record::encode(&UsageRecord { items: items + 1 });
                batch = batch.when(Precondition::ModifiedAt(place.clone(), seen)).put(place, usage);
            }
        }
        Ok(batch)
    }

    /// Waits until this node shows the commit. It is on disk in any case, so after a
    /// bounded wait it is acknowledged all the same.
    pub(super) async fn shown(&self, revision: Revision) {
        let wait = self.settings.apply_wait();
        if tokio::time::timeout(wait, self.applied.reached(revision)).await.is_err() {
            tracing::warn!(%revision, "acknowledging a write this node does not show yet");
        }
    }

    fn count_write(&self) {
        if self.writes_since_clean.fetch_add(1, Ordering::Relaxed) + 1 >= WRITES_PER_CLEAN {
            self.clean_now.notify_one();
        }
    }
}

/// A store's refusal in this crate's words.
pub(super) fn refused(error: CommitError) -> PublishError {
    match error {
        CommitError::Unavailable(unavailable) => PublishError::Unavailable(unavailable),
        CommitError::Unknown { reason } => PublishError::Unknown { reason },
        CommitError::TooLarge { bytes, max, .. } => {
            PublishError::TooLarge { bytes: bytes as u64, max: max as u64 }
        }
        CommitError::Precondition { .. } => PublishError::Contended,
        CommitError::Overloaded | CommitError::NoSpace | CommitError::NoLease(_) => {
            PublishError::Unavailable(Unavailable { reason: error.to_string() })
        }
    }
}
