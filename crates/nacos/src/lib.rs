//! The Nacos wire: HTTP v1, v2, v3 and gRPC over registry, config and identity.
