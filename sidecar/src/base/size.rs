//! `size_text`: a number of bytes for people.
//! Not for machines: they get bytes.

/// `12 B`, `3.4 KiB`, `5.6 MiB`.
pub fn size_text(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss)] // one digit after the point is shown
    let (kilo, mega) = (bytes as f64 / 1024.0, bytes as f64 / 1_048_576.0);
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{kilo:.1} KiB"),
        _ => format!("{mega:.1} MiB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_the_unit_that_people_would_take() {
        let sizes = [0, 1023, 1536, 1_048_576, 5_872_026].map(size_text);
        assert_eq!(sizes, ["0 B", "1023 B", "1.5 KiB", "1.0 MiB", "5.6 MiB"]);
    }
}
