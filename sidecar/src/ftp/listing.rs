//! Lines of MLSD and LIST: names, and sizes of files. Dates are not looked at: a board seldom knows what day it is.
//! Pure: nothing is asked.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

/// What lies in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Bytes; `None` for a folder.
    pub size: Option<u64>,
}

fn entry(name: &str, size: Option<u64>) -> Option<Entry> {
    let is_name = !matches!(name, "" | "." | "..") && !name.contains('/');
    is_name.then(|| Entry {
        name: name.to_owned(),
        size,
    })
}

/// `type=file;size=12; main.py` (RFC 3659, 7).
pub(super) fn mlsd(line: &str) -> Option<Entry> {
    let (facts, name) = line.split_once(' ')?;
    let (mut is_folder, mut size) = (false, None);
    for fact in facts.split(';') {
        let (key, value) = fact.split_once('=').unwrap_or((fact, ""));
        match key.to_ascii_lowercase().as_str() {
            "type" => match value.to_ascii_lowercase().as_str() {
                "dir" => is_folder = true,
                "file" => {}
                _ => return None, // This folder and the one above, links and devices.
            },
            "size" => size = value.parse().ok(),
            _ => {}
        }
    }
    entry(name, if is_folder { None } else { Some(size?) })
}

/// A line of `ls -l` or of DOS: RFC 959 leaves the form to the server.
pub(super) fn list(line: &str) -> Option<Entry> {
    if line.starts_with(|c: char| c.is_ascii_digit()) {
        // 04-08-14  03:09PM       <DIR>          lib
        let (words, name) = words::<3>(line)?;
        return match words[2] {
            "<DIR>" => entry(name, None),
            size => entry(name, Some(size.replace(',', "").parse().ok()?)),
        };
    }
    // -rw-rw-rw-   1 root  root       12 Jan  1  1980 main.py
    let (words, name) = words::<8>(line)?;
    match line.chars().next() {
        Some('d') => entry(name, None),
        Some('-') => entry(name, Some(words[4].parse().ok()?)),
        _ => None,
    }
}

/// So many words, and what comes after one more space: a name may have spaces in it, and in front.
fn words<const N: usize>(line: &str) -> Option<([&str; N], &str)> {
    let mut words = [""; N];
    let mut rest = line;
    for word in &mut words {
        rest = rest.trim_start();
        let end = rest.find(' ')?;
        (*word, rest) = rest.split_at(end);
    }
    let is_dos = N == 3;
    let name = if is_dos { rest.trim_start() } else { &rest[1..] };
    Some((words, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(entry: Option<Entry>) -> String {
        match entry {
            None => "-".to_owned(),
            Some(Entry { name, size: None }) => format!("{name}/"),
            Some(Entry {
                name,
                size: Some(size),
            }) => format!("{name}={size}"),
        }
    }

    #[test]
    fn lines_of_servers_are_read() {
        for (line, expected) in [
            // Pycom (esp32/ftp/ftp.c)
            (
                "-rw-rw-rw-   1 root  root         12 Jan  1 00:00 main.py",
                "main.py=12",
            ),
            ("drw-rw-rw-   1 root  root          0 Jan  1  1980 lib", "lib/"),
            // robert-hh's FTP server for MicroPython
            (
                "-rw-r--r-- 1 owner group       1234 Feb 29 12:00 a  b.py",
                "a  b.py=1234",
            ),
            // vsftpd, proftpd
            (
                "-rw-r--r--    1 1000     1000           7 Nov 21 16:00 .hidden",
                ".hidden=7",
            ),
            ("drwxr-xr-x    2 1000     1000        4096 Nov 21 16:00 .", "-"),
            (
                "lrwxrwxrwx    1 0        0              7 Nov 21 16:00 bin -> usr/bin",
                "-",
            ),
            ("total 12", "-"),
            (
                "04-08-14  03:09PM                  1,403 readme.txt",
                "readme.txt=1403",
            ),
            ("04-08-14  03:09PM       <DIR>          lib", "lib/"),
            ("", "-"),
        ] {
            assert_eq!(shown(list(line)), expected, "{line}");
        }
        for (line, expected) in [
            ("type=file;size=12;modify=20261121160000; main.py", "main.py=12"),
            ("Type=dir;modify=20261121160000; a b;c", "a b;c/"),
            ("type=cdir; .", "-"),
            ("type=OS.unix=slink:/x;size=1; link", "-"),
            ("type=file; no size", "-"),
            ("", "-"),
        ] {
            assert_eq!(shown(mlsd(line)), expected, "{line}");
        }
    }
}
