use std::time::Duration;

use super::house::*;
use crate::{AuthenticateError, Credential, LoginError, metrics::TokenLookup};

#[tokio::test]
async fn t17_login_answers_with_everything_the_clients_read() {
    let node = House::new().node().await;
    let first = node.ensure_first_admin().await.unwrap().unwrap();
    let admin = node.login(&first.username, first.password.reveal(), HERE).await.unwrap();
    assert_eq!(&*admin.username, "nacos");
    assert_eq!(admin.ttl, Duration::from_secs(18_000));
    assert!(admin.admin && admin.token.split('.').count() == 3);

    node.with_user("cart").await;
    let cart = node.login("cart", "pw-cart", HERE).await.unwrap();
    assert!(!cart.admin);

    // A refusal is one error for both reasons, so doors answer 403 and never 404,
    // which would send clients to the login of an older generation.
    for (username, password) in [("cart", "wrong"), ("nobody", "wrong"), ("", ""), ("cart", "")] {
        let refused = node.login(username, password, HERE).await;
        assert_eq!(refused.err(), Some(LoginError::WrongPassword), "{username}");
    }
}

#[tokio::test]
async fn a_token_says_who_sent_it_until_it_expires() {
    let house = House::new();
    let node = house.node().await;
    let cart = node.with_user("cart").await;
    let token = node.token("cart").await.unwrap();
    let mut found = Vec::new();
    for _ in 0..3 {
        found.push(node.authenticate(Credential::Token(&token), HERE).await.unwrap());
    }
    assert_eq!(found, vec![cart.clone(), cart.clone(), cart]);
    assert_eq!(node.metrics.tokens(TokenLookup::Verified), 1);
    assert_eq!(node.metrics.tokens(TokenLookup::Remembered), 2);

    house.clock.advance(Duration::from_secs(18_000));
    let late = node.authenticate(Credential::Token(&token), HERE).await;
    assert_eq!(late, Err(AuthenticateError::ExpiredToken));
    let never = node.authenticate(Credential::Token("a.b.c"), HERE).await;
    assert_eq!(never, Err(AuthenticateError::InvalidToken));
}

#[tokio::test]
async fn tokens_of_deleted_users_are_refused_even_if_the_name_comes_back() {
    let node = House::new().node().await;
    node.with_user("cart").await;
    let token = node.token("cart").await.unwrap();
    node.authenticate(Credential::Token(&token), HERE).await.unwrap();

    node.delete_user("cart").await.unwrap();
    let revoked = Err(AuthenticateError::RevokedToken);
    assert_eq!(node.authenticate(Credential::Token(&token), HERE).await, revoked);
    node.with_user("cart").await;
    assert_eq!(node.authenticate(Credential::Token(&token), HERE).await, revoked);
}

#[tokio::test]
async fn a_changed_password_ends_tokens_and_remembered_pairs() {
    let node = House::new().node().await;
    node.with_user("cart").await;
    let token = node.token("cart").await.unwrap();
    node.set_password("cart", &secret("fresh")).await.unwrap();

    let old = node.authenticate(Credential::Token(&token), HERE).await;
    assert_eq!(old, Err(AuthenticateError::RevokedToken));
    let old = node.authenticate(pair("cart", "pw-cart"), HERE).await;
    assert_eq!(old, Err(LoginError::WrongPassword.into()));
    assert!(node.authenticate(pair("cart", "fresh"), HERE).await.is_ok());
}

#[tokio::test]
async fn tokens_and_users_outlive_a_restart_and_are_good_on_every_node() {
    let house = House::new();
    let (here, there) = (house.node().await, house.node().await);
    here.with_user("cart").await;
    let token = here.token("cart").await.unwrap();
    there.hears(&here).await;
    assert!(there.authenticate(Credential::Token(&token), HERE).await.is_ok());

    let restarted = House { store: house.store.restarted(), clock: house.clock.clone() };
    let after = restarted.node().await;
    assert!(after.authenticate(Credential::Token(&token), HERE).await.is_ok());
    assert!(after.login("cart", "pw-cart", HERE).await.is_ok());
}

#[tokio::test]
async fn users_of_nacos_are_taken_over_and_an_import_may_be_repeated() {
    let node = House::new().node().await;
    let hash = secret("$2a$10$EuWPZHzz32dJN7jexM34MOeYirDdFAZm2kuWj7VEOJhhZkDrxfvUu");
    node.import_user("ops", &hash).await.unwrap();
    let token = node.login("ops", "nacos", HERE).await.unwrap().token;
    node.import_user("ops", &hash).await.unwrap();
    assert!(node.authenticate(Credential::Token(&token), HERE).await.is_ok(), "nothing changed");
    assert!(node.import_user("ops", &secret("nacos")).await.is_err(), "not a hash");
}

#[test]
fn nothing_secret_is_shown_by_debug() {
    let shown = format!("{:?} {:?}", Credential::Token("t0k3n"), pair("cart", "hunter2"));
    assert!(!shown.contains("t0k3n") && !shown.contains("hunter2"), "{shown}");
    let session = crate::Session {
        token: "t0k3n".to_owned(),
        ttl: Duration::ZERO,
        admin: false,
        username: "cart".into(),
    };
    let settings = crate::IdentitySettings { token_secret: Some(secret("k3y")), ..settings() };
    let shown = format!("{session:?} {settings:?}");
    assert!(!shown.contains("t0k3n") && !shown.contains("k3y"), "{shown}");
}
