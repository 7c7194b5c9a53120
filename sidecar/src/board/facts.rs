//! `Facts`: what a board is and can do, as its probe told.
//! Pure; asking is `Board`'s business.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

/// What a board is and can do.
#[allow(clippy::struct_excessive_bools)] // independent facts, each of which firmware may have or not
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Has `hashlib.sha256`.
    pub sha256: bool,
    /// Has `binascii.crc32`.
    pub crc32: bool,
    /// Has `deflate`.
    pub deflate: bool,
    /// Has binary stdin, so that frames can be streamed to a program.
    pub binary_stdin: bool,
    /// `io.IOBase` can be subclassed.
    pub iobase: bool,
    /// Has folders.
    pub folders: bool,
    /// Its file system is littlefs; `false` for FAT, and for firmware that does not tell (before 1.25).
    pub littlefs: bool,
    /// Its file system is FAT; `false` for littlefs, and for firmware that does not tell.
    pub fat: bool,
    /// An unfinished transaction lies on the board.
    pub unfinished: bool,
    /// What runs is a release that the board fetched itself (`device/ota/`), and not what lies where a sync puts it.
    pub released: bool,
    /// Free RAM in bytes, after a collection.
    pub free_ram: u64,
    /// Smallest piece of flash a file takes, free and total flash, in bytes; `None` where it cannot tell.
    pub flash: Option<(u64, u64, u64)>,
    /// Where the project lies: empty, or `/flash` on pyboards.
    pub root: String,
    /// `machine.unique_id()` in hex; empty where there is none.
    pub unique_id: String,
    /// `sys.platform`.
    pub platform: String,
    /// Version of MicroPython.
    pub version: String,
    /// What the board calls itself.
    pub name: String,
}

impl Facts {
    /// Reads the `f` and `n` lines of `device/facts.py`.
    pub(super) fn parse(lines: &[String]) -> Option<Self> {
        let line = lines.iter().find_map(|line| line.strip_prefix("f "))?;
        let words: Vec<&str> = line.split(' ').collect();
        let [flags, ram, block, free, total, root, id, platform, version] = words[..] else {
            return None;
        };
        let has = |flag| flags.contains(flag);
        let block: u64 = block.parse().ok()?;
        let (free, total): (i64, u64) = (free.parse().ok()?, total.parse().ok()?);
        // littlefs counts each folder twice (lfs_fs_size), so that less than nothing may be free, and the unix port
        // gives that as a number near 2^32.
        let free = u64::try_from(free)
            .ok()
            .filter(|free| *free <= total)
            .unwrap_or(0);
        Some(Self {
            sha256: has('h'),
            crc32: has('c'),
            deflate: has('d'),
            iobase: has('i'),
            binary_stdin: has('b'),
            folders: has('m'),
            littlefs: has('l'),
            fat: has('a'),
            unfinished: has('j'),
            released: has('o'),
            free_ram: ram.parse().ok()?,
            flash: (block > 0).then_some((block, block * free, block * total)),
            root: root.trim_end_matches('/').to_owned(),
            unique_id: id.trim_start_matches('-').to_owned(),
            platform: platform.to_owned(),
            version: version.to_owned(),
            name: lines.iter().find_map(|line| line.strip_prefix("n "))?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_and_a_short_line_is_not() {
        let lines = ["f hcdb 20000 4096 10 512 /flash - pyboard 1.29.0", "n PYBv1.1"].map(str::to_owned);
        let facts = Facts::parse(&lines).unwrap();
        assert!(facts.sha256 && facts.crc32 && facts.deflate && facts.binary_stdin && !facts.folders);
        assert_eq!(facts.flash, Some((4096, 40960, 2_097_152)));
        assert_eq!(
            (facts.root.as_str(), facts.unique_id.as_str(), facts.name.as_str()),
            ("/flash", "", "PYBv1.1")
        );
        assert_eq!(Facts::parse(&lines[1..]), None);
        for below in ["-2", "4294967294"] {
            let line = format!("f hcdb 20000 4096 {below} 512 / - rp2 1.29.0");
            let facts = Facts::parse(&[line, lines[1].clone()]).unwrap();
            assert_eq!(facts.flash, Some((4096, 0, 2_097_152)), "{below} free");
        }
    }
}
