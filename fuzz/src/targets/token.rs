//! Tokens and other credentials: a token stands for a user exactly when it is a JWT that
//! we sign for that user's password and is in its time. Whatever else is sent stands for
//! nobody, even rightly signed.

use std::{cell::OnceCell, net::Ipv4Addr, sync::Arc, time::Duration};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use libfuzzer_sys::Corpus;
use ring::hmac;
use seawall_clock::{Clock, ManualClock, WallTime};
use seawall_identity::{Credential, Identity, IdentitySettings, Secret};
use seawall_store::MemoryStore;
use serde_json::Value;
use tokio::runtime::Runtime;

const USER: &str = "cart";
const PASSWORD: &str = "tide";
/// The seconds the clock stands at.
const NOW_S: u64 = 1_700_000_000;

/// Somebody to log in, and what the token of a login holds.
struct Login {
    runtime: Runtime,
    identity: Arc<Identity>,
    key: hmac::Key,
    header: String,
    claims: Value,
}

thread_local! {
    static LOGIN: OnceCell<Login> = const { OnceCell::new() };
}

/// The first byte says how the rest is sent: as it is, signed as `header.payload`, or
/// signed as a payload behind our own header.
pub(crate) fn run(bytes: &[u8]) -> Corpus {
    let [how, rest @ ..] = bytes else { return Corpus::Reject };
    LOGIN.with(|login| {
        let login = login.get_or_init(Login::open);
        let token = match how {
            b's' => match std::str::from_utf8(rest) {
                Ok(message) => login.signed(message),
                Err(_) => return Corpus::Reject,
            },
            b'p' => login.signed(&format!("{}.{}", login.header, URL_SAFE_NO_PAD.encode(rest))),
            _ => match std::str::from_utf8(rest) {
                Ok(token) => token.to_owned(),
                Err(_) => return Corpus::Reject,
            },
        };
        login.check(&token);
        Corpus::Keep
    })
}

impl Login {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let secret: Vec<u8> = (0..48).collect();
        let settings = IdentitySettings {
            token_secret: Some(Secret::new(STANDARD.encode(&secret))),
            password_cost: 4,
            // Nothing is remembered, so that every token is looked at.
            verified_tokens_max: 1,
            ..IdentitySettings::default()
        };
        let (identity, token) = runtime.block_on(async {
            let clock: Arc<dyn Clock> =
                Arc::new(ManualClock::at(WallTime::from_millis(NOW_S * 1_000)));
            let store = MemoryStore::new(Arc::clone(&clock));
            let identity = Identity::open(store, clock, settings).await.unwrap();
            identity.create_user(USER, &Secret::new(PASSWORD)).await.unwrap();
            let session = identity.login(USER, PASSWORD, Ipv4Addr::LOCALHOST.into()).await.unwrap();
            (identity, session.token)
        });
        let mut parts = token.split('.');
        let (header, payload) = (parts.next().unwrap(), parts.next().unwrap());
        let claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let header = header.to_owned();
        let login = Self { runtime, identity, key, header, claims };
        assert!(login.stands_for(&token), "a token as it was given out");
        login
    }

    /// `message` and our signature of it.
    fn signed(&self, message: &str) -> String {
        let tag = hmac::sign(&self.key, message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// Whether the token is taken for the user's.
    fn stands_for(&self, token: &str) -> bool {
        let source = Ipv4Addr::LOCALHOST.into();
        let found =
            self.runtime.block_on(self.identity.authenticate(Credential::Token(token), source));
        found.is_ok_and(|principal| {
            assert_eq!(principal.username(), USER);
            true
        })
    }

    fn check(&self, token: &str) {
        let taken = self.stands_for(token);
        assert_eq!(self.stands_for(token), taken, "another answer the second time");
        if taken {
            assert!(self.is_ours(token), "taken: {token}");
        }
    }

    /// The rules of RFC 7515 and of our claims, in other words than the product's.
    fn is_ours(&self, token: &str) -> bool {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, tag] = parts.as_slice() else { return false };
        let Ok(tag) = URL_SAFE_NO_PAD.decode(tag) else { return false };
        let message = format!("{header}.{payload}");
        let Ok(payload) = URL_SAFE_NO_PAD.decode(payload) else { return false };
        let Ok(claims) = serde_json::from_slice::<Value>(&payload) else { return false };
        let lifetime = Duration::from_secs(claims["exp"].as_u64().unwrap_or_default());
        *header == self.header
            && hmac::verify(&self.key, message.as_bytes(), &tag).is_ok()
            && claims["sub"] == USER
            && claims["stamp"] == self.claims["stamp"]
            && lifetime > Duration::from_secs(NOW_S)
    }
}
