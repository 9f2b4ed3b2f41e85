//! The last so many periods.

/// What was folded in each of the last `capacity` periods, the newest last. Plain data,
/// for behind a tick.
#[derive(Debug, Clone)]
pub struct Ring<B> {
    buckets: Vec<B>,
    newest: usize,
}

impl<B: Default> Ring<B> {
    /// `capacity` empty periods, at least one.
    pub fn new(capacity: usize) -> Self {
        let buckets = std::iter::repeat_with(B::default).take(capacity.max(1)).collect();
        Self { buckets, newest: 0 }
    }

    /// Ends `skipped` periods with nothing in them, and then one with `bucket` in it.
    /// Each drops the oldest.
    pub fn push(&mut self, bucket: B, skipped: u64) {
        let capacity = self.buckets.len();
        // More than all of them empty is no different from all of them empty.
        let skipped = usize::try_from(skipped).unwrap_or(capacity).min(capacity);
        for _ in 0..skipped {
            self.replace_oldest(B::default());
        }
        self.replace_oldest(bucket);
    }

    fn replace_oldest(&mut self, bucket: B) {
        self.newest = (self.newest + 1) % self.buckets.len();
        if let Some(oldest) = self.buckets.get_mut(self.newest) {
            *oldest = bucket;
        }
    }

    /// The periods, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &B> {
        let (front, back) = self.buckets.split_at(self.newest + 1);
        back.iter().chain(front)
    }

    /// How many periods it holds.
    pub fn capacity(&self) -> usize {
        self.buckets.len()
    }

    /// Empties every period.
    pub fn clear(&mut self) {
        self.buckets.fill_with(B::default);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(ring: &Ring<u32>) -> Vec<u32> {
        ring.iter().copied().collect()
    }

    #[test]
    fn the_oldest_go_and_missed_periods_are_empty() {
        let mut ring = Ring::new(3);
        ring.push(1, 0);
        ring.push(2, 0);
        assert_eq!(held(&ring), [0, 1, 2]);
        ring.push(3, 1);
        assert_eq!(held(&ring), [2, 0, 3]);
        ring.push(4, u64::MAX);
        assert_eq!(held(&ring), [0, 0, 4]);
        ring.clear();
        assert_eq!((held(&ring), ring.capacity()), (vec![0, 0, 0], 3));
    }
}
