//! `[doors]` and `[tls]`: the listeners.

use std::{net::IpAddr, path::PathBuf};

use confique::Config;
use serde::Deserialize;

#[derive(Debug, Clone, Config)]
#[config(layer_attr(derive(Debug, Clone, clap::Args)))]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub(crate) struct DoorsSection {
    /// Address the listeners bind. `dev` binds 127.0.0.1 unless told otherwise.
    #[config(env = "SEAWALL_DOORS_BIND", default = "0.0.0.0")]
    #[config(layer_attr(arg(id = "setting-bind", long = "bind", value_name = "IP")))]
    pub(crate) bind: IpAddr,

    /// Port of the HTTP door; it answers gRPC and TLS on the same port.
    #[config(env = "SEAWALL_DOORS_HTTP_PORT", default = 8848)]
    #[config(layer_attr(arg(id = "setting-http-port", long = "http-port", value_name = "PORT")))]
    pub(crate) http_port: u16,

    /// Port of the gRPC door. Nacos clients add 1000 to the HTTP port.
    #[config(env = "SEAWALL_DOORS_GRPC_PORT", default = 9848)]
    #[config(layer_attr(arg(id = "setting-grpc-port", long = "grpc-port", value_name = "PORT")))]
    pub(crate) grpc_port: u16,

    /// Most connections held at once, all listeners together.
    #[config(env = "SEAWALL_DOORS_CONNECTIONS_MAX", default = 50_000)]
    #[config(layer_attr(arg(
        id = "setting-connections-max",
        long = "connections-max",
        value_name = "COUNT"
    )))]
    pub(crate) connections_max: u32,

    /// Most connections held at once from one address.
    #[config(env = "SEAWALL_DOORS_CONNECTIONS_PER_IP_MAX", default = 20_000)]
    #[config(layer_attr(arg(
        id = "setting-connections-per-ip-max",
        long = "connections-per-ip-max",
        value_name = "COUNT"
    )))]
    pub(crate) connections_per_ip_max: u32,

    /// Longest wait for the header of a request, in milliseconds.
    #[config(env = "SEAWALL_DOORS_HEADER_TIMEOUT_MS", default = 10_000)]
    #[config(layer_attr(arg(
        id = "setting-header-timeout-ms",
        long = "header-timeout-ms",
        value_name = "MS"
    )))]
    pub(crate) header_timeout_ms: u64,

    /// Longest wait for requests in flight when the node stops, in milliseconds.
    #[config(env = "SEAWALL_DOORS_DRAIN_MS", default = 10_000)]
    #[config(layer_attr(arg(id = "setting-drain-ms", long = "drain-ms", value_name = "MS")))]
    pub(crate) drain_ms: u64,

    /// Threads that serve connections; 0 means half of the cores, at least one. The other
    /// cores are for the store, for what takes longer, and for the kernel's share of the
    /// network. A connection stays on its thread.
    #[config(env = "SEAWALL_DOORS_THREADS", default = 0)]
    #[config(layer_attr(arg(id = "setting-threads", long = "threads", value_name = "COUNT")))]
    pub(crate) threads: usize,

    /// Most bytes of requests that are half-read, all connections together, in MiB. A
    /// request is read before it is known who sends it.
    #[config(env = "SEAWALL_DOORS_READING_MIB_MAX", default = 512)]
    #[config(layer_attr(arg(
        id = "setting-reading-mib-max",
        long = "reading-mib-max",
        value_name = "MIB"
    )))]
    pub(crate) reading_mib_max: u32,

    /// Most requests one HTTP/2 connection may have open at once. gRPC clients put all
    /// their calls on one.
    #[config(env = "SEAWALL_DOORS_STREAMS_PER_CONNECTION_MAX", default = 4_096)]
    #[config(layer_attr(arg(
        id = "setting-streams-per-connection-max",
        long = "streams-per-connection-max",
        value_name = "COUNT"
    )))]
    pub(crate) streams_per_connection_max: u32,
}

#[derive(Debug, Clone, Config)]
#[config(layer_attr(derive(Debug, Clone, clap::Args)))]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub(crate) struct TlsSection {
    /// PEM file with the certificate chain, the server's own first. Read again
    /// when it changes. Without it the listeners speak plain text only.
    #[config(env = "SEAWALL_TLS_CERTIFICATE")]
    #[config(layer_attr(arg(
        id = "setting-tls-certificate",
        long = "tls-certificate",
        value_name = "FILE"
    )))]
    pub(crate) certificate: Option<PathBuf>,

    /// PEM file with the private key of the certificate.
    #[config(env = "SEAWALL_TLS_KEY")]
    #[config(layer_attr(arg(id = "setting-tls-key", long = "tls-key", value_name = "FILE")))]
    pub(crate) key: Option<PathBuf>,

    /// PEM file with the authorities that client certificates are checked against.
    #[config(env = "SEAWALL_TLS_CLIENT_CA")]
    #[config(layer_attr(arg(
        id = "setting-tls-client-ca",
        long = "tls-client-ca",
        value_name = "FILE"
    )))]
    pub(crate) client_ca: Option<PathBuf>,

    /// `optional` takes TLS and plain text on the same port, `required` only TLS.
    #[config(env = "SEAWALL_TLS_MODE", default = "optional")]
    #[config(layer_attr(arg(id = "setting-tls-mode", long = "tls-mode", value_name = "MODE")))]
    pub(crate) mode: TlsModeChoice,

    /// Client certificates: `off`, `request` (checked when shown) or `require`.
    #[config(env = "SEAWALL_TLS_MUTUAL", default = "off")]
    #[config(layer_attr(arg(
        id = "setting-tls-mutual",
        long = "tls-mutual",
        value_name = "MODE"
    )))]
    pub(crate) mutual: MutualChoice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TlsModeChoice {
    Optional,
    Required,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MutualChoice {
    Off,
    Request,
    Require,
}
