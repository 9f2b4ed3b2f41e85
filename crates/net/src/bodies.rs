//! How many bytes of request bodies may be half-read at once.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A budget for bodies that are being read, shared by all connections of a node. Each
/// body has its own bound; this bounds their sum, for a body is read before it is known
/// who sends it. Clones share the count.
#[derive(Debug, Clone)]
pub struct BodyBudget(Arc<Count>);

#[derive(Debug)]
struct Count {
    held: AtomicU64,
    max: u64,
}

/// Too much is being read at once: the sender may try again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this node is reading as many bytes of requests as it may at once; try again later")]
pub struct TooMuchAtOnce;

impl Default for BodyBudget {
    /// 512 MiB.
    fn default() -> Self {
        Self::new(512 << 20)
    }
}

impl BodyBudget {
    /// A budget of `bytes_max`.
    pub fn new(bytes_max: u64) -> Self {
        Self(Arc::new(Count { held: AtomicU64::new(0), max: bytes_max }))
    }

    /// For one body, of which nothing is read yet.
    pub fn hold(&self) -> HeldBytes {
        HeldBytes { budget: self.clone(), bytes: 0 }
    }

    /// Bytes held now.
    pub fn held(&self) -> u64 {
        self.0.held.load(Ordering::Relaxed)
    }
}

/// What one body holds of the budget; dropping it gives that back.
#[derive(Debug)]
pub struct HeldBytes {
    budget: BodyBudget,
    bytes: u64,
}

impl HeldBytes {
    /// Holds `bytes` from now on, instead of what it held.
    ///
    /// # Errors
    /// There is no room; it holds what it held before.
    pub fn set(&mut self, bytes: u64) -> Result<(), TooMuchAtOnce> {
        let Count { held, max } = &*self.budget.0;
        if bytes <= self.bytes {
            held.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        } else {
            let more = bytes - self.bytes;
            if held.fetch_add(more, Ordering::Relaxed).saturating_add(more) > *max {
                held.fetch_sub(more, Ordering::Relaxed);
                return Err(TooMuchAtOnce);
            }
        }
        self.bytes = bytes;
        Ok(())
    }

    /// Holds `bytes` more.
    ///
    /// # Errors
    /// As [`HeldBytes::set`].
    pub fn add(&mut self, bytes: u64) -> Result<(), TooMuchAtOnce> {
        self.set(self.bytes.saturating_add(bytes))
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.budget.0.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_one_budget_and_give_back_what_they_held() {
        let budget = BodyBudget::new(10);
        let (mut first, mut second) = (budget.hold(), budget.hold());
        first.add(6).unwrap();
        assert_eq!(second.add(5), Err(TooMuchAtOnce));
        assert_eq!(budget.held(), 6, "a refused one holds nothing");
        second.add(4).unwrap();
        first.set(1).unwrap();
        second.add(5).unwrap();
        drop(first);
        assert_eq!(budget.held(), 9);
        drop(second);
        assert_eq!(budget.held(), 0);
    }
}
