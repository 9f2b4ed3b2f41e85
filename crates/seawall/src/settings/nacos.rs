//! `[nacos]`: the Nacos wire.

use std::net::IpAddr;

use confique::Config;
use seawall_nacos::{GrpcSettings, HttpSettings, NacosSettings};

#[derive(Debug, Clone, Config)]
#[config(layer_attr(derive(Debug, Clone, clap::Args)))]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub(crate) struct NacosSection {
    /// Largest gRPC message taken, in bytes.
    #[config(env = "SEAWALL_NACOS_MESSAGE_BYTES_MAX", default = 10_485_760)]
    #[config(layer_attr(arg(
        id = "setting-message-bytes-max",
        long = "message-bytes-max",
        value_name = "BYTES"
    )))]
    pub(crate) message_bytes_max: usize,

    /// Silence after which a client is asked whether it is there, in milliseconds.
    #[config(env = "SEAWALL_NACOS_SILENCE_MS", default = 20_000)]
    #[config(layer_attr(arg(id = "setting-silence-ms", long = "silence-ms", value_name = "MS")))]
    pub(crate) silence_ms: u64,

    /// Messages queued for one client; what does not fit is sent later.
    #[config(env = "SEAWALL_NACOS_QUEUE_MESSAGES_MAX", default = 256)]
    #[config(layer_attr(arg(
        id = "setting-queue-messages-max",
        long = "queue-messages-max",
        value_name = "COUNT"
    )))]
    pub(crate) queue_messages_max: usize,

    /// How long after a restart a client's first queries of services whose instances are
    /// not all back are held back, in milliseconds, before they are answered by error
    /// 300. 0: answered at once, as subscriptions always are.
    #[config(env = "SEAWALL_NACOS_WARMING_HOLD_MS", default = 2_000)]
    #[config(layer_attr(arg(
        id = "setting-warming-hold-ms",
        long = "warming-hold-ms",
        value_name = "MS"
    )))]
    pub(crate) warming_hold_ms: u64,

    /// Time over which a stopping node spreads its requests to reconnect, in
    /// milliseconds, so that clients do not all arrive elsewhere at once.
    #[config(env = "SEAWALL_NACOS_DRAIN_SPREAD_MS", default = 1_000)]
    #[config(layer_attr(arg(
        id = "setting-drain-spread-ms",
        long = "drain-spread-ms",
        value_name = "MS"
    )))]
    pub(crate) drain_spread_ms: u64,

    /// Time clients have to leave after that, in milliseconds.
    #[config(env = "SEAWALL_NACOS_DRAIN_WAIT_MS", default = 2_000)]
    #[config(layer_attr(arg(
        id = "setting-drain-wait-ms",
        long = "drain-wait-ms",
        value_name = "MS"
    )))]
    pub(crate) drain_wait_ms: u64,

    /// Addresses of proxies whose `X-Forwarded-For` or `X-Real-IP` header is believed;
    /// limits and gray releases by address go by it. Comma separated in the variable.
    #[config(
        env = "SEAWALL_NACOS_TRUSTED_PROXIES",
        parse_env = confique::env::parse::list_by_comma,
        default = []
    )]
    #[config(layer_attr(arg(
        id = "setting-trusted-proxies",
        long = "trusted-proxies",
        value_name = "IP",
        value_delimiter = ','
    )))]
    pub(crate) trusted_proxies: Vec<IpAddr>,

    /// What `/nacos/serverlist` answers, as `host:port` each, comma separated in the
    /// variable. Without it, the address the request arrived at.
    #[config(
        env = "SEAWALL_NACOS_SERVER_LIST",
        parse_env = confique::env::parse::list_by_comma,
        default = []
    )]
    #[config(layer_attr(arg(
        id = "setting-server-list",
        long = "server-list",
        value_name = "HOST:PORT",
        value_delimiter = ','
    )))]
    pub(crate) server_list: Vec<String>,
}

impl NacosSection {
    pub(crate) fn nacos(&self) -> NacosSettings {
        NacosSettings {
            grpc: GrpcSettings {
                message_bytes_max: self.message_bytes_max,
                silence_ms: self.silence_ms,
                queue_messages_max: self.queue_messages_max,
                warming_hold_ms: self.warming_hold_ms,
                drain_spread_ms: self.drain_spread_ms,
                drain_wait_ms: self.drain_wait_ms,
                ..GrpcSettings::default()
            },
            http: HttpSettings {
                trusted_proxies: self.trusted_proxies.clone(),
                server_list: self.server_list.clone(),
            },
            ..NacosSettings::default()
        }
    }
}
