//! Rules on the heartbeat times an instance asks for in its metadata.

use http::StatusCode;
use seawall_topology::Labels;

use crate::http::{code::Code, fault::Fault};

const INTERVAL: (&str, u64) = ("preserved.heart.beat.interval", 5_000);
const TIMEOUT: (&str, u64) = ("preserved.heart.beat.timeout", 15_000);
const DELETE: (&str, u64) = ("preserved.ip.delete.timeout", 30_000);

fn millis(metadata: &Labels, (key, default): (&str, u64)) -> u64 {
    metadata.get(key).and_then(|text| text.trim().parse().ok()).unwrap_or(default)
}

/// Refuses an instance that would be counted out between two of its own beats.
pub(super) fn check(metadata: &Labels) -> Result<(), Fault> {
    let interval = millis(metadata, INTERVAL);
    if millis(metadata, TIMEOUT) < interval || millis(metadata, DELETE) < interval {
        return Err(Fault::new(
            StatusCode::BAD_REQUEST,
            Code::Instance,
            "Instance 'heart beat interval' must less than 'heart beat timeout' and 'ip delete timeout'.",
        ));
    }
    Ok(())
}
