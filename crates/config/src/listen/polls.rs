//! How much the long polls of each connection hold.

use std::collections::HashMap;

use parking_lot::Mutex;

/// Items polled for, by connection. A connection without polls takes no memory.
#[derive(Default)]
pub(crate) struct PollLoad {
    held: Mutex<HashMap<u64, usize>>,
}

/// What one poll holds; given back when dropped.
pub(crate) struct PollShare<'a> {
    load: &'a PollLoad,
    connection: u64,
    items: usize,
}

impl PollLoad {
    /// Room for a poll for `items` items; `None` when the polls of the connection would
    /// then hold more than `max`.
    pub(crate) fn take(&self, connection: u64, items: usize, max: usize) -> Option<PollShare<'_>> {
        let mut held = self.held.lock();
        let before = held.get(&connection).copied().unwrap_or_default();
        let after = before.checked_add(items).filter(|after| *after <= max)?;
        held.insert(connection, after);
        Some(PollShare { load: self, connection, items })
    }
}

impl Drop for PollShare<'_> {
    fn drop(&mut self) {
        let mut held = self.load.held.lock();
        if let Some(items) = held.get_mut(&self.connection) {
            *items = items.saturating_sub(self.items);
            if *items == 0 {
                held.remove(&self.connection);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_of_one_connection_share_a_limit_and_give_back_what_they_hold() {
        let load = PollLoad::default();
        let first = load.take(1, 6, 10).expect("there is room");
        assert!(load.take(1, 5, 10).is_none(), "6 and 5 are more than 10");
        let other = load.take(2, 10, 10).expect("another connection has room of its own");
        let second = load.take(1, 4, 10).expect("6 and 4 are not");
        drop(first);
        assert!(load.take(1, 6, 10).is_some());
        drop((second, other));
        assert!(load.held.lock().is_empty(), "nothing is kept of who does not poll");
    }
}
