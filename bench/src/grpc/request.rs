//! The head of a gRPC request as a header block (RFC 7541), without a table of ours:
//! what the static table holds by number, all else as literals that nobody indexes.

use anyhow::Context as _;

/// `:method: POST` and `:scheme: http` of the static table (RFC 7541, appendix A).
const POST_OVER_HTTP: [u8; 2] = [0x83, 0x86];

/// A literal without indexing whose name has this number in the static table.
const AUTHORITY: &[u8] = &[0x01];
const PATH: &[u8] = &[0x04];
/// 31 does not fit into four bits: fifteen, then the rest.
const CONTENT_TYPE: &[u8] = &[0x0F, 0x10];
/// A literal without indexing whose name is a literal too: its length, then `te`.
const TE: &[u8] = b"\x00\x02te";

/// The header block of a call of `path`.
///
/// # Errors
///
/// When the path has more than 126 bytes.
pub(super) fn header_block(path: &str) -> anyhow::Result<Vec<u8>> {
    let mut block = POST_OVER_HTTP.to_vec();
    let literals = [
        (AUTHORITY, "127.0.0.1"),
        (PATH, path),
        (CONTENT_TYPE, "application/grpc"),
        (TE, "trailers"),
    ];
    for (name, value) in literals {
        block.extend_from_slice(name);
        // Seven bits of length below the bit that would say Huffman; all ones of
        // them would say that more bytes of length follow.
        let length = u8::try_from(value.len()).ok().filter(|length| *length < 0x7F);
        block.push(length.with_context(|| format!("a header of {} bytes", value.len()))?);
        block.extend_from_slice(value.as_bytes());
    }
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_names_method_and_path() {
        let block = header_block("/a/b").unwrap();
        assert!(block.starts_with(b"\x83\x86\x01\x09127.0.0.1\x04\x04/a/b\x0F\x10\x10application"));
        assert!(block.ends_with(b"\x00\x02te\x08trailers"));
        assert!(header_block(&"/".repeat(127)).is_err());
    }
}
