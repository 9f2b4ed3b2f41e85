//! Removing items.

use std::sync::Arc;

use http::StatusCode;
use seawall_config::{Author, ConfigId, ConfigKey, GrayName, GrayRule};
use seawall_identity::Action;

use super::gray;
use crate::http::{call::Call, code::Code, fault::Fault, guard::Admitted, state::Http, target};

/// An item, or a gray release of it.
#[derive(Debug)]
pub(crate) struct Remove {
    key: ConfigKey,
    gray: Option<GrayName>,
    author: Author,
}

impl Remove {
    /// Without a tag or the name of a release the item itself goes.
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let gray = match (call.params.get("tag"), call.params.get("grayName")) {
            (Some(tag), _) => Some(GrayRule::tag_name(tag).map_err(|error| {
                Fault::new(StatusCode::BAD_REQUEST, Code::ParameterInvalid, error.to_string())
            })?),
            (None, Some(name)) => Some(name.parse()?),
            (None, None) => None,
        };
        Ok(Self { key: target::config(call)?, gray, author: call.author() })
    }

    /// A release goes, which must be named.
    pub(crate) fn read_gray(call: &mut Call) -> Result<Self, Fault> {
        let gray = Some(gray::name(call)?);
        Ok(Self { key: target::config(call)?, gray, author: call.author() })
    }

    /// The beta release goes.
    pub(crate) fn read_beta(call: &mut Call) -> Result<Self, Fault> {
        let beta = GrayRule::beta_name().map_err(|error| Fault::invalid(error.to_string()))?;
        Ok(Self { key: target::config(call)?, gray: Some(beta), author: call.author() })
    }
}

/// Removes what is named; also when there was nothing.
pub(crate) async fn remove(http: Arc<Http>, input: Remove) -> Result<(), Fault> {
    http.configs.remove(&input.key, input.gray.as_ref(), input.author).await?;
    Ok(())
}

/// Items by their numbers.
pub(crate) struct RemoveMany {
    ids: Vec<ConfigId>,
    author: Author,
    admitted: Admitted,
}

impl RemoveMany {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let ids = ids(call)?;
        if ids.is_empty() {
            return Err(Fault::missing("ids"));
        }
        Ok(Self { ids, author: call.author(), admitted: call.admitted.clone() })
    }
}

/// The numbers in `ids`.
pub(super) fn ids(call: &Call) -> Result<Vec<ConfigId>, Fault> {
    let number = |text: &str| {
        text.parse()
            .map(ConfigId::new)
            .map_err(|_| Fault::invalid(format!("parameter 'ids' cannot be read: {text}")))
    };
    call.params.list("ids").into_iter().map(number).collect()
}

/// Removes those of the items that are there.
///
/// # Errors
///
/// When one of them is not the caller's to remove; then none is.
pub(crate) async fn remove_many(http: Arc<Http>, input: RemoveMany) -> Result<(), Fault> {
    let mut keys = Vec::new();
    for id in input.ids {
        if let Some(meta) = http.configs.by_id(id)? {
            input.admitted.may_config(&http, Action::Write, &meta.key)?;
            keys.push(meta.key.clone());
        }
    }
    for key in keys {
        http.configs.remove(&key, None, input.author.clone()).await?;
    }
    Ok(())
}
