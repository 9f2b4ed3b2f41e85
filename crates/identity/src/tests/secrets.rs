use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use seawall_store::{Revision, Store};

use super::house::*;
use crate::{Access, AuthenticateError, Credential, Identity, IdentitySettings, OpenError};

fn with_secret(secret: &[u8]) -> IdentitySettings {
    let token_secret = Some(crate::Secret::new(STANDARD.encode(secret)));
    IdentitySettings { token_secret, ..settings() }
}

fn bytes(first: u8) -> Vec<u8> {
    (first..first + 40).collect()
}

#[tokio::test]
async fn t23_every_installation_makes_its_own_secret() {
    let (one, other) = (House::new().node().await, House::new().node().await);
    one.with_user("cart").await;
    other.with_user("cart").await;
    let token = one.token("cart").await.unwrap();
    let refused = other.authenticate(Credential::Token(&token), HERE).await;
    assert_eq!(refused, Err(AuthenticateError::InvalidToken));
}

#[tokio::test]
async fn t23_everything_asks_for_a_login_unless_told_otherwise() {
    let settings = IdentitySettings::default();
    assert_eq!((settings.client_doors, settings.console), (Access::Login, Access::Login));
    let parsed: IdentitySettings = serde_json::from_str("{}").unwrap();
    assert_eq!((parsed.client_doors, parsed.console), (Access::Login, Access::Login));
    assert!(serde_json::from_str::<IdentitySettings>(r#"{"consle": "open"}"#).is_err());
}

#[tokio::test]
async fn t23_a_weak_secret_stops_the_start_and_nothing_is_written() {
    let house = House::new();
    for weak in [&b"short"[..], &[0; 32], b"SecretKey012345678901234567890123456789"] {
        let opened =
            Identity::open(house.store.clone(), house.clock.clone(), with_secret(weak)).await;
        let Err(error) = opened else { panic!("{weak:?} was taken") };
        assert!(matches!(error, OpenError::WeakSecret { .. }), "{error}");
        assert!(error.to_string().contains("identity.token_secret"), "{error}");
    }
    assert_eq!(house.store.snapshot().await.unwrap().revision(), Revision::ZERO);
}

#[tokio::test]
async fn t23_an_operators_secret_takes_over_and_the_old_tokens_run_out() {
    let house = House::new();
    let before = house.node().await;
    before.with_user("cart").await;
    let old = before.token("cart").await.unwrap();

    let after = house.node_with(with_secret(&bytes(1))).await;
    let new = after.token("cart").await.unwrap();
    before.hears(&after).await;
    for node in [&before, &after] {
        for token in [&old, &new] {
            assert!(node.authenticate(Credential::Token(token), HERE).await.is_ok());
        }
    }
    // The same secret on another installation: each accepts the other's key.
    house.clock.advance(Duration::from_secs(17_999));
    assert!(after.authenticate(Credential::Token(&old), HERE).await.is_ok());
    house.clock.advance(Duration::from_secs(1));
    let refused = after.authenticate(Credential::Token(&old), HERE).await;
    assert_eq!(refused, Err(AuthenticateError::InvalidToken));
}

#[tokio::test]
async fn t23_a_start_without_the_setting_keeps_the_stored_secret() {
    let house = House::new();
    let first = house.node_with(with_secret(&bytes(1))).await;
    first.with_user("cart").await;
    let token = first.token("cart").await.unwrap();
    let next = house.node().await;
    assert!(next.authenticate(Credential::Token(&token), HERE).await.is_ok());
    let revision = house.store.snapshot().await.unwrap().revision();
    house.node_with(with_secret(&bytes(1))).await;
    assert_eq!(house.store.snapshot().await.unwrap().revision(), revision, "nothing to write");
}

#[tokio::test]
async fn rotation_keeps_one_secret_back_and_not_two() {
    let house = House::new();
    let node = house.node().await;
    node.with_user("cart").await;
    let oldest = node.token("cart").await.unwrap();
    node.authenticate(Credential::Token(&oldest), HERE).await.unwrap();
    node.rotate_secret().await.unwrap();
    assert!(node.authenticate(Credential::Token(&oldest), HERE).await.is_ok());
    // Remembered as verified, and refused all the same once its key is gone.
    node.rotate_secret().await.unwrap();
    let refused = node.authenticate(Credential::Token(&oldest), HERE).await;
    assert_eq!(refused, Err(AuthenticateError::InvalidToken));
}

#[tokio::test]
async fn settings_out_of_range_are_refused_by_name() {
    let house = House::new();
    let wrong = IdentitySettings { password_cost: 31, ..settings() };
    let opened = Identity::open(house.store.clone(), house.clock.clone(), wrong).await;
    assert!(matches!(opened.err(), Some(OpenError::Setting { key: "password_cost", .. })));
}
