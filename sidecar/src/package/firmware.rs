//! `FirmwareRange`: for which versions of MicroPython a package is.
//! Not a package's own version: that is `version`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::package::PackageError;
use crate::package::version::is_number;
use crate::package::version::numbers_in_order;

const LONGEST: usize = 100;

/// Conditions with commas between, of which all must hold: `>=1.20`, `>1.19,<2`, `<=1.24.1`; `1.24` means 1.24 and all
/// of 1.24.x. What follows the numbers of a board's version (`-preview`, `-34-gd64154c73`) does not count: a preview has
/// what its version has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirmwareRange {
    text: String,
    conditions: Vec<(Compare, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    AtLeast,
    Above,
    AtMost,
    Below,
    Within,
}

/// The longer ones first.
const SIGNS: [(&str, Compare); 6] = [
    (">=", Compare::AtLeast),
    ("<=", Compare::AtMost),
    ("==", Compare::Within),
    (">", Compare::Above),
    ("<", Compare::Below),
    ("=", Compare::Within),
];

impl FirmwareRange {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Is a board with this version of MicroPython in it? A version that has no number at its beginning is not.
    pub fn has(&self, version: &str) -> bool {
        let version = version.trim_start_matches('v');
        let end = version
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(version.len());
        let numbers = version[..end].trim_end_matches('.');
        numbers.split('.').all(is_number)
            && self.conditions.iter().all(|(compare, wanted)| {
                let order = numbers_in_order(numbers, wanted);
                match compare {
                    Compare::AtLeast => order.is_ge(),
                    Compare::Above => order.is_gt(),
                    Compare::AtMost => order.is_le(),
                    Compare::Below => order.is_lt(),
                    Compare::Within => is_within(numbers, wanted),
                }
            })
    }
}

/// The first numbers are the wanted ones.
fn is_within(numbers: &str, wanted: &str) -> bool {
    let count = wanted.split('.').count();
    let first: Vec<&str> = numbers.split('.').take(count).collect();
    numbers_in_order(&first.join("."), wanted) == Ordering::Equal
}

impl FromStr for FirmwareRange {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<Self, PackageError> {
        let wrong = || PackageError::Range {
            text: text.chars().take(LONGEST).collect(),
        };
        if text.len() > LONGEST {
            return Err(wrong());
        }
        let condition = |part: &str| {
            let part = part.trim();
            let (compare, numbers) = SIGNS
                .iter()
                .find_map(|(sign, compare)| Some((*compare, part.strip_prefix(sign)?.trim())))
                .unwrap_or((Compare::Within, part));
            let good = numbers.split('.').all(is_number);
            good.then(|| (compare, numbers.to_owned())).ok_or_else(wrong)
        };
        let conditions = text.split(',').map(condition).collect::<Result<_, _>>()?;
        Ok(Self {
            text: text.to_owned(),
            conditions,
        })
    }
}

impl fmt::Display for FirmwareRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_the_versions_that_it_says() {
        let cases = [
            (">=1.20", "1.20.0", true),
            (">=1.20", "1.19.9", false),
            (">=1.29", "1.29.0-preview", true),
            (">=1.9.2", "1.9.2-34-gd64154c73", true),
            (">=1.20, <2", "1.100", true),
            (">=1.20,<2", "2.0.0", false),
            (">1.20", "1.20", false),
            (">1.20", "1.20.1", true),
            ("<=1.24.1", "1.24.1", true),
            ("1.24", "1.24.7", true),
            ("=1.24", "v1.24", true),
            ("==1.24.1", "1.24.0", false),
            ("1.24", "1.240", false),
            (">=1", "", false),
            (">=1", "unknown", false),
        ];
        for (range, version, has) in cases {
            let range: FirmwareRange = range.parse().unwrap();
            assert_eq!(range.has(version), has, "{range} and {version}");
        }
        for wrong in [
            "",
            ">",
            "~1.2",
            ">=1.x",
            "1.20 <2",
            ">=1,,<2",
            "*",
            ">=1.20-preview",
        ] {
            assert!(wrong.parse::<FirmwareRange>().is_err(), "{wrong}");
        }
    }
}
