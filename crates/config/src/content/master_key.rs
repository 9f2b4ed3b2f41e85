//! The key that all other keys are wrapped with.

use std::fmt;

/// A 256-bit key. Kept outside the store, in a file only the server can read;
/// whoever has the store but not this key cannot read `cipher-` items.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey([u8; 32]);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}
