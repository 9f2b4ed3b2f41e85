//! Answers over gRPC.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, Serializer};

use super::{Diagnose, Diagnosis, Overrides, own, table, table::Table};
use crate::{
    admit::{Classify, Outcome},
    retry::wire::parse_retry_info,
};

/// How gRPC's status codes count.
///
/// `RESOURCE_EXHAUSTED` is an overload and never a failure (go-zero's breaker counts it,
/// which keeps it open while a server sheds), and so is an `UNAVAILABLE` that says when to
/// come back (`google.rpc.RetryInfo`). A refusal of another hop of ours
/// (`x-seawall-rejected`) counts as [`Http`](super::Http) counts it.
///
/// ```
/// use seawall_guard::{Classify, Outcome, classify::{Grpc, GrpcCode, GrpcStatus}};
///
/// let grpc = Grpc::default().with(GrpcCode::NOT_FOUND, Outcome::Failure);
/// assert_eq!(grpc.classify(&GrpcStatus::of(GrpcCode::RESOURCE_EXHAUSTED)), Outcome::Overload);
/// assert_eq!(grpc.classify(&GrpcStatus::of(GrpcCode::NOT_FOUND)), Outcome::Failure);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grpc {
    /// How single codes count, whatever table, details and headers say. In a file a code
    /// is its name, as `UNAVAILABLE`, or its number. Default none.
    pub codes: Overrides<GrpcCode>,
}

/// A status code of gRPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GrpcCode(u8);

/// The status an answer ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrpcStatus<'a> {
    /// Its code.
    pub code: GrpcCode,
    /// The decoded bytes of `grpc-status-details-bin`; empty if there are none.
    pub details: &'a [u8],
    /// The value of `x-seawall-rejected` among the trailers.
    pub rejected: Option<&'a [u8]>,
}

impl GrpcStatus<'_> {
    /// A status of which nothing but the code is known.
    pub const fn of(code: GrpcCode) -> Self {
        Self { code, details: b"", rejected: None }
    }
}

/// The names in the order of their numbers (`doc/statuscodes.md` of grpc/grpc).
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// All codes (grpc.io/docs/guides/status-codes; `doc/statuscodes.md` of grpc/grpc 0276060,
/// which also says which of them the libraries make themselves).
const GRPC: &Table<u8> = &[
    (0, Diagnosis::SUCCESS),
    (1, Diagnosis::CANCELLED),
    // UNKNOWN: a handler ended without a status, as by an exception.
    (2, Diagnosis::FAILURE),
    (3, Diagnosis::IGNORE),
    (4, Diagnosis::TIMEOUT),
    (5, Diagnosis::IGNORE),
    (6, Diagnosis::IGNORE),
    (7, Diagnosis::IGNORE),
    (8, Diagnosis::OVERLOAD),
    (9, Diagnosis::IGNORE),
    (10, Diagnosis::IGNORE),
    (11, Diagnosis::IGNORE),
    (12, Diagnosis::IGNORE),
    (13, Diagnosis::FAILURE),
    (14, Diagnosis::FAILURE),
    (15, Diagnosis::FAILURE),
    (16, Diagnosis::IGNORE),
];

impl GrpcCode {
    /// It went well.
    pub const OK: Self = Self(0);
    /// Whoever asked went away.
    pub const CANCELLED: Self = Self(1);
    /// A failure of no known kind.
    pub const UNKNOWN: Self = Self(2);
    /// The deadline passed.
    pub const DEADLINE_EXCEEDED: Self = Self(4);
    /// What was asked for does not exist.
    pub const NOT_FOUND: Self = Self(5);
    /// The caller may not.
    pub const PERMISSION_DENIED: Self = Self(7);
    /// A quota or the server's resources are used up.
    pub const RESOURCE_EXHAUSTED: Self = Self(8);
    /// The server cannot be reached or is going.
    pub const UNAVAILABLE: Self = Self(14);

    /// The code of a number. As clients have to, any other number than 0 to 16 is
    /// [`GrpcCode::UNKNOWN`].
    pub const fn new(number: i32) -> Self {
        if 0 <= number && number < NAMES.len() as i32 { Self(number as u8) } else { Self::UNKNOWN }
    }

    /// Its number, 0 to 16.
    pub const fn number(self) -> i32 {
        self.0 as i32
    }

    /// Its name, as `UNAVAILABLE`.
    pub fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or("UNKNOWN")
    }
}

impl FromStr for GrpcCode {
    type Err = UnknownGrpcCode;

    fn from_str(text: &str) -> Result<Self, UnknownGrpcCode> {
        let named = NAMES.iter().position(|name| *name == text);
        let place = named.or_else(|| text.parse().ok()).ok_or(UnknownGrpcCode)?;
        let known = u8::try_from(place).ok().filter(|place| usize::from(*place) < NAMES.len());
        known.map(Self).ok_or(UnknownGrpcCode)
    }
}

/// A text that is neither the name nor the number of a gRPC status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a gRPC status code; write its name, as UNAVAILABLE, or 0 to 16")]
pub struct UnknownGrpcCode;

impl fmt::Display for GrpcCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for GrpcCode {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

impl Grpc {
    /// With another outcome of one code.
    #[must_use]
    pub fn with(mut self, code: GrpcCode, outcome: Outcome) -> Self {
        self.codes.set(code, outcome);
        self
    }
}

impl Diagnose<GrpcStatus<'_>> for Grpc {
    fn diagnose(&self, status: &GrpcStatus<'_>) -> Diagnosis {
        let known = table::find(GRPC, status.code.0).unwrap_or(Diagnosis::FAILURE);
        let diagnosis = match status.rejected {
            Some(reason) => own::diagnose_reason(reason),
            None if status.code == GrpcCode::UNAVAILABLE
                && parse_retry_info(status.details).is_some() =>
            {
                Diagnosis::OVERLOAD
            }
            None => known,
        };
        self.codes.apply(&status.code, diagnosis)
    }
}

impl Classify<GrpcStatus<'_>> for Grpc {
    fn classify(&self, status: &GrpcStatus<'_>) -> Outcome {
        self.diagnose(status).outcome
    }
}
