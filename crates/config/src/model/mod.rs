//! What a configuration is and what callers say and hear of it.

pub(crate) mod answer;
pub(crate) mod caller;
pub(crate) mod content_type;
pub(crate) mod error;
pub(crate) mod md5;
pub(crate) mod meta;
pub(crate) mod publish;
pub(crate) mod restore;
