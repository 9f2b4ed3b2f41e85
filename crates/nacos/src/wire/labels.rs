//! Maps of texts in JSON, as lenient as the readers Nacos's clients were made for.

use std::fmt;

use seawall_topology::Labels;
use serde::{Deserialize, Deserializer, de};

/// An object of texts. Numbers and booleans are taken as their text, null values are
/// left out; anything nested is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LabelsJson(pub(crate) Labels);

struct Scalar(Option<String>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, number or boolean")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(Some(text.to_owned())))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Scalar, E> {
                Ok(Scalar(Some(text)))
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Scalar, E> {
                Ok(Scalar(None))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for LabelsJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = LabelsJson;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_unit<E: de::Error>(self) -> Result<LabelsJson, E> {
                Ok(LabelsJson::default())
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<LabelsJson, A::Error> {
                let mut labels = Labels::new();
                while let Some((key, Scalar(value))) = map.next_entry::<String, Scalar>()? {
                    if let Some(value) = value {
                        labels.insert(key, value);
                    }
                }
                Ok(LabelsJson(labels))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Vec<(String, String)>> {
        let labels: LabelsJson = serde_json::from_str(json).ok()?;
        Some(labels.0.into_iter().collect())
    }

    #[test]
    fn takes_scalars_as_texts_and_refuses_nesting() {
        let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
        assert_eq!(
            read(r#"{"a":"x","b":1,"c":true,"d":null,"e":1.5}"#),
            Some(vec![pair("a", "x"), pair("b", "1"), pair("c", "true"), pair("e", "1.5")])
        );
        assert_eq!(read("null"), Some(Vec::new()));
        assert_eq!(read(r#"{"a":{}}"#), None);
        assert_eq!(read("[]"), None);
    }
}
