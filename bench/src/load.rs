//! The command line: which load to put on which server.

use clap::{Parser, Subcommand};

use crate::measure::Measures;
use crate::target::Target;
use crate::{config, limits, registry};

/// A load on a running server.
#[derive(Debug, Parser)]
#[command(name = "seawall-bench")]
pub(crate) struct Load {
    #[command(subcommand)]
    kind: Kind,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Subcommand)]
enum Kind {
    /// Register, query, beat and deregister: rates, processor time, latencies
    RegistryRates(registry::Rates),
    /// From a registration to its push at every subscriber
    RegistryPush(registry::Push),
    /// Resident memory with so many instances registered
    RegistryMemory(registry::Memory),
    /// Register persistent instances and leave them
    RegistryFill(registry::Fill),
    /// Publish and get: rates, processor time, latencies
    ConfigRates(config::Rates),
    /// From a publish to the change notice at every listener
    ConfigPush(config::Push),
    /// Publish configurations, leave them, and measure resident memory
    ConfigFill(config::Fill),
}

impl Load {
    /// Puts the load on and prints what was measured.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        limits::raise_open_files()?;
        // One thread: the load takes at most one core, whatever the server does.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let measures = runtime.block_on(self.load())?;
        measures.print()
    }

    async fn load(self) -> anyhow::Result<Measures> {
        let target = self.target;
        match self.kind {
            Kind::RegistryRates(load) => load.run(&target).await,
            Kind::RegistryPush(load) => load.run(&target).await,
            Kind::RegistryMemory(load) => load.run(&target).await,
            Kind::RegistryFill(load) => load.run(&target).await,
            Kind::ConfigRates(load) => load.run(&target).await,
            Kind::ConfigPush(load) => load.run(&target).await,
            Kind::ConfigFill(load) => load.run(&target).await,
        }
    }
}
