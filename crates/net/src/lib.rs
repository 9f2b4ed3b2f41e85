//! Bytes between nodes: listeners, protocol sniffing, TLS.
