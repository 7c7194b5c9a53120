//! `Version`: what a package calls itself, and which of two is newer.
//! Not a firmware range: that is `firmware`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::package::PackageError;

/// Longer ones are no versions.
const LONGEST: usize = 64;

/// Numbers with dots between, then perhaps `-` and a pre-release, then perhaps `+` and a build: every semantic version
/// (semver.org 2.0.0) is one, and so are `7`, `2026.11.21.3` and `200712-1905`. It is kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(String);

impl Version {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which is newer, as semantic versions go: missing numbers are 0, a pre-release is older than its version, and
    /// builds do not count.
    pub fn precedence(&self, other: &Self) -> Ordering {
        let (numbers, before) = self.parts();
        let (others, before_other) = other.parts();
        numbers_in_order(numbers, others).then_with(|| match (before, before_other) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(two)) => pre_releases(one, two),
        })
    }

    /// The numbers, and the pre-release.
    fn parts(&self) -> (&str, Option<&str>) {
        let text = self.0.split('+').next().unwrap_or_default();
        match text.split_once('-') {
            Some((numbers, before)) => (numbers, Some(before)),
            None => (text, None),
        }
    }
}

/// Two rows of numbers; what one has more is compared with 0.
pub(super) fn numbers_in_order(one: &str, two: &str) -> Ordering {
    let (mut one, mut two) = (one.split('.'), two.split('.'));
    loop {
        let (a, b) = match (one.next(), two.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => (a.unwrap_or("0"), b.unwrap_or("0")),
        };
        let order = number(a, b);
        if order.is_ne() {
            return order;
        }
    }
}

/// Digits of any length.
fn number(one: &str, two: &str) -> Ordering {
    let (one, two) = (one.trim_start_matches('0'), two.trim_start_matches('0'));
    one.len().cmp(&two.len()).then_with(|| one.cmp(two))
}

/// Part by part: numbers as numbers and before words, and what has more parts is newer.
fn pre_releases(one: &str, two: &str) -> Ordering {
    let (mut one, mut two) = (one.split('.'), two.split('.'));
    loop {
        let order = match (one.next(), two.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (is_number(a), is_number(b)) {
                (true, true) => number(a, b),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// One or more digits.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_word(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.bytes().all(fits)
}

impl FromStr for Version {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<Self, PackageError> {
        let version = Self(text.to_owned());
        let (numbers, before) = version.parts();
        let build = text.split_once('+').map(|(_, build)| build);
        let words = |part: Option<&str>| part.is_none_or(|part| part.split('.').all(is_word));
        if text.len() <= LONGEST && numbers.split('.').all(is_number) && words(before) && words(build) {
            Ok(version)
        } else {
            Err(PackageError::Version {
                text: text.chars().take(LONGEST).collect(),
            })
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_the_order_that_people_give_them() {
        // The middle row is the example of semver.org, 11.
        let rows: [&[&str]; 4] = [
            &["1", "1.0.1", "1.2", "1.9.9", "1.10", "2", "10"],
            &[
                "1.0.0-alpha",
                "1.0.0-alpha.1",
                "1.0.0-alpha.beta",
                "1.0.0-beta",
                "1.0.0-beta.2",
                "1.0.0-beta.11",
                "1.0.0-rc.1",
                "1.0.0",
            ],
            &["200712-0905", "200712-1905", "200713-0001"],
            &[
                "2026.01.31",
                "2026.2.1",
                "2026.02.01.1",
                "99999999999999999999999",
            ],
        ];
        for row in rows {
            let row: Vec<Version> = row.iter().map(|text| text.parse().unwrap()).collect();
            for (place, one) in row.iter().enumerate() {
                for (other, two) in row.iter().enumerate() {
                    assert_eq!(one.precedence(two), place.cmp(&other), "{one} and {two}");
                }
            }
        }
        for (one, two) in [("1.2", "1.2.0"), ("1.0+a", "1.0.0+b"), ("01.2", "1.02")] {
            let (one, two) = (one.parse::<Version>().unwrap(), two.parse().unwrap());
            assert_eq!(one.precedence(&two), Ordering::Equal, "{one} and {two}");
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        let long = "1".repeat(65);
        for text in [
            "", "v1", "1.", ".1", "1..2", "1.x", "-1", "1-", "1+", "1-a..b", "1.0+a+b", "1 2", "1/2", "../1",
            "1.0-ü", "1\n", &long,
        ] {
            assert!(text.parse::<Version>().is_err(), "{text:?}");
        }
    }
}
