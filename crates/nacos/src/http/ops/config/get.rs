//! Reading an item as a client does.

use std::sync::Arc;

use http::StatusCode;
use seawall_config::{Answer, Caller, ConfigKey};

use crate::http::{call::Call, fault::Fault, state::Http, target};

/// Which item, and who asks.
#[derive(Debug)]
pub(crate) struct Get {
    key: ConfigKey,
    caller: Caller,
    /// Whether a parameter asks for the release for a tag and nothing else; a header
    /// only says which one to prefer.
    tag_only: bool,
}

impl Get {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let tag_only = call.params.get("tag").is_some();
        Ok(Self { key: target::config(call)?, caller: call.caller(), tag_only })
    }
}

/// The item, or the gray release the caller is to see.
///
/// # Errors
///
/// "Not found" only when it is certain that there is none; while that is not
/// known, "unavailable", so that clients keep their snapshots.
pub(crate) async fn get(http: Arc<Http>, input: Get) -> Result<Arc<Answer>, Fault> {
    let answer = http.configs.get(&input.key, &input.caller).await?;
    let answer = answer.filter(|answer| !input.tag_only || answer.gray().is_some());
    answer.ok_or_else(|| Fault::not_found("config data not exist"))
}

/// As [`get`]; "not found" comes with HTTP status 200, as the clients of the third
/// generation expect.
pub(crate) async fn get_softly(http: Arc<Http>, input: Get) -> Result<Arc<Answer>, Fault> {
    get(http, input).await.map_err(|fault| match fault.status {
        StatusCode::NOT_FOUND => Fault { status: StatusCode::OK, ..fault },
        _ => fault,
    })
}
