//! One change.

use std::sync::Arc;

use seawall_config::{ConfigKey, HistoryDetail, HistoryError, HistoryId};

use crate::http::{call::Call, fault::Fault, state::Http, target};

/// Which change of which item.
#[derive(Debug)]
pub(crate) struct Which {
    pub(super) key: ConfigKey,
    pub(super) id: HistoryId,
}

impl Which {
    fn read(call: &Call, name: &str) -> Result<Self, Fault> {
        let id = HistoryId::new(call.params.required_parsed(name)?);
        Ok(Self { key: target::config(call)?, id })
    }

    /// Most operations call the number `nid`.
    pub(crate) fn read_nid(call: &mut Call) -> Result<Self, Fault> {
        Self::read(call, "nid")
    }

    /// "The one before" calls it `id`.
    pub(crate) fn read_id(call: &mut Call) -> Result<Self, Fault> {
        Self::read(call, "id")
    }
}

/// The change with its content.
pub(crate) async fn detail(http: Arc<Http>, input: Which) -> Result<HistoryDetail, Fault> {
    let found = http.configs.history_detail(&input.key, input.id).await;
    found.map_err(|error| absent(error, "certain config history for nid", input.id))
}

/// The change before one.
pub(crate) async fn previous(http: Arc<Http>, input: Which) -> Result<HistoryDetail, Fault> {
    let found = http.configs.history_previous(&input.key, input.id).await;
    found.map_err(|error| absent(error, "previous config history for id", input.id))
}

/// A refusal, with Nacos's sentence for a change that is not there.
pub(super) fn absent(error: HistoryError, what: &str, id: HistoryId) -> Fault {
    match error {
        HistoryError::NotFound => Fault::not_found(format!("{what} = {id} not exist")),
        other => other.into(),
    }
}
