//! Whether there is room.

use crate::{ConfigKey, PublishError, Quota, QuotaScope, QuotaSettings};

/// The scopes a publish of `key` counts in.
pub(crate) fn scopes(key: &ConfigKey) -> [QuotaScope; 2] {
    [
        QuotaScope::Namespace(key.namespace.clone()),
        QuotaScope::Group(key.namespace.clone(), key.group.clone()),
    ]
}

/// What is in force where `set` was set; 0 means without limit.
///
/// As in Nacos, the settings limit groups in the public namespace and whole
/// namespaces elsewhere; what somebody set holds everywhere.
pub(crate) fn in_force(scope: &QuotaScope, set: Quota, settings: QuotaSettings) -> Quota {
    let items = match scope {
        QuotaScope::Namespace(namespace) if !namespace.is_public() => settings.namespace_items_max,
        QuotaScope::Group(namespace, _) if namespace.is_public() => settings.group_items_max,
        _ => 0,
    };
    let or = |set: u64, otherwise: u64| if set == 0 { otherwise } else { set };
    Quota { items_max: or(set.items_max, items), bytes_max: or(set.bytes_max, settings.bytes_max) }
}

/// Refuses a content of `bytes`, and if it `creates` an item one item more than
/// there is room for in `scope`, where there are `items` now.
pub(crate) fn check(
    scope: &QuotaScope,
    in_force: Quota,
    items: u64,
    bytes: u64,
    creates: bool,
) -> Result<(), PublishError> {
    if in_force.bytes_max > 0 && bytes > in_force.bytes_max {
        let scope = scope.clone();
        return Err(PublishError::OverSizeQuota { scope, bytes, max: in_force.bytes_max });
    }
    if creates && in_force.items_max > 0 && items >= in_force.items_max {
        let scope = scope.clone();
        return Err(PublishError::OverCountQuota { scope, max: in_force.items_max });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> QuotaSettings {
        QuotaSettings { enforce: true, ..QuotaSettings::default() }
    }

    #[test]
    fn defaults_hold_for_groups_of_public_and_for_other_namespaces() {
        let [public, public_group] = scopes(&ConfigKey::parse("", "G", "a").unwrap());
        let [dev, dev_group] = scopes(&ConfigKey::parse("dev", "G", "a").unwrap());
        let items = |scope: &QuotaScope| in_force(scope, Quota::default(), settings()).items_max;
        assert_eq!([&public, &public_group, &dev, &dev_group].map(items), [0, 200, 200, 0]);
        let set = Quota { items_max: 5, bytes_max: 0 };
        let expected = Quota { items_max: 5, bytes_max: 102_400 };
        assert_eq!(in_force(&dev_group, set, settings()), expected);
    }

    #[test]
    fn t21_a_full_scope_refuses_new_items_but_lets_present_ones_change() {
        let [scope, _] = scopes(&ConfigKey::parse("dev", "G", "a").unwrap());
        let quota = Quota { items_max: 2, bytes_max: 10 };
        assert_eq!(check(&scope, quota, 1, 10, true), Ok(()));
        assert_eq!(check(&scope, quota, 2, 10, false), Ok(()));
        let full = PublishError::OverCountQuota { scope: scope.clone(), max: 2 };
        assert_eq!(check(&scope, quota, 2, 10, true), Err(full));
        let large = PublishError::OverSizeQuota { scope: scope.clone(), bytes: 11, max: 10 };
        assert_eq!(check(&scope, quota, 0, 11, false), Err(large));
        assert_eq!(check(&scope, Quota::default(), 9, 99, true), Ok(()), "0 is no limit");
    }
}
