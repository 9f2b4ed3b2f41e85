//! Where in the store objects are.

use seawall_store::Key;
use seawall_topology::TenantId;

use crate::{Generation, Kind, ObjectId, ObjectName};

const OBJECTS: &str = "object";
const HISTORY: &str = "object-history";

/// Every object of a kind.
pub(crate) fn kind(kind: &Kind) -> Key {
    Key::of_parts([OBJECTS, kind.as_str()])
}

/// Every object of a kind that a tenant has.
pub(crate) fn tenant(kind: &Kind, tenant: &TenantId) -> Key {
    Key::of_parts([OBJECTS, kind.as_str(), tenant.as_str()])
}

/// One object.
pub(crate) fn object(id: &ObjectId) -> Key {
    Key::of_parts([OBJECTS, id.kind.as_str(), id.tenant.as_str(), id.name.as_str()])
}

/// Every version of an object.
pub(crate) fn history(id: &ObjectId) -> Key {
    Key::of_parts([HISTORY, id.kind.as_str(), id.tenant.as_str(), id.name.as_str()])
}

/// One version of an object; versions sort by number.
pub(crate) fn version(id: &ObjectId, generation: Generation) -> Key {
    let number = format!("{:016x}", generation.get());
    let [kind, tenant, name] = [id.kind.as_str(), id.tenant.as_str(), id.name.as_str()];
    Key::of_parts([HISTORY, kind, tenant, name, &number])
}

/// The object a key is of, if it is of one.
pub(crate) fn id_of(key: &Key) -> Option<ObjectId> {
    match *key.parts()?.as_slice() {
        [OBJECTS, kind, tenant, name] => Some(ObjectId {
            kind: kind.parse().ok()?,
            tenant: tenant.parse().ok()?,
            name: name.parse::<ObjectName>().ok()?,
        }),
        _ => None,
    }
}

/// The version a key is of, if it is of one.
pub(crate) fn generation_of(key: &Key) -> Option<Generation> {
    match *key.parts()?.as_slice() {
        [HISTORY, _, _, _, number] => u64::from_str_radix(number, 16).ok().map(Generation::new),
        _ => None,
    }
}
