//! Namespaces in JSON.

use serde_json::{Value, json};

use crate::http::{generation::Generation, ops::namespace::list::Filled, reply::Reply};

/// Nacos's numbers for "the default one" and "made by somebody"; the latter changed
/// with the third generation.
const DEFAULT: u8 = 0;
const CUSTOM_OLD: u8 = 2;
const CUSTOM: u8 = 1;

fn namespace(filled: &Filled, generation: Generation) -> Value {
    let info = &filled.info;
    let custom = if generation == Generation::V3 { CUSTOM } else { CUSTOM_OLD };
    let (id, kind) = if info.id.is_public() {
        (generation.public_name(), DEFAULT)
    } else {
        (info.id.as_str(), custom)
    };
    json!({
        "namespace": id,
        "namespaceShowName": info.show_name,
        "namespaceDesc": info.description,
        "quota": filled.items_max,
        "configCount": filled.items,
        "type": kind,
    })
}

fn all(namespaces: &[Filled], generation: Generation) -> Vec<Value> {
    namespaces.iter().map(|filled| namespace(filled, generation)).collect()
}

/// All namespaces, first generation.
pub(crate) fn rest(namespaces: Vec<Filled>) -> Reply {
    Reply::rest(None, all(&namespaces, Generation::V1))
}

/// All namespaces, second generation.
pub(crate) fn old_result(namespaces: Vec<Filled>) -> Reply {
    Reply::result(all(&namespaces, Generation::V2))
}

/// All namespaces, third generation.
pub(crate) fn result(namespaces: Vec<Filled>) -> Reply {
    Reply::result(all(&namespaces, Generation::V3))
}

/// One namespace, first generation.
pub(crate) fn bare_one(filled: Filled) -> Reply {
    Reply::json(&namespace(&filled, Generation::V1))
}

/// One namespace, second generation.
pub(crate) fn old_result_one(filled: Filled) -> Reply {
    Reply::result(namespace(&filled, Generation::V2))
}

/// One namespace, third generation.
pub(crate) fn result_one(filled: Filled) -> Reply {
    Reply::result(namespace(&filled, Generation::V3))
}

/// Whether there is such a namespace, as a number.
pub(crate) fn count(exists: bool) -> Reply {
    Reply::result(u8::from(exists))
}
