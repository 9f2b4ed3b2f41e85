//! Making a namespace.

use std::sync::Arc;

use rand::Rng;
use seawall_topology::Namespace;

use super::{check_name, parse_id};
use crate::http::{call::Call, fault::Fault, state::Http};

/// What is to be made.
#[derive(Debug)]
pub(crate) struct Create {
    id: Namespace,
    name: String,
    description: String,
}

impl Create {
    fn read(call: &Call, id: &str) -> Result<Self, Fault> {
        call.params.raw(id).ok_or_else(|| Fault::missing(id))?;
        let name = call.params.required("namespaceName")?;
        check_name(name)?;
        let id = match call.params.get(id) {
            Some(text) => parse_id(text)?,
            None => parse_id(&random_id())?,
        };
        let description = call.params.or("namespaceDesc", "").to_owned();
        Ok(Self { id, name: name.to_owned(), description })
    }

    /// The first generation calls the id `customNamespaceId`.
    pub(crate) fn read_v1(call: &mut Call) -> Result<Self, Fault> {
        Self::read(call, "customNamespaceId")
    }

    /// The others call it `namespaceId`.
    pub(crate) fn read_form(call: &mut Call) -> Result<Self, Fault> {
        Self::read(call, "namespaceId")
    }
}

/// An id for those who name none, in the form of a UUID (RFC 9562, version 4).
fn random_id() -> String {
    let mut bytes: [u8; 16] = rand::rng().random();
    let [.., seventh, eighth, ninth, _, _, _, _, _, _, _] = &mut bytes;
    *seventh = (*seventh & 0x0f) | 0x40;
    let _ = eighth;
    *ninth = (*ninth & 0x3f) | 0x80;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default().to_owned();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

/// Makes the namespace.
pub(crate) async fn create(http: Arc<Http>, input: Create) -> Result<(), Fault> {
    http.namespaces.create(&input.id, &input.name, &input.description).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_id_is_a_version_4_uuid() {
        let id = random_id();
        let parts: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(id.as_bytes()[14], b'4');
        assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        assert_ne!(id, random_id());
    }
}
