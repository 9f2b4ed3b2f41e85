//! Which release a caller gets.

use std::sync::Arc;

use crate::{Caller, ConfigMeta};

/// Orders releases so that the first that matches is the one to give: highest
/// priority first, then by name.
pub(crate) fn order(grays: &mut [Arc<ConfigMeta>]) {
    let rank = |meta: &Arc<ConfigMeta>| {
        meta.gray.as_ref().map(|rule| (std::cmp::Reverse(rule.priority), rule.name.clone()))
    };
    grays.sort_by_key(rank);
}

/// What `caller` is to see: the first release in [`order`] that is for it, or
/// else the item itself.
pub(crate) fn resolve<'a>(
    formal: Option<&'a Arc<ConfigMeta>>,
    grays: &'a [Arc<ConfigMeta>],
    caller: &Caller,
) -> Option<&'a Arc<ConfigMeta>> {
    let picked = grays.iter().find(|gray| gray.gray.as_ref().is_some_and(|r| r.matches(caller)));
    picked.or(formal)
}
