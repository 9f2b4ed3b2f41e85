//! The generations of the HTTP API and how each names the same things.

/// A generation of the HTTP API. They differ in the names of parameters and in
/// how answers are wrapped, not in what the operations do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Generation {
    /// Nacos 0.8 to 2.x: raw text or bare JSON.
    V1,
    /// Nacos 2.2 and later: `{code, message, data}`.
    V2,
    /// Nacos 3: as the second, with `groupName` everywhere.
    V3,
}

/// The names one generation gives to what configuration requests carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConfigNames {
    /// The namespace.
    pub(crate) namespace: &'static str,
    /// The group.
    pub(crate) group: &'static str,
    /// The tags, comma separated.
    pub(crate) tags: &'static str,
    /// Who publishes, when the login does not say.
    pub(crate) author: &'static str,
}

impl Generation {
    /// The names of configuration parameters.
    pub(crate) const fn config_names(self) -> ConfigNames {
        match self {
            Self::V1 => ConfigNames {
                namespace: "tenant",
                group: "group",
                tags: "config_tags",
                author: "src_user",
            },
            Self::V2 => ConfigNames {
                namespace: "namespaceId",
                group: "group",
                tags: "configTags",
                author: "srcUser",
            },
            Self::V3 => ConfigNames {
                namespace: "namespaceId",
                group: "groupName",
                tags: "configTags",
                author: "srcUser",
            },
        }
    }

    /// How the default namespace is written in answers: clients of the first
    /// two generations know it as the empty text.
    pub(crate) const fn public_name(self) -> &'static str {
        match self {
            Self::V1 | Self::V2 => "",
            Self::V3 => "public",
        }
    }
}
