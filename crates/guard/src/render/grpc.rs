//! A refusal over gRPC.

use std::time::Duration;

use super::{Message, pushback};
use crate::{
    admit::{Rejected, Rejection},
    classify::GrpcCode,
    retry::wire::{HeaderText, Pushback},
};

/// What to answer over gRPC. [`write_status`] makes the bytes of
/// `grpc-status-details-bin`, [`Message`] the text of `grpc-message`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrpcRejection {
    /// The status code. `UNAVAILABLE`, which clients retry by common policy, only where
    /// another endpoint may do better.
    pub code: GrpcCode,
    /// The value of the trailer [`REJECTED`](super::REJECTED).
    pub rejected: &'static str,
    /// The value of the trailer
    /// [`GRPC_PUSHBACK_MS`](crate::retry::wire::GRPC_PUSHBACK_MS), which gRPC's own
    /// retries obey (unlike `RetryInfo`); `None` to leave it out.
    pub pushback: Option<HeaderText>,
}

impl GrpcRejection {
    /// What to answer for `rejection`.
    pub fn of(rejection: &Rejection) -> Self {
        let code = match rejection.reason {
            Rejected::NotAllowed => GrpcCode::PERMISSION_DENIED,
            Rejected::DeadlinePassed => GrpcCode::DEADLINE_EXCEEDED,
            Rejected::BreakerOpen | Rejected::NoEndpoint => GrpcCode::UNAVAILABLE,
            _ => GrpcCode::RESOURCE_EXHAUSTED,
        };
        Self { code, rejected: rejection.reason.name(), pushback: pushback(rejection).to_ms() }
    }
}

const RETRY_INFO: &[u8] = b"type.googleapis.com/google.rpc.RetryInfo";

/// Puts the bytes of a `google.rpc.Status` behind what is in `to`: code, text and, if it
/// is known when to come back, a `google.rpc.RetryInfo` (`google/rpc/status.proto` and
/// `error_details.proto` of googleapis/googleapis). The library encodes them in base64.
pub fn write_status(rejection: &Rejection, to: &mut Vec<u8>) {
    write_varint_field(to, 1, GrpcRejection::of(rejection).code.number() as u64);
    write_bytes_field(to, 2, |text| Message(rejection).write(text));
    if let Pushback::After(wait) = pushback(rejection) {
        write_bytes_field(to, 3, |any| {
            write_bytes_field(any, 1, |url| url.extend_from_slice(RETRY_INFO));
            write_bytes_field(any, 2, |info| {
                write_bytes_field(info, 1, |duration| write_duration(wait, duration));
            });
        });
    }
}

/// A `google.protobuf.Duration`, which ends at 10,000 years.
fn write_duration(duration: Duration, to: &mut Vec<u8>) {
    write_varint_field(to, 1, duration.as_secs().min(315_576_000_000));
    write_varint_field(to, 2, duration.subsec_nanos().into());
}

fn write_varint_field(to: &mut Vec<u8>, number: u8, value: u64) {
    to.push(number << 3);
    write_varint(to, value);
}

/// A field of the bytes `write` adds.
fn write_bytes_field(to: &mut Vec<u8>, number: u8, write: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = Vec::new();
    write(&mut bytes);
    to.push(number << 3 | 2);
    write_varint(to, bytes.len() as u64);
    to.append(&mut bytes);
}

fn write_varint(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}
