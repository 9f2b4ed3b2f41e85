//! Which item a request is about.

use seawall_config::ConfigKey;

use crate::{
    grpc::failure::Failure,
    wire::{Text, or_empty},
};

/// The item named by the three texts; a blank namespace means the default one.
pub(super) fn item(
    tenant: &Option<Text<'_>>,
    group: &Option<Text<'_>>,
    data_id: &Option<Text<'_>>,
) -> Result<ConfigKey, Failure> {
    Ok(ConfigKey::parse(or_empty(tenant), or_empty(group), or_empty(data_id))?)
}
