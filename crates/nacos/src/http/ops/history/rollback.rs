//! Undoing changes.

use std::sync::Arc;

use seawall_config::Author;

use super::detail::{self, Which};
use crate::http::{call::Call, fault::Fault, state::Http};

/// From which change on, and who undoes it.
#[derive(Debug)]
pub(crate) struct Rollback {
    which: Which,
    author: Author,
}

impl Rollback {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        Ok(Self { which: Which::read_nid(call)?, author: call.author() })
    }
}

/// Undoes the change and all later ones of the same item or gray release: what was
/// there before it is current again. History records that as one more change.
pub(crate) async fn rollback(http: Arc<Http>, input: Rollback) -> Result<(), Fault> {
    let Rollback { which, author } = input;
    let done = http.configs.rollback(&which.key, which.id, author).await;
    done.map_err(|error| detail::absent(error, "certain config history for nid", which.id))
}
