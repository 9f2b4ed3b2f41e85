//! What is wrong with settings.

/// A setting outside the range that makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {allowed}")]
pub struct InvalidSetting {
    /// The name of the field.
    pub field: &'static str,
    /// What it may be.
    pub allowed: &'static str,
}
