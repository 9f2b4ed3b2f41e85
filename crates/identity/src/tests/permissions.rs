use proptest::prelude::*;
use seawall_topology::Namespace;

use super::house::*;
use crate::{
    ADMIN_ROLE, Action, Actions, Identity, PageRequest, Principal, ResourceKind, ResourceName,
    Search, WriteError,
};

fn may(node: &Identity, who: &Principal, action: Action, resource: &str) -> bool {
    let (namespace, rest) = resource.split_once(':').unwrap();
    let (group, item) = rest.split_once(':').unwrap();
    let (kind, name) = item.split_once('/').unwrap();
    let kind = ResourceKind::ALL.into_iter().find(|k| k.as_str() == kind).unwrap();
    let namespace: Namespace = namespace.parse().unwrap();
    node.authorize(who, action, &ResourceName { namespace: &namespace, group, kind, name }).is_ok()
}

#[tokio::test]
async fn roles_may_do_what_their_permissions_say_and_nothing_else() {
    use Action::{Read, Write};
    let node = House::new().node().await;
    node.with_user("cart").await;
    node.grant_role("shop", "cart").await.unwrap();
    node.grant_permission("shop", "dev:*:*", Actions::ReadWrite).await.unwrap();
    node.grant_permission("shop", "prod:SHOP:naming/cart-*", Actions::Write).await.unwrap();
    node.grant_permission("shop", "prod:SHOP:config/*", Actions::Read).await.unwrap();
    let cart = node.principal("cart").await;
    let table = [
        (Write, "dev:G:config/a.yaml", true),
        (Read, "dev:G:naming/any", true),
        (Write, "prod:SHOP:naming/cart-api", true),
        (Read, "prod:SHOP:naming/cart-api", false),
        (Read, "prod:SHOP:config/db", true),
        (Write, "prod:SHOP:config/db", false),
        (Read, "prod:OTHER:config/db", false),
        (Read, ":G:config/a", false),
        (Write, "dev:*:console/namespaces", false),
    ];
    for (action, resource, expected) in table {
        assert_eq!(may(&node, &cart, action, resource), expected, "{action} {resource}");
    }
}

#[tokio::test]
async fn what_is_taken_back_is_in_force_at_once() {
    let node = House::new().node().await;
    node.with_user("cart").await;
    node.grant_role("shop", "cart").await.unwrap();
    node.grant_permission("shop", "dev:*:*", Actions::Read).await.unwrap();
    node.grant_permission("shop", "dev:*:*", Actions::Write).await.unwrap();
    let cart = node.principal("cart").await;
    assert!(may(&node, &cart, Action::Write, "dev:G:config/a"));

    node.revoke_permission("shop", "dev:*:*", Actions::Write).await.unwrap();
    assert!(!may(&node, &cart, Action::Write, "dev:G:config/a"));
    assert!(may(&node, &cart, Action::Read, "dev:G:config/a"));
    node.revoke_role("shop", "cart").await.unwrap();
    assert!(!may(&node, &node.principal("cart").await, Action::Read, "dev:G:config/a"));

    let again = node.revoke_permission("shop", "dev:*:*", Actions::Write).await;
    assert!(matches!(again, Err(WriteError::NotFound { what: "permission", .. })));
    node.delete_role("shop").await.unwrap();
    let again = node.delete_role("shop").await;
    assert!(matches!(again, Err(WriteError::NotFound { what: "role", .. })));
}

#[tokio::test]
async fn administrators_may_do_everything_and_the_unknown_nothing() {
    let node = House::new().node().await;
    node.with_user("ops").await;
    node.grant_role(ADMIN_ROLE, "ops").await.unwrap();
    let ops = node.principal("ops").await;
    for resource in ["prod:G:config/a", "prod:G:naming/b", ":*:console/users"] {
        assert!(may(&node, &ops, Action::Write, resource), "{resource}");
        assert!(!may(&node, &Principal::anonymous(), Action::Read, resource), "{resource}");
    }
}

#[tokio::test]
async fn a_refusal_says_who_what_and_which() {
    let node = House::new().node().await;
    let cart = node.with_user("cart").await;
    let namespace = Namespace::public();
    let resource =
        ResourceName { namespace: &namespace, group: "G", kind: ResourceKind::Config, name: "a" };
    let denied = node.authorize(&cart, Action::Write, &resource).unwrap_err();
    assert_eq!(denied.to_string(), "cart may not write public:G:config/a");
}

#[tokio::test]
async fn what_is_no_permission_or_no_user_is_refused() {
    let node = House::new().node().await;
    let refused = node.grant_permission("shop", "everything", Actions::Read).await;
    assert!(matches!(refused, Err(WriteError::Pattern(_))));
    let refused = node.grant_permission("sh op", "dev:*:*", Actions::Read).await;
    assert!(matches!(refused, Err(WriteError::Name(_))));
    let refused = node.grant_role("shop", "nobody").await;
    assert!(matches!(refused, Err(WriteError::NotFound { what: "user", .. })));
}

#[tokio::test]
async fn a_name_nobody_can_have_never_becomes_part_of_a_key() {
    let node = House::new().node().await;
    node.with_user("cart").await;
    for name in ["cart\0", "a\0cart", "", "a b"] {
        let results = [
            node.grant_role("shop", name).await,
            node.grant_role(name, "cart").await,
            node.revoke_role("shop", name).await,
            node.revoke_role(name, "cart").await,
            node.delete_role(name).await,
            node.delete_user(name).await,
            node.set_password(name, &secret("pw")).await,
            node.revoke_permission(name, "dev:*:*", Actions::Read).await,
        ];
        for result in results {
            assert!(matches!(result, Err(WriteError::Name(_))), "{name:?}: {result:?}");
        }
    }
}

#[tokio::test]
async fn a_permission_that_was_granted_can_be_read_at_the_next_start() {
    let house = House::new();
    let node = house.node().await;
    // Written out, the blank namespace is `public`: six bytes more.
    for bytes in 480..=512 {
        let resource = format!(":*:config/{}", "x".repeat(bytes - 10));
        assert_eq!(resource.len(), bytes);
        let _ = node.grant_permission("shop", &resource, Actions::Read).await;
    }
    let again = house.node().await;
    let listed =
        |node: &Identity| node.list_permissions(PageRequest::new(1, 100), Search::All).total;
    assert_eq!(listed(&again), listed(&node));
}

/// One grant of the model: role, namespace, kind, name and whether it may write.
type Grant = (u8, u8, bool, u8, bool);

fn text((_, namespace, config, name, _): &Grant) -> String {
    let part = |n: &u8| if *n == 0 { "*".to_owned() } else { format!("n{n}") };
    let kind = if *config { "config" } else { "naming" };
    format!("{}:*:{kind}/{}", part(namespace), part(name))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whoever has which roles: allowed is exactly what some grant of one of them allows.
    #[test]
    fn decides_as_the_naive_model_does(
        roles in prop::collection::btree_set(0u8..3, 0..3),
        grants in prop::collection::vec((0u8..3, 0u8..3, any::<bool>(), 0u8..3, any::<bool>()), 0..8),
        asked in prop::collection::vec((1u8..3, any::<bool>(), 1u8..3, any::<bool>()), 1..10),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let node = House::new().node().await;
            node.with_user("u").await;
            for role in &roles {
                node.grant_role(&format!("r{role}"), "u").await.unwrap();
            }
            for grant in &grants {
                let actions = if grant.4 { Actions::Write } else { Actions::Read };
                node.grant_permission(&format!("r{}", grant.0), &text(grant), actions).await.unwrap();
            }
            let user = node.principal("u").await;
            for (namespace, config, name, write) in asked {
                let expected = grants.iter().any(|grant| {
                    roles.contains(&grant.0)
                        && (grant.1 == 0 || grant.1 == namespace)
                        && grant.2 == config
                        && (grant.3 == 0 || grant.3 == name)
                        && grant.4 == write
                });
                let kind = if config { "config" } else { "naming" };
                let action = if write { Action::Write } else { Action::Read };
                let resource = format!("n{namespace}:G:{kind}/n{name}");
                assert_eq!(may(&node, &user, action, &resource), expected, "{resource}");
            }
        });
    }
}
