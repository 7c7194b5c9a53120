//! What the safe client says of itself in each request: `boardside-ota/1 (DEVICE; PLATFORM; RUNNING)`.
//! For the log only: nobody is told another version for it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::ota::Device;
use crate::ota::Tag;

/// The device, and the version that it runs.
pub(super) fn said(header: Option<&str>) -> (Option<Device>, Option<Tag>) {
    let inside = header.and_then(|header| header.strip_prefix("boardside-ota/1 ("));
    let Some(inside) = inside.and_then(|inside| inside.strip_suffix(')')) else {
        return (None, None);
    };
    let mut words = inside.split(';').map(str::trim);
    let device = words.next().and_then(|word| word.parse().ok());
    // `-` is what runs that never came over the air.
    let running = words
        .nth(1)
        .filter(|word| *word != "-")
        .and_then(|word| word.parse().ok());
    (device, running)
}

#[cfg(test)]
mod tests {
    use super::Device;
    use super::Tag;
    use super::said;

    #[test]
    fn a_safe_client_says_who_it_is_and_others_do_not() {
        for (header, device, running) in [
            (
                "boardside-ota/1 (e66141; rp2; v1.2)",
                Some("e66141"),
                Some("v1.2"),
            ),
            ("boardside-ota/1 (dev1; esp32; -)", Some("dev1"), None),
            ("boardside-ota/1 (../x; rp2; a_b)", None, None),
            ("boardside-ota/1 (", None, None),
            ("boardside-ota/1 ()", None, None),
            ("curl/8", None, None),
        ] {
            let said = said(Some(header));
            let words = (
                said.0.as_ref().map(Device::as_str),
                said.1.as_ref().map(Tag::as_str),
            );
            assert_eq!(words, (device, running), "{header}");
        }
        assert_eq!(said(None), (None, None));
    }
}
