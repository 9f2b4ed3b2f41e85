//! The stored form of objects and their versions.

use std::collections::BTreeMap;

use seawall_clock::WallTime;
use seawall_store::{
    KeyValue, Value as Bytes,
    record::{Record, decode, encode},
};
use serde_json::Value;

use crate::{Generation, Object, ResourceError, Version, keys};

/// An object as stored. Specs are JSON: kinds come and go without the store knowing.
#[derive(Clone, PartialEq, prost::Message)]
struct ObjectRecord {
    #[prost(uint64, tag = "1")]
    generation: u64,
    #[prost(btree_map = "string, string", tag = "2")]
    labels: BTreeMap<String, String>,
    #[prost(string, tag = "3")]
    spec: String,
    /// Empty: none yet.
    #[prost(string, tag = "4")]
    status: String,
    #[prost(uint64, tag = "5")]
    created_ms: u64,
    #[prost(uint64, tag = "6")]
    modified_ms: u64,
}

impl Record for ObjectRecord {
    const KIND: &'static str = "object";
    const VERSION: u8 = 1;
}

/// One version as stored; the key has its number.
#[derive(Clone, PartialEq, prost::Message)]
struct VersionRecord {
    #[prost(btree_map = "string, string", tag = "1")]
    labels: BTreeMap<String, String>,
    /// Empty: the object was deleted.
    #[prost(string, tag = "2")]
    spec: String,
    #[prost(uint64, tag = "3")]
    time_ms: u64,
    #[prost(string, tag = "4")]
    author: String,
}

impl Record for VersionRecord {
    const KIND: &'static str = "version of an object";
    const VERSION: u8 = 1;
}

pub(crate) fn encode_object(object: &Object) -> Bytes {
    encode(&ObjectRecord {
        generation: object.generation.get(),
        labels: object.labels.clone(),
        spec: object.spec.to_string(),
        status: object.status.as_ref().map(Value::to_string).unwrap_or_default(),
        created_ms: object.created.as_millis(),
        modified_ms: object.modified.as_millis(),
    })
}

pub(crate) fn decode_object(pair: &KeyValue) -> Result<Object, ResourceError> {
    let record: ObjectRecord = decode(&pair.value).map_err(|error| damaged(pair, &error))?;
    let json = |text: &str| serde_json::from_str(text).map_err(|error| damaged(pair, &error));
    Ok(Object {
        id: keys::id_of(&pair.key).ok_or_else(|| damaged(pair, &"not the key of an object"))?,
        labels: record.labels,
        spec: json(&record.spec)?,
        status: if record.status.is_empty() { None } else { Some(json(&record.status)?) },
        generation: Generation::new(record.generation),
        revision: pair.modified,
        created: WallTime::from_millis(record.created_ms),
        modified: WallTime::from_millis(record.modified_ms),
    })
}

pub(crate) fn encode_version(version: &Version) -> Bytes {
    encode(&VersionRecord {
        labels: version.labels.clone(),
        spec: version.spec.as_ref().map(Value::to_string).unwrap_or_default(),
        time_ms: version.time.as_millis(),
        author: version.author.clone(),
    })
}

pub(crate) fn decode_version(pair: &KeyValue) -> Result<Version, ResourceError> {
    let record: VersionRecord = decode(&pair.value).map_err(|error| damaged(pair, &error))?;
    let spec = match record.spec.as_str() {
        "" => None,
        text => Some(serde_json::from_str(text).map_err(|error| damaged(pair, &error))?),
    };
    Ok(Version {
        generation: keys::generation_of(&pair.key)
            .ok_or_else(|| damaged(pair, &"not the key of a version"))?,
        labels: record.labels,
        spec,
        time: WallTime::from_millis(record.time_ms),
        author: record.author,
    })
}

fn damaged(pair: &KeyValue, reason: &dyn std::fmt::Display) -> ResourceError {
    ResourceError::Damaged { key: format!("{:?}", pair.key), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_the_first_form_are_still_read() {
        let record = ObjectRecord {
            generation: 3,
            labels: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
            spec: "{}".to_owned(),
            status: String::new(),
            created_ms: 1,
            modified_ms: 2,
        };
        let bytes = b"\x01\x08\x03\x12\x06\x0a\x01a\x12\x01b\x1a\x02{}\x28\x01\x30\x02";
        assert_eq!(decode::<ObjectRecord>(bytes), Ok(record.clone()));
        assert_eq!(&encode(&record)[..], bytes);

        let record = VersionRecord {
            spec: "{}".to_owned(),
            time_ms: 2,
            author: "ops".to_owned(),
            ..VersionRecord::default()
        };
        let bytes = b"\x01\x12\x02{}\x18\x02\x22\x03ops";
        assert_eq!(decode::<VersionRecord>(bytes), Ok(record.clone()));
        assert_eq!(&encode(&record)[..], bytes);
    }
}
