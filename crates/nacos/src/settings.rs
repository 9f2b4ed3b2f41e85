//! What can be set about the wire.

use std::time::Duration;

use serde::Deserialize;

use crate::{ControlSettings, HttpSettings};

/// Settings of the Nacos wire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NacosSettings {
    /// The gRPC side.
    pub grpc: GrpcSettings,
    /// The HTTP side.
    pub http: HttpSettings,
    /// Limits on what clients do.
    pub control: ControlSettings,
}

/// Settings of gRPC connections. The defaults are Nacos's own figures.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GrpcSettings {
    /// Largest message taken, in bytes. Default 10 MiB.
    pub message_bytes_max: usize,
    /// Silence after which a client is asked whether it is there, in milliseconds.
    /// Default 20,000.
    pub silence_ms: u64,
    /// Time it has to answer, in milliseconds. Default 5,000.
    pub detection_timeout_ms: u64,
    /// Time a client has to confirm news of a configuration, in milliseconds.
    /// Default 3,000.
    pub config_push_timeout_ms: u64,
    /// Pause before such news is sent again, in milliseconds, times the tries so far.
    /// Default 2,000.
    pub config_push_retry_ms: u64,
    /// Tries after which the connection is closed. Default 50.
    pub config_push_tries_max: u32,
    /// News of configurations under way to one client at once; the rest waits.
    /// Default 64.
    pub config_pushes_in_flight: usize,
    /// Messages queued for one client. Default 256; what does not fit is sent later.
    pub queue_messages_max: usize,
    /// How long a client's queue may stay full before the connection is closed, in
    /// milliseconds. Default 30,000.
    pub queue_blocked_ms: u64,
    /// Configurations told in one batch of a fuzzy watch. Default 100.
    pub fuzzy_batch: usize,
    /// Time over which a drain spreads its requests to reconnect, in milliseconds, so
    /// that clients do not all arrive elsewhere at once. Default 1,000.
    pub drain_spread_ms: u64,
    /// Time clients have to leave after that, in milliseconds. Default 2,000.
    pub drain_wait_ms: u64,
    /// How long after a restart a connection's queries of services whose instances are
    /// not all back are held back, in milliseconds, before they are answered by error
    /// 300. Counted once for each connection, from its first such query. Default 2,000;
    /// clients give up after 3,000. 0: answered at once. Subscriptions always are.
    pub warming_hold_ms: u64,
    /// How long the answer "over limit" is held back, in milliseconds, so that clients
    /// do not repeat at once. Default 1,000.
    pub over_limit_delay_ms: u64,
}

impl Default for GrpcSettings {
    fn default() -> Self {
        Self {
            message_bytes_max: 10 << 20,
            silence_ms: 20_000,
            detection_timeout_ms: 5_000,
            config_push_timeout_ms: 3_000,
            config_push_retry_ms: 2_000,
            config_push_tries_max: 50,
            config_pushes_in_flight: 64,
            queue_messages_max: 256,
            queue_blocked_ms: 30_000,
            fuzzy_batch: 100,
            drain_spread_ms: 1_000,
            drain_wait_ms: 2_000,
            warming_hold_ms: 2_000,
            over_limit_delay_ms: 1_000,
        }
    }
}

impl GrpcSettings {
    pub(crate) fn warming_hold(&self) -> Duration {
        Duration::from_millis(self.warming_hold_ms)
    }

    pub(crate) fn over_limit_delay(&self) -> Duration {
        Duration::from_millis(self.over_limit_delay_ms)
    }
}
