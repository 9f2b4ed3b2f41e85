use std::{net::IpAddr, sync::Arc, task::Poll, time::Duration};

use super::house::*;
use crate::{AuthenticateError, IdentitySettings, LoginError, metrics::Outcome, throttle::Source};

fn throttled(result: Result<crate::Principal, AuthenticateError>) -> bool {
    matches!(result, Err(AuthenticateError::Password(LoginError::TooManyWrong { .. })))
}

#[tokio::test]
async fn t25_user_and_password_with_every_request_are_hashed_once() {
    let node = House::new().node().await;
    node.create_user("node", &secret("right")).await.unwrap();
    for _ in 0..1_000 {
        node.authenticate(pair("node", "right"), HERE).await.unwrap();
    }
    assert_eq!(node.metrics.logins(Outcome::Accepted), 1);
    assert_eq!(node.metrics.logins(Outcome::Remembered), 999);
}

#[tokio::test]
async fn t25_many_first_requests_at_once_are_hashed_as_often_as_runs_at_once() {
    let node = House::new().node().await;
    node.create_user("node", &secret("right")).await.unwrap();
    let requests: Vec<_> = (0..100)
        .map(|_| {
            let node = Arc::clone(&node);
            tokio::spawn(async move { node.authenticate(pair("node", "right"), HERE).await })
        })
        .collect();
    for request in requests {
        request.await.unwrap().unwrap();
    }
    let hashed = node.metrics.logins(Outcome::Accepted);
    assert!((1..=2).contains(&hashed), "{hashed}");
}

#[tokio::test]
async fn t25_wrong_passwords_with_every_request_are_soon_not_hashed_any_more() {
    let house = House::new();
    let node = house.node().await;
    node.create_user("node", &secret("right")).await.unwrap();
    for _ in 0..500 {
        node.authenticate(pair("node", "wrong"), HERE).await.unwrap_err();
    }
    // A third of 30 a minute at once; the clock stands still.
    assert_eq!(node.metrics.logins(Outcome::Wrong), 10);
    assert_eq!(node.metrics.logins(Outcome::Throttled), 490);
    // The right one has to wait as well, but only until the next may be tried.
    assert!(throttled(node.authenticate(pair("node", "right"), HERE).await));
    house.clock.advance(Duration::from_secs(2));
    assert!(node.authenticate(pair("node", "right"), HERE).await.is_ok());
}

#[tokio::test]
async fn t25_who_was_right_before_does_not_wait_for_others_wrong_passwords() {
    let node = House::new().node().await;
    node.create_user("node", &secret("right")).await.unwrap();
    node.authenticate(pair("node", "right"), HERE).await.unwrap();
    for _ in 0..100 {
        node.authenticate(pair("node", "guess"), HERE).await.unwrap_err();
    }
    assert!(throttled(node.authenticate(pair("node", "guess"), HERE).await));
    assert!(node.authenticate(pair("node", "right"), HERE).await.is_ok());
    assert!(node.login("node", "right", HERE).await.is_ok());
}

#[tokio::test]
async fn guessing_from_many_places_is_slowed_for_the_user_and_from_one_place_for_all_users() {
    let node = House::new().node().await;
    node.create_user("victim", &secret("right")).await.unwrap();
    for n in 0..60u8 {
        let source = IpAddr::from([10, 0, 0, n]);
        node.authenticate(pair("victim", "guess"), source).await.unwrap_err();
    }
    assert_eq!(node.metrics.logins(Outcome::Wrong), 20, "a third of 60 a minute");

    let source = IpAddr::from([10, 0, 1, 1]);
    for n in 0..60 {
        node.authenticate(pair(&format!("user-{n}"), "guess"), source).await.unwrap_err();
    }
    assert_eq!(node.metrics.logins(Outcome::Wrong), 20 + 10, "a third of 30 a minute");
}

#[tokio::test]
async fn wrong_passwords_at_once_cannot_outrun_the_limit() {
    let node = House::new()
        .node_with(IdentitySettings { wrong_passwords_per_source_minute: 3, ..settings() })
        .await;
    let guesses: Vec<_> = (0..50)
        .map(|n| {
            let node = Arc::clone(&node);
            let guess = format!("guess-{n}");
            tokio::spawn(async move { node.authenticate(pair("victim", &guess), HERE).await })
        })
        .collect();
    for guess in guesses {
        guess.await.unwrap().unwrap_err();
    }
    // One is allowed, and each of the two that run at once may begin before the
    // other is charged.
    let hashed = node.metrics.logins(Outcome::Wrong);
    assert!(hashed <= 2, "{hashed}");
}

#[tokio::test]
async fn who_hangs_up_before_the_answer_pays_for_the_guess_all_the_same() {
    let node = House::new()
        .node_with(IdentitySettings { wrong_passwords_per_source_minute: 3, ..settings() })
        .await;
    let mut guess = Box::pin(node.authenticate(pair("victim", "guess"), HERE));
    // Polled once it has begun to hash; then the caller is gone.
    assert!(poll_once(guess.as_mut()).await.is_none());
    drop(guess);
    let charged = || node.wrong.wait(node.clock.now(), &Source::of(HERE), "victim").is_some();
    while !charged() {
        tokio::task::yield_now().await;
    }
    assert!(throttled(node.authenticate(pair("victim", "other"), HERE).await));
}

async fn poll_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn new_passwords_that_bcrypt_would_cut_or_that_are_empty_are_refused() {
    let node = House::new().node().await;
    for password in [String::new(), "x".repeat(73)] {
        assert!(node.create_user("cart", &secret(&password)).await.is_err());
    }
    node.with_user("cart").await;
    assert!(node.set_password("cart", &secret("")).await.is_err());
    node.principal("cart").await;
}
