//! The two methods of the Nacos wire.

/// One request, one answer.
pub(super) const CALL: &str = "/Request/request";

/// The stream of pushes and their acknowledgements.
pub(super) const PUSH_STREAM: &str = "/BiRequestStream/requestBiStream";
