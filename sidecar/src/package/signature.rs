//! Keys and signatures of minisign: Ed25519 over the package file as it is, in a file beside it.
//! Not a trust store: who asks says which keys count.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::package::Head;
use crate::package::PackageError;

/// Who signed a package, as far as that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signed {
    /// Nobody.
    No,
    /// A key that is trusted, by its id; and what the signer said, which is signed too.
    By {
        /// The key's id, 16 hexadecimal digits.
        key: String,
        /// The trusted comment.
        comment: String,
    },
    /// Somebody, and nobody is trusted here: it was not looked at.
    Unchecked {
        /// The key's id as the signature says it.
        key: String,
    },
}

/// A key to check signatures with.
#[derive(Clone)]
pub struct PublicKey {
    key: minisign_verify::PublicKey,
    id: String,
}

/// A key to sign with.
pub struct SecretKey(minisign::SecretKey);

/// A signature as it stands beside a package.
pub struct Signature {
    signature: minisign_verify::Signature,
    key: String,
}

/// As minisign shows it: the eight bytes behind the algorithm, the last one first.
fn id(base64: &str) -> Option<String> {
    let bytes = STANDARD.decode(base64.trim()).ok()?;
    let id: [u8; 8] = bytes.get(2..10)?.try_into().ok()?;
    Some(format!("{:016X}", u64::from_le_bytes(id)))
}

/// The second line of a secret key's file.
fn secret_bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.lines().nth(1)?.trim()).ok()
}

/// The same, of a key without a password.
fn plain_bytes(text: &str) -> Option<Vec<u8>> {
    secret_bytes(text).filter(|bytes| bytes.starts_with(b"Ed\0\0"))
}

impl PublicKey {
    /// Reads `RW...`, or the text of a `.pub` file.
    pub fn parse(text: &str) -> Result<Self, PackageError> {
        let line = text.lines().map(str::trim).rfind(|line| !line.is_empty());
        let base64 = line.unwrap_or_default();
        let wrong = || PackageError::PublicKey {
            text: base64.chars().take(80).collect(),
        };
        Ok(Self {
            key: minisign_verify::PublicKey::from_base64(base64).map_err(|_| wrong())?,
            id: id(base64).ok_or_else(wrong)?,
        })
    }

    /// 16 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Signature {
    /// Reads the text of a `.minisig` file.
    pub fn parse(text: &str) -> Result<Self, PackageError> {
        let signature = minisign_verify::Signature::decode(text).map_err(|_| PackageError::Signature)?;
        let key = text.lines().nth(1).and_then(id).ok_or(PackageError::Signature)?;
        Ok(Self { signature, key })
    }

    /// Checks a package's signature: where keys are trusted it must have one, of one of them, over these bytes. The old
    /// kind that minisign made before 0.8 (over the file instead of its BLAKE2b) counts, too.
    pub fn check(
        signature: Option<&Self>,
        bytes: &[u8],
        trusted: &[PublicKey],
    ) -> Result<Signed, PackageError> {
        let Some(signature) = signature else {
            return if trusted.is_empty() {
                Ok(Signed::No)
            } else {
                Err(PackageError::Unsigned)
            };
        };
        let key = signature.key.clone();
        if trusted.is_empty() {
            return Ok(Signed::Unchecked { key });
        }
        let named: Vec<&PublicKey> = trusted.iter().filter(|one| one.id == key).collect();
        if named.is_empty() {
            return Err(PackageError::UnknownKey { key });
        }
        let fits = |one: &&PublicKey| one.key.verify(bytes, &signature.signature, true).is_ok();
        if !named.iter().any(fits) {
            return Err(PackageError::Forged { key });
        }
        let comment = signature.signature.trusted_comment().to_owned();
        Ok(Signed::By { key, comment })
    }
}

impl SecretKey {
    /// Does the text of a secret key need a password?
    pub fn is_encrypted(text: &str) -> bool {
        secret_bytes(text).is_some_and(|bytes| bytes.get(2..4) == Some(b"Sc"))
    }

    /// Reads the text of a key file that `minisign -G` or `boardside keygen` made. One with a password takes as long and
    /// as much memory (a second, 1 GiB) as the key asks for.
    pub fn parse(text: &str, password: Option<String>) -> Result<Self, PackageError> {
        let wrong = |why: &str| PackageError::SecretKey { why: why.to_owned() };
        let read =
            minisign::SecretKeyBox::from_string(text).map_err(|_| wrong("it is no key of minisign"))?;
        let key = match (Self::is_encrypted(text), password) {
            (true, None) => return Err(wrong("it has a password, and none was given")),
            (true, Some(password)) => read.into_secret_key(Some(password)),
            // As minisign reads it: the checksum of a key without a password is not looked at, and 0.11 writes none.
            // A damaged one is found when what it signed is checked.
            (false, _) => minisign::SecretKey::from_bytes(&plain_bytes(text).unwrap_or_default()),
        };
        key.map(Self)
            .map_err(|error| wrong(&error.to_string().to_lowercase()))
    }

    /// Makes a key: the texts of its secret and its public file.
    pub fn generate(password: Option<String>) -> Result<(String, String), PackageError> {
        let failed = |error: minisign::PError| PackageError::SecretKey {
            why: error.to_string(),
        };
        let pair = match password {
            Some(password) => minisign::KeyPair::generate_encrypted_keypair(Some(password)),
            None => minisign::KeyPair::generate_unencrypted_keypair(),
        };
        let pair = pair.map_err(failed)?;
        let secret = pair.sk.to_box(Some("boardside secret key")).map_err(failed)?;
        let public = pair.pk.to_box().map_err(failed)?;
        Ok((secret.into_string(), public.into_string()))
    }

    /// Signs a package: the text of its `.minisig` file. What the package is stands in the trusted comment.
    pub fn sign(&self, bytes: &[u8], head: &Head) -> Result<String, PackageError> {
        let failed = |error: minisign::PError| PackageError::SecretKey {
            why: error.to_string().to_lowercase(),
        };
        let public = minisign::PublicKey::from_secret_key(&self.0).map_err(failed)?;
        let comment = format!("{} {}", head.name, head.version);
        let about = "signature of a Boardside package";
        let signed = minisign::sign(Some(&public), &self.0, bytes, Some(&comment), Some(about));
        signed.map(minisign::SignatureBox::into_string).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Target;

    #[test]
    fn a_signature_counts_for_its_bytes_its_key_and_its_comment_only() {
        let (secret, public) = SecretKey::generate(None).unwrap();
        let head = Head {
            name: "blink".to_owned(),
            version: "1.2.0".parse().unwrap(),
            target: Target::default(),
        };
        let text = SecretKey::parse(&secret, None)
            .unwrap()
            .sign(b"package", &head)
            .unwrap();
        let trusted = [PublicKey::parse(&public).unwrap()];
        let other = [PublicKey::parse(&SecretKey::generate(None).unwrap().1).unwrap()];
        let check = |text: &str, bytes: &[u8], trusted: &[PublicKey]| {
            Signature::check(Some(&Signature::parse(text)?), bytes, trusted)
        };
        let key = trusted[0].id().to_owned();
        let comment = "blink 1.2.0".to_owned();
        let good = Signed::By {
            key: key.clone(),
            comment,
        };
        assert_eq!(check(&text, b"package", &trusted), Ok(good));
        assert_eq!(
            check(&text, b"package", &[]),
            Ok(Signed::Unchecked { key: key.clone() })
        );
        let forged = Err(PackageError::Forged { key: key.clone() });
        assert_eq!(check(&text, b"packagf", &trusted), forged);
        assert_eq!(
            check(&text.replace("1.2.0", "1.3.0"), b"package", &trusted),
            forged
        );
        let unknown = Err(PackageError::UnknownKey { key });
        assert_eq!(check(&text, b"package", &other), unknown);
        let unsigned = Signature::check(None, b"package", &trusted);
        assert_eq!(unsigned, Err(PackageError::Unsigned));
        assert_eq!(Signature::check(None, b"package", &[]), Ok(Signed::No));
        assert!(Signature::parse(&text[..text.len() / 2]).is_err());
    }
}
