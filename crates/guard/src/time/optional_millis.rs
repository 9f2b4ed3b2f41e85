//! As [`millis`](super::millis), for what may be left out.

use std::time::Duration;

use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

/// Writes a duration as milliseconds, rounded down.
pub(crate) fn serialize<S: Serializer>(
    duration: &Option<Duration>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    duration.map(millis).serialize(to)
}

/// Reads a duration from milliseconds.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Duration>, D::Error> {
    Ok(Option::<u64>::deserialize(from)?.map(Duration::from_millis))
}
