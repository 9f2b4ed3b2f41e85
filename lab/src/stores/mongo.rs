//! What speaks MongoDB's protocol, through `mongodb`.

use std::net::SocketAddr;

use anyhow::Context as _;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;
use mongodb::options::{ClientOptions, ServerAddress};
use mongodb::{Client as MongoClient, Collection};
use seawall_guard::classify::Mongo;

use super::client::{Call, Client, POOL, Servers};
use super::stand_in::{CONTENDED, TAKEN};

impl Client for MongoClient {
    type Error = Error;
    type Classifier = Mongo;

    /// One server, asked directly; with all defaults but the size of the pool.
    async fn connect(at: SocketAddr) -> anyhow::Result<Self> {
        let host = ServerAddress::Tcp { host: at.ip().to_string(), port: Some(at.port()) };
        let options = ClientOptions::builder()
            .hosts(vec![host])
            .direct_connection(true)
            .max_pool_size(POOL)
            .build();
        Self::with_options(options).context("no such client")
    }

    /// On a task of its own, which goes on when its caller no longer waits. The pool of
    /// mongodb 3.9 serves one of those who wait for a connection each time something
    /// happens, one who has gone as well as any other. With a few hundred of those in
    /// line, nobody who waits a second is ever served again, however well the server is.
    async fn run(&self, call: Call) -> Result<(), Error> {
        let counters: Collection<Document> = self.database("lab").collection("counters");
        let asked = tokio::spawn(async move { ask(&counters, call).await });
        asked.await.map_err(Error::custom)?
    }

    async fn prepare(_: Servers) -> anyhow::Result<()> {
        Ok(())
    }

    async fn fail_over(servers: Servers) -> anyhow::Result<()> {
        let client = Self::connect(servers.primary).await?;
        let step_down = doc! { "replSetStepDown": 60 };
        client.database("admin").run_command(step_down).await.context("stepping down")?;
        Ok(())
    }
}

async fn ask(counters: &Collection<Document>, call: Call) -> Result<(), Error> {
    match call {
        Call::Read => counters.find_one(doc! { "_id": 1 }).await.map(|_| ()),
        Call::Write => {
            let one_more = doc! { "$inc": { "hits": 1 } };
            counters.update_one(doc! { "_id": 1 }, one_more).await.map(|_| ())
        }
        // 11000 and 112.
        Call::Wrong(way) => {
            let id = if way % 2 == 0 { TAKEN } else { CONTENDED };
            counters.insert_one(doc! { "_id": id }).await.map(|_| ())
        }
    }
}
