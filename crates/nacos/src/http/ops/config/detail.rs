//! Everything about one item.

use std::sync::Arc;

use seawall_config::{Answer, ConfigKey, ConfigMeta};

use crate::http::{call::Call, fault::Fault, state::Http, target};

/// Which item.
pub(crate) fn read(call: &mut Call) -> Result<ConfigKey, Fault> {
    target::config(call)
}

/// The item with its content, whoever asks; `None` if there is none.
pub(crate) async fn find(http: Arc<Http>, key: ConfigKey) -> Result<Option<Arc<Answer>>, Fault> {
    Ok(http.configs.get_formal(&key).await?)
}

/// The item with its content, which must be there.
pub(crate) async fn detail(http: Arc<Http>, key: ConfigKey) -> Result<Arc<Answer>, Fault> {
    let found = find(http, key).await?;
    found.ok_or_else(|| Fault::not_found("Config not exist, please publish Config first."))
}

/// The item without its content; `None` if there is none.
pub(crate) async fn meta(
    http: Arc<Http>,
    key: ConfigKey,
) -> Result<Option<Arc<ConfigMeta>>, Fault> {
    Ok(http.configs.meta(&key)?)
}
