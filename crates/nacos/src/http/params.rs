//! The parameters of a request: query and form as one, as a servlet has them.

use std::str::FromStr;

use percent_encoding::percent_decode;
use seawall_topology::Labels;

use super::{code::Code, fault::Fault};
use crate::wire::LabelsJson;

/// Most parameters of one request; more is not a request but an attack.
const PARAMETERS_MAX: usize = 1000;

/// Name and value pairs in the order a servlet would see them: the query first,
/// then the form. The first value of a name wins.
#[derive(Debug, Default)]
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
}

impl Params {
    /// Reads `name=value&…`, with `+` for a space and percent encodings. The text
    /// is UTF-8 whatever the content type says: Nacos reads it so, and the Node
    /// client declares GBK and sends UTF-8.
    ///
    /// # Errors
    ///
    /// A value that is not UTF-8 is refused rather than mended: it may be the
    /// content of a configuration item.
    pub(crate) fn add_encoded(&mut self, encoded: &[u8]) -> Result<(), Fault> {
        for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            self.add(name, value)?;
        }
        Ok(())
    }

    /// Adds one pair that needs no decoding.
    pub(crate) fn add(&mut self, name: String, value: String) -> Result<(), Fault> {
        if self.pairs.len() == PARAMETERS_MAX {
            return Err(Fault::invalid(format!("more than {PARAMETERS_MAX} parameters")));
        }
        self.pairs.push((name, value));
        Ok(())
    }

    /// Every pair, in order.
    #[cfg(fuzzing)]
    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.pairs
    }

    /// The value as it came, also when blank.
    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Takes a value out, so that a large one is not copied.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let (_, value) = self.pairs.iter_mut().find(|(key, _)| key == name)?;
        Some(std::mem::take(value))
    }

    /// The trimmed value; `None` when absent or blank.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The first of `names` that is there and not blank.
    pub(crate) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// The trimmed value, or `default`.
    pub(crate) fn or<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        self.get(name).unwrap_or(default)
    }

    /// The value as an owned text; `None` when absent or blank.
    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// The trimmed value, which must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Fault> {
        self.get(name).ok_or_else(|| Fault::missing(name))
    }

    /// A value that reads as `T`; `None` when absent or blank.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, Fault> {
        self.get(name).map(|text| read(name, text)).transpose()
    }

    /// A value that reads as `T` and must be there.
    pub(crate) fn required_parsed<T: FromStr>(&self, name: &str) -> Result<T, Fault> {
        read(name, self.required(name)?)
    }

    /// Yes or no in any of the spellings clients use; `None` when absent or blank.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Ok(Some(true)),
            "false" | "f" | "no" | "n" | "off" | "0" => Ok(Some(false)),
            _ => Err(Fault::invalid(format!("parameter '{name}' is neither true nor false"))),
        }
    }

    /// All values of a list parameter: repeated, comma separated or both.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        self.pairs
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// Metadata: a JSON object of texts, or `key=value,…` as old clients write it.
    pub(crate) fn metadata(&self, name: &str) -> Result<Option<Labels>, Fault> {
        self.get(name).map(read_metadata).transpose()
    }
}

/// Reads metadata in either of its two forms.
fn read_metadata(text: &str) -> Result<Labels, Fault> {
    if let Ok(LabelsJson(labels)) = serde_json::from_str(text) {
        return Ok(labels);
    }
    text.split(',')
        .map(|pair| match pair.split_once('=') {
            Some((key, value)) if !key.is_empty() && !value.is_empty() && !value.contains('=') => {
                Ok((key.to_owned(), value.to_owned()))
            }
            _ => Err(Fault::new(
                http::StatusCode::BAD_REQUEST,
                Code::InstanceMetadata,
                format!("metadata format incorrect:{text}"),
            )),
        })
        .collect()
}

fn read<T: FromStr>(name: &str, text: &str) -> Result<T, Fault> {
    text.parse().map_err(|_| Fault::invalid(format!("parameter '{name}' cannot be read: {text}")))
}

/// One percent-encoded text. A `%` that begins no encoding stands for itself.
fn decode(encoded: &[u8]) -> Result<String, Fault> {
    let mut bytes = encoded.to_vec();
    // Most are letters and nothing else.
    if encoded.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        for byte in bytes.iter_mut().filter(|byte| **byte == b'+') {
            *byte = b' ';
        }
        bytes = percent_decode(&bytes).collect();
    }
    String::from_utf8(bytes).map_err(|_| Fault::invalid("a parameter is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    fn params(encoded: &str) -> Params {
        let mut params = Params::default();
        params.add_encoded(encoded.as_bytes()).unwrap();
        params
    }

    #[test]
    fn the_query_comes_before_the_form() {
        let mut merged = params("dataId=query&group=");
        merged.add_encoded(b"dataId=form&group=g&tenant=t").unwrap();
        assert_eq!(merged.get("dataId"), Some("query"));
        assert_eq!(merged.get("group"), None, "a blank value in front hides the later one");
        assert_eq!(merged.get("tenant"), Some("t"));
    }

    #[test]
    fn reads_the_spellings_of_old_clients() {
        let read = params("enable=True&healthy=on&weight=1.5&n=%2B1+2&bad=100%&ids=1,2&ids=3");
        assert_eq!(read.flag("enable").unwrap(), Some(true));
        assert_eq!(read.flag("healthy").unwrap(), Some(true));
        assert_eq!(read.parsed::<f64>("weight").unwrap(), Some(1.5));
        assert_eq!(read.get("n"), Some("+1 2"));
        assert_eq!(read.get("bad"), Some("100%"));
        assert_eq!(read.list("ids"), ["1", "2", "3"]);
        assert!(read.flag("weight").is_err());
        assert!(read.required("absent").is_err());
    }

    #[test]
    fn metadata_has_two_forms() {
        let json = params("metadata=%7B%22a%22%3A%221%22%2C%22b%22%3A2%2C%22c%22%3Anull%7D");
        let pairs = params("metadata=a%3D1,b%3D2");
        assert_eq!(json.metadata("metadata").unwrap(), pairs.metadata("metadata").unwrap());
        assert!(params("metadata=a%3D1%3D2").metadata("metadata").is_err());
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused() {
        assert!(Params::default().add_encoded(b"content=%ff%fe").is_err());
        assert!(Params::default().add_encoded("&a=b".repeat(1001).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_text_survives_encoding(name in "[a-z]{1,8}", value in any::<String>()) {
            let encoded = utf8_percent_encode(&value, NON_ALPHANUMERIC);
            let read = params(&format!("{name}={encoded}"));
            prop_assert_eq!(read.raw(&name), Some(value.as_str()));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut params = Params::default();
            if params.add_encoded(&bytes).is_ok() {
                prop_assert!(params.pairs.len() <= PARAMETERS_MAX);
            }
            let _ = read_metadata(&String::from_utf8_lossy(&bytes));
        }
    }
}
