//! Copying items into a namespace.

use std::sync::Arc;

use http::StatusCode;
use seawall_config::{CloneItem, ConfigId, DataId, Group, Import, Imported};
use seawall_identity::Action;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::archive;
use crate::http::{call::Call, code::Code, fault::Fault, guard::Admitted, state::Http};

/// One item of the request's body. The generations name the same three things
/// differently.
#[derive(Debug, Deserialize)]
struct Named {
    #[serde(alias = "cfgId", alias = "configId", deserialize_with = "number")]
    id: u64,
    #[serde(default, alias = "targetGroupName")]
    group: Option<String>,
    #[serde(default, rename = "dataId", alias = "targetDataId")]
    data_id: Option<String>,
}

/// A number, also when written as text, as JavaScript does with large ones.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    number.ok_or_else(|| serde::de::Error::custom("the id of an item is not a number"))
}

/// Which items, under which names, where to.
pub(crate) struct Cloning {
    items: Vec<(ConfigId, Option<Group>, Option<DataId>)>,
    import: Import,
    admitted: Admitted,
}

impl Cloning {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let target = call.generation.config_names().namespace;
        call.params.raw(target).ok_or_else(|| Fault::missing(target))?;
        let named: Vec<Option<Named>> = call.json()?;
        let items = named.into_iter().flatten().map(|one| {
            let group = one.group.as_deref().map(str::trim).filter(|text| !text.is_empty());
            let data_id = one.data_id.as_deref().map(str::trim).filter(|text| !text.is_empty());
            Ok((
                ConfigId::new(one.id),
                group.map(str::parse).transpose()?,
                data_id.map(str::parse).transpose()?,
            ))
        });
        let items: Vec<_> = items.collect::<Result<_, Fault>>()?;
        if items.is_empty() {
            let code = Code::NothingSelected;
            return Err(Fault::new(StatusCode::BAD_REQUEST, code, "the body names no item"));
        }
        let import = archive::import(call, target)?;
        Ok(Self { items, import, admitted: call.admitted.clone() })
    }
}

/// Copies those of the items that are there.
pub(crate) async fn clone(http: Arc<Http>, input: Cloning) -> Result<Imported, Fault> {
    let Cloning { items, import, admitted } = input;
    admitted.may_config_group(&http, Action::Write, &import.namespace, "*")?;
    archive::known(&http, &import.namespace).await?;
    let mut found = Vec::new();
    for (id, group, data_id) in items {
        if let Some(meta) = http.configs.by_id(id)? {
            admitted.may_config(&http, Action::Read, &meta.key)?;
            found.push(CloneItem { from: meta.key.clone(), group, data_id });
        }
    }
    if found.is_empty() {
        return Err(Fault::new(
            StatusCode::BAD_REQUEST,
            Code::ImportEmpty,
            "there is no such item",
        ));
    }
    Ok(http.configs.clone_items(&found, &import).await?)
}
