//! Error codes of the gRPC side (Nacos' `NacosException` and `ConfigQueryResponse`).

/// What went wrong, as a number clients know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ErrorCode(pub(crate) i32);

impl ErrorCode {
    /// The node is not ready to serve; ask again or elsewhere.
    pub(crate) const STARTING: Self = Self(300);
    /// There is no such configuration. Shares its number with [`Self::STARTING`]
    /// (trap T5): never answer a configuration query with 300 for another reason.
    pub(crate) const CONFIG_NOT_FOUND: Self = Self(300);
    /// The connection is not registered: connect anew.
    pub(crate) const UNREGISTERED: Self = Self(301);
    /// The request type is not known here.
    pub(crate) const NO_HANDLER: Self = Self(302);
    /// The request breaks a rule.
    pub(crate) const INVALID: Self = Self(400);
    /// The sender may not do this.
    pub(crate) const DENIED: Self = Self(403);
    /// There is no such thing.
    pub(crate) const NOT_FOUND: Self = Self(404);
    /// Somebody else changed it meanwhile.
    pub(crate) const CONFLICT: Self = Self(409);
    /// The server failed or cannot answer now.
    pub(crate) const SERVER: Self = Self(500);
    /// The request cannot be read.
    pub(crate) const UNREADABLE: Self = Self(502);
    /// Over the limit of the operation.
    pub(crate) const OVER_LIMIT: Self = Self(503);
    /// The group reached its quota.
    pub(crate) const GROUP_QUOTA: Self = Self(5032);
    /// The namespace reached its quota.
    pub(crate) const NAMESPACE_QUOTA: Self = Self(5033);
    /// The content is too large.
    pub(crate) const TOO_LARGE: Self = Self(5034);
    /// The client watches too many patterns.
    pub(crate) const FUZZY_PATTERNS: Self = Self(50310);
    /// A pattern matches too much.
    pub(crate) const FUZZY_MATCHES: Self = Self(50311);
}
