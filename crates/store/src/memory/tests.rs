//! The model passes the suite that it is the measure of.

mod conformance {
    use std::{sync::Arc, time::Duration};

    use async_trait::async_trait;
    use seawall_clock::{ManualClock, WallTime};

    use crate::{MemoryStore, Store, conformance::Fixture};

    struct InMemory {
        clock: Arc<ManualClock>,
        store: Arc<MemoryStore>,
    }

    impl InMemory {
        fn new() -> Self {
            let clock = Arc::new(ManualClock::at(WallTime::from_millis(1_000_000)));
            Self { store: MemoryStore::with_history(clock.clone(), 400), clock }
        }
    }

    #[async_trait]
    impl Fixture for InMemory {
        fn store(&self) -> Arc<dyn Store> {
            self.store.clone()
        }

        async fn reopen(&mut self) {
            self.store = self.store.restarted();
        }

        fn advance(&self, by: Duration) {
            self.clock.advance(by);
        }

        fn set_wall(&self, wall: WallTime) {
            self.clock.set_wall(wall);
        }

        fn history(&self) -> usize {
            400
        }
    }

    crate::conformance_suite!(InMemory::new());
}
