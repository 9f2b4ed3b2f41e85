//! Operators' edits of instances, which outlive registrations.

use std::{collections::BTreeSet, sync::Arc};

use seawall_topology::Labels;

use crate::{Instance, InstanceEdit, MetadataEdit};

/// All edits of one instance taken together.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Overlay {
    /// In place of the registered weight.
    pub(crate) weight: Option<f64>,
    /// In place of the registered flag.
    pub(crate) enabled: Option<bool>,
    /// Whether the registered metadata counts no more.
    pub(crate) replaces_metadata: bool,
    /// Metadata put over the registered one.
    pub(crate) set: Labels,
    /// Registered metadata that is hidden.
    pub(crate) removed: BTreeSet<String>,
}

impl Overlay {
    /// These edits followed by one more.
    pub(crate) fn then(mut self, edit: InstanceEdit) -> Self {
        self.weight = edit.weight.or(self.weight);
        self.enabled = edit.enabled.or(self.enabled);
        match edit.metadata {
            MetadataEdit::Keep => {}
            MetadataEdit::Merge(labels) => {
                self.removed.retain(|key| !labels.contains_key(key));
                self.set.extend(labels);
            }
            MetadataEdit::Remove(keys) => {
                for key in keys {
                    self.set.remove(&key);
                    self.removed.insert(key);
                }
            }
            MetadataEdit::Over(labels) => {
                self.replaces_metadata = false;
                self.set = labels;
                self.removed.clear();
            }
            MetadataEdit::Replace(labels) => {
                self.replaces_metadata = true;
                self.set = labels;
                self.removed.clear();
            }
        }
        self
    }

    /// The instance as operators want it.
    pub(crate) fn apply(&self, instance: &mut Instance) {
        if let Some(weight) = self.weight {
            instance.weight = weight;
        }
        if let Some(enabled) = self.enabled {
            instance.enabled = enabled;
        }
        if !self.replaces_metadata && self.set.is_empty() && self.removed.is_empty() {
            return;
        }
        let mut metadata =
            if self.replaces_metadata { Labels::new() } else { (*instance.metadata).clone() };
        metadata.retain(|key, _| !self.removed.contains(key));
        metadata.extend(self.set.iter().map(|(key, value)| (key.clone(), value.clone())));
        instance.metadata = Arc::new(metadata);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn after(edits: Vec<MetadataEdit>) -> Labels {
        let mut instance = Instance::new("10.0.0.1", 1);
        instance.metadata = Arc::new(labels(&[("a", "1"), ("b", "1")]));
        edits
            .into_iter()
            .fold(Overlay::default(), |overlay, metadata| {
                overlay.then(InstanceEdit { metadata, ..InstanceEdit::default() })
            })
            .apply(&mut instance);
        (*instance.metadata).clone()
    }

    #[test]
    fn later_edits_win_over_earlier_ones() {
        let merge = |pairs| MetadataEdit::Merge(labels(pairs));
        let remove = |key: &str| MetadataEdit::Remove(vec![key.to_owned()]);
        assert_eq!(after(vec![merge(&[("b", "2")])]), labels(&[("a", "1"), ("b", "2")]));
        assert_eq!(after(vec![merge(&[("b", "2")]), remove("b")]), labels(&[("a", "1")]));
        assert_eq!(
            after(vec![remove("b"), merge(&[("b", "3")])]),
            labels(&[("a", "1"), ("b", "3")])
        );
        let replaced = MetadataEdit::Replace(labels(&[("c", "1")]));
        assert_eq!(
            after(vec![remove("a"), replaced, merge(&[("d", "1")])]),
            labels(&[("c", "1"), ("d", "1")])
        );
    }

    #[test]
    fn an_edit_over_what_was_registered_forgets_the_earlier_ones() {
        let over = |pairs| MetadataEdit::Over(labels(pairs));
        let remove = MetadataEdit::Remove(vec!["a".to_owned()]);
        let replace = MetadataEdit::Replace(labels(&[("x", "1")]));
        for earlier in [over(&[("c", "1")]), remove, replace] {
            assert_eq!(
                after(vec![earlier, over(&[("b", "2")])]),
                labels(&[("a", "1"), ("b", "2")])
            );
        }
    }

    #[test]
    fn what_is_not_edited_stays() {
        let edit = InstanceEdit { weight: Some(3.0), ..InstanceEdit::default() };
        let overlay = Overlay::default().then(edit);
        let disable = InstanceEdit { enabled: Some(false), ..InstanceEdit::default() };
        let mut instance = Instance::new("10.0.0.1", 1);
        overlay.then(disable).apply(&mut instance);
        assert_eq!((instance.weight, instance.enabled), (3.0, false));
    }
}
