//! File URIs and paths, both ways, as editors spell them: percent signs, drive letters, shares.
//! Pure: asks no file system.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::path::Path;
use std::path::PathBuf;

/// The path of a `file:` URI on this system.
pub(super) fn path_of(uri: &str) -> Option<PathBuf> {
    read(uri, cfg!(windows)).map(PathBuf::from)
}

/// The URI of a path of this system.
pub(super) fn uri_of(path: &Path) -> String {
    write(&path.to_string_lossy(), cfg!(windows))
}

/// The URI of what lies below a folder; `relative` has `/` between its parts.
pub(super) fn below(folder: &str, relative: &str) -> String {
    let folder = folder.trim_end_matches('/');
    if relative.is_empty() {
        return folder.to_owned();
    }
    format!("{folder}/{}", encode(relative))
}

/// The parts of a relative path with `/` between them, on every system.
pub(super) fn slashes(relative: &Path) -> String {
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

fn read(uri: &str, windows: bool) -> Option<String> {
    let scheme = uri.get(..7)?;
    if !scheme.eq_ignore_ascii_case("file://") {
        return None;
    }
    let rest = uri[7..].split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_at(rest.find('/')?);
    let path = decode(path)?;
    if path.contains('\0') {
        return None;
    }
    let path = if path.len() > 1 {
        path.trim_end_matches('/')
    } else {
        &path
    };
    if !windows {
        return matches!(host, "" | "localhost").then(|| path.to_owned());
    }
    if !host.is_empty() && host != "localhost" {
        return Some(format!(r"\\{host}{}", path.replace('/', r"\")));
    }
    let path = path.strip_prefix('/')?;
    let mut letters = path.chars();
    let drive = letters.next().filter(char::is_ascii_alphabetic)?;
    if letters.next() != Some(':') {
        return None;
    }
    // Editors write `c%3A`, the system says `C:`; both are one drive.
    let rest = letters.as_str().replace('/', r"\");
    let rest = if rest.is_empty() { r"\" } else { &rest };
    Some(format!("{}:{rest}", drive.to_ascii_uppercase()))
}

fn write(path: &str, windows: bool) -> String {
    if !windows {
        return format!("file://{}", encode(path));
    }
    let path = path.replace('\\', "/");
    // What `canonicalize` gives: //?/C:/… and //?/UNC/server/share.
    let share = path.strip_prefix("//?/UNC/");
    let path = path.strip_prefix("//?/").unwrap_or(&path);
    if let Some(share) = share.or_else(|| path.strip_prefix("//")) {
        return format!("file://{}", encode(share));
    }
    let (drive, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    format!("file:///{}{}", encode(&drive.to_lowercase()), encode(rest))
}

/// Everything but letters, digits, `-._~` and `/` becomes percent signs, as VS Code does.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let digits = [bytes.next()?, bytes.next()?];
        let digits = std::str::from_utf8(&digits).ok()?;
        decoded.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_read_as_editors_write_them() {
        for (uri, windows, path) in [
            ("file:///home/me/blink", false, Some("/home/me/blink")),
            ("file:///home/me/blink/", false, Some("/home/me/blink")),
            ("FILE:///a%20b/%C3%BC%23.py", false, Some("/a b/ü#.py")),
            ("file://localhost/a", false, Some("/a")),
            ("file:///", false, Some("/")),
            ("file://server/share", false, None),
            ("file:///a%2", false, None),
            ("file:///a%00", false, None),
            ("file:///%ff", false, None),
            ("untitled:Untitled-1", false, None),
            ("http://x/y", false, None),
            ("", false, None),
            ("file:///c%3A/Users/me", true, Some(r"C:\Users\me")),
            ("file:///C:/Users/me", true, Some(r"C:\Users\me")),
            ("file:///d:", true, Some(r"D:\")),
            ("file://server/share/x", true, Some(r"\\server\share\x")),
            ("file:///home", true, None),
        ] {
            assert_eq!(read(uri, windows).as_deref(), path, "{uri}");
        }
    }

    #[test]
    fn paths_are_written_as_editors_do() {
        for (path, windows, uri) in [
            ("/home/me/a b#ü.py", false, "file:///home/me/a%20b%23%C3%BC.py"),
            (r"C:\Users\me", true, "file:///c%3A/Users/me"),
            (r"\\?\C:\Users\me", true, "file:///c%3A/Users/me"),
            (r"\\?\UNC\server\share\x", true, "file://server/share/x"),
            (r"\\server\share\x", true, "file://server/share/x"),
        ] {
            assert_eq!(write(path, windows), uri, "{path}");
        }
        assert_eq!(below("file:///a/", "lib/b c.py"), "file:///a/lib/b%20c.py");
        assert_eq!(below("file:///a", ""), "file:///a");
    }
}
