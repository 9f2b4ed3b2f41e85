//! A value that is remembered.

use serde::{Deserialize, Serialize};

use crate::admit::Param;

/// A parameter's value, owned. Written as a number or as a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ParamValue {
    /// A number, as an account's.
    Number(i64),
    /// A text, as a product's name.
    Text(Box<str>),
}

impl ParamValue {
    /// The value, borrowed.
    pub fn as_param(&self) -> Param<'_> {
        match self {
            Self::Number(number) => Param::Number(*number),
            Self::Text(text) => Param::Text(text),
        }
    }

    /// Bytes outside of itself, as an allocator rounds them.
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Number(_) => 0,
            Self::Text(text) => (text.len() + 8).next_multiple_of(16),
        }
    }
}

impl From<Param<'_>> for ParamValue {
    fn from(param: Param<'_>) -> Self {
        match param {
            Param::Number(number) => Self::Number(number),
            Param::Text(text) => Self::Text(text.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_written_as_such() {
        let values: Vec<ParamValue> = serde_json::from_str(r#"[7, "seven", "7"]"#).unwrap();
        let expected = [Param::Number(7), Param::Text("seven"), Param::Text("7")];
        assert_eq!(values, expected.map(ParamValue::from));
        assert_eq!(serde_json::to_string(&values).unwrap(), r#"[7,"seven","7"]"#);
        assert_eq!(values[1].as_param(), Param::Text("seven"));
    }
}
