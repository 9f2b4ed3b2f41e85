//! The gRPC side over a real door, with a client that knows nothing of it.
