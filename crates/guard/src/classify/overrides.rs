//! Single codes that count otherwise than their vendor's table says.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor},
};

use super::Diagnosis;
use crate::admit::Outcome;

/// Codes that count otherwise than the table says. Only the outcome is replaced: whom it
/// is true of and whether a person has to act stay what the table says.
///
/// In a file it is a map of codes to outcomes, as `{ 1205: failure }`; a code may be a
/// number or, for formats whose keys are texts, a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overrides<K>(Vec<(K, Outcome)>);

impl<K> Default for Overrides<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord> Overrides<K> {
    /// Makes `code` count as `outcome`, whatever was said of it before.
    pub fn set(&mut self, code: K, outcome: Outcome) {
        match self.0.binary_search_by(|(known, _)| known.cmp(&code)) {
            Ok(place) => {
                if let Some(entry) = self.0.get_mut(place) {
                    entry.1 = outcome;
                }
            }
            Err(place) => self.0.insert(place, (code, outcome)),
        }
    }

    /// How `code` counts if something was said of it.
    pub fn get<Q: Ord + ?Sized>(&self, code: &Q) -> Option<Outcome>
    where
        K: std::borrow::Borrow<Q>,
    {
        let place = self.0.binary_search_by(|(known, _)| known.borrow().cmp(code)).ok()?;
        self.0.get(place).map(|(_, outcome)| *outcome)
    }

    /// Whether nothing was said of any code.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `diagnosis` with the outcome that was set for `code`, if one was.
    pub(super) fn apply<Q: Ord + ?Sized>(&self, code: &Q, diagnosis: Diagnosis) -> Diagnosis
    where
        K: std::borrow::Borrow<Q>,
    {
        if self.0.is_empty() {
            return diagnosis;
        }
        self.get(code).map_or(diagnosis, |outcome| Diagnosis { outcome, ..diagnosis })
    }
}

impl<K: Serialize> Serialize for Overrides<K> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(code, outcome)| (code, outcome)))
    }
}

impl<'de, K: Ord + FromStr> Deserialize<'de> for Overrides<K> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(OfMap(PhantomData))
    }
}

struct OfMap<K>(PhantomData<K>);

impl<'de, K: Ord + FromStr> Visitor<'de> for OfMap<K> {
    type Value = Overrides<K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of codes to outcomes")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut overrides = Overrides::default();
        while let Some((Code(code), outcome)) = map.next_entry::<Code<K>, Outcome>()? {
            if overrides.get(&code).is_some() {
                return Err(M::Error::custom("a code is there twice"));
            }
            overrides.set(code, outcome);
        }
        Ok(overrides)
    }
}

/// A code as the key of a map: a number in one format, a text in another.
struct Code<K>(K);

impl<'de, K: FromStr> Deserialize<'de> for Code<K> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(OfCode(PhantomData))
    }
}

struct OfCode<K>(PhantomData<K>);

impl<K: FromStr> Visitor<'_> for OfCode<K> {
    type Value = Code<K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a code")
    }

    fn visit_u64<E: serde::de::Error>(self, code: u64) -> Result<Self::Value, E> {
        self.visit_str(&code.to_string())
    }

    fn visit_i64<E: serde::de::Error>(self, code: i64) -> Result<Self::Value, E> {
        self.visit_str(&code.to_string())
    }

    fn visit_str<E: serde::de::Error>(self, code: &str) -> Result<Self::Value, E> {
        code.parse().map(Code).map_err(|_| E::custom(format_args!("{code:?} is no code")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_a_code_counts() {
        let mut overrides = Overrides::default();
        overrides.set(1205, Outcome::Failure);
        overrides.set(1064, Outcome::Ignore);
        overrides.set(1205, Outcome::Overload);
        assert_eq!(overrides.get(&1205), Some(Outcome::Overload));
        assert_eq!(overrides.get(&1064), Some(Outcome::Ignore));
        assert_eq!(overrides.get(&1213), None);
    }

    #[test]
    fn an_override_leaves_impact_and_alarm_alone() {
        let mut overrides = Overrides::default();
        overrides.set(1021, Outcome::Overload);
        let table = Diagnosis::FAILURE.writes().alarm();
        assert_eq!(overrides.apply(&1021, table), Diagnosis::OVERLOAD.writes().alarm());
        assert_eq!(overrides.apply(&1022, table), table);
    }

    #[test]
    fn a_file_may_write_codes_as_numbers_or_as_texts() {
        let of = |text: &str| serde_json::from_str::<Overrides<u16>>(text);
        let overrides = of(r#"{ "1205": "failure", "1064": "ignore" }"#).unwrap();
        assert_eq!(overrides.get(&1205), Some(Outcome::Failure));
        let yaml: Overrides<u16> = serde_yaml_ng::from_str("1205: failure\n1064: ignore").unwrap();
        assert_eq!(yaml, overrides);
        let back = serde_json::to_string(&overrides).unwrap();
        assert_eq!(back, r#"{"1064":"ignore","1205":"failure"}"#);
        for wrong in [r#"{"1205": "bad"}"#, r#"{"x": "failure"}"#, r#"{"70000": "failure"}"#] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
        assert!(of(r#"{"1205": "failure", "1205": "ignore"}"#).is_err());
    }
}
