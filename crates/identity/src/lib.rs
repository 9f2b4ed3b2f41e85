//! Users, roles, tokens, permissions.
