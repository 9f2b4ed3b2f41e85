//! What is inside a content: its form, and its cipher.

pub(crate) mod cipher;
pub(crate) mod master_key;
pub(crate) mod position;
mod properties;
pub(crate) mod validate;
mod xml;
