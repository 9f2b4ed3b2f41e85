//! Answers over HTTP.

use serde::{Deserialize, Serialize};

use super::{Diagnosis, Overrides, own, table, table::Table};
use crate::{
    admit::{Classify, Outcome},
    render::REJECTED,
    retry::wire::RETRY_AFTER,
};

/// How HTTP's status codes count.
///
/// | status | counts as |
/// |---|---|
/// | 1xx, 2xx, 3xx | success |
/// | 4xx | ignore, but 408, 460 and 499 cancelled, 421 topology, 429 overload |
/// | 5xx | failure, but 501 and 505 ignore, 504, 522 and 524 timeout, 529 overload |
/// | 503 | overload if it says `Retry-After` or Envoy dropped it, failure if not |
/// | any with `x-seawall-rejected` | a refusal of another hop of ours: overload, ignore if the caller is not allowed there, cancelled if its deadline had passed |
///
/// The last row is why a shed answer opens no breaker (go-zero's breaker stands outside
/// its shedder and counts each 503 of it).
///
/// ```
/// use seawall_guard::{Outcome, classify::Http};
///
/// let http = Http::default().with(404, Outcome::Failure);
/// assert_eq!(http.status(404).outcome, Outcome::Failure);
/// let shed = http.diagnose(503, |name| (name == "retry-after").then_some(b"1".as_slice()));
/// assert_eq!(shed.outcome, Outcome::Overload);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// How single status codes count, whatever the table and the headers say. Default
    /// none.
    pub codes: Overrides<u16>,
}

/// Envoy's headers on what it dropped itself: in maintenance or by a circuit breaker, and
/// as its overload manager said (envoyproxy/envoy,
/// `docs/root/configuration/http/http_filters/router_filter.rst` and
/// `http_conn_man/headers.rst`).
const ENVOY_OVERLOADED: [&str; 2] = ["x-envoy-overloaded", "x-envoy-local-overloaded"];

/// Status codes that count otherwise than their class: RFC 9110 (408, 421, 501, 503, 504,
/// 505), RFC 8470 (425), RFC 6585 (429), nginx' `NGX_HTTP_CLIENT_CLOSED_REQUEST` (499) and
/// what AWS' load balancers say for it (460; docs.aws.amazon.com/elasticloadbalancing,
/// "Troubleshoot your Application Load Balancers"), Cloudflare's time-outs before and after
/// the connection to the origin (522 and 524; developers.cloudflare.com/support, "Cloudflare
/// 5xx errors"), and 529, which no standard has and several vendors send for "overloaded".
pub(super) const HTTP: &Table<u16> = &[
    // The request did not arrive in time: the caller's doing or the way's, and its
    // duration is the server's patience.
    (408, Diagnosis::CANCELLED),
    // The server does not answer for that name: another one does.
    (421, Diagnosis::TOPOLOGY.unprocessed()),
    // Early data may be replayed; sent again after the handshake it is none.
    (425, Diagnosis::IGNORE.unprocessed()),
    (429, Diagnosis::OVERLOAD),
    (460, Diagnosis::CANCELLED),
    (499, Diagnosis::CANCELLED),
    (501, Diagnosis::IGNORE),
    (504, Diagnosis::TIMEOUT),
    (505, Diagnosis::IGNORE),
    (522, Diagnosis::TIMEOUT),
    (524, Diagnosis::TIMEOUT),
    (529, Diagnosis::OVERLOAD),
];

impl Http {
    /// With another outcome of one status code.
    #[must_use]
    pub fn with(mut self, status: u16, outcome: Outcome) -> Self {
        self.codes.set(status, outcome);
        self
    }

    /// What an answer says. `header` finds the value of a name in lower case; it is asked
    /// for errors only.
    pub fn diagnose<'h>(
        &self,
        status: u16,
        header: impl Fn(&'static str) -> Option<&'h [u8]>,
    ) -> Diagnosis {
        let known = by_status(status);
        if status < 400 {
            return self.codes.apply(&status, known);
        }
        let diagnosis = match header(REJECTED) {
            Some(reason) => own::diagnose_reason(reason),
            None if status == 503 && says_overloaded(header) => Diagnosis::OVERLOAD,
            None => known,
        };
        self.codes.apply(&status, diagnosis)
    }

    /// What a status code says on its own.
    pub fn status(&self, status: u16) -> Diagnosis {
        self.codes.apply(&status, by_status(status))
    }
}

impl Classify<u16> for Http {
    fn classify(&self, status: &u16) -> Outcome {
        self.status(*status).outcome
    }
}

fn by_status(status: u16) -> Diagnosis {
    match status {
        ..400 => Diagnosis::SUCCESS,
        400.. => table::find(HTTP, status).unwrap_or(match status {
            ..500 => Diagnosis::IGNORE,
            500.. => Diagnosis::FAILURE,
        }),
    }
}

fn says_overloaded<'h>(header: impl Fn(&'static str) -> Option<&'h [u8]>) -> bool {
    header(RETRY_AFTER).is_some() || ENVOY_OVERLOADED.iter().any(|name| header(name).is_some())
}
