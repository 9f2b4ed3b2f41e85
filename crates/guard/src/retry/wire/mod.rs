//! What requests and answers say of deadlines and attempts, as pure codecs: bytes of a
//! header in, plain values out, and back. Nothing is allocated, and nothing a stranger
//! writes is believed.
//!
//! | header | says | read | written |
//! |---|---|---|---|
//! | `x-seawall-timeout-ms` | time left | yes | HTTP |
//! | `grpc-timeout` | time left | yes | gRPC |
//! | `x-envoy-expected-rq-timeout-ms` | time left | yes | no |
//! | `x-seawall-priority`, `x-seawall-cohort` | how much it matters | yes | both |
//! | `x-seawall-attempt` | which attempt, from 1 | yes | HTTP |
//! | `grpc-previous-rpc-attempts` | attempts before | yes | gRPC |
//! | `x-envoy-attempt-count` | which attempt, from 1 | yes | no |
//! | `x-seawall-retry-pushback-ms` | when to ask again, -1 never | answers | HTTP |
//! | `grpc-retry-pushback-ms` | when to ask again, -1 never | answers | gRPC |
//! | `retry-after` | seconds until to ask again | answers | HTTP |

mod pushback;
mod request_headers;
mod retry_info;
mod text;
mod timeout;

pub use pushback::{
    GRPC_PUSHBACK_MS, PUSHBACK_MS, Pushback, RETRY_AFTER, parse_retry_after, retry_after,
};
pub use request_headers::{
    ATTEMPT, COHORT, ENVOY_ATTEMPT, GRPC_PREVIOUS_ATTEMPTS, PRIORITY, RequestHeaders, Sender, Wire,
};
pub use retry_info::parse_retry_info;
pub use text::HeaderText;
pub use timeout::{
    ENVOY_TIMEOUT_MS, GRPC_TIMEOUT, TIMEOUT_MS, grpc_timeout, parse_grpc_timeout, parse_timeout_ms,
    timeout_ms,
};
