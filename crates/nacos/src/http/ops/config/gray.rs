//! The beta release of an item.

use std::sync::Arc;

use seawall_config::{Answer, ConfigKey, GrayRule};

use crate::http::{fault::Fault, state::Http};

/// The beta release with its content; `None` if there is none.
pub(crate) async fn find_beta(
    http: Arc<Http>,
    key: ConfigKey,
) -> Result<Option<Arc<Answer>>, Fault> {
    let beta = GrayRule::beta_name().map_err(|error| Fault::invalid(error.to_string()))?;
    Ok(http.configs.get_gray(&key, &beta).await?)
}

/// The beta release with its content, which must be there.
pub(crate) async fn beta(http: Arc<Http>, key: ConfigKey) -> Result<Arc<Answer>, Fault> {
    find_beta(http, key).await?.ok_or_else(|| Fault::not_found("Config is not in beta."))
}
