//! The ordered key-value store: engine, log, watch, leases.
