use proptest::prelude::*;

use super::*;

fn covers(pattern: &str, resource: (&str, &str, ResourceKind, &str)) -> bool {
    let (namespace, group, kind, name) = resource;
    let namespace: Namespace = namespace.parse().unwrap();
    let pattern: Pattern = pattern.parse().unwrap();
    pattern.covers(&ResourceName { namespace: &namespace, group, kind, name })
}

#[test]
fn every_form_covers_what_it_says() {
    use ResourceKind::{Config, Console, Lock, Naming};
    let table = [
        ("dev:*:*", ("dev", "g", Config, "a.yaml"), true),
        ("dev:*:*", ("dev", "g", Naming, "shop"), true),
        ("dev:*:*", ("develop", "g", Config, "a.yaml"), false),
        ("dev*:*:*", ("develop", "g", Config, "a.yaml"), true),
        ("*:*:*", ("prod", "g", Lock, "x"), true),
        (":*:*", ("public", "g", Config, "a"), true),
        ("public:*:*", ("", "g", Config, "a"), true),
        ("dev:g:config/a.yaml", ("dev", "g", Config, "a.yaml"), true),
        ("dev:g:config/a.yaml", ("dev", "g", Config, "a.yaml2"), false),
        ("dev:g:config/a.yaml", ("dev", "g", Config, "axyaml"), false),
        ("dev:g:config/a.yaml", ("dev", "g", Naming, "a.yaml"), false),
        ("dev:g:config/*.yaml", ("dev", "g", Config, "db.yaml"), true),
        ("dev:g:naming/shop-*", ("dev", "g", Naming, "shop-cart"), true),
        ("dev:team:a:config/x:y", ("dev", "team:a", Config, "x:y"), true),
        ("dev:a*:config/x", ("dev", "b:a:config", Config, "x"), false),
        ("dev:g:*/shop", ("dev", "g", Naming, "shop"), true),
        ("dev:g:config/*", ("dev", "g", Config, "*"), true),
        ("dev:g:config/a*", ("dev", "g", Config, "*"), false),
    ];
    for (pattern, resource, expected) in table {
        assert_eq!(covers(pattern, resource), expected, "{pattern} on {resource:?}");
    }
    assert!(!covers("*:*:*", ("public", "*", Console, "users")), "the console must be named");
    assert!(!covers("*:*:*/*", ("public", "*", Console, "users")));
    assert!(covers("*:*:console/*", ("public", "*", Console, "users")));
}

#[test]
fn refuses_what_it_does_not_understand() {
    for text in
        ["", "*", "dev", "dev:g", "dev:g:x", "dev:g:disk/x", "a b:*:*", "dev::*", "d:g:config/"]
    {
        assert!(text.parse::<Pattern>().is_err(), "{text}");
    }
    for text in ["", "x", "wr", "RW"] {
        assert!(text.parse::<Actions>().is_err(), "{text}");
    }
}

/// Says the same as [`glob`] by trying every way to share out the text.
fn naive_glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|taken| naive_glob(rest, &text[taken..])),
        Some((byte, rest)) => text.first() == Some(byte) && naive_glob(rest, &text[1..]),
    }
}

fn part() -> impl Strategy<Value = String> {
    "[ab.]{1,4}"
}

fn part_pattern() -> impl Strategy<Value = String> {
    "[ab.*]{1,5}"
}

proptest! {
    #[test]
    fn glob_agrees_with_the_naive_model(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
        prop_assert_eq!(glob(&pattern, &text), naive_glob(pattern.as_bytes(), text.as_bytes()));
    }

    #[test]
    fn a_permission_covers_what_its_parts_match_one_by_one(
        patterns in (part_pattern(), part_pattern(), part_pattern()),
        parts in (part(), part(), part()),
        pattern_is_config: bool,
        resource_is_config: bool,
    ) {
        let kind = |config| if config { ResourceKind::Config } else { ResourceKind::Naming };
        let text =
            format!("{}:{}:{}/{}", patterns.0, patterns.1, kind(pattern_is_config), patterns.2);
        let expected = pattern_is_config == resource_is_config
            && naive_glob(patterns.0.as_bytes(), parts.0.as_bytes())
            && naive_glob(patterns.1.as_bytes(), parts.1.as_bytes())
            && naive_glob(patterns.2.as_bytes(), parts.2.as_bytes());
        let found = covers(&text, (&parts.0, &parts.1, kind(resource_is_config), &parts.2));
        prop_assert_eq!(found, expected, "{}", text);
    }

    #[test]
    fn is_written_as_it_is_read_and_never_panics(text in "[ab:*/.]{0,6}(:config/|:\\*|naming/)?.{0,20}") {
        if let Ok(pattern) = text.parse::<Pattern>() {
            prop_assert_eq!(pattern.to_string().parse::<Pattern>(), Ok(pattern));
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_longer_than_a_product(stars in 1usize..40, length in 1usize..200) {
        let pattern = "a*".repeat(stars) + "b";
        prop_assert!(!glob(&pattern, &"a".repeat(length)));
    }
}
