//! Keys that sign releases: RSA, because a board can verify that with `pow` and has nothing else.
//! Opens no file; the keys of packages are `package`'s and of another kind.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::encoding::Pkcs8V1Der;
use aws_lc_rs::encoding::PublicKeyX509Der;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::KeyPair as _;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ota::OtaError;

/// Of a modulus, in bytes: what the safe client takes.
const SIZES: [usize; 3] = [256, 384, 512];
/// 65537, which the safe client has built in.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// A key that signs.
pub struct ReleaseKey(KeyPair);

/// The texts of a key.
pub struct KeyTexts {
    /// PKCS#8 in PEM, as `openssl genpkey` writes it. For nobody else.
    pub secret: String,
    /// SPKI in PEM, for `openssl dgst -verify`.
    pub public: String,
    /// For devices: the modulus in hexadecimal digits.
    pub device: String,
}

fn unusable(why: &str) -> OtaError {
    OtaError::Key { why: why.to_owned() }
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in base64.as_bytes().chunks(64) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

/// What stands between the lines with this label.
fn unpem(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (inside, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let base64: String = inside.split_whitespace().collect();
    STANDARD.decode(base64).ok()
}

impl ReleaseKey {
    /// Makes a key of 3072 bits, which are good for as long as boards live; takes up to a few seconds.
    pub fn generate() -> Result<Self, OtaError> {
        let made = KeyPair::generate(KeySize::Rsa3072);
        made.map(Self).map_err(|_| unusable("the system makes no keys"))
    }

    /// Reads a secret key in PEM.
    pub fn parse(text: &str) -> Result<Self, OtaError> {
        let pair = if let Some(der) = unpem(text, "PRIVATE KEY") {
            KeyPair::from_pkcs8(&der)
        } else if let Some(der) = unpem(text, "RSA PRIVATE KEY") {
            KeyPair::from_der(&der)
        } else if text.contains("ENCRYPTED") {
            return Err(unusable(
                "it has a password; `openssl pkey -in FILE` prints it without",
            ));
        } else if text.contains("PUBLIC KEY") {
            return Err(unusable("it is the public one"));
        } else {
            return Err(unusable("it is no secret key in PEM"));
        };
        let pair = pair.map_err(|error| unusable(&format!("it is no RSA key: {error}")))?;
        let key = Self(pair);
        let public = key.0.public_key();
        if public.exponent().big_endian_without_leading_zero() != EXPONENT {
            return Err(unusable("its exponent is not 65537"));
        }
        if !SIZES.contains(&public.modulus_len()) {
            return Err(unusable("it has not 2048, 3072 or 4096 bits"));
        }
        Ok(key)
    }

    /// As it is written to files.
    pub fn texts(&self) -> Result<KeyTexts, OtaError> {
        let no_der = |_| unusable("it cannot be written down");
        let secret: Pkcs8V1Der<'_> = self.0.as_der().map_err(no_der)?;
        let public: PublicKeyX509Der<'_> = self.0.public_key().as_der().map_err(no_der)?;
        Ok(KeyTexts {
            secret: pem("PRIVATE KEY", secret.as_ref()),
            public: pem("PUBLIC KEY", public.as_ref()),
            device: self.modulus() + "\n",
        })
    }

    /// The public key as devices have it.
    pub fn modulus(&self) -> String {
        let modulus = self.0.public_key().modulus();
        let hex =
            |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'));
        modulus
            .big_endian_without_leading_zero()
            .iter()
            .flat_map(hex)
            .collect()
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2): the same every time.
    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, OtaError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let signed = self
            .0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut signature);
        signed.map_err(|_| unusable("it signs nothing"))?;
        Ok(signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written_and_signs_the_same_every_time() {
        let key = ReleaseKey::generate().unwrap();
        let texts = key.texts().unwrap();
        assert!(texts.secret.starts_with("-----BEGIN PRIVATE KEY-----\nMII"));
        assert!(texts.public.starts_with("-----BEGIN PUBLIC KEY-----\nMII"));
        assert_eq!(
            (texts.device.len(), texts.device.trim()),
            (769, key.modulus().as_str())
        );
        let again = ReleaseKey::parse(&format!("a comment\n{}", texts.secret)).unwrap();
        assert_eq!(again.modulus(), key.modulus());
        let signature = key.sign(b"abc").unwrap();
        assert_eq!(signature.len(), 384);
        assert_eq!(again.sign(b"abc").unwrap(), signature);
        assert_ne!(again.sign(b"abd").unwrap(), signature);
        for bad in [
            "",
            &texts.public,
            "-----BEGIN ENCRYPTED PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        ] {
            assert!(ReleaseKey::parse(bad).is_err(), "{bad}");
        }
    }
}
