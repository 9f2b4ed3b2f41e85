//! What a member of a set answers.

use mongodb::bson::{DateTime, Document, doc};

use super::wire::MESSAGE_MAX;

/// The `_id` that an insertion finds taken, and the one that another writer holds.
pub(crate) const TAKEN: &str = "taken";
pub(crate) const CONTENDED: &str = "contended";

/// MongoDB 7.0.
const WIRE_VERSION: i32 = 21;

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It takes writes.
    Primary,
    /// It took writes, until somebody told it to step down.
    Secondary,
}

/// What `role` answers to `command`, and what it is from then on.
pub(super) fn answer(role: Role, command: &Document, documents: &[Document]) -> (Document, Role) {
    let name = command.keys().next().map_or("", String::as_str);
    let answer = match name {
        "hello" | "isMaster" | "ismaster" => hello(role),
        "ping" | "endSessions" => doc! { "ok": 1 },
        "find" => doc! {
            "cursor": {
                "id": 0_i64, "ns": "lab.counters", "firstBatch": [{ "_id": 1, "hits": 1 }],
            },
            "ok": 1,
        },
        "replSetStepDown" => return (doc! { "ok": 1 }, Role::Secondary),
        "insert" | "update" if role == Role::Secondary => {
            failed(10_107, "NotWritablePrimary", "not primary", &["RetryableWriteError"])
        }
        "update" => doc! { "n": 1, "nModified": 1, "ok": 1 },
        "insert" => insert(documents),
        _ => failed(59, "CommandNotFound", "no such command", &[]),
    };
    (answer, role)
}

fn hello(role: Role) -> Document {
    let is_primary = role == Role::Primary;
    doc! {
        "helloOk": true,
        "isWritablePrimary": is_primary,
        "ismaster": is_primary,
        "secondary": !is_primary,
        "setName": "lab",
        "setVersion": 1,
        "maxBsonObjectSize": MESSAGE_MAX / 2,
        "maxMessageSizeBytes": MESSAGE_MAX,
        "maxWriteBatchSize": 1_000,
        "localTime": DateTime::now(),
        "minWireVersion": 0,
        "maxWireVersion": WIRE_VERSION,
        "readOnly": false,
        "ok": 1,
    }
}

fn insert(documents: &[Document]) -> Document {
    match documents.first().and_then(|document| document.get_str("_id").ok()) {
        Some(TAKEN) => doc! {
            "n": 0,
            "writeErrors": [{
                "index": 0, "code": 11_000, "errmsg": "E11000 duplicate key error",
            }],
            "ok": 1,
        },
        Some(CONTENDED) => {
            failed(112, "WriteConflict", "write conflict", &["TransientTransactionError"])
        }
        _ => doc! { "n": 1, "ok": 1 },
    }
}

fn failed(code: i32, name: &str, text: &str, labels: &[&str]) -> Document {
    doc! { "ok": 0, "code": code, "codeName": name, "errmsg": text, "errorLabels": labels }
}
