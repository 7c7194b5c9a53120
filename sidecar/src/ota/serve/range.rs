//! One range of a file: `Range: bytes=…` (RFC 9110, 14).
//! Many ranges at once are answered by the whole, as everybody may.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

/// What to send of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// All of it.
    Whole,
    /// From the first byte to the last, both of it.
    Part(u64, u64),
    /// It has no such part.
    Impossible,
}

impl Range {
    /// Reads the header, for a file of this size in bytes. What cannot be understood is as if it were not there.
    pub(super) fn of(header: Option<&str>, size: u64) -> Self {
        let Some((first, last)) = header
            .and_then(|header| header.trim().strip_prefix("bytes="))
            .filter(|ranges| !ranges.contains(','))
            .and_then(|range| range.trim().split_once('-'))
        else {
            return Self::Whole;
        };
        let number = |text: &str| {
            text.bytes()
                .all(|digit| digit.is_ascii_digit())
                .then(|| text.parse::<u64>().unwrap_or(u64::MAX))
        };
        match (first, last) {
            ("", "") => Self::Whole,
            ("", count) => match number(count) {
                None => Self::Whole,
                Some(count) if count == 0 || size == 0 => Self::Impossible,
                Some(count) => Self::Part(size.saturating_sub(count), size - 1),
            },
            (first, last) => {
                let last = if last.is_empty() {
                    Some(u64::MAX)
                } else {
                    number(last)
                };
                match (number(first), last) {
                    (Some(first), Some(last)) if first <= last && first < size => {
                        Self::Part(first, last.min(size - 1))
                    }
                    (Some(first), Some(last)) if first <= last => Self::Impossible,
                    _ => Self::Whole,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn a_range_is_a_part_of_the_file_or_nothing_at_all() {
        for (header, range) in [
            (None, Range::Whole),
            (Some("bytes=0-0"), Range::Part(0, 0)),
            (Some("bytes=3-"), Range::Part(3, 9)),
            (Some("bytes=3-5"), Range::Part(3, 5)),
            (Some("bytes=3-500"), Range::Part(3, 9)),
            (Some("bytes=-4"), Range::Part(6, 9)),
            (Some("bytes=-40"), Range::Part(0, 9)),
            (Some("bytes=10-"), Range::Impossible),
            (Some("bytes=99999999999999999999-"), Range::Impossible),
            (Some("bytes=-0"), Range::Impossible),
            (Some("bytes=5-3"), Range::Whole),
            (Some("bytes=-"), Range::Whole),
            (Some("bytes=0-1,3-4"), Range::Whole),
            (Some("bytes=+1-2"), Range::Whole),
            (Some("lines=1-2"), Range::Whole),
        ] {
            assert_eq!(Range::of(header, 10), range, "{header:?}");
        }
        assert_eq!(Range::of(Some("bytes=0-"), 0), Range::Impossible);
        assert_eq!(Range::of(Some("bytes=-1"), 0), Range::Impossible);
    }
}
