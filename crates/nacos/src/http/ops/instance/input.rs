//! The instance a request describes.

use std::sync::Arc;

use http::StatusCode;
use seawall_registry::{Instance, ServiceKey};

use super::legal;
use crate::http::{call::Call, code::Code, fault::Fault, params::Params, target};

/// Weights a client may ask for.
const WEIGHTS: std::ops::RangeInclusive<f64> = 0.0..=10_000.0;

/// An instance of a service, as a register, update or deregister request has it.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) service: ServiceKey,
    pub(crate) instance: Instance,
}

impl Described {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let service = target::service(call)?;
        let address = target::address(call)?;
        let params = &call.params;
        let metadata = params.metadata("metadata")?.unwrap_or_default();
        legal::check(&metadata)?;
        let mut instance = Instance::new(address.ip, address.port);
        instance.cluster = address.cluster;
        instance.weight = weight(params)?.unwrap_or(1.0);
        instance.healthy = params.flag("healthy")?.unwrap_or(true);
        instance.enabled = enabled(params)?.unwrap_or(true);
        instance.ephemeral = params.flag("ephemeral")?.unwrap_or(true);
        instance.metadata = Arc::new(metadata);
        Ok(Self { service, instance })
    }
}

/// The weight a request names.
pub(super) fn weight(params: &Params) -> Result<Option<f64>, Fault> {
    match params.parsed::<f64>("weight")? {
        Some(weight) if !WEIGHTS.contains(&weight) => Err(Fault::new(
            StatusCode::BAD_REQUEST,
            Code::Weight,
            "instance format invalid: The weights range from 0.0 to 10000.0",
        )),
        weight => Ok(weight),
    }
}

/// Whether the instance wants traffic; the Node client writes `enable`.
pub(super) fn enabled(params: &Params) -> Result<Option<bool>, Fault> {
    Ok(match params.flag("enabled")? {
        Some(enabled) => Some(enabled),
        None => params.flag("enable")?,
    })
}
