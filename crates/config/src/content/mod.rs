//! What is inside a content: its form, and its cipher.

pub(crate) mod master_key;
pub(crate) mod position;
pub(crate) mod validate;
