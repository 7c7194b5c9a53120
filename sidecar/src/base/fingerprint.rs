//! `Fingerprint`: what a file's content is, in the three sums that boards can compute.
//! Not a reader: bytes are handed in.

use std::fmt;

use sha2::Digest as _;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A SHA-256 (FIPS 180-4) of some bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(hex: &str) -> Option<Self> {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        let mut bytes = [0; 32];
        if hex.len() != 64 {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            *byte = u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A manifest has thousands of them.
        let mut hex = [0; 64];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&hex).expect("hexadecimal digits are ASCII"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// Size and sums of one file's content. Equal fingerprints mean equal content.
///
/// `sha256` decides; `crc32` (IEEE 802.3) and `adler32` (RFC 1950) are there for firmware that
/// cannot compute it, and find accidents, not forgeries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 of the content.
    pub sha256: Digest,
    /// CRC-32 of the content.
    pub crc32: u32,
    /// Adler-32 of the content.
    pub adler32: u32,
}

impl Fingerprint {
    /// The fingerprint of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut sums = Fingerprinter::default();
        sums.update(bytes);
        sums.finish()
    }
}

/// Computes a `Fingerprint` piece by piece, so that no file need be in memory.
#[derive(Default)]
pub struct Fingerprinter {
    size: u64,
    sha256: sha2::Sha256,
    crc32: crc32fast::Hasher,
    adler32: adler2::Adler32,
}

impl Fingerprinter {
    /// Takes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.sha256.update(bytes);
        self.crc32.update(bytes);
        self.adler32.write_slice(bytes);
    }

    /// The fingerprint of all pieces.
    pub fn finish(self) -> Fingerprint {
        Fingerprint {
            size: self.size,
            sha256: Digest(self.sha256.finalize().into()),
            crc32: self.crc32.finalize(),
            adler32: self.adler32.checksum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_the_published_ones() {
        let abc = Fingerprint::of(b"abc");
        assert_eq!(
            abc.sha256.to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!((abc.size, abc.crc32, abc.adler32), (3, 0x3524_41c2, 0x024d_0127));
        assert_eq!(Digest::parse(&abc.sha256.to_string()), Some(abc.sha256));
        for bad in ["xy", &"g".repeat(64), &"+1".repeat(32), &"\u{e9}".repeat(32)] {
            assert_eq!(Digest::parse(bad), None, "{bad}");
        }
    }
}
