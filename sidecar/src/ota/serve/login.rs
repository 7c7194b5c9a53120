//! HTTP's basic login (RFC 7617): who asks is whom a name and a password say.
//! How long the comparison takes says nothing of either.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::base::Digest;

/// Names with their passwords; a name is a device.
#[derive(Clone, Default)]
pub struct Logins(Vec<(String, Digest)>);

/// Of both at once, so that all that is compared has one length.
fn sum(text: &[u8]) -> Digest {
    Digest::of(text)
}

impl Logins {
    /// One more; a name has no colon (RFC 7617, 2).
    pub fn add(&mut self, name: &str, password: &str) {
        let both = format!("{name}:{password}");
        self.0.push((name.to_owned(), sum(both.as_bytes())));
    }

    /// Does this header name somebody?
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn is_somebody(&self, header: &[u8]) -> bool {
        self.who(Some(header)).is_some()
    }

    /// Who this header is of.
    pub(super) fn who(&self, header: Option<&[u8]>) -> Option<&str> {
        let header = header.unwrap_or_default();
        let base64 = header
            .split_at_checked(6)
            .filter(|(kind, _)| kind.eq_ignore_ascii_case(b"basic "));
        let both = STANDARD
            .decode(base64.map_or(&b""[..], |(_, base64)| base64.trim_ascii()))
            .unwrap_or_default();
        let sum = sum(&both);
        // All of them are compared, whichever it is.
        let mut found = None;
        for (name, wanted) in &self.0 {
            if verify_slices_are_equal(&wanted.0, &sum.0).is_ok() {
                found = Some(name.as_str());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_with_its_own_password_is_somebody() {
        let mut logins = Logins::default();
        logins.add("dev1", "secret");
        logins.add("dev2", "a:b");
        for (text, who) in [
            ("Basic dev1:secret", Some("dev1")),
            ("basic dev1:secret", Some("dev1")),
            ("Basic dev2:a:b", Some("dev2")),
            ("Basic dev1:a:b", None),
            ("Basic dev1:", None),
            ("Basic :", None),
            ("Bearer dev1:secret", None),
        ] {
            let (kind, both) = text.split_once(' ').unwrap();
            let header = format!("{kind} {}", STANDARD.encode(both));
            assert_eq!(logins.who(Some(header.as_bytes())), who, "{text}");
        }
        for odd in ["", "Basic", "Basic ", "Basic !", "\u{e9}\u{e9}\u{e9}\u{e9}"] {
            assert_eq!(logins.who(Some(odd.as_bytes())), None, "{odd}");
        }
        assert_eq!(logins.who(None), None);
        assert_eq!(Logins::default().who(None), None);
    }
}
