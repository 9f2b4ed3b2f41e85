//! The service a request describes.

use seawall_registry::ServiceKey;
use seawall_topology::{Labels, Selector};

use super::selector;
use crate::http::{call::Call, fault::Fault, target};

/// A service as a create or update request has it.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) service: ServiceKey,
    pub(crate) protect_threshold: Option<f32>,
    pub(crate) metadata: Labels,
    pub(crate) selector: Selector,
    pub(crate) ephemeral: bool,
}

impl Described {
    pub(crate) fn read(call: &mut Call) -> Result<Self, Fault> {
        let params = &call.params;
        Ok(Self {
            service: target::service(call)?,
            protect_threshold: params.parsed("protectThreshold")?,
            metadata: params.metadata("metadata")?.unwrap_or_default(),
            selector: params.get("selector").map(selector::parse).transpose()?.unwrap_or_default(),
            ephemeral: params.flag("ephemeral")?.unwrap_or(false),
        })
    }

    /// An update of the first generation must name the threshold.
    pub(crate) fn read_with_threshold(call: &mut Call) -> Result<Self, Fault> {
        call.params.required("protectThreshold")?;
        Self::read(call)
    }
}

/// Which service is asked about.
pub(crate) fn read_key(call: &mut Call) -> Result<ServiceKey, Fault> {
    target::service(call)
}
