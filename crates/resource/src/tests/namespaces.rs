use seawall_topology::Namespace;

use super::quay::*;
use crate::*;

fn ns(text: &str) -> Namespace {
    text.parse().unwrap()
}

#[tokio::test]
async fn public_is_there_from_the_start_and_stays() {
    let quay = Quay::new();
    let namespaces = Namespaces::open(quay.store.clone(), quay.clock.clone()).await.unwrap();
    let public = namespaces.get(&ns("")).await.unwrap().unwrap();
    assert_eq!((public.id, public.show_name.as_str()), (Namespace::public(), "public"));
    let refused = namespaces.delete(&ns("public")).await;
    assert_eq!(refused, Err(NamespaceError::Protected(Namespace::public())));
    let renamed = namespaces.update(&ns("public"), "Everybody", "").await.unwrap();
    assert_eq!(renamed.show_name, "Everybody");

    let again = Namespaces::open(quay.store.clone(), quay.clock.clone()).await.unwrap();
    let public = again.get(&ns("")).await.unwrap().unwrap();
    assert_eq!(public.show_name, "Everybody", "a later start changes nothing");
}

#[tokio::test]
async fn namespaces_are_made_changed_listed_and_deleted() {
    let quay = Quay::new();
    let namespaces = Namespaces::over(quay.objects.clone()).await.unwrap();
    let made = namespaces.create(&ns("zoo"), "Zoo", "animals").await.unwrap();
    namespaces.create(&ns("dev"), "", "").await.unwrap();
    assert_eq!(made.created.as_millis(), 1_000);
    let again = namespaces.create(&ns("zoo"), "Other", "").await;
    assert_eq!(again, Err(NamespaceError::Exists(ns("zoo"))));

    let changed = namespaces.update(&ns("zoo"), "Zoo 2", "").await.unwrap();
    assert_eq!((changed.show_name.as_str(), changed.description.as_str()), ("Zoo 2", ""));
    let list = namespaces.list().await.unwrap();
    let shown: Vec<_> = list.iter().map(|n| (n.id.as_str(), n.show_name.as_str())).collect();
    assert_eq!(shown, [("public", "public"), ("dev", "dev"), ("zoo", "Zoo 2")]);

    namespaces.delete(&ns("zoo")).await.unwrap();
    assert!(!namespaces.exists(&ns("zoo")).await.unwrap());
    let gone = NamespaceError::NotFound(ns("zoo"));
    assert_eq!(namespaces.delete(&ns("zoo")).await, Err(gone.clone()));
    assert_eq!(namespaces.update(&ns("zoo"), "", "").await, Err(gone));
    namespaces.create(&ns("zoo"), "Back", "").await.unwrap();
}

#[tokio::test]
async fn what_is_applied_is_a_namespace_and_the_other_way_round() {
    let quay = Quay::new();
    let namespaces = Namespaces::over(quay.objects.clone()).await.unwrap();
    let text = "kind: Namespace\nname: dev\nlabels: {team: shop}\nspec: {showName: Development}";
    quay.apply(text).await.unwrap();
    let dev = namespaces.get(&ns("dev")).await.unwrap().unwrap();
    assert_eq!(dev.show_name, "Development");

    namespaces.update(&ns("dev"), "Dev", "for trying").await.unwrap();
    let object = quay.objects.get(&id("Namespace", "dev")).await.unwrap().unwrap();
    assert_eq!(object.spec["description"], "for trying");
    assert_eq!(object.labels["team"], "shop", "what the door does not know stays");
}

#[tokio::test]
async fn changes_at_once_do_not_fail_each_other() {
    let quay = Quay::new();
    let namespaces = Namespaces::over(quay.objects.clone()).await.unwrap();
    let (dev, prod) = (ns("dev"), ns("prod"));
    let (one, other) =
        tokio::join!(namespaces.create(&dev, "a", ""), namespaces.create(&dev, "b", ""));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    namespaces.create(&prod, "p", "").await.unwrap();
    let (one, other) =
        tokio::join!(namespaces.update(&prod, "a", ""), namespaces.update(&prod, "b", ""));
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
}

#[tokio::test]
async fn what_is_not_acceptable_or_not_known_is_told_apart() {
    let quay = Quay::new();
    let namespaces = Namespaces::over(quay.objects.clone()).await.unwrap();
    let long = namespaces.create(&ns("dev"), &"x".repeat(129), "").await;
    let told = "spec.showName: is longer than 128 characters";
    assert_eq!(long, Err(NamespaceError::Invalid(told.to_owned())));
    quay.store.set_unavailable(Some("being moved"));
    assert!(matches!(namespaces.exists(&ns("dev")).await, Err(NamespaceError::Unavailable(_))));
    assert!(matches!(namespaces.list().await, Err(NamespaceError::Unavailable(_))));
}
