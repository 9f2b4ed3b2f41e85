//! The three generations of Nacos' HTTP API, and how their paths and names differ.
//!
//! Sources: Nacos' own controllers (`ConfigController`, `HistoryController`,
//! `CatalogController`,
//! `ConfigControllerV3`, `HistoryControllerV3`, `NamespaceControllerV3`,
//! `ServiceControllerV3`, `InstanceControllerV3`), versions 1.4 to 3.1.

use std::fmt;

/// Which API a Nacos is read through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    /// Nacos 1.x: `/v1` alone.
    V1,
    /// Nacos 2.x: `/v2` for what it has, `/v1` for the rest.
    V2,
    /// Nacos 3.x: `/v3/admin`.
    V3,
}

/// Paths below the context path.
pub(super) struct Paths {
    pub(super) namespaces: &'static str,
    pub(super) configurations: &'static str,
    pub(super) configuration: &'static str,
    pub(super) beta: &'static str,
    pub(super) histories: &'static str,
    pub(super) history: &'static str,
    pub(super) services: &'static str,
    pub(super) service: &'static str,
    pub(super) instances: &'static str,
}

/// Names of the query parameters that differ.
pub(super) struct Names {
    pub(super) group: &'static str,
    pub(super) namespace: &'static str,
}

impl Generation {
    /// Newest first: the order in which a source is asked.
    pub(super) const NEWEST_FIRST: [Self; 3] = [Self::V3, Self::V2, Self::V1];

    /// A path that answers without a login if, and only if, this generation is there.
    pub(super) fn probe(self) -> &'static str {
        match self {
            Self::V3 => "/v3/admin/core/state/liveness",
            Self::V2 => "/v2/console/health/liveness",
            Self::V1 => "/v1/console/health/liveness",
        }
    }

    pub(super) fn paths(self) -> Paths {
        match self {
            Self::V1 => Paths {
                namespaces: "/v1/console/namespaces",
                configurations: "/v1/cs/configs",
                configuration: "/v1/cs/configs",
                beta: "/v1/cs/configs",
                histories: "/v1/cs/history",
                history: "/v1/cs/history",
                services: "/v1/ns/catalog/services",
                service: "/v1/ns/catalog/service",
                instances: "/v1/ns/catalog/instances",
            },
            // Generation 2 left the details of configurations and the catalogue to
            // generation 1; what it has itself leaves out check ports and what is disabled.
            Self::V2 => Paths {
                namespaces: "/v2/console/namespace/list",
                configurations: "/v1/cs/configs",
                configuration: "/v1/cs/configs",
                beta: "/v1/cs/configs",
                histories: "/v1/cs/history",
                history: "/v1/cs/history",
                services: "/v1/ns/catalog/services",
                service: "/v1/ns/catalog/service",
                instances: "/v1/ns/catalog/instances",
            },
            Self::V3 => Paths {
                namespaces: "/v3/admin/core/namespace/list",
                configurations: "/v3/admin/cs/config/list",
                configuration: "/v3/admin/cs/config",
                beta: "/v3/admin/cs/config/beta",
                histories: "/v3/admin/cs/history/list",
                history: "/v3/admin/cs/history",
                services: "/v3/admin/ns/service/list",
                service: "/v3/admin/ns/service",
                instances: "/v3/admin/ns/instance/list",
            },
        }
    }

    /// Parameter names of the configuration paths.
    pub(super) fn configuration_names(self) -> Names {
        match self {
            Self::V1 | Self::V2 => Names { group: "group", namespace: "tenant" },
            Self::V3 => Names { group: "groupName", namespace: "namespaceId" },
        }
    }

    /// Login paths, in the order they are tried.
    pub(super) fn login(self) -> &'static str {
        match self {
            Self::V1 | Self::V2 => "/v1/auth/login",
            Self::V3 => "/v3/auth/user/login",
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V3 => "v3",
        })
    }
}
