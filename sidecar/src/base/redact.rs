//! `redacted`: a text for people without the passwords and tokens of the addresses in it; `visible`: one without control
//! characters.
//! Pure. Knows no list of secrets: it looks for the places in which people type them.

use std::borrow::Cow;

/// What stands in the place of a secret.
pub const MASK: &str = "***";
/// Names before a `=` after which a secret follows, in any case of letters.
const KEYS: [&str; 8] = [
    "password", "passwd", "pass", "pw", "token", "secret", "key", "auth",
];
/// In these a name without a password is no secret: `ssh://frank@host`.
const LOGINS: [&str; 5] = ["ssh", "sftp", "telnet", "rfc2217", "ftp"];

/// The text with `***` in the place of what is secret in each address in it: `telnet://micro:***@10.0.0.7`.
pub fn redacted(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut all = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let scheme = before[..at].rsplit(|c: char| !c.is_ascii_alphanumeric()).next();
        let end = after.find(|c: char| c.is_whitespace() || c.is_control() || "\"'`<>".contains(c));
        let (address, more) = after.split_at(end.unwrap_or(after.len()));
        all.push_str(before);
        all.push_str(&of_address(scheme.unwrap_or_default(), address));
        rest = more;
    }
    all.push_str(rest);
    Cow::Owned(all)
}

/// The text with each control character as Rust would write it: names of files come from anywhere, and a terminal that
/// is told one must not do what it says.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut all = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c.is_control() {
            all.extend(c.escape_default());
        } else {
            all.push(c);
        }
    }
    Cow::Owned(all)
}

/// As `redacted`, for a text that is nothing but an address, perhaps without what comes before `://`, or half of one.
pub fn redacted_address(text: &str) -> Cow<'_, str> {
    if let Some((scheme, rest)) = text.split_once("://") {
        // Spaces and quotes belong to it.
        return format!("{scheme}://{}", of_address(scheme, rest)).into();
    }
    let path = text.starts_with(['/', '\\', '.']);
    match (text.split_once(':'), text.rsplit_once('@')) {
        (Some((user, _)), Some((_, host))) if !path && user.len() < text.len() - host.len() - 1 => {
            format!("{user}:{MASK}@{host}").into()
        }
        _ => Cow::Borrowed(text),
    }
}

/// What comes after `://`. A password may have `/`, `?`, `@` and `:` in it, so the last `@` counts.
fn of_address(scheme: &str, address: &str) -> String {
    let (login, place) = match address.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, address),
    };
    let mut all = String::new();
    if let Some(login) = login {
        let is_login = LOGINS.iter().any(|known| known.eq_ignore_ascii_case(scheme));
        match login.split_once(':') {
            Some((user, _)) if is_login => all.extend([user, ":", MASK]),
            None if is_login => all.push_str(login),
            // A token can stand in either place.
            Some(_) | None => all.push_str(MASK),
        }
        all.push('@');
    }
    for piece in place.split_inclusive(['?', '&', '#', ';']) {
        let name = piece.split_once('=').map(|(name, _)| name);
        let secret = name.filter(|name| {
            let name = name.to_ascii_lowercase();
            KEYS.iter().any(|key| name.ends_with(key))
        });
        match secret {
            Some(name) => {
                all.extend([name, "=", MASK]);
                all.extend(piece.chars().last().filter(|c| "?&#;".contains(*c)));
            }
            None => all.push_str(piece),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_secret_in_an_address_is_masked_and_the_rest_stays() {
        for (text, expected) in [
            ("no address", "no address"),
            ("telnet://micro:python@10.0.0.7", "telnet://micro:***@10.0.0.7"),
            ("ssh://frank@candy:22/x", "ssh://frank@candy:22/x"),
            ("ssh://frank:p@ss:w/rd?@candy", "ssh://frank:***@candy"),
            ("https://ghp_token@host/x", "https://***@host/x"),
            (
                "ws://host/?a=1&Password=x&b=2#c",
                "ws://host/?a=1&Password=***&b=2#c",
            ),
            ("socket://host:2323", "socket://host:2323"),
            (
                "`ssh://a:b@c` and 'telnet://d:e@f', not user:pw@host",
                "`ssh://a:***@c` and 'telnet://d:***@f', not user:pw@host",
            ),
            ("://", "://"),
        ] {
            assert_eq!(redacted(text), expected);
        }
        for (text, expected) in [
            ("micro:python@10.0.0.7", "micro:***@10.0.0.7"),
            ("ssh://me:two words@host", "ssh://me:***@host"),
            (
                "/dev/serial/by-path/pci-0000:00:14.0@x",
                "/dev/serial/by-path/pci-0000:00:14.0@x",
            ),
            ("COM4", "COM4"),
            ("tty@host:1", "tty@host:1"),
        ] {
            assert_eq!(redacted_address(text), expected);
        }
    }

    proptest! {
        #[test]
        fn no_password_is_left(
            scheme in "[a-z0-9+]{0,8}", user in "[^\\s:@/\"'`<>]{0,6}", before in "[ -~]{0,9}", after in "[ -~]{0,9}",
        ) {
            let address = format!("{scheme}://{user}:{before}s3cret{after}@host");
            prop_assert!(!redacted_address(&address).contains("s3cret"));
            let bare = format!("{user}:{before}s3cret{after}@host");
            let shown = redacted_address(&bare);
            let path = bare.starts_with(['/', '\\', '.']);
            prop_assert!(path || !shown.contains("s3cret"), "{shown}");
        }
    }
}
