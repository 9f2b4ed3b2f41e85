//! A change with what it made of the content.

use std::sync::Arc;

use seawall_config::{Diff, HistoryDetail};

use super::detail::{self, Which};
use crate::http::{fault::Fault, state::Http};

/// A change, its content, and the content on its other side.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) change: HistoryDetail,
    pub(crate) diff: Diff,
}

/// The change and what it changed.
pub(crate) async fn compare(http: Arc<Http>, input: Which) -> Result<Compared, Fault> {
    let what = "certain config history for nid";
    let refuse = |error| detail::absent(error, what, input.id);
    let change = http.configs.history_detail(&input.key, input.id).await.map_err(refuse)?;
    let diff = http.configs.history_diff(&input.key, input.id).await.map_err(refuse)?;
    Ok(Compared { change, diff })
}
