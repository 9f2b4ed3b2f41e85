//! The key that all other keys are wrapped with.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};

const KEY_BYTES: usize = 32;
/// What is signed to tell master keys apart without showing them.
const CHECK: &[u8] = b"seawall master key check 1";

/// A 256-bit key. Kept outside the store, in a file only the server can read;
/// whoever has the store but not this key cannot read `cipher-` items.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey([u8; KEY_BYTES]);

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read or written.
    #[error("master key file {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
    /// The file does not hold a key. Restore it; a new key would make what is
    /// encrypted unreadable.
    #[error("{path} holds no master key (32 bytes in base64); restore that file")]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandom,
}

impl MasterKey {
    /// The key with these bytes.
    pub const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// A new random key.
    pub fn generate() -> Result<Self, MasterKeyError> {
        let mut bytes = [0; KEY_BYTES];
        SystemRandom::new().fill(&mut bytes).map_err(|_| MasterKeyError::NoRandom)?;
        Ok(Self(bytes))
    }

    /// Reads the key from `path`; if there is no such file, makes a key and a file
    /// that only the owner can read. Blocks on the disk.
    pub fn load_or_create(path: &Path) -> Result<Self, MasterKeyError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text)
                .ok_or_else(|| MasterKeyError::Malformed { path: path.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = Self::generate()?;
                key.write_new(path)
                    .map_err(|source| MasterKeyError::Io { path: path.to_owned(), source })?;
                Ok(key)
            }
            Err(source) => Err(MasterKeyError::Io { path: path.to_owned(), source }),
        }
    }

    /// A mark that differs for different keys and tells nothing of the key.
    pub(crate) fn fingerprint(&self) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        hmac::sign(&key, CHECK).as_ref().to_vec()
    }

    pub(crate) fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        STANDARD.decode(text.trim()).ok()?.try_into().ok().map(Self)
    }

    /// Writes beside, syncs, then renames: a crash leaves a whole key or none.
    fn write_new(&self, path: &Path) -> io::Result<()> {
        let beside = path.with_extension("new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(STANDARD.encode(self.0).as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start_makes_the_key_and_later_ones_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        let first = MasterKey::load_or_create(&path).unwrap();
        assert_eq!(MasterKey::load_or_create(&path).unwrap(), first);
        assert_ne!(first.fingerprint(), MasterKey::generate().unwrap().fingerprint());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_key_file_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        fs::write(&path, "c2hvcnQ=").unwrap();
        let refused = MasterKey::load_or_create(&path);
        assert!(matches!(refused, Err(MasterKeyError::Malformed { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "c2hvcnQ=");
        assert_eq!(format!("{:?}", MasterKey::from_bytes([7; 32])), "MasterKey(..)");
    }
}
