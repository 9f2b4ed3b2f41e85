//! Ending gracefully.

use tokio_util::sync::CancellationToken;

/// Tells everything that holds a clone that it is time to finish. Cannot be undone.
#[derive(Debug, Clone, Default)]
pub struct Drain(CancellationToken);

impl Drain {
    /// Says that the end has begun. Saying it again changes nothing.
    pub fn begin(&self) {
        self.0.cancel();
    }

    /// Waits until the end has begun. Cancel-safe.
    pub async fn begun(&self) {
        self.0.cancelled().await;
    }

    /// Whether the end has begun.
    pub fn has_begun(&self) -> bool {
        self.0.is_cancelled()
    }
}
