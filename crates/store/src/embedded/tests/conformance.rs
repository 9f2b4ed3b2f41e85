//! The embedded store passes the suite of every store.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use seawall_clock::WallTime;

use super::fixture::Home;
use crate::{EmbeddedStore, Store, conformance::Fixture};

struct OnDisk {
    home: Home,
    store: Option<Arc<EmbeddedStore>>,
}

impl OnDisk {
    fn new() -> Self {
        let home = Home::forgetful();
        let store = Some(home.open().unwrap());
        Self { home, store }
    }
}

#[async_trait]
impl Fixture for OnDisk {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone().unwrap()
    }

    async fn reopen(&mut self) {
        self.store.take().unwrap().close().await;
        self.store = Some(self.home.open().unwrap());
    }

    fn advance(&self, by: Duration) {
        self.home.clock.advance(by);
    }

    fn set_wall(&self, wall: WallTime) {
        self.home.clock.set_wall(wall);
    }

    fn history(&self) -> usize {
        300
    }
}

crate::conformance_suite!(OnDisk::new());
