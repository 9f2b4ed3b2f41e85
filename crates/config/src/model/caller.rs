//! Who asks, as far as the answer depends on it.

use std::{net::IpAddr, sync::Arc};

use seawall_topology::Labels;

/// What gray rules look at. Cheap to clone; a connection makes one and keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The client's address; an IPv4 address inside IPv6 is taken as IPv4.
    pub ip: IpAddr,
    /// The tag the client carries (Nacos' `Vipserver-Tag`), if any.
    pub tag: Option<Arc<str>>,
    /// The client's labels.
    pub labels: Arc<Labels>,
}

impl Caller {
    /// A caller known by its address alone.
    pub fn from_ip(ip: IpAddr) -> Self {
        Self { ip: ip.to_canonical(), tag: None, labels: Arc::default() }
    }

    /// The same caller with a tag; a blank one is none.
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> Self {
        let tag = tag.trim();
        self.tag = (!tag.is_empty()).then(|| tag.into());
        self
    }

    /// The same caller with labels.
    #[must_use]
    pub fn with_labels(mut self, labels: Labels) -> Self {
        self.labels = Arc::new(labels);
        self
    }
}
