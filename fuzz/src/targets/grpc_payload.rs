//! The protobuf envelope: what is read is what another library reads, and is the same
//! after it was written again.

use bytes::Bytes;
use libfuzzer_sys::Corpus;
use seawall_nacos::fuzzing::{read_envelope, write_envelope};

use crate::envelope;

pub(crate) fn run(bytes: &[u8]) -> Corpus {
    let Some(read) = read_envelope(Bytes::copy_from_slice(bytes)) else { return Corpus::Keep };
    assert_eq!(envelope::read(bytes).as_ref(), Some(&read), "another library reads something else");
    let written = write_envelope(read.clone());
    assert_eq!(read_envelope(written), Some(read), "not the same when written again");
    Corpus::Keep
}
