//! The target for packages, their signatures and keys, whatever is in the files.
//! Nothing of boards.

use crate::package::FirmwareRange;
use crate::package::Package;
use crate::package::PackageError;
use crate::package::PublicKey;
use crate::package::SecretKey;
use crate::package::Signature;
use crate::package::Version;
use crate::package::pack;

/// Any bytes as a package: refused, or what `pack` makes of what was read. And as what lies beside packages.
pub(super) fn package(data: &[u8]) {
    match Package::parse(data) {
        Ok(package) => {
            assert!(!package.contents.is_empty());
            for (path, content) in &package.contents {
                assert_eq!(package.files[path].size, content.len() as u64);
                assert!(!path.as_str().contains("..") || path.name() != "..");
            }
            match pack(&package.head, &package.contents) {
                Ok(again) => assert_eq!(Package::parse(&again).as_ref(), Ok(&package)),
                Err(error) => panic!("what was read cannot be packed: {error}"),
            }
        }
        Err(PackageError::Truncated { size, expected }) => assert!(size < expected),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let text = String::from_utf8_lossy(data);
    if let Ok(signature) = Signature::parse(&text) {
        assert!(Signature::check(Some(&signature), data, &[]).is_ok());
    }
    if let Ok(key) = PublicKey::parse(&text) {
        assert_eq!(key.id().len(), 16);
    }
    if !SecretKey::is_encrypted(&text) {
        drop(SecretKey::parse(&text, None));
    }
    let mut words = text.split_whitespace();
    if let (Some(Ok(one)), Some(Ok(two))) = (
        words.next().map(str::parse::<Version>),
        words.next().map(str::parse::<Version>),
    ) {
        assert_eq!(one.precedence(&two), two.precedence(&one).reverse());
        if let Ok(range) = format!(">={}", one.as_str().split(['-', '+']).next().unwrap_or_default())
            .parse::<FirmwareRange>()
        {
            assert!(range.has(one.as_str()));
        }
    }
}
