//! How a MySQL server asks for a password ("Connection Phase", "Authentication Method"):
//! `mysql_native_password` of all versions to 8, `caching_sha2_password` of 8 and later,
//! quick when the server has seen the password before, else by a public key.

use num_bigint::BigUint;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;

use super::fake_mysql::{receive, send};

/// What the server wants the password hashed with.
pub(super) const NONCE: &[u8; 20] = b"abcdefghijklmnopqrst";

/// A key made for this file alone.
const PUBLIC_KEY: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC/1v6p90WCG2lTb5jRsrIYxan2\n\
nY+xDMFa+FDjfynK/YwwcHxbmVzD1h3//Z2pjTWRjfyjWqGJ2vdMAe/YGFKprPVY\n\
abEIIchUeZ7TpfDiU0439SWEemm2sUCu22YPbkNzsgU3ICpvccDbpfI+JQv7wl9P\n\
fddnpengqv9PlorUiQIDAQAB\n\
-----END PUBLIC KEY-----\n\
";
const MODULUS: &str = "\
    bfd6fea9f745821b69536f98d1b2b218c5a9f69d8fb10cc15af850e37f29cafd8c30707c5b995cc3d61dfffd\
    9da98d35918dfca35aa189daf74c01efd81852a9acf55869b10821c854799ed3a5f0e2534e37f525847a69b6\
    b140aedb660f6e4373b20537202a6f71c0dba5f23e250bfbc25f4f7dd767a5e9e0aaff4f968ad489\
";
const PRIVATE_EXPONENT: &str = "\
    77d9e9e0660b96ed69302758622a31fa2803b77f58765471b853cab5568cd5b4f2109136204400209974c4a9\
    be065fa247fd5d08f1665aa9e2362a3f9dd21451b811fe4a5b83811c14d4e98ec7b84fe2af8afa7674d2a13f\
    1d53e0c686699ec5bd675697bd5fb6ffca69a3ae61938ffec9da51861a191cb5202d7b8b534ae81\
";

/// Length of the modulus in bytes.
const KEY_BYTES: usize = 128;

/// How a user's password is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    Native,
    /// `caching_sha2_password` of a password the server has in its cache.
    Cached,
    /// `caching_sha2_password` of one that it has not.
    Full,
}

impl Login {
    pub(super) fn plugin(self) -> &'static str {
        match self {
            Self::Native => "mysql_native_password",
            Self::Cached | Self::Full => "caching_sha2_password",
        }
    }

    /// Whether the client knows the password, and the sequence of the next packet.
    pub(super) async fn admits(
        self,
        stream: &mut TcpStream,
        sequence: u8,
        scramble: &[u8],
        password: &str,
    ) -> std::io::Result<(bool, u8)> {
        let knows = scramble == self.scramble(password.as_bytes());
        match self {
            Self::Native => Ok((knows, sequence)),
            Self::Cached if knows => {
                send(stream, sequence, b"\x01\x03").await?;
                Ok((true, sequence + 1))
            }
            Self::Cached => Ok((false, sequence)),
            Self::Full => by_public_key(stream, sequence, password).await,
        }
    }

    fn scramble(self, password: &[u8]) -> Vec<u8> {
        match self {
            Self::Native => {
                let once = Sha1::digest(password);
                let proof = Sha1::digest([NONCE, &*Sha1::digest(once)].concat());
                xor(&once, &proof)
            }
            Self::Cached | Self::Full => {
                let once = Sha256::digest(password);
                let proof = Sha256::digest([&*Sha256::digest(once), NONCE].concat());
                xor(&once, &proof)
            }
        }
    }
}

/// Asks for the password itself, encrypted for the server's key.
async fn by_public_key(
    stream: &mut TcpStream,
    sequence: u8,
    password: &str,
) -> std::io::Result<(bool, u8)> {
    send(stream, sequence, b"\x01\x04").await?;
    let (sequence, asked) = receive(stream).await?;
    assert_eq!(asked, [2], "the client asks for the key, as the connection is not encrypted");
    send(stream, sequence + 1, &[b"\x01", PUBLIC_KEY.as_bytes()].concat()).await?;
    let (sequence, encrypted) = receive(stream).await?;
    let hidden = decrypted(&encrypted);
    let nonce: Vec<u8> = NONCE.iter().copied().cycle().take(hidden.len()).collect();
    let expected = [password.as_bytes(), b"\0"].concat();
    Ok((xor(&hidden, &nonce) == expected, sequence + 1))
}

/// RSA with OAEP (RFC 8017, 7.1.2) as far as a test needs it.
fn decrypted(encrypted: &[u8]) -> Vec<u8> {
    let number = |hex: &str| BigUint::parse_bytes(hex.as_bytes(), 16).unwrap();
    let plain = BigUint::from_bytes_be(encrypted)
        .modpow(&number(PRIVATE_EXPONENT), &number(MODULUS))
        .to_bytes_be();
    let padded = [vec![0; KEY_BYTES - plain.len()], plain].concat();
    let (seed, data) = padded[1..].split_at(20);
    let seed = xor(seed, &mask(data, seed.len()));
    let data = xor(data, &mask(&seed, data.len()));
    let message = data[20..].iter().position(|byte| *byte == 1).unwrap();
    data[20 + message + 1..].to_vec()
}

/// MGF1 with SHA-1 (RFC 8017, B.2.1).
fn mask(seed: &[u8], length: usize) -> Vec<u8> {
    (0_u32..)
        .flat_map(|counter| Sha1::digest([seed, &counter.to_be_bytes()].concat()))
        .take(length)
        .collect()
}

fn xor(left: &[u8], right: &[u8]) -> Vec<u8> {
    left.iter().zip(right).map(|(l, r)| l ^ r).collect()
}
