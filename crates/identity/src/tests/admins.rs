use super::house::*;
use crate::{ADMIN_ROLE, PageRequest, Search, WriteError};

fn last_admin(username: &str) -> Result<(), WriteError> {
    Err(WriteError::LastAdmin { username: username.to_owned() })
}

#[tokio::test]
async fn the_first_start_makes_one_administrator_and_no_later_one_does() {
    let house = House::new();
    let (one, other) = (house.node().await, house.node().await);
    let (here, there) = tokio::join!(one.ensure_first_admin(), other.ensure_first_admin());
    let mut logins = [here.unwrap(), there.unwrap()].into_iter().flatten();
    let first = logins.next().expect("somebody has to be able to log in");
    assert!(logins.next().is_none(), "and only once");

    one.hears(&other).await;
    other.hears(&one).await;
    assert!(one.login(&first.username, first.password.reveal(), HERE).await.unwrap().admin);
    assert!(one.ensure_first_admin().await.unwrap().is_none());
    let again = one.create_first_admin("eve", &secret("pw")).await;
    assert!(matches!(again, Err(WriteError::Exists { .. })));
}

#[tokio::test]
async fn an_imported_user_does_not_become_administrator_by_its_name() {
    let node = House::new().node().await;
    node.with_user("nacos").await;
    let first = node.ensure_first_admin().await.unwrap().unwrap();
    assert_eq!(first.username, "seawall");
    assert!(!node.principal("nacos").await.is_admin());
}

#[tokio::test]
async fn the_last_administrator_cannot_be_removed_by_accident() {
    let node = House::new().node().await;
    node.create_first_admin("ops", &secret("pw-ops")).await.unwrap();
    assert_eq!(node.delete_user("ops").await, last_admin("ops"));
    assert_eq!(node.revoke_role(ADMIN_ROLE, "ops").await, last_admin("ops"));
    assert_eq!(node.delete_role(ADMIN_ROLE).await, last_admin("ops"));

    node.with_user("ann").await;
    node.grant_role(ADMIN_ROLE, "ann").await.unwrap();
    node.delete_user("ops").await.unwrap();
    assert_eq!(node.delete_user("ann").await, last_admin("ann"));
    assert!(node.principal("ann").await.is_admin());
}

#[tokio::test]
async fn two_administrators_removed_at_once_by_two_nodes_leave_one() {
    for _ in 0..20 {
        let house = House::new();
        let (one, other) = (house.node().await, house.node().await);
        one.create_first_admin("ann", &secret("pw-ann")).await.unwrap();
        one.with_user("bob").await;
        one.grant_role(ADMIN_ROLE, "bob").await.unwrap();
        other.hears(&one).await;

        let (ann, bob) = tokio::join!(one.delete_user("ann"), other.revoke_role(ADMIN_ROLE, "bob"));
        assert!(ann.is_ok() != bob.is_ok(), "{ann:?} {bob:?}");
        one.hears(&other).await;
        let all = PageRequest::new(1, 10);
        assert_eq!(one.list_roles(all, Search::Accurate(ADMIN_ROLE), Search::All).total, 1);
    }
}

#[tokio::test]
async fn a_user_of_the_same_name_does_not_inherit_roles() {
    let node = House::new().node().await;
    node.create_first_admin("ops", &secret("pw-ops")).await.unwrap();
    node.with_user("ann").await;
    let (granted, deleted) =
        tokio::join!(node.grant_role("readers", "ann"), node.delete_user("ann"));
    deleted.unwrap();
    assert!(matches!(granted, Ok(()) | Err(WriteError::NotFound { .. })));
    assert!(node.with_user("ann").await.roles().is_empty());
}
