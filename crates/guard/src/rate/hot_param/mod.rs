//! A limit for each value of a parameter.
//!
//! Most values of a parameter (a product, an account, an address) come rarely and a few come
//! very often. A count-min sketch counts all of them in a fixed megabyte; a value that comes
//! half as often as it may gets an entry of its own in a bounded table, with a bucket that
//! decides exactly. So a million values cost a cache line each and no memory, and no value
//! can come too often without being seen: the sketch never counts too little.

mod limit;
mod permit;
mod settings;
mod slots;
mod top;
mod value;

pub use limit::HotParam;
pub use permit::HotPermit;
pub use settings::{HotParamException, HotParamMode, HotParamSettings};
pub use top::HotValue;
pub use value::ParamValue;

#[cfg(test)]
mod tests;
