use seawall_topology::Namespace;

use super::house::*;
use crate::{
    Action, AuthenticateError, Credential, Entrance, Principal, ResourceKind, ResourceName,
    metrics::Outcome,
};

fn resource(namespace: &Namespace, kind: ResourceKind) -> ResourceName<'_> {
    ResourceName { namespace, group: "G", kind, name: "a" }
}

#[tokio::test]
async fn closed_doors_ask_who_is_there() {
    let node = House::new().node().await;
    node.with_user("cart").await;
    for entrance in [Entrance::Client, Entrance::Console] {
        let nobody = node.admit(entrance, Credential::None, HERE).await;
        assert_eq!(nobody, Err(AuthenticateError::Missing));
        let forged = node.admit(entrance, Credential::Token("x.y.z"), HERE).await;
        assert_eq!(forged, Err(AuthenticateError::InvalidToken));
        let cart = node.admit(entrance, pair("cart", "pw-cart"), HERE).await.unwrap();
        assert_eq!(cart.username(), "cart");
    }
}

#[tokio::test]
async fn open_client_doors_take_everybody_and_the_console_stays_closed() {
    let node = House::new().node_with(dev_settings()).await;
    let cart = node.with_user("cart").await;
    let token = node.token("cart").await.unwrap();
    let admitted = |credential| node.admit(Entrance::Client, credential, HERE);

    // Clients with credentials for elsewhere still work, and cost no hashing.
    let hashed = node.metrics.logins(Outcome::Accepted);
    for credential in [Credential::None, Credential::Token("x.y.z"), pair("who", "ever")] {
        assert_eq!(admitted(credential).await, Ok(Principal::anonymous()));
    }
    assert_eq!(node.metrics.logins(Outcome::Accepted), hashed);
    assert_eq!(node.metrics.logins(Outcome::Wrong), 0);
    assert_eq!(admitted(Credential::Token(&token)).await, Ok(cart.clone()));

    let public = Namespace::public();
    let config = resource(&public, ResourceKind::Config);
    let console = resource(&public, ResourceKind::Console);
    for principal in [&Principal::anonymous(), &cart] {
        assert!(node.authorize(principal, Action::Write, &config).is_ok());
        assert!(node.authorize(principal, Action::Read, &console).is_err());
        let at_console = node.authorize_at(Entrance::Console, principal, Action::Write, &config);
        assert!(at_console.is_err(), "in the console, permissions decide");
    }
    let nobody = node.admit(Entrance::Console, Credential::None, HERE).await;
    assert_eq!(nobody, Err(AuthenticateError::Missing));
}
