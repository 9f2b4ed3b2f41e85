//! All there is under one name.

use std::sync::Arc;

use crate::{Caller, ConfigMeta, GrayName, Md5, gray::resolve};

/// An item with its gray releases. Either may be there without the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) formal: Option<Arc<ConfigMeta>>,
    /// In the order of [`resolve::order`].
    pub(crate) grays: Vec<Arc<ConfigMeta>>,
}

impl Slot {
    pub(crate) fn is_empty(&self) -> bool {
        self.formal.is_none() && self.grays.is_empty()
    }

    /// What `caller` is to see.
    pub(crate) fn seen_by(&self, caller: &Caller) -> Option<&Arc<ConfigMeta>> {
        resolve::resolve(self.formal.as_ref(), &self.grays, caller)
    }

    pub(crate) fn md5_for(&self, caller: &Caller) -> Option<Md5> {
        self.seen_by(caller).map(|meta| meta.md5)
    }

    pub(crate) fn gray(&self, name: &GrayName) -> Option<&Arc<ConfigMeta>> {
        self.grays.iter().find(|meta| meta.gray.as_ref().is_some_and(|rule| rule.name == *name))
    }

    /// The item itself, or one of its gray releases.
    pub(crate) fn target(&self, name: Option<&GrayName>) -> Option<&Arc<ConfigMeta>> {
        name.map_or(self.formal.as_ref(), |name| self.gray(name))
    }

    /// Puts in, or with `None` takes out, the item or one of its releases.
    pub(crate) fn set(&mut self, name: Option<&GrayName>, meta: Option<Arc<ConfigMeta>>) {
        let Some(name) = name else {
            self.formal = meta;
            return;
        };
        self.grays.retain(|kept| kept.gray.as_ref().is_some_and(|rule| rule.name != *name));
        self.grays.extend(meta);
        self.grays.shrink_to_fit();
        resolve::order(&mut self.grays);
    }
}
