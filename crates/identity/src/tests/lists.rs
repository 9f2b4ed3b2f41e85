use super::house::*;
use crate::{ADMIN_ROLE, Actions, PageRequest, Search};

#[tokio::test]
async fn users_roles_and_permissions_are_listed_by_page_and_search() {
    let node = House::new().node().await;
    let hash = secret("$2a$10$EuWPZHzz32dJN7jexM34MOeYirDdFAZm2kuWj7VEOJhhZkDrxfvUu");
    for name in ["bob", "alice", "anna", "zoe", "ann"] {
        node.import_user(name, &hash).await.unwrap();
    }
    node.grant_role(ADMIN_ROLE, "zoe").await.unwrap();
    node.grant_role("shop", "ann").await.unwrap();
    node.grant_role("shop", "bob").await.unwrap();

    let names = |page, search| -> Vec<String> {
        let found = node.list_users(page, search);
        found.items.iter().map(|user| user.username.to_string()).collect()
    };
    let all = PageRequest::new(1, 100);
    assert_eq!(names(all, Search::All), ["alice", "ann", "anna", "bob", "zoe"]);
    assert_eq!(names(PageRequest::new(2, 2), Search::All), ["anna", "bob"]);
    assert_eq!(names(all, Search::Blur("an*")), ["ann", "anna"]);
    assert_eq!(names(all, Search::Accurate("ann")), ["ann"]);
    let users = node.list_users(PageRequest::new(3, 2), Search::All);
    assert_eq!((users.total, users.pages()), (5, 3));
    assert!(users.items[0].admin, "zoe");

    let roles = |role, user| -> Vec<String> {
        let found = node.list_roles(all, role, user);
        found.items.iter().map(|b| format!("{}={}", b.role, b.username)).collect()
    };
    assert_eq!(roles(Search::All, Search::All), ["ROLE_ADMIN=zoe", "shop=ann", "shop=bob"]);
    assert_eq!(roles(Search::Blur("sh*"), Search::Accurate("bob")), ["shop=bob"]);

    node.grant_permission("shop", ":*:*", Actions::Read).await.unwrap();
    node.grant_permission("shop", "dev:G:config/a", Actions::ReadWrite).await.unwrap();
    node.grant_permission("other", "dev:*:*", Actions::Write).await.unwrap();
    let found = node.list_permissions(all, Search::Accurate("shop"));
    let found: Vec<String> =
        found.items.iter().map(|p| format!("{} {} {}", p.role, p.resource, p.actions)).collect();
    assert_eq!(found, ["shop dev:G:config/a rw", "shop public:*:* r"]);
    assert_eq!(node.list_permissions(all, Search::All).total, 3);
}
