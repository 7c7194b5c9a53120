//! Bytes in JSON, each only once and no larger than they are: deflate (RFC 1951) in base64 (RFC 4648).
//! Pure; what is unpacked has a limit.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::io::Read as _;
use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

/// More is never unpacked, in bytes.
const LARGEST: u64 = 256 << 20;

/// These bytes as a text.
pub fn pack(bytes: &[u8]) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    BASE64_STANDARD.encode(packed.expect("a Vec takes everything"))
}

/// The bytes of such a text; `None` if it is none, or they are too many.
pub fn unpack(text: &str) -> Option<Vec<u8>> {
    let packed = BASE64_STANDARD.decode(text).ok()?;
    let mut bytes = Vec::new();
    let mut decoder = DeflateDecoder::new(packed.as_slice()).take(LARGEST + 1);
    decoder.read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= LARGEST).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_out_and_nothing_else_does() {
        for bytes in [&b""[..], b"a", &[0; 10_000], &[255, 0, 13, 10]] {
            assert_eq!(unpack(&pack(bytes)).unwrap(), bytes);
        }
        for odd in ["*", "AAAA", "////"] {
            assert_eq!(unpack(odd), None, "{odd}");
        }
        assert_eq!(
            unpack(&pack(&vec![0; usize::try_from(LARGEST).unwrap() + 1])),
            None
        );
    }
}
