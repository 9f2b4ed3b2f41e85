//! As much of a server as a driver needs to be told what a test wants it told.

use mongodb::{
    Client, Namespace,
    bson::{Document, deserialize_from_slice, doc, serialize_to_vec},
    error::Error,
    options::{InsertOneModel, WriteModel},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What it does once it has said hello.
#[derive(Debug, Clone)]
pub(super) enum Script {
    /// Answers everything with this.
    Says(Document),
    /// Ends the connection instead of answering.
    HangsUp,
    /// Does the first write and ends the connection instead of answering the second.
    HangsUpAfterOne,
    /// Says hello to the first connection, which watches it, and hangs up on all others.
    LetsNobodyIn,
}

/// A server on a port of its own. It lasts as long as the runtime of its test.
pub(super) struct StandIn {
    port: u16,
}

impl StandIn {
    pub(super) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let mut connections = 0;
            while let Ok((socket, _)) = listener.accept().await {
                connections += 1;
                let hangs_up = matches!(script, Script::LetsNobodyIn) && connections > 1;
                if !hangs_up {
                    tokio::spawn(serve(socket, script.clone()));
                }
            }
        });
        Self { port }
    }

    async fn client(&self, login: &str) -> Client {
        let options = "directConnection=true&retryReads=false&retryWrites=false\
                       &maxAdaptiveRetries=0&serverSelectionTimeoutMS=10000";
        let uri = format!("mongodb://{login}127.0.0.1:{}/?{options}", self.port);
        Client::with_uri_str(uri).await.unwrap()
    }

    /// What an insert says.
    pub(super) async fn insert(&self) -> Error {
        let collection = self.client("").await.database("shop").collection("orders");
        collection.insert_one(doc! { "total": 7 }).await.map(drop).unwrap_err()
    }

    /// What two writes of one call say, each of which is a message of its own.
    pub(super) async fn bulk_write(&self) -> Error {
        let write = || {
            let model = InsertOneModel::builder()
                .namespace(Namespace::new("shop", "orders"))
                .document(doc! { "total": 7 })
                .build();
            WriteModel::InsertOne(model)
        };
        self.client("").await.bulk_write([write(), write()]).await.map(drop).unwrap_err()
    }

    /// What an insert says that has to log in first.
    pub(super) async fn log_in(&self) -> Error {
        let collection = self.client("user:secret@").await.database("shop").collection("orders");
        collection.insert_one(doc! { "total": 7 }).await.map(drop).unwrap_err()
    }
}

/// Answers the messages of one connection.
async fn serve(mut socket: TcpStream, script: Script) {
    let mut done = 0;
    while let Some((request, message)) = read(&mut socket).await {
        let answer = match &script {
            _ if message.contains_key("hello") || message.contains_key("isMaster") => hello(),
            Script::Says(said) => said.clone(),
            Script::HangsUpAfterOne if message.contains_key("bulkWrite") && done == 0 => {
                done += 1;
                wrote_one()
            }
            _ => return,
        };
        if write(&mut socket, request, &answer).await.is_none() {
            return;
        }
    }
}

/// Of a server that stands alone and takes one write a message.
fn hello() -> Document {
    doc! {
        "ok": 1, "helloOk": true, "isWritablePrimary": true, "ismaster": true,
        "maxBsonObjectSize": 16_777_216, "maxMessageSizeBytes": 48_000_000,
        "maxWriteBatchSize": 1, "minWireVersion": 0, "maxWireVersion": 25,
        "saslSupportedMechs": ["SCRAM-SHA-256"],
    }
}

fn wrote_one() -> Document {
    doc! {
        "ok": 1, "nErrors": 0, "nInserted": 1, "nMatched": 0, "nModified": 0, "nUpserted": 0,
        "nDeleted": 0,
        "cursor": { "id": 0_i64, "ns": "admin.$cmd.bulkWrite", "firstBatch": [] },
    }
}

/// The number and the document of an `OP_MSG` (mongodb.com/docs/manual/reference/mongodb-wire-protocol).
async fn read(socket: &mut TcpStream) -> Option<(i32, Document)> {
    let length = usize::try_from(socket.read_i32_le().await.ok()?).ok()?;
    let mut message = vec![0; length.checked_sub(4)?];
    socket.read_exact(&mut message).await.ok()?;
    let number = i32::from_le_bytes(*message.first_chunk()?);
    // Three numbers, the flags, and the kind of the first section.
    let document = message.get(17..)?;
    let length = u32::from_le_bytes(*document.first_chunk()?);
    let document = document.get(..usize::try_from(length).ok()?)?;
    Some((number, deserialize_from_slice(document).ok()?))
}

async fn write(socket: &mut TcpStream, request: i32, answer: &Document) -> Option<()> {
    let document = serialize_to_vec(answer).ok()?;
    let length = i32::try_from(16 + 5 + document.len()).ok()?;
    let head = [length, 1, request, 2_013, 0].map(i32::to_le_bytes).concat();
    socket.write_all(&[&*head, &[0], &*document].concat()).await.ok()
}
